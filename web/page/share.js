"use strict";
// What leaves the page: a link, a scenario file, a text for a report, the progress.
(function (L) {
  const el = L.el;

  const copy = async (text, what) => {
    try {
      await navigator.clipboard.writeText(text);
      L.notice(what + " is copied.", "good");
    } catch (error) {
      // Without permission the text is shown, so that it can be copied by hand.
      const area = el("textarea", { rows: 8, readonly: true, class: "copy", "aria-label": what });
      area.value = text;
      L.dialog(what, [el("p", {}, "The browser does not let the page copy. Copy this:"), area], { class: "wide" });
      area.select();
    }
  };

  // The address of a fragment. In a report the lab is a frame, whose name is the report's address.
  const address = (fragment, embed) => {
    if (location.protocol === "blob:" && window.name) return window.name + "#lab=" + fragment.slice(2);
    return location.href.split("#")[0].replace(/[?&]embed=1/, "") + (embed ? "?embed=1#" : "#") + fragment;
  };

  L.copyLink = async (session) => {
    const fragment = await L.fragment({ ...session, version: L.about.version });
    if (!fragment) return L.notice(L.canLink ? "This session is too long for a link. Save it as a scenario instead." : "This browser cannot make links. Save the session as a scenario instead.", "warn");
    return copy(address(fragment), "The link");
  };

  L.withHash = async () => {
    const { hash } = await L.ask({ ask: "hash" });
    return { ...L.session, hash: hash ? hash.slice(0, 16) : null };
  };

  const scenario = async () => {
    const reply = await L.ask({ ask: "line", line: "save session.toml" });
    if (!reply.file) {
      L.notice("Nothing has happened to the cluster yet, so there is no scenario.", "warn");
      return null;
    }
    return reply.file.text;
  };

  L.share = {
    link: async () => L.copyLink(await L.withHash()),
    embed: async () => {
      const fragment = await L.fragment({ ...(await L.withHash()), version: L.about.version });
      if (fragment) copy(address(fragment, true), "The link for a book or an issue");
    },
    scenario: async () => {
      const text = await scenario();
      if (text) copy(text, "The scenario");
    },
    scenarioText: scenario,
    scenarioFile: async () => {
      const text = await scenario();
      if (text) L.download("session.toml", text);
    },
    report: async () => {
      const session = await L.withHash();
      const fragment = L.real ? null : await L.fragment({ ...session, version: L.about.version });
      const findings = L.scene.findings.map((finding) => "- " + finding.oracle + ": " + finding.message);
      const text = ["What I did in Seatrial " + L.about.version + ":", "", "```", ...(session.opening ? ["# begins with: " + session.opening.split("\n")[0]] : []), ...session.lines, "```", "",
        "What happened: " + document.getElementById("story").textContent, "", L.real ? "It happened on real nodes." : "State: " + session.hash, ...(findings.length ? ["", "Findings:", ...findings] : []), "",
        "What I expected instead: ", "", fragment ? "To open it: " + address(fragment) : ""].join("\n");
      copy(text, "The text for an issue");
    },
  };

  L.openShare = () => {
    const entry = (label, says, action, id) => el("li", {}, el("button", { type: "button", class: "menu-entry", id, onclick: () => { document.getElementById("dialog").close(); action(); } }, el("span", {}, label), el("small", {}, says)));
    L.dialog("Share this session", [el("ul", { class: "menu-list" },
      // A link holds lines for the simulator. Real nodes are where they are.
      ...(L.real ? [] : [entry("Copy a link", "It opens on exactly this moment.", L.share.link, "share-link"),
        entry("Copy a link for a book or an issue", "It shows the cluster and the prompt alone.", L.share.embed, "share-embed")]),
      entry("Copy as scenario", "TOML that “seatrial run” replays.", L.share.scenario, "share-scenario"),
      entry("Save the scenario", "The same, as a file.", L.share.scenarioFile, "share-file"),
      entry("Report this", "A text for an issue, with lines, state and link.", L.share.report, "share-report"))]);
  };

  L.openProgress = () => {
    const kept = L.progress();
    const lessons = Object.keys(kept.lessons).length;
    const missions = kept.missions && kept.missions.missions ? Object.keys(kept.missions.missions).length : 0;
    const input = el("input", { type: "file", accept: ".json", class: "sr", id: "progress-file", "aria-label": "A file with progress" });
    input.addEventListener("change", async () => {
      try {
        if (input.files[0].size > 1_000_000) throw new Error("the file is too large");
        L.keep(L.readProgress(await input.files[0].text()));
        L.notice("The progress was read.", "good");
      } catch (error) {
        L.notice("This file holds no progress of the lab: " + error.message, "bad");
      }
      document.getElementById("dialog").close();
    });
    L.dialog("Your progress", [
      el("p", {}, L.plural(lessons, "lesson") + " and " + L.plural(missions, "mission") + " done. It is kept in this browser and goes nowhere."),
      el("div", { class: "choices" },
        L.button("Save as a file", () => L.download("seatrial-progress.json", JSON.stringify(L.progress(), null, 1) + "\n", "application/json")),
        L.button("Read a file", () => input.click()), input,
        L.button("Forget everything", () => { L.forget(); document.getElementById("dialog").close(); L.notice("The progress was forgotten."); }))]);
  };

  L.openWords = () => L.dialog("Words", [el("dl", { class: "words" }, L.about.words.flatMap((entry) => [el("dt", { id: "word-" + entry.anchor }, entry.word), el("dd", {}, ...L.marked(entry.meaning))]))], { class: "wide" });

  L.openHelp = () => L.dialog("How this works", [
    el("p", {}, "This is a simulator of a Galera cluster. It runs in this page; nothing is sent anywhere."),
    el("ul", {},
      el("li", {}, "Click a node or a link to break it, to type commands on it, or to let clients write."),
      el("li", {}, "Or type lines: ", el("code", {}, "A$ sudo systemctl stop mariadb"), ", ", el("code", {}, "fault terminate B"), ", ", el("code", {}, "wait 30s"), ". ", el("code", {}, "help"), " lists them all."),
      el("li", {}, "Tab completes, ↑ and ↓ bring earlier lines back, Ctrl-C stops a long line."),
      el("li", {}, "Time passes only when you let it pass, or when a command takes time."),
      el("li", {}, "Undo goes back a line. A fork keeps this way and tries another one; Moments compares them."))],
    { class: "wide" });
})(Lab);
