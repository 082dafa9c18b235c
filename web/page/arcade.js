"use strict";
// Endless missions: a failure out of the search, which the manual's procedure does not recover from and a person can.
(function (L) {
  const el = L.el;
  let game = null;

  const acts = (line) => /\$/.test(line) && !/\b(cat|grep|tail|status)\b|--show|SHOW STATUS/i.test(line);

  L.arcade = async () => {
    L.guide(el("h2", {}, "Arcade"), el("p", { role: "status" }, "Looking for a failure that the manual cannot recover from …"));
    try {
      const found = await L.ask({ ask: "arcade", seed: String(Math.floor(Math.random() * 1e6) * 16) });
      await L.begin({ opening: found.scenario, lines: ["next all"], seed: String(found.seed) });
      // Before a procedure acts, the search heals what is broken around the cluster. So does the page.
      for (const line of healing(found.scenario)) await L.type(line);
      game = { ...found, lost: lost().length, from: L.session.lines.length, begins: L.scene.moment };
      draw();
    } catch (error) {
      if (error.broken) await L.recover("the search");
      L.guide(el("h2", {}, "Arcade"), el("p", { class: "verdict bad" }, error.message), L.button("Look again", () => L.arcade(), { class: "primary" }));
    }
  };

  const healing = (scenario) => {
    const named = (test) => L.scene.nodes.filter(test).map((node) => node.name);
    const locked = [...scenario.matchAll(/read_lock = \{ node = "(\w+)"/g)].map((match) => match[1]);
    return [
      ...(/\b(cut|partition|latency|loss|flap)\b/.test(scenario) ? ["fault heal"] : []),
      ...named((node) => node.server === "hung").map((name) => "fault resume " + name),
      ...locked.map((name) => "fault read-unlock " + name),
      ...named((node) => node.server === "off").map((name) => "fault power-on " + name),
    ];
  };

  const lost = () => (L.scene.rows || []).filter((row) => row.lost);
  const level = () => (game.steps <= 3 ? "easy" : game.steps <= 5 ? "medium" : "hard");

  const draw = () => {
    L.leaveGuide();
    L.mark("missions");
    L.guide(
      el("div", { class: "guide-head" }, el("h2", {}, "Arcade: failure " + game.seed), L.button("All missions", () => L.openMissions(), { class: "quiet" })),
      el("p", {}, el("span", { class: "badge" }, level()), " ", L.plural(game.steps, "step") + " led to this state. The manual’s procedure ends here with “" + game.outcome + "”. You can bring the cluster back, and lose nothing more."),
      el("p", { class: "goal" }, el("b", {}, "Goal: "), "all nodes Synced, one primary component, no further row lost."),
      el("div", { class: "choices" },
        L.button("I am done: grade me", () => grade(), { class: "primary", id: "grade-me" }),
        L.button("Show me a way", () => showWay(), { id: "show-way" }),
        L.button("Another failure", () => L.arcade())));
  };

  const showWay = async () => {
    game.shown = true;
    if (L.scene.moment !== game.begins) await L.type("goto " + game.begins);
    await L.type("procedure " + game.way);
  };

  const grade = () => {
    const whole = L.scene.nodes.every((node) => node.cluster_status === "Primary" && /^Synced/.test(node.local_state || "") && node.cluster_size === L.scene.nodes.length);
    const more = Math.max(0, lost().length - game.lost);
    const typed = L.session.lines.slice(game.from).filter(acts).length;
    const letter = !whole || L.scene.diverged ? "F" : more ? "D" : game.shown ? "C" : typed <= 4 ? "A" : typed <= 8 ? "B" : "C";
    L.guide(
      el("div", { class: "guide-head" }, el("h2", {}, "Arcade: failure " + game.seed), L.button("All missions", () => L.openMissions(), { class: "quiet" })),
      el("div", { class: "graded" }, el("span", { class: "grade grade-" + letter, "aria-label": "Grade " + letter, id: "arcade-grade" }, letter),
        el("ul", { class: "reasons" },
          el("li", {}, whole ? "The cluster is whole." : "Not all nodes are Synced in one primary component."),
          el("li", {}, more ? L.plural(more, "more acknowledged row is", "more acknowledged rows are") + " lost." : "No further row is lost."),
          L.scene.diverged ? el("li", {}, "Nodes hold different rows.") : null,
          el("li", {}, L.plural(typed, "command") + " changed something" + (game.shown ? ", and the page showed a way." : ".")))),
      el("div", { class: "choices" }, L.button("Go on with this one", () => draw()), L.button("Another failure", () => L.arcade(), { class: "primary" })));
  };
})(Lab);
