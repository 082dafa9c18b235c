"use strict";
// Two moments or forks side by side, with the first difference, and the text of `diff` below.
(function (L, S) {
  const el = L.el;

  L.forkHere = () => {
    const used = new Set(L.scene.moments.flatMap((moment) => moment.forks));
    let number = 2;
    while (used.has("try-" + number)) number++;
    const name = el("input", { type: "text", value: "try-" + number, maxlength: "30", id: "fork-name", "aria-describedby": "fork-help" });
    const begin = (event) => {
      event.preventDefault();
      document.getElementById("dialog").close();
      L.type("fork " + name.value.trim());
    };
    L.dialog("Try something else from here", [
      el("p", { id: "fork-help" }, "The way so far keeps its name, “" + L.scene.fork + "”. What you type from now on belongs to the new fork; the moments list goes back to either."),
      el("form", { onsubmit: begin, class: "form" }, el("label", {}, "Name of the fork ", name), el("button", { type: "submit", class: "primary" }, "Fork")),
    ]);
    name.select();
  };

  // The moments on the way to a moment, the first one first.
  const path = (number) => {
    const byNumber = new Map(L.scene.moments.map((moment) => [moment.number, moment]));
    const found = [];
    for (let at = byNumber.get(number); at; at = byNumber.get(at.parent)) found.unshift(at);
    return found;
  };

  // Where two ways part: the last moment that they share, and the first line on each that the other does not have.
  const parting = (one, other) => {
    const [first, second] = [path(one), path(other)];
    let i = 0;
    while (i < first.length && i < second.length && first[i].number === second[i].number) i++;
    return { shared: first[i - 1], left: first[i], right: second[i] };
  };

  const side = async (number) => {
    await L.quietly("goto " + number);
    const data = await L.ask({ ask: "film" });
    const run = S.unpack(data, (L.quietScene.at_ms - L.quietScene.clock_ms) * 1000);
    return { run, scene: L.quietScene };
  };

  const column = (title, { run, scene }) => {
    const picture = L.picture(run, () => {}, () => {});
    picture.at(run.end, 0);
    for (const one of picture.element.querySelectorAll("[tabindex]")) {
      one.removeAttribute("tabindex");
      one.removeAttribute("role");
    }
    picture.element.setAttribute("role", "img");
    picture.element.setAttribute("aria-label", title + ": " + scene.nodes.map((node) => node.name + " " + (node.cluster_status || node.server)).join(", "));
    const lost = (scene.rows || []).filter((row) => row.lost).length;
    return el("section", { class: "side" }, el("h3", {}, title), el("div", { class: "picture" }, picture.element),
      el("p", { class: lost ? "verdict bad" : "verdict good" }, scene.rows ? (lost ? L.plural(lost, "acknowledged row is", "acknowledged rows are") + " gone" : "no acknowledged row is gone") : ""));
  };

  const name = (moment) => "moment " + moment.number + " (" + L.clock(moment.clock_ms) + ")" + (moment.forks.length ? ", " + moment.forks.join(", ") : "");

  L.compareDialog = () => {
    const moments = L.scene.moments;
    if (moments.length < 2) {
      L.dialog("Compare two moments", [el("p", {}, "There is one moment so far. Type a line or break something first, then compare.")]);
      return;
    }
    const select = (label, value) => el("select", { "aria-label": label }, moments.map((moment) => el("option", { value: moment.number, selected: moment.number === value }, name(moment) + ": " + moment.line.slice(0, 40))));
    const forks = moments.filter((moment) => moment.forks.length).map((moment) => moment.number);
    const right = L.scene.moment;
    const left = forks.find((number) => number !== right);
    const one = select("First moment", left === undefined ? moments[0].number : left), other = select("Second moment", right);
    const body = el("div", { class: "sides-body", role: "status" });
    const compare = async () => {
      const [a, b] = [Number(one.value), Number(other.value)];
      body.replaceChildren(el("p", { class: "muted" }, "One moment …"));
      const here = L.scene.moment;
      try {
        const first = await side(a), second = await side(b);
        await L.quietly("goto " + here);
        const { text } = await L.ask({ ask: "line", line: "diff " + a + " " + b });
        const { shared, left: l, right: r } = parting(a, b);
        const difference = l || r
          ? "They share the way up to moment " + shared.number + ". Then " + (l ? "the first goes on with “" + l.line + "”" : "the first ends") + (r ? ", the second with “" + r.line + "”." : ", and the second ends there.")
          : "They are the same moment.";
        body.replaceChildren(
          el("p", { class: "verdict" }, el("b", {}, "First difference: "), difference),
          el("div", { class: "sides" }, column("Moment " + a, first), column("Moment " + b, second)),
          el("pre", { class: "diff", tabindex: "0", role: "region", "aria-label": "Differences" }, ...L.ansi(text)));
      } catch (error) {
        body.replaceChildren(el("p", { class: "verdict bad" }, error.message));
      }
    };
    one.addEventListener("change", compare);
    other.addEventListener("change", compare);
    L.dialog("Compare two moments", [el("div", { class: "pickers" }, one, other), body], { class: "widest" });
    compare();
  };
})(Lab, Seatrial);
