"use strict";
// Files of a broken cluster, dropped on the page: what `advise` and `autopsy` say of them, and the way on in the lab.
(function (L) {
  const el = L.el;
  // The simulator's memory holds the files while they are read.
  const BYTES_MAX = 200 * 1024 * 1024;
  const FILES_MAX = 500;
  let given = [];

  const size = (bytes) => bytes < 10_000 ? L.plural(bytes, "byte") : bytes < 10_000_000 ? Math.round(bytes / 1000) + " kB" : Math.round(bytes / 1_000_000) + " MB";

  L.openEvidence = () => {
    L.leaveGuide();
    L.mark("evidence");
    given = [];
    const input = el("input", { type: "file", multiple: true, class: "sr", id: "evidence-files", "aria-label": "Files of a broken cluster" });
    input.addEventListener("change", () => L.takeFiles([...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }))));
    L.guide(el("h2", {}, "Your incident"),
      el("p", {}, "Drop what a broken cluster left behind: error logs, grastate.dat, gvwstate.dat, the output of recovery runs, or an archive for each node. You get advice, and the story of what happened."),
      el("p", {}, el("b", {}, "Nothing leaves this machine. "), "The page’s own policy forbids it the network."),
      el("div", { class: "drop-zone" }, el("p", {}, "Drop files or folders anywhere on this page"), L.button("Choose files", () => input.click(), { class: "primary", id: "choose-files" }), input));
  };

  // The files of a drop, with the folders that they lie in.
  const entriesOf = async (entry, path, found) => {
    if (found.length > FILES_MAX) return;
    if (entry.isFile) {
      const file = await new Promise((yes, no) => entry.file(yes, no));
      found.push({ file, path: path + file.name });
    } else if (entry.isDirectory) {
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((yes, no) => reader.readEntries(yes, no));
        if (!some.length) break;
        for (const one of some) await entriesOf(one, path + entry.name + "/", found);
      }
    }
  };

  L.takeFiles = async (files) => {
    if (!files.length) return;
    L.leaveGuide();
    L.mark("evidence");
    if (files.length > FILES_MAX) return L.notice("These are more than " + FILES_MAX + " files. Give the logs and state files alone, or an archive for each node.", "bad");
    const total = [...given, ...files].reduce((sum, one) => sum + one.file.size, 0);
    if (total > BYTES_MAX) {
      return L.notice("These files have " + size(total) + " together; the page reads at most " + size(BYTES_MAX) + ". “seatrial advise” and “seatrial autopsy” on the command line read any size.", "bad");
    }
    given.push(...files);
    L.guide(el("h2", {}, "Your incident"), el("p", { role: "status" }, "Reading " + L.plural(given.length, "file") + " …"));
    try {
      await L.ask({ ask: "evidence-begin" });
      // The files of one folder belong together, so they come one after the other.
      given.sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0));
      for (const { file, path } of given) await L.ask({ ask: "evidence-file", name: path }, new Uint8Array(await file.arrayBuffer()));
      const answer = await L.ask({ ask: "evidence-end" });
      show(answer);
    } catch (error) {
      if (error.broken) await L.recover("reading these files");
      L.guide(el("h2", {}, "Your incident"), el("p", { class: "verdict bad" }, error.message), L.button("Try other files", () => L.openEvidence(), { class: "primary" }));
    }
  };

  const show = ({ advice, story, story_error: storyError, scenario }) => {
    L.guide(
      el("div", { class: "guide-head" }, el("h2", {}, "Your incident"), L.button("Other files", () => L.openEvidence(), { class: "quiet" })),
      el("p", { class: "muted" }, L.plural(given.length, "file") + ": " + given.slice(0, 4).map((one) => one.path).join(", ") + (given.length > 4 ? " …" : "")),
      scenario ? el("div", { class: "choices" }, L.button("Play on from here", () => playOn(scenario.toml), { class: "primary", id: "play-on" }),
        L.button("Save as scenario", () => L.download("incident.toml", scenario.toml))) : null,
      el("h3", {}, "What to do"),
      el("pre", { class: "answer", tabindex: "0", role: "region", "aria-label": "Advice", id: "advice" }, ...L.ansi(advice.trim())),
      el("h3", {}, "What happened"),
      story ? el("pre", { class: "answer", tabindex: "0", role: "region", "aria-label": "Autopsy", id: "autopsy" }, ...L.ansi(story.trim())) : el("p", { class: "muted" }, storyError),
      scenario && scenario.remarks.length ? el("details", {}, el("summary", {}, "What the simulator cannot play again"), el("ul", {}, scenario.remarks.map((remark) => el("li", {}, remark)))) : null);
  };

  // The incident as a session of the lab, at its end.
  const playOn = async (scenario) => {
    await L.begin({ opening: scenario, lines: ["next all"] });
    L.guide(el("h2", {}, "Your incident, made again"),
      el("p", {}, "The simulated cluster has gone through what the logs tell. Try here what you would do there: undo what fails, fork, compare."),
      el("div", { class: "choices" }, L.button("What does the manual do?", () => L.type("procedure manual")), L.button("Start over", () => L.startOver())));
  };

  L.buildDrop = () => {
    const drop = document.getElementById("drop");
    const hasFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
    addEventListener("dragover", (event) => { if (hasFiles(event)) { event.preventDefault(); drop.hidden = false; } });
    addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.hidden = true; });
    addEventListener("drop", async (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      drop.hidden = true;
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean);
      const found = [];
      if (entries.length) for (const entry of entries) await entriesOf(entry, "", found);
      else found.push(...[...event.dataTransfer.files].map((file) => ({ file, path: file.name })));
      L.takeFiles(found);
    });
  };
})(Lab);
