"use strict";
// The player of a run: transport, chart, links, the state of each node at the instant, the list of events.
(function (S) {
  const el = S.el;
  const SPEEDS = [["0.01", "0.01×"], ["0.1", "0.1×"], ["1", "1×"], ["5", "5×"], ["20", "20×"], ["100", "100×"]];
  const ROW = 34;
  const ICONS = { step: "§", check: "✓", fault: "⚡", command: "$", write: "w", process: "●", note: "i", finding: "!",
    state: "→", quorum: "Q", reunion: "Q", log: "l", link: "~", file: "f", frame: "↦" };
  const KINDS = { step: "step", check: "check", fault: "fault", command: "command", write: "write", process: "process",
    note: "note", finding: "finding", state: "state", quorum: "quorum", reunion: "quorum", log: "log line",
    link: "link", file: "file", frame: "frame" };

  // Drawn, since not every system's fonts have these signs.
  const PATHS = { play: "M5 3l10 6-10 6z", pause: "M5 3h3v12H5zM10 3h3v12h-3z", previous: "M4 3h2v12H4zM15 3v12L7 9z",
    next: "M12 3h2v12h-2zM3 3l8 6-8 6z", minus: "M3 8h12v2H3z", plus: "M8 3h2v5h5v2h-5v5H8v-5H3V8h5z",
    whole: "M2 3h2v12H2zM14 3h2v12h-2zM5 9l4-3v2h0v2H9v2zM13 9L9 6v6z" };
  const icon = (name) => el("svg:svg", { viewBox: "0 0 18 18", width: 18, height: 18, "aria-hidden": "true", class: "glyph" },
    el("svg:path", { d: PATHS[name] }));

  const badge = (state) => el("span", { class: "state", "data-state": state },
    el("b", { "aria-hidden": "true" }, S.STATES[state].letter), " " + S.STATES[state].words);

  const sectionLink = (section, lines) => section && el("a", { href: "#manual-" + section[0] },
    section[1] + (lines ? (lines[0] === lines[1] ? ", line " + lines[0] : ", lines " + lines[0] + " to " + lines[1]) : ""));

  // The state of the nodes at an instant.
  const nodeCards = (run) => {
    const cards = run.nodes.map((name, node) => {
      const parts = { state: el("p", { class: "now-state" }), why: el("p", { class: "why" }), facts: el("dl", { class: "facts" }),
        status: el("pre", { tabindex: "0", role: "region", "aria-label": "status table of node " + name }),
        grastate: el("pre", {}), gvwstate: el("pre", {}) };
      const element = el("section", { class: "node", "aria-label": "node " + name, "data-node": name },
        el("h3", {}, "Node " + name), parts.state, parts.why, parts.facts,
        el("h4", {}, "cm-cluster-manage --show-cluster-status"), parts.status,
        el("div", { class: "files" },
          el("div", {}, el("h4", {}, "grastate.dat"), parts.grastate),
          el("div", {}, el("h4", {}, "gvwstate.dat"), parts.gvwstate)));
      return { element, parts, shown: null };
    });
    const set = (element, text) => { if (element.textContent !== text) element.textContent = text; };
    const update = (t) => cards.forEach((card, node) => {
      const facts = S.factsAt(run, node, t);
      const state = S.stateAt(run, node, t);
      const why = S.whyAt(run, node, t);
      const key = state + why + Object.values(facts).join("\u0001");
      if (card.shown === key) return;
      card.shown = key;
      const { parts } = card;
      card.element.dataset.state = state;
      parts.state.replaceChildren(badge(state));
      set(parts.why, S.visible(why));
      const rows = [["view", facts.view || "none"], ["quorum is counted over", facts.last_primary || "nothing yet"],
        ["rows", facts.rows || "0"], ["content hash", facts.content || "not shown by this engine"]];
      if (facts.exit !== undefined) rows.push(["last exit code", facts.exit]);
      parts.facts.replaceChildren(...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
      set(parts.status, S.visible(S.statusTable(facts) || "No server answers."));
      set(parts.grastate, S.visible(facts["grastate.dat"] === undefined ? "(no such file)" : facts["grastate.dat"] || "(empty)"));
      set(parts.gvwstate, S.visible(facts["gvwstate.dat"] === undefined ? "(no such file)" : facts["gvwstate.dat"] || "(empty)"));
    });
    return { element: el("div", { class: "nodes" }, cards.map((card) => card.element)), update };
  };

  // The links between the nodes, broken where cut, with what is on them.
  const network = (run) => {
    const size = 240, middle = size / 2, radius = 78;
    const where = run.nodes.map((_, i) => {
      const angle = -Math.PI / 2 + (i * 2 * Math.PI) / run.nodes.length;
      return [middle + radius * Math.cos(angle), middle + 8 + radius * Math.sin(angle)];
    });
    const svg = el("svg:svg", { viewBox: "0 0 240 240", role: "img", class: "network" });
    const links = el("svg:g"), dots = el("svg:g"), nodes = el("svg:g");
    svg.append(links, dots, nodes);
    let shown = "";
    const update = (t, reach) => {
      const pairs = S.linksAt(run, t);
      const states = run.nodes.map((_, node) => S.stateAt(run, node, t));
      const facts = run.nodes.map((_, node) => S.factsAt(run, node, t));
      const primary = facts.map((f) => (f.view || "").startsWith("PRIM"));
      const donor = facts.findIndex((f) => f.transfer === "donor"), joiner = facts.findIndex((f) => f.transfer === "joiner");
      const key = JSON.stringify([pairs, states, primary, donor, joiner]);
      if (key !== shown) {
        shown = key;
        links.replaceChildren(...pairs.flatMap(({ a, b, cut, oneWay, connected }) => {
          const [x1, y1] = where[a], [x2, y2] = where[b];
          const transfer = (a === donor && b === joiner) || (b === donor && a === joiner);
          const kind = cut ? "cut" : transfer ? "transfer" : connected ? "up" : "none";
          const parts = [];
          if (cut) {
            const cx = (x1 + x2) / 2, cy = (y1 + y2) / 2;
            const at = (p) => [x1 + (x2 - x1) * p, y1 + (y2 - y1) * p];
            for (const [p, q] of [[0, 0.38], [0.62, 1]]) {
              const [ax, ay] = at(p), [bx, by] = at(q);
              parts.push(el("svg:line", { x1: ax, y1: ay, x2: bx, y2: by, class: "link cut" }));
            }
            parts.push(el("svg:text", { x: cx, y: cy + 5, class: "cutmark" }, oneWay ? "½" : "✕"));
          } else {
            parts.push(el("svg:line", { x1, y1, x2, y2, class: "link " + kind }));
          }
          return parts;
        }));
        nodes.replaceChildren(...run.nodes.flatMap((name, node) => {
          const [cx, cy] = where[node];
          return [
            primary[node] ? el("svg:circle", { cx, cy, r: 29, class: "prim-ring" }) : null,
            el("svg:circle", { cx, cy, r: 23, class: "node-dot", "data-state": states[node] }),
            el("svg:text", { x: cx, y: cy + 5, class: "node-name", "data-state": states[node] }, S.visible(name).slice(0, 4)),
            el("svg:text", { x: cx, y: cy + (node === 0 ? -34 : 45), class: "node-state" }, states[node]),
          ].filter(Boolean);
        }));
        const words = pairs.map(({ a, b, cut, connected }) => run.nodes[a] + " and " + run.nodes[b] + (cut ? " are cut" : connected ? " are connected" : " have no connection"));
        svg.setAttribute("aria-label", S.visible("Network: " + words.join(", ") + ". " + run.nodes.map((name, i) => name + " is " + states[i]).join(", ") + "."));
      }
      const moving = [];
      for (const { message, done } of S.messagesAt(run, t, reach, 40)) {
        const lost = message.arrives === null;
        const part = Math.min(done, lost ? 0.45 : 1);
        const [x1, y1] = where[message.from], [x2, y2] = where[message.to];
        moving.push(el("svg:circle", { cx: x1 + (x2 - x1) * part, cy: y1 + (y2 - y1) * part, r: 4, class: lost ? "message lost" : "message" }));
      }
      dots.replaceChildren(...moving);
    };
    return { element: svg, update };
  };

  // The list of events; only the rows in sight exist.
  const eventList = (run, onSeek) => {
    const scroller = el("div", { class: "events", tabindex: "0", role: "listbox", "aria-label": "Events" });
    const space = el("div", { class: "events-space" });
    scroller.append(space);
    let items = run.items, current = -1, top = -1;
    const label = (made) => {
      const who = made.node >= 0 && made.node !== undefined ? run.nodes[made.node] : "";
      let text = made.title;
      if (made.kind === "step") text = (made.step ? "Step " + made.step + ": " : "") + made.title;
      if (made.kind === "write") text = made.title + ": " + made.outcome + (made.code ? " (" + made.code + ")" : "");
      if (made.repeats > 1) text += "  (" + made.repeats + " times)";
      return [who, text];
    };
    const tone = (made) => {
      if (made.kind === "check") return made.held ? "good" : "bad";
      if (made.kind === "write") return made.outcome === "acknowledged" ? "good" : made.outcome === "refused" ? "bad" : "warn";
      if (made.kind === "quorum" || made.kind === "reunion") return made.holds === false ? "bad" : "";
      return made.kind === "fault" ? "bad" : made.kind === "finding" ? "warn" : "";
    };
    const render = (force) => {
      const first = Math.max(0, Math.floor(scroller.scrollTop / ROW) - 8);
      if (!force && first === top) return;
      top = first;
      const last = Math.min(items.length, first + Math.ceil((scroller.clientHeight || 400) / ROW) + 16);
      const rows = [];
      for (let i = first; i < last; i++) {
        const made = items[i];
        const [who, text] = label(made);
        const icon = made.kind === "check" && !made.held ? "✕" : ICONS[made.kind];
        rows.push(el("div", { class: "event is-" + made.kind + " " + tone(made), role: "option", id: "event-" + i,
          "aria-selected": i === current ? "true" : "false", "aria-posinset": i + 1, "aria-setsize": items.length,
          style: "top:" + i * ROW + "px", title: text, onclick: () => onSeek(made.t, i) },
          el("span", { class: "when" }, S.clock(made.t)), el("span", { class: "icon", "aria-hidden": "true" }, icon),
          el("span", { class: "who" }, who), el("span", { class: "what" }, el("span", { class: "sr" }, KINDS[made.kind] + ": "), text)));
      }
      space.replaceChildren(...rows);
      if (current >= 0) scroller.setAttribute("aria-activedescendant", "event-" + current);
    };
    scroller.addEventListener("scroll", () => render(false));
    const select = (place) => {
      if (place === current) return;
      current = place;
      space.style.height = items.length * ROW + "px";
      if (place >= 0) {
        const at = place * ROW, height = scroller.clientHeight;
        if (at < scroller.scrollTop + ROW || at > scroller.scrollTop + height - 3 * ROW) scroller.scrollTop = at - height * 0.4;
      }
      render(true);
    };
    new ResizeObserver(() => render(true)).observe(scroller);
    return {
      element: scroller, select, get items() { return items; },
      // With everything: log lines, links, files and frames too.
      everything: (on) => {
        if (on && !run.everything) {
          const frames = run.messages.map((m) => ({ t: m.t, node: m.from, kind: "frame",
            title: "to " + run.nodes[m.to] + ": " + run.text(m.frame) + (m.arrives === null ? " (lost)" : "") }));
          run.everything = [...run.items, ...run.details, ...frames].sort((a, b) => a.t - b.t);
        }
        items = on ? run.everything : run.items;
        current = -1;
        space.style.height = items.length * ROW + "px";
        render(true);
      },
    };
  };

  // What is going on at the instant: the step with its claim, the event with its output and its rule.
  const explanation = (run) => {
    const element = el("div", { class: "explain" });
    let shown = "";
    const rulePart = (rule) => el("details", { class: "rule", open: true }, el("summary", {}, rule.title),
      el("p", {}, rule.text), el("p", { class: "meta" }, el("a", { href: "#rule-" + rule.id }, "rule"), " · ", el("code", {}, rule.place)));
    const stepPart = (t, made) => {
      const start = S.stepAt(run, t);
      if (!start) return [el("p", { class: "muted" }, "The cluster is being started.")];
      const [, note] = run.steps[start.step - 1] || [];
      const claims = run.claims.filter((claim) => claim.step === start.step);
      const checks = run.items.filter((made) => made.kind === "check" && made.step === start.step && made.t <= t);
      return [
        el("h3", {}, start.step === 0 ? "Initial state" : start.step > run.steps.length ? "Second phase" : "Step " + start.step + " of " + run.steps.length),
        el("p", { class: "step-title" }, start.step > run.steps.length ? "Everything is healed, and a procedure acts." : start.title),
        ...checks.map((check) => el("p", { class: "check " + (check.held ? "good" : "bad") }, (check.held ? "✓ held: " : "✕ did not hold: ") + check.title)),
        ...claims.map((claim) => el("div", { class: "claim " + (claim.verdict === "holds" ? "good" : "warn") },
          el("p", {}, el("b", {}, claim.verdict === "holds" ? "The manual is right: " : "The manual is wrong: "), claim.says),
          el("p", { class: "meta" }, claim.id, claim.section ? " · " : "", sectionLink(claim.section, claim.lines),
            claim.assumes ? " · assumes " + claim.assumes : "", claim.verdict !== claim.expected ? " · not as pinned" : ""))),
        note ? el("p", { class: "note" }, note) : null,
        made && made.kind === "check" && S.ruleOfStep(start.title) ? rulePart(S.ruleOfStep(start.title)) : null,
        !claims.length && run.section ? el("p", { class: "meta" }, "Manual: ", sectionLink(run.section)) : null,
      ];
    };
    const eventPart = (made) => {
      if (!made || made.kind === "step" || made.kind === "check") return [];
      const rule = S.ruleOf(made);
      const parts = [el("h3", {}, KINDS[made.kind] + (made.node >= 0 ? " on " + run.nodes[made.node] : ""))];
      if (made.kind === "command") {
        const by = made.procedure ? "typed by the procedure " + made.procedure : "typed by the operator";
        const ended = made.ended === undefined ? "still running" : "exit " + made.exit + " after " + ((made.ended - made.t) / 1e6).toFixed(3) + " s";
        const output = (made.stdout || "") + (made.stderr || "");
        parts.push(el("pre", { class: "terminal", tabindex: "0", role: "region", "aria-label": "command and output" },
          el("b", {}, "$ " + made.line + "\n"), made.ended === undefined ? "" : output || "(no output)"),
          el("p", { class: "meta" }, by + ", " + ended + (made.repeats > 1 ? ", the same answer " + made.repeats + " times" : "")));
      } else {
        parts.push(el("p", { class: "said" }, made.title));
        if (made.receipt) parts.push(el("p", { class: "meta" }, made.how + ": " + made.receipt));
        if (made.kind === "write") parts.push(el("p", { class: "meta" }, "a client's write: " + made.outcome + (made.message ? ", " + made.message : "")));
      }
      if (rule) parts.push(rulePart(rule));
      return parts;
    };
    return {
      element,
      update: (t, made) => {
        const start = S.stepAt(run, t);
        const checks = run.items.length ? S.lastAt(run.items, t) : -1;
        const key = (start ? start.step : -1) + ":" + checks + ":" + (made ? made.t + made.title : "");
        if (key === shown) return;
        shown = key;
        element.replaceChildren(el("div", { class: "explain-step" }, stepPart(t, made)), el("div", { class: "explain-event" }, eventPart(made)));
      },
    };
  };

  const legend = () => el("details", { class: "legend" }, el("summary", {}, "What the signs mean"),
    el("ul", {},
      Object.keys(S.STATES).map((state) => el("li", {}, badge(state))),
      el("li", {}, "▼ a command (dark: operator, grey: procedure)"), el("li", {}, "● write acknowledged, ✕ refused or unknown"),
      el("li", {}, "red line: a fault"), el("li", {}, "Q: quorum lost"), el("li", {}, "slanted lines: frames; red ones never arrived")),
    el("p", {}, "Keys: space plays and pauses, ← and → go from event to event, + and − zoom, 0 shows the whole run, Home and End. Ctrl and the wheel zoom too."));

  // Shows a run in an element; with a second run beside it where one is given.
  S.player = (root, run, other, onMove) => {
    let t = 0, playing = false, frame = 0, lastFrame = 0, chosen = null;
    const seek = (to, made) => { chosen = made === undefined ? null : made; move(to); };
    const charts = [S.chart(run, (to) => { pause(); seek(to); })];
    if (other) charts.push(S.chart(other, (to) => { pause(); seek(S.matchingTime(other, run, to)); }));
    const difference = other ? S.firstDifference(run, other) : null;
    const cards = nodeCards(run), otherCards = other ? nodeCards(other) : null;
    const net = network(run), otherNet = other ? network(other) : null;
    const list = eventList(run, (to, place) => { pause(); seek(to, place); });
    const words = explanation(run);

    const button = (label, glyph, action, more) => el("button", Object.assign({ type: "button", "aria-label": label, title: label, onclick: action }, more), glyph);
    const playButton = button("Play", icon("play"), () => (playing ? pause() : play()), { class: "primary", id: "play" });
    const slider = el("input", { type: "range", min: 0, max: Math.ceil(run.end / 1000), step: 1, value: 0, "aria-label": "Time in the run", id: "scrub",
      oninput: () => { pause(); seek(Number(slider.value) * 1000); } });
    const clock = el("output", { class: "clock", for: "scrub" });
    const speed = el("select", { id: "speed", "aria-label": "Speed" }, SPEEDS.map(([value, label]) => el("option", { value, selected: value === "5" }, label)));
    const quiet = el("input", { type: "checkbox", id: "quiet", checked: true });
    const all = el("input", { type: "checkbox", id: "everything", onchange: () => { list.everything(all.checked); chosen = null; move(t); } });
    const live = el("p", { class: "sr", "aria-live": "polite" });
    const zoom = (factor) => charts.forEach((chart, i) => chart.zoom(factor, i ? S.matchingTime(run, other, t) : t));

    const transport = el("div", { class: "transport", role: "group", "aria-label": "Playback" },
      button("Previous event", icon("previous"), () => step(-1), { id: "previous" }), playButton, button("Next event", icon("next"), () => step(1), { id: "next" }),
      slider, clock,
      el("label", { class: "pick" }, "Speed ", speed),
      el("label", { class: "pick" }, quiet, " skip quiet times"),
      el("span", { class: "zoom", role: "group", "aria-label": "Zoom" },
        button("Zoom out", icon("minus"), () => zoom(2)), button("Zoom in", icon("plus"), () => zoom(0.5), { id: "zoom-in" }),
        button("Whole run", icon("whole"), () => charts.forEach((chart) => chart.fit()), { id: "fit" })));

    const chartPart = (one, chart, name) => el("figure", { class: "lane-figure" },
      other ? el("figcaption", {}, name) : null, chart.element);
    const engineName = (one) => one.title === run.title || one.id === run.id ? "on " + one.engine + ", seed " + one.seed : one.title + " on " + one.engine + ", seed " + one.seed;
    root.replaceChildren(...[
      el("div", { class: "stage" },
        el("div", { class: "left" },
          transport,
          chartPart(run, charts[0], engineName(run)),
          other ? chartPart(other, charts[1], engineName(other)) : null,
          other ? el("p", { class: "difference " + (difference ? "warn" : "good") },
            difference ? [el("b", {}, "First difference: "), difference.words + " ",
              el("button", { type: "button", onclick: () => { pause(); seek(difference.t); } }, "go there")]
              : "Nothing differs at the end of any step.") : null,
          words.element,
          legend()),
        el("div", { class: "right" },
          el("div", { class: "networks" }, net.element, otherNet ? otherNet.element : null),
          el("h2", { class: "list-title" }, "Events ", el("label", { class: "pick" }, all, " everything")),
          list.element)),
      el("h2", {}, "The nodes at this instant", other ? " " + engineName(run) : ""), cards.element,
      other ? el("h2", {}, "The nodes " + engineName(other)) : null, otherCards ? otherCards.element : null,
      live].filter(Boolean));

    const place = () => {
      const found = S.lastAt(list.items, t);
      return chosen !== null && list.items[chosen] && list.items[chosen].t === t ? chosen : found;
    };
    const move = (to) => {
      t = Math.min(Math.max(to, 0), run.end);
      const at = place();
      slider.value = Math.round(t / 1000);
      slider.setAttribute("aria-valuetext", S.clock(t));
      clock.textContent = S.clock(t) + " / " + S.clock(run.end);
      charts[0].at(t);
      const reach = playing ? Math.max(2000, Number(speed.value) * 120000) : 50000;
      cards.update(t);
      net.update(t, reach);
      if (other) {
        const there = S.matchingTime(run, other, t);
        charts[1].at(there); otherCards.update(there); otherNet.update(there, reach);
      }
      list.select(at);
      words.update(t, list.items[at]);
      charts[0].canvas.setAttribute("aria-label", S.visible("Time line at " + S.clock(t) + ". " + run.nodes.map((name, i) => name + ": " + S.stateAt(run, i, t)).join(", ")));
      if (!playing && list.items[at]) {
        const made = list.items[at];
        live.textContent = S.visible(S.clock(made.t) + " " + (made.node >= 0 ? run.nodes[made.node] + " " : "") + KINDS[made.kind] + ": " + made.title);
      }
      onMove(t, playing);
    };
    const step = (by) => {
      pause();
      const next = Math.min(Math.max(place() + by, 0), list.items.length - 1);
      if (list.items[next]) seek(list.items[next].t, next);
    };
    const tick = (stamp) => {
      if (!playing) return;
      const passed = Math.min(stamp - lastFrame, 100) * 1000;
      lastFrame = stamp;
      let rate = Number(speed.value);
      if (quiet.checked) {
        const next = run.items[S.lastAt(run.items, t) + 1];
        const gap = (next ? next.t : run.end) - t;
        if (gap > 1.5e6) rate = Math.max(rate, gap / 0.5e6, 10);
      }
      chosen = null;
      move(t + passed * rate);
      if (t >= run.end) pause(); else frame = requestAnimationFrame(tick);
    };
    const play = () => {
      if (t >= run.end) t = 0;
      playing = true;
      playButton.replaceChildren(icon("pause"));
      playButton.setAttribute("aria-label", "Pause");
      lastFrame = performance.now();
      frame = requestAnimationFrame(tick);
    };
    const pause = () => {
      if (!playing) return;
      playing = false;
      cancelAnimationFrame(frame);
      playButton.replaceChildren(icon("play"));
      playButton.setAttribute("aria-label", "Play");
      move(t);
    };
    const key = (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const inField = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      const isButton = event.target.tagName === "BUTTON" || event.target.tagName === "SUMMARY" || event.target.tagName === "A";
      const actions = { ArrowLeft: () => step(-1), ArrowRight: () => step(1), "+": () => zoom(0.5), "-": () => zoom(2),
        0: () => charts.forEach((chart) => chart.fit()), Home: () => { pause(); seek(0); }, End: () => { pause(); seek(run.end); } };
      if (event.target === list.element) {
        actions.ArrowUp = actions.ArrowLeft;
        actions.ArrowDown = actions.ArrowRight;
      }
      if (event.key === " " && !inField && !isButton) { event.preventDefault(); if (playing) pause(); else play(); return; }
      if (inField || !(event.key in actions)) return;
      event.preventDefault();
      actions[event.key]();
    };
    document.addEventListener("keydown", key);
    if (difference) { charts[0].mark(difference.t); charts[1].mark(S.matchingTime(run, other, difference.t)); }
    return {
      seek: (to) => { pause(); seek(to); },
      play, pause,
      get t() { return t; },
      close: () => { playing = false; cancelAnimationFrame(frame); document.removeEventListener("keydown", key); },
    };
  };
})(Seatrial);
