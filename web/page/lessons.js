"use strict";
// The guide beside the cluster: the first minute, the lessons, and the place where missions stand.
(function (L) {
  const el = L.el;
  let current = null;

  const guide = (...content) => document.getElementById("guide").replaceChildren(...content.flat().filter(Boolean));
  L.guide = guide;
  L.mark = (place) => {
    for (const button of document.querySelectorAll("#places button")) button.setAttribute("aria-current", button.dataset.place === place ? "page" : "false");
  };

  // A beginner's first minute: break one thing, see what happens, undo it.
  const FIRST = [
    ["Three database servers hold the same rows. Let a client write two.", "client A write 2"],
    ["Now kill one of them. Do the others go on?", "fault terminate B"],
    ["They do not know yet. Give them time to notice.", "wait 20s"],
    ["The others are a majority, so they go on without it. Kill one more.", "fault terminate A"],
    ["Give the last one time to notice, too.", "wait 20s"],
    ["The last node runs and refuses: alone, it cannot know whether others serve. Start A again.", "A$ sudo systemctl start mariadb"],
  ];

  L.first = (step) => {
    L.mark("first");
    current = { kind: "first", step: step || 0 };
    drawFirst();
  };
  const drawFirst = () => {
    const { step } = current;
    if (step >= FIRST.length) {
      return guide(el("h2", {}, "That was your first failure"),
        el("p", {}, "Two of three were gone, one refused, and one start brought the cluster back without a lost row. You can undo everything: try another way."),
        el("div", { class: "choices" },
          L.button("Lesson 1", () => L.openLesson(1), { class: "primary" }), L.button("A mission", () => L.openMissions()),
          L.button("Begin again", () => L.startOver().then(() => L.first(0)))));
    }
    const [words, line] = FIRST[step];
    guide(el("h2", {}, step ? "What happens next?" : "Break it"),
      el("p", { class: "lead" }, ...L.marked(words)),
      suggestion(line),
      el("p", { class: "muted progress" }, "Step " + (step + 1) + " of " + FIRST.length + ". Or click any node or link, and break what you like."));
  };

  const suggestion = (line, label) => el("div", { class: "suggestion" },
    L.button(label || "Do it", () => L.type(line), { class: "primary", id: "do-it" }),
    el("code", {}, line));

  L.openLessons = () => {
    L.mark("lessons");
    current = { kind: "list" };
    const done = L.progress().lessons;
    guide(el("h2", {}, "Lessons"),
      el("p", { class: "muted" }, "Eight lessons of five minutes each. Type each line, or let the page do it. You can go back at any time."),
      el("ol", { class: "list" }, L.contents.lessons.map((lesson) => el("li", {},
        el("button", { type: "button", class: "list-entry", onclick: () => L.openLesson(lesson.number) },
          el("span", { class: "list-mark", "aria-label": done[lesson.number] ? "done" : "not done yet" }, done[lesson.number] ? "✓" : lesson.number),
          el("span", {}, lesson.title))))));
  };

  L.openLesson = async (number) => {
    const lesson = L.contents.lessons.find((one) => one.number === number);
    if (!lesson) return;
    document.getElementById("dialog").close();
    await L.begin({ opening: "", lines: [] });
    L.mark("lessons");
    current = { kind: "lesson", lesson, at: 0 };
    drawLesson();
  };

  const steps = (lesson) => lesson.parts.filter((part) => part.line);

  // Shows the text up to the line that comes next. What was done stays above, so that nothing is lost.
  const drawLesson = () => {
    const { lesson, at } = current;
    const all = steps(lesson);
    const shown = [];
    let seen = 0;
    for (const part of lesson.parts) {
      if (part.line) {
        if (seen > at) break;
        if (seen === at) { shown.push(el("li", { class: "next" }, suggestion(part.line))); seen++; break; }
        shown.push(el("li", { class: "done" }, el("code", {}, part.line)));
        seen++;
      } else {
        shown.push(el("li", { class: "text" }, el("p", {}, ...L.marked(part.text))));
      }
    }
    const finished = at >= all.length;
    if (finished) {
      const done = { ...L.progress().lessons };
      done[lesson.number] = (done[lesson.number] || 0) + 1;
      if (!current.kept) { L.keep({ lessons: done }); current.kept = true; }
    }
    const next = L.contents.lessons.find((one) => one.number === lesson.number + 1);
    const list = el("ol", { class: "lesson", id: "lesson" }, shown);
    guide(
      el("div", { class: "guide-head" }, el("h2", {}, "Lesson " + lesson.number + ". " + lesson.title),
        L.button("All lessons", () => L.openLessons(), { class: "quiet" })),
      el("progress", { max: all.length, value: at, "aria-label": "Progress of the lesson" }),
      list,
      finished ? el("div", { class: "choices" }, el("p", { class: "verdict good" }, "Lesson " + lesson.number + " is done."),
        next ? L.button("Lesson " + next.number + ": " + next.title, () => L.openLesson(next.number), { class: "primary" }) : L.button("To the missions", () => L.openMissions(), { class: "primary" })) : null);
    const body = document.getElementById("guide");
    body.scrollTop = body.scrollHeight;
  };

  // Notes a line that was typed, by hand or by a button.
  L.lessonLine = (line) => {
    if (!current) return;
    const same = (wanted) => wanted.replace(/\s+/g, " ").trim() === line.replace(/\s+/g, " ").trim();
    if (current.kind === "lesson") {
      const part = steps(current.lesson)[current.at];
      if (part && same(part.line)) { current.at++; drawLesson(); }
    } else if (current.kind === "first") {
      const step = FIRST[current.step];
      if (step && same(step[1])) { current.step++; drawFirst(); }
    }
  };
  L.leaveGuide = () => { current = null; };
})(Lab);
