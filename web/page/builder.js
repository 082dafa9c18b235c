"use strict";
// The mission builder: the session so far becomes a mission file, and a link that opens it.
(function (L) {
  const el = L.el;
  // Larger files are no missions: the lab refuses them as well.
  const BYTES_MAX = 256 * 1024;

  const quoted = (text) => JSON.stringify(text);
  const block = (text) => '"""\n' + text.trim().replace(/\\/g, "\\\\").replace(/"""/g, '\\"\\"\\"') + '\n"""';

  // The lines on the way to the present moment that change the cluster.
  const acts = () => {
    const byNumber = new Map(L.scene.moments.map((moment) => [moment.number, moment]));
    const lines = [];
    for (let at = byNumber.get(L.scene.moment); at && at.parent !== null; at = byNumber.get(at.parent)) lines.unshift({ number: at.number, line: at.line });
    return lines;
  };

  const file = (fields, lines, begins) => {
    const setup = lines.slice(0, begins).map((one) => one.line).join("\n");
    const way = lines.slice(begins).map((one) => one.line).join("\n");
    const nodes = L.scene.nodes.map((node) => quoted(node.name)).join(", ");
    return ["id    = " + quoted(fields.id), "title = " + quoted(fields.title), "story = " + block(fields.story), "goal  = " + quoted(fields.goal),
      "setup = " + block(setup), "hints = [" + fields.hints.map(quoted).join(", ") + "]", "way = " + block(way), "because = " + block(fields.because), "",
      "[best]", "downtime = " + quoted(fields.downtime), "commands = " + lines.slice(begins).filter((one) => /\$|^fault|^procedure/.test(one.line) && !/\bcat\b|--show/.test(one.line)).length, "",
      "[cluster]", "nodes = [" + nodes + "]", ""].join("\n");
  };

  L.openBuilder = () => {
    L.leaveGuide();
    L.mark("missions");
    const lines = L.scene.mission ? [] : acts();
    if (lines.length < 2) {
      return L.guide(el("h2", {}, "Build a mission"),
        el("p", {}, "A mission is made of a session. Break the cluster first, then bring it back the best way. Then open this again: you choose where the learner begins, and the rest becomes the solution."),
        el("div", { class: "choices" }, L.button("Back to the missions", () => L.openMissions())));
    }
    const field = (label, name, value, more) => el("label", { class: "field" }, el("span", {}, label), (more && more.long) ? el("textarea", { name, rows: 3, required: true }, value) : el("input", { name, value, required: true, ...more }));
    const firstCommand = lines.findIndex((one) => /\$/.test(one.line));
    const begins = el("select", { name: "begins" }, lines.slice(1).map((one, i) => el("option", { value: i + 1, selected: i + 1 === Math.max(1, firstCommand) }, "before “" + one.line.slice(0, 60) + "”")));
    const says = el("p", { class: "verdict", role: "status" });
    const form = el("form", { class: "builder", id: "builder" },
      field("Name (small letters, digits, dashes)", "id", "my-mission", { pattern: "[a-z0-9\\-]{1,60}" }),
      field("Title", "title", "My mission"),
      field("Story: what has happened", "story", "The cluster is broken, and nobody wrote down why.", { long: true }),
      field("Goal", "goal", "All nodes synced, and every row that a client was told is committed still there."),
      el("label", { class: "field" }, el("span", {}, "The learner begins"), begins),
      field("Hints, one a line", "hints", "Look at the state files of each node.", { long: true }),
      field("Why your way is better", "because", "It loses nothing.", { long: true }),
      field("Longest time without service for the best grade", "downtime", "5m", { pattern: "[0-9]+(ms|s|m|h)" }),
      says,
      el("div", { class: "choices" },
        el("button", { type: "submit", class: "primary", value: "try" }, "Check and play it"),
        el("button", { type: "submit", value: "file" }, "Save the file"),
        el("button", { type: "submit", value: "link" }, "Copy a link")));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const value = (name) => form.elements[name].value.trim();
      const fields = { id: value("id"), title: value("title"), story: value("story"), goal: value("goal"), because: value("because"), downtime: value("downtime"),
        hints: value("hints").split("\n").map((hint) => hint.trim()).filter(Boolean) };
      const text = file(fields, lines, Number(value("begins")));
      try {
        await L.ask({ ask: "mission", text });
      } catch (error) {
        says.className = "verdict bad";
        says.textContent = error.message;
        return;
      }
      const what = event.submitter ? event.submitter.value : "try";
      if (what === "file") return L.download(fields.id + ".toml", text);
      const session = { opening: fields.id, lines: [], seed: L.session.seed, missions: [text] };
      if (what === "link") return L.copyLink(session);
      await L.begin(session);
    });
    L.guide(el("h2", {}, "Build a mission"), el("p", { class: "muted" }, "Your session has " + L.plural(lines.length, "line") + ". Those before the learner’s beginning become the incident, the rest the better way."), form);
  };

  const openText = async (text) => {
    try {
      const mission = await L.ask({ ask: "mission", text });
      await L.begin({ opening: mission.id, lines: [], seed: "1", missions: [text] });
    } catch (error) {
      L.notice("This is no mission: " + error.message, "bad");
    }
  };
  L.openMissionFile = () => {
    const input = el("input", { type: "file", accept: ".toml" });
    input.addEventListener("change", async () => {
      const chosen = input.files[0];
      if (!chosen) return;
      if (chosen.size > BYTES_MAX) return L.notice(chosen.name + " has " + chosen.size.toLocaleString("en") + " bytes. A mission has at most 262,144.", "bad");
      openText(await chosen.text());
    });
    input.click();
  };
})(Lab);
