"use strict";
// Missions in the page: the list with grades, the goal, hints, "do it for me", the debrief, the better way replayed.
(function (L) {
  const el = L.el;
  let way = null;

  const gradeOf = (id) => {
    const kept = L.progress().missions;
    const done = kept && kept.missions && kept.missions[id];
    return done ? done.best : null;
  };

  const all = () => [...L.about.missions, ...L.ownMissions];

  L.openMissions = () => {
    L.leaveGuide();
    L.mark("missions");
    const entry = (mission) => {
      const grade = gradeOf(mission.id);
      return el("li", {}, el("button", { type: "button", class: "list-entry", onclick: () => L.beginMission(mission.id) },
        el("span", { class: "list-mark" + (grade ? " grade-" + grade : ""), "aria-label": grade ? "best grade " + grade : "not played yet" }, grade || "·"),
        el("span", {}, mission.title)));
    };
    L.guide(el("h2", {}, "Missions"),
      el("p", { class: "muted" }, "A cluster is broken. Bring it back, and lose nothing. You are graded by what was lost, how long nobody could write, and how many commands you needed."),
      el("ol", { class: "list" }, all().map(entry)),
      el("div", { class: "choices" }, L.button("Arcade: a failure that beats the manual", () => L.arcade(), { id: "arcade" }), L.button("Build a mission", () => L.openBuilder(), { id: "build-mission" }), L.button("Open a mission file", () => L.openMissionFile())));
  };

  L.beginMission = async (id) => {
    await L.type("mission " + id);
  };

  // Draws the mission that is being played. `app.js` calls it after each line.
  L.drawMission = () => {
    const playing = L.scene.mission;
    L.leaveGuide();
    L.mark("missions");
    const mission = all().find((one) => one.id === playing.id);
    const [used, count] = playing.hints;
    const step = way && way.id === playing.id ? way : null;
    const story = mission ? mission.story.trim().split("\n\n").map((text) => el("p", {}, ...L.marked(text.replace(/\s+/g, " ")))) : [];
    L.guide(
      el("div", { class: "guide-head" }, el("h2", {}, playing.title), L.button("All missions", () => L.openMissions(), { class: "quiet" })),
      ...story,
      el("p", { class: "goal" }, el("b", {}, "Goal: "), ...L.marked(playing.goal)),
      el("div", { class: "choices" },
        used < count ? L.button("Hint " + (used + 1) + " of " + count, () => L.type("hint"), { id: "hint" }) : L.button("Ask the decision table", () => L.type("hint"), { id: "hint" }),
        mission ? L.button("Do the next step for me", () => forMe(mission), { id: "for-me" }) : null,
        L.button("End it: debrief", () => L.type("debrief"), { class: "primary", id: "debrief" })),
      step ? el("p", { class: "muted" }, "The better way, step " + step.at + " of " + mission.way.length + ".") : null,
      el("p", { class: "muted" }, "“status” shows what monitoring shows. Files and rows are closed, as they are for an operator."));
  };

  // Types the next line of the better way. It begins with the mission's first moment, because the way starts there.
  const forMe = async (mission) => {
    if (!way || way.id !== mission.id) {
      if (L.scene.moment !== L.scene.start) await L.type("reset");
      way = { id: mission.id, at: 0 };
    }
    if (way.at >= mission.way.length) return L.type("debrief");
    const line = mission.way[way.at];
    way.at++;
    return L.type(line);
  };

  // Whether the page has played the better way in this mission.
  L.wayShown = () => way !== null;

  // Called when a mission begins or ends.
  L.missionBegan = () => { way = null; };

  L.missionEnded = (text, id) => {
    way = null;
    const mission = all().find((one) => one.id === id);
    const grade = (/^Grade ([A-F])/.exec(text.replace(/\u001b\[[0-9;]*m/g, "")) || [])[1] || "?";
    L.leaveGuide();
    L.guide(
      el("div", { class: "guide-head" }, el("h2", {}, "Debrief"), L.button("All missions", () => L.openMissions(), { class: "quiet" })),
      el("div", { class: "graded" }, el("span", { class: "grade grade-" + grade, "aria-label": "Grade " + grade }, grade), el("pre", { class: "debrief", tabindex: "0", role: "region", "aria-label": "Debrief" }, ...L.ansi(text.trim()))),
      el("div", { class: "choices" },
        mission ? L.button("Watch the better way", () => replay(mission), { class: grade === "A" ? "" : "primary", id: "better-way" }) : null,
        L.button("Try again", () => L.beginMission(id)),
        grade === "A" ? L.button("The next mission", () => nextMission(id), { class: "primary" }) : null));
  };

  const nextMission = (id) => {
    const list = all();
    const next = list[list.findIndex((one) => one.id === id) + 1] || list[0];
    return L.beginMission(next.id);
  };

  // Plays the better way from the mission's first moment, line by line, each with its film.
  const replay = async (mission) => {
    await L.beginMission(mission.id);
    way = { id: mission.id, at: 0 };
    for (const line of mission.way) {
      if (!L.scene.mission || L.scene.mission.id !== mission.id) return;
      way.at++;
      await L.type(line);
      await new Promise((yes) => setTimeout(yes, 1600));
    }
  };
})(Lab);
