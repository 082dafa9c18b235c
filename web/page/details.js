"use strict";
// What lies behind the picture: the files of each node with the bytes that changed, the rows and where they are, the
// quorum sums, the moments.
(function (L, S) {
  const el = L.el;
  const TABS = [["files", "Files"], ["rows", "Rows"], ["quorum", "Quorum"], ["moments", "Moments"]];
  const ROWS_SHOWN = 200;
  let tab = "files", parts = {};
  // The instant before the last line, with which files are compared.
  let before = 0;

  // The text with the parts that the other text does not have in `mark` elements, line by line.
  const marked = (text, old) => {
    if (old === undefined || old === text) return [text];
    const oldLines = old.split("\n");
    return text.split("\n").flatMap((line, i) => {
      const end = i + 1 < text.split("\n").length ? "\n" : "";
      const was = oldLines[i];
      if (line === was) return [line + end];
      if (was === undefined) return [el("mark", {}, line), end];
      let from = 0;
      while (from < line.length && line[from] === was[from]) from++;
      let tail = 0;
      while (tail < line.length - from && tail < was.length - from && line[line.length - 1 - tail] === was[was.length - 1 - tail]) tail++;
      return [line.slice(0, from), el("mark", {}, line.slice(from, line.length - tail) || "\u200a"), line.slice(line.length - tail) + end];
    });
  };

  const files = () => {
    if (L.scene.mission) {
      return [el("p", { class: "muted" }, "During a mission you see what an operator sees. Read a file on its node, for instance with “A$ sudo cat /var/lib/mysql/grastate.dat”.")];
    }
    const run = L.timeline.run(), t = L.timeline.at();
    const past = t < run.end - 1000 ? null : Math.min(before, t);
    return [el("div", { class: "file-grid" }, run.nodes.map((name, node) => {
      const now = S.factsAt(run, node, t);
      const old = past === null ? now : S.factsAt(run, node, past);
      const file = (which) => {
        const text = now[which];
        const gone = text === undefined;
        const changed = (old[which] || "") !== (text || "");
        return el("div", { class: "file" + (changed ? " changed" : "") },
          el("h4", {}, which, changed ? el("span", { class: "tag" }, gone ? "deleted" : old[which] === undefined ? "new" : "changed") : null),
          gone ? el("p", { class: "muted" }, "no such file") : text === "" ? el("p", { class: "muted" }, "empty")
            : el("pre", { tabindex: "0", role: "region", "aria-label": which + " of node " + name }, ...marked(text.replace(/\n$/, ""), old[which] === undefined ? undefined : old[which].replace(/\n$/, ""))));
      };
      return el("section", { "aria-label": "Files of node " + name }, el("h3", {}, "Node " + name), file("grastate.dat"), file("gvwstate.dat"));
    }))];
  };

  const rows = () => {
    const all = L.scene.rows;
    if (!all) return [el("p", { class: "muted" }, "During a mission nobody tells you which rows are where. “debrief” ends the mission and opens this.")];
    if (!all.length) return [el("p", { class: "muted" }, "No client has written anything yet. "), L.button("A client of A writes 2 rows", () => L.type("client " + L.scene.nodes[0].name + " write 2"))];
    const names = L.scene.nodes.map((node) => node.name);
    // Rows that share their fate stand in one line.
    const groups = [];
    for (const row of all) {
      const key = row.outcome + "|" + row.on.join(",") + "|" + row.lost;
      const last = groups[groups.length - 1];
      if (last && last.key === key) last.rows.push(row);
      else groups.push({ key, rows: [row] });
    }
    const words = { acknowledged: "acknowledged", running: "no answer yet", refused: "refused", unknown: "connection lost" };
    const lost = all.filter((row) => row.lost);
    return [
      lost.length ? el("p", { class: "verdict bad" }, L.plural(lost.length, "acknowledged row is", "acknowledged rows are") + " gone.") : el("p", { class: "verdict good" }, "No acknowledged row is gone."),
      L.scene.diverged ? el("p", { class: "verdict bad" }, "Nodes that serve hold different rows: " + L.scene.diverged) : null,
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Rows" }, el("table", { class: "rows" },
        el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Rows"), el("th", { scope: "col" }, "The client knows"), names.map((name) => el("th", { scope: "col", class: "on" }, name)))),
        el("tbody", {}, groups.slice(-ROWS_SHOWN).map(({ rows: some }) => {
          const one = some[0];
          const label = some.length === 1 ? one.tag : one.tag + " … " + some[some.length - 1].tag + " (" + some.length + ")";
          return el("tr", { class: one.lost ? "lost" : "" }, el("th", { scope: "row" }, label),
            el("td", {}, one.lost ? "acknowledged, and gone" : words[one.outcome]),
            names.map((name) => el("td", { class: "on" }, one.on.includes(name) ? el("span", { class: "has", title: "holds it" }, "●", el("span", { class: "sr" }, "yes")) : el("span", { class: "hasnt" }, "–", el("span", { class: "sr" }, "no")))));
        }))))];
  };

  const quorum = () => [
    el("p", { class: "muted" }, ...L.linked("A component stays primary if it has more than half of the last primary component: twice those present, plus those that left in order, must exceed all.")),
    el("div", { class: "sums" }, L.scene.nodes.map((node) => {
      const sum = node.quorum;
      const head = el("h3", {}, "Node " + node.name);
      if (!sum || L.isDown(node)) return el("section", { class: "sum" }, head, el("p", { class: "muted" }, L.isDown(node) ? "It has no server, so it counts nothing." : "It has not counted yet."));
      return el("section", { class: "sum " + (sum.holds ? "good" : "bad") }, head,
        el("p", { class: "dots", "aria-hidden": "true" }, sum.members.map((name) => el("span", { class: sum.present.includes(name) ? "is" : sum.left.includes(name) ? "left" : "not" }, name))),
        el("p", { class: "formula" }, "2 × " + sum.twice_present / 2 + " + " + sum.left_weight + " = " + (sum.twice_present + sum.left_weight) + (sum.holds ? " > " : " ≤ ") + sum.total),
        el("p", {}, sum.holds ? "quorum: it goes on" : "no quorum: it refuses",
          sum.left.length ? ", " + L.list(sum.left) + " left in order" : ""));
    })),
  ];

  const moments = () => [
    el("div", { class: "moment-tools" },
      L.button("Compare two moments", () => L.compareDialog(), { id: "compare" }),
      L.button("All as text", () => L.type("moments"))),
    el("ol", { class: "moments" }, L.scene.moments.map((moment) => {
      const here = moment.number === L.scene.moment;
      const branch = moment.parent !== null && moment.parent !== moment.number - 1 ? "after " + moment.parent : "";
      return el("li", { class: (here ? "here " : "") + (moment.on_path ? "on-path" : "") },
        el("button", { type: "button", class: "moment", "aria-current": here ? "true" : null, disabled: here || !L.scene.can_travel, onclick: () => L.type("goto " + moment.number) },
          el("span", { class: "moment-number" }, moment.number), el("span", { class: "moment-time" }, L.clock(moment.clock_ms)),
          el("span", { class: "moment-line" }, moment.line), el("span", { class: "moment-forks" }, branch, moment.forks.map((fork) => el("span", { class: "tag" }, fork)))));
    })),
  ];

  const CONTENT = { files, rows, quorum, moments };

  L.details = {
    build: () => {
      parts.body = el("div", { class: "details-body", id: "details-body", role: "tabpanel" });
      parts.tabs = el("div", { class: "tabs", role: "tablist", "aria-label": "Details" }, TABS.map(([id, label]) =>
        el("button", { type: "button", role: "tab", id: "tab-" + id, "aria-controls": "details-body", onclick: () => L.details.open(id) }, label)));
      parts.tabs.addEventListener("keydown", (event) => {
        const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!by) return;
        const at = TABS.findIndex(([id]) => id === tab);
        L.details.open(TABS[(at + by + TABS.length) % TABS.length][0]);
        document.getElementById("tab-" + tab).focus();
      });
      document.getElementById("details").replaceChildren(parts.tabs, parts.body);
    },
    open: (id) => {
      tab = id;
      L.details.draw();
    },
    since: (t) => { before = t; },
    draw: () => {
      for (const [id] of TABS) {
        const button = document.getElementById("tab-" + id);
        button.setAttribute("aria-selected", id === tab ? "true" : "false");
        button.tabIndex = id === tab ? 0 : -1;
      }
      parts.body.setAttribute("aria-labelledby", "tab-" + tab);
      const lost = L.scene.rows && L.scene.rows.some((row) => row.lost);
      document.getElementById("tab-rows").classList.toggle("alarm", Boolean(lost));
      parts.body.replaceChildren(...CONTENT[tab]().filter(Boolean));
    },
    // Only the files depend on the instant that is looked at.
    look: () => { if (tab === "files" && L.scene) L.details.draw(); },
  };
})(Lab, Seatrial);
