"use strict";
// The cluster as a picture at an instant of the film: nodes, the components that serve, links, what is on its way.
(function (L, S) {
  const el = L.el;
  // On a narrow screen the picture is narrow as well, so that its texts can be read.
  const HEIGHT = 420, NARROW = 450, WIDE = 800;
  // Texts of a node's card that are longer do not fit in it.
  const LETTERS = 24;

  // Where the nodes stand: three of them as a triangle, others on an ellipse.
  const places = (count, WIDTH) => {
    const narrow = WIDTH === NARROW;
    if (count === 3) return narrow ? [[225, 84], [97, 326], [353, 326]] : [[400, 92], [168, 316], [632, 316]];
    if (count === 1) return [[WIDTH / 2, 210]];
    if (count === 2) return narrow ? [[225, 84], [225, 326]] : [[210, 210], [590, 210]];
    return Array.from({ length: count }, (_, i) => {
      const angle = -Math.PI / 2 + (i * 2 * Math.PI) / count;
      return [WIDTH / 2 + (WIDTH / 2 - 115) * Math.cos(angle), HEIGHT / 2 + 142 * Math.sin(angle)];
    });
  };

  // The components whose members are primary, each as the list of its nodes.
  const components = (run, t) => {
    const found = new Map();
    run.nodes.forEach((_, node) => {
      const facts = S.factsAt(run, node, t);
      const state = S.stateAt(run, node, t);
      if (state === "down" || state === "no power" || !(facts.view || "").startsWith("PRIM")) return;
      found.set(facts.view, [...(found.get(facts.view) || []), node]);
    });
    return [...found.values()];
  };

  // Nodes with a slow, lossy or flapping network at an instant.
  const troubled = (run, t) => {
    const slow = new Map();
    for (const fault of run.faults) {
      if (fault.t > t) break;
      if (fault.how !== "applied") continue;
      if (fault.fault === "heal" || fault.fault === "partition") slow.clear();
      if (["latency", "loss", "flap"].includes(fault.fault)) for (const node of fault.nodes) slow.set(node, fault.fault);
    }
    return slow;
  };

  const cut = (text) => (text.length > LETTERS ? text.slice(0, LETTERS - 1) + "…" : text);

  L.picture = (run, onNode, onLink, narrow) => {
    const WIDTH = narrow ? NARROW : WIDE;
    const where = places(run.nodes.length, WIDTH);
    const small = run.nodes.length > 3;
    const [wide, high] = small ? [158, 84] : narrow ? [184, 100] : [206, 100];
    const svg = el("svg:svg", { viewBox: "0 0 " + WIDTH + " " + HEIGHT, class: "cluster", role: "group", "aria-label": "Nodes and links" });
    const halos = el("svg:g", { class: "halos" }), lines = el("svg:g"), dots = el("svg:g", { "aria-hidden": "true" }), nodes = el("svg:g"), chips = el("svg:g", { "aria-hidden": "true" });
    svg.append(halos, lines, dots, nodes, chips);
    let shown = "";

    const pressed = (action) => (event) => {
      if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      action();
    };

    // A soft field around the nodes that form one component.
    const halo = (members, number) => {
      const points = members.map((node) => where[node]);
      const path = "M" + points.map((point) => point.join(" ")).join("L") + (points.length > 2 ? "Z" : points.length === 1 ? "h0.1" : "");
      return el("svg:path", { d: path, class: "halo" + (number ? " twin" : ""), "stroke-width": high + 74 });
    };

    const link = (pair, slow, transfer) => {
      const { a, b, connected, there, back } = pair;
      const [x1, y1] = where[a], [x2, y2] = where[b];
      const [cx, cy] = [(x1 + x2) / 2, (y1 + y2) / 2];
      const isCut = there || back;
      const kind = isCut ? "cut" : transfer ? "transfer" : slow ? "slow" : connected ? "up" : "none";
      const [one, other] = [run.nodes[a], run.nodes[b]];
      const words = isCut ? (there && back ? "cut" : "cut from " + (there ? one + " to " + other : other + " to " + one))
        : transfer ? "a state transfer" : slow === "latency" ? "slow" : slow === "loss" ? "loses packets" : slow ? "unsteady" : connected ? "" : "";
      const state = words || (connected ? "connected" : "no connection");
      const width = 14 + words.length * 7.4;
      return el("svg:g", { class: "link-button", role: "button", tabindex: "0", "aria-label": "Link between " + one + " and " + other + ": " + state,
        onclick: () => onLink(one, other, isCut), onkeydown: pressed(() => onLink(one, other, isCut)) },
        el("svg:line", { x1, y1, x2, y2, class: "link-hit" }),
        el("svg:line", { x1, y1, x2, y2, class: "link " + kind }),
        words ? el("svg:rect", { x: cx - width / 2, y: cy - 12, width, height: 24, rx: 12, class: "link-label " + kind }) : null,
        words ? el("svg:text", { x: cx, y: cy + 4.5, class: "link-words " + kind }, words) : null);
    };

    const card = (node, facts, state, about) => {
      const [cx, cy] = where[node];
      const [x, y] = [cx - wide / 2, cy - high / 2];
      const name = S.visible(run.nodes[node]);
      const words = S.STATES[state];
      const lines = about;
      return el("svg:g", { class: "node-card", role: "button", tabindex: "0", "data-state": state, "data-name": run.nodes[node],
        "aria-label": "Node " + name + ": " + words.words + ". " + lines.join(". "), onclick: () => onNode(run.nodes[node]), onkeydown: pressed(() => onNode(run.nodes[node])) },
        el("svg:rect", { x, y, width: wide, height: high, rx: 14, class: "card-body" }),
        el("svg:rect", { x: x + 13, y: y + 14, width: 34, height: 34, rx: 9, class: "card-badge" }),
        el("svg:text", { x: x + 30, y: y + 38, class: "card-name" }, name.slice(0, 2)),
        el("svg:text", { x: x + 58, y: y + 37, class: "card-state" }, cut(words.words.split(",")[0])),
        el("svg:text", { x: x + 14, y: y + (small ? 64 : 68), class: "card-line" }, cut(lines[0] || "")),
        el("svg:text", { x: x + 14, y: y + (small ? 78 : 87), class: "card-line" }, cut(lines[1] || "")));
    };

    // What an operator can see of a node, in two lines.
    const about = (node, t, facts, state) => {
      if (state === "down") return [facts.exit === undefined ? "no server" : "ended with exit " + facts.exit, facts.exit === "0" ? "stopped in order" : ""];
      if (state === "no power") return ["the host is off", ""];
      if (state === "waiting") return ["the server starts", "no SQL port yet"];
      if (state === "hung") return ["the process is frozen", ""];
      const view = (facts.view || "").replace(/^[A-Z_]+: ?/, "").split(/, ?/).filter(Boolean);
      const seqno = facts.wsrep_last_committed;
      return [view.length ? "sees " + view.join(" ") : "sees nobody", seqno && seqno !== "-1" && seqno !== "18446744073709551615" ? "committed up to " + seqno : ""];
    };

    const still = (t) => {
      const cutAt = S.lastAt(run.cuts, t);
      const cuts = new Set(cutAt < 0 ? [] : run.cuts[cutAt].pairs.map((pair) => pair.join(">")));
      const states = run.nodes.map((_, node) => S.stateAt(run, node, t));
      // A node without a server has no links, even if the other end has not noticed yet.
      const lives = (node) => states[node] !== "down" && states[node] !== "no power";
      const pairs = S.linksAt(run, t).map((pair) => ({ ...pair, connected: pair.connected && lives(pair.a) && lives(pair.b),
        there: cuts.has(pair.a + ">" + pair.b), back: cuts.has(pair.b + ">" + pair.a) }));
      const facts = run.nodes.map((_, node) => S.factsAt(run, node, t));
      const lines = run.nodes.map((_, node) => about(node, t, facts[node], states[node]));
      const groups = components(run, t);
      const slow = troubled(run, t);
      const donor = facts.findIndex((f) => f.transfer === "donor"), joiner = facts.findIndex((f) => f.transfer && f.transfer !== "donor");
      const key = JSON.stringify([pairs, states, lines, groups, [...slow], donor, joiner]);
      if (key === shown) return;
      shown = key;
      const focused = document.activeElement && svg.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label").split(":")[0] : null;
      halos.replaceChildren(...groups.map(halo));
      linesOf(pairs, slow, donor, joiner);
      nodes.replaceChildren(...run.nodes.map((_, node) => card(node, facts[node], states[node], lines[node])));
      if (focused) for (const one of svg.querySelectorAll("[tabindex]")) if (one.getAttribute("aria-label").split(":")[0] === focused) one.focus();
    };
    const linesOf = (pairs, slow, donor, joiner) => lines.replaceChildren(...pairs.map((pair) => {
      const moving = donor >= 0 && joiner >= 0 && [pair.a, pair.b].includes(donor) && [pair.a, pair.b].includes(joiner);
      return link(pair, pair.connected && (slow.get(pair.a) || slow.get(pair.b)), moving);
    }));

    // Frames and writes of the last `reach` microseconds.
    const moving = (t, reach) => {
      const made = [];
      for (const { message, done } of S.messagesAt(run, t, reach, 60)) {
        const lost = message.arrives === null;
        const part = Math.min(done, lost ? 0.5 : 1);
        const [x1, y1] = where[message.from], [x2, y2] = where[message.to];
        made.push(el("svg:circle", { cx: x1 + (x2 - x1) * part, cy: y1 + (y2 - y1) * part, r: 4.5, class: lost ? "message lost" : "message" }));
      }
      dots.replaceChildren(...made);
      const writes = [];
      const perNode = new Map();
      for (const write of run.writes) {
        if (write.t > t || (write.ended < t - 4 * reach)) continue;
        const count = perNode.get(write.node) || 0;
        perNode.set(write.node, count + 1);
        if (count > 2) continue;
        const [cx, cy] = where[write.node];
        const answered = write.ended <= t;
        const sign = !answered ? "…" : write.outcome === "acknowledged" ? "✓" : write.outcome === "refused" ? "✕" : "?";
        writes.push(el("svg:text", { x: cx + wide / 2 - 8, y: cy - high / 2 - 8 - 17 * count, class: "chip " + (answered ? write.outcome : "") }, write.title.replace(/^write /, "") + " " + sign));
      }
      chips.replaceChildren(...writes);
    };

    return {
      element: svg,
      // Draws an instant. `reach` is 0 for a still picture.
      at: (t, reach) => {
        still(t);
        if (reach) moving(t, reach);
        else { dots.replaceChildren(); chips.replaceChildren(); }
      },
      components: (t) => components(run, t).map((members) => members.map((node) => run.nodes[node])),
    };
  };
})(Lab, Seatrial);
