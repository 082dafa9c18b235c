"use strict";
// The picture of a run over time: a lane for each node, messages between lanes, faults across them.
(function (S) {
  const AXIS = 22, STRIP = 26, BAR = 26, GUTTER = 64, RIGHT = 14;
  // So many lines are as dense as a screen can show; more cost time and say nothing.
  const MESSAGES = 1500;

  // `LANE` is the height of a node's lane.
  S.chart = (run, onSeek, LANE = 66) => {
    const canvas = S.el("canvas", { role: "img" });
    const head = S.el("div", { class: "playhead", "aria-hidden": "true" });
    const hover = S.el("div", { class: "hover", "aria-hidden": "true", hidden: true });
    const element = S.el("div", { class: "chart" }, canvas, head, hover);
    const view = { from: 0, to: Math.max(run.end, 1) };
    const height = AXIS + STRIP + LANE * run.nodes.length + 8;
    let width = 0, mark = null, colours = null, now = 0;

    const x = (t) => GUTTER + ((t - view.from) / (view.to - view.from)) * (width - GUTTER - RIGHT);
    const time = (px) => view.from + ((px - GUTTER) / (width - GUTTER - RIGHT)) * (view.to - view.from);
    const laneTop = (node) => AXIS + STRIP + node * LANE;
    const centre = (node) => laneTop(node) + LANE / 2 + 2;

    const readColours = () => {
      const style = getComputedStyle(document.documentElement);
      const get = (name) => style.getPropertyValue("--" + name).trim();
      colours = { ink: get("ink"), muted: get("muted"), line: get("line"), card: get("card"), bad: get("bad"),
        good: get("good"), accent: get("accent"), warn: get("warn"), onState: get("on-state") };
      for (const state of Object.keys(S.STATES)) colours[state] = get("state-" + state.replace(" ", "-"));
      colours.patterns = {};
    };

    // A texture over the colour, so that states differ without colour too.
    const texture = (context, kind) => {
      if (kind === "plain" || kind === "empty") return null;
      if (!colours.patterns[kind]) {
        const tile = document.createElement("canvas");
        tile.width = tile.height = 8;
        const c = tile.getContext("2d");
        c.strokeStyle = c.fillStyle = colours.onState;
        c.globalAlpha = 0.38;
        c.lineWidth = 1.6;
        const stroke = (...points) => {
          c.beginPath();
          for (let i = 0; i < points.length; i += 4) { c.moveTo(points[i], points[i + 1]); c.lineTo(points[i + 2], points[i + 3]); }
          c.stroke();
        };
        if (kind === "rising") stroke(-2, 10, 10, -2, -6, 6, 6, -6, 2, 14, 14, 2);
        if (kind === "falling") stroke(-2, -2, 10, 10, -6, 2, 2, 10, 2, -6, 14, 6);
        if (kind === "bars") stroke(4, 0, 4, 8);
        if (kind === "cross") stroke(0, 0, 8, 8, 8, 0, 0, 8);
        if (kind === "dots") { c.beginPath(); c.arc(4, 4, 1.6, 0, 7); c.fill(); }
        colours.patterns[kind] = context.createPattern(tile, "repeat");
      }
      return colours.patterns[kind];
    };

    const axis = (c) => {
      const span = view.to - view.from;
      const wanted = span / Math.max(2, (width - GUTTER) / 110);
      const units = [1, 2, 5, 10, 20, 50, 100, 200, 500].flatMap((n) => [n, n * 1000]).concat([1e6, 2e6, 5e6, 1e7, 2e7, 3e7, 6e7, 12e7, 3e8, 6e8, 18e8, 36e8]);
      const unit = units.sort((p, q) => p - q).find((u) => u >= wanted) || units[units.length - 1];
      c.fillStyle = colours.muted;
      c.textAlign = "center";
      c.font = "11px " + getComputedStyle(document.body).fontFamily;
      for (let t = Math.ceil(view.from / unit) * unit; t <= view.to; t += unit) {
        const at = Math.round(x(t)) + 0.5;
        c.strokeStyle = colours.line;
        c.beginPath(); c.moveTo(at, AXIS - 4); c.lineTo(at, AXIS); c.stroke();
        const label = unit >= 1e6 ? Math.floor(t / 6e7) + ":" + String(Math.floor(t / 1e6) % 60).padStart(2, "0")
          : unit >= 1000 ? (t / 1e6).toFixed(3) + " s" : (t / 1000).toFixed(3) + " ms";
        c.fillText(label, at, 13);
      }
    };

    const steps = (c) => {
      c.font = "600 11px " + getComputedStyle(document.body).fontFamily;
      c.textAlign = "left";
      let last = -100;
      run.stepStarts.forEach((start, i) => {
        const end = i + 1 < run.stepStarts.length ? run.stepStarts[i + 1].t : run.end;
        if (end < view.from || start.t > view.to) return;
        const at = Math.max(x(start.t), GUTTER), till = Math.min(x(end), width - RIGHT);
        c.fillStyle = colours.line;
        c.globalAlpha = i % 2 ? 0.35 : 0.75;
        c.fillRect(at, AXIS + 2, Math.max(till - at, 1), STRIP - 10);
        c.globalAlpha = 1;
        c.strokeStyle = colours.line;
        c.beginPath(); c.moveTo(Math.round(at) + 0.5, AXIS + 2); c.lineTo(Math.round(at) + 0.5, height - 6); c.stroke();
        if (at - last > 18) {
          c.fillStyle = colours.muted;
          const label = start.step === 0 ? "start" : String(start.step);
          const room = till - at - 8;
          const full = start.step === 0 ? "the initial state" : label + "  " + S.visible(start.title);
          const text = room > 110 ? full : c.measureText(label).width < room + 3 ? label : "";
          c.save();
          c.beginPath(); c.rect(at, AXIS, till - at, STRIP); c.clip();
          c.fillText(text, at + 4, AXIS + 14);
          c.restore();
          if (text) last = at;
        }
      });
    };

    const cuts = (c) => {
      run.cuts.forEach((cut, i) => {
        const end = i + 1 < run.cuts.length ? run.cuts[i + 1].t : run.end;
        if (!cut.pairs.length || end < view.from || cut.t > view.to) return;
        const from = Math.max(x(cut.t), GUTTER), to = Math.min(x(end), width - RIGHT);
        for (let node = 0; node + 1 < run.nodes.length; node++) {
          if (!cut.pairs.some(([p, q]) => (p === node && q === node + 1) || (q === node && p === node + 1))) continue;
          const y = (centre(node) + centre(node + 1)) / 2;
          c.strokeStyle = colours.bad;
          c.lineWidth = 2;
          c.setLineDash([2, 5]);
          c.beginPath(); c.moveTo(from, y); c.lineTo(to, y); c.stroke();
          c.setLineDash([]);
          c.lineWidth = 1;
          if (to - from > 40) {
            c.font = "600 10px " + getComputedStyle(document.body).fontFamily;
            c.fillStyle = colours.card;
            c.fillRect((from + to) / 2 - 14, y - 7, 28, 14);
            c.fillStyle = colours.bad;
            c.textAlign = "center";
            c.fillText("cut", (from + to) / 2, y + 3);
          }
        }
      });
    };

    const messages = (c) => {
      const list = run.messages;
      const begin = Math.max(0, S.lastAt(list, view.from - 1e6)), end = S.lastAt(list, view.to);
      const stride = Math.max(1, Math.ceil((end - begin) / MESSAGES));
      c.lineWidth = 1;
      for (let i = begin; i <= end; i += stride) {
        const { t, arrives, from, to } = list[i];
        if ((arrives === null ? t : arrives) < view.from) continue;
        const x0 = x(t), y0 = centre(from) + (to > from ? BAR / 2 : -BAR / 2);
        const y1 = centre(to) + (to > from ? -BAR / 2 : BAR / 2);
        c.strokeStyle = arrives === null ? colours.bad : colours.accent;
        c.globalAlpha = arrives === null ? 0.8 : 0.32;
        c.beginPath();
        c.moveTo(x0, y0);
        if (arrives === null) c.lineTo(x0 + 6, y0 + (y1 - y0) * 0.35); else c.lineTo(x(arrives), y1);
        c.stroke();
      }
      c.globalAlpha = 1;
    };

    const lanes = (c) => {
      const family = getComputedStyle(document.body).fontFamily;
      run.lanes.forEach((lane, node) => {
        const y = centre(node) - BAR / 2;
        let drawn = null;
        for (const segment of lane.segments) {
          if (segment.end < view.from || segment.t > view.to) continue;
          const from = Math.max(x(segment.t), GUTTER), to = Math.min(x(segment.end), width - RIGHT);
          const key = Math.round(from) + segment.state;
          if (to - from < 0.7 && key === drawn) continue;
          drawn = key;
          const { letter, words, texture: kind } = S.STATES[segment.state];
          const wide = Math.max(to - from, 1);
          if (kind === "empty") {
            c.strokeStyle = colours[segment.state];
            c.setLineDash([3, 3]);
            c.strokeRect(from + 0.5, y + BAR / 2 - 3.5, wide, 7);
            c.setLineDash([]);
          } else {
            c.fillStyle = colours[segment.state];
            c.fillRect(from, y, wide, BAR);
            const pattern = texture(c, kind);
            if (pattern) { c.fillStyle = pattern; c.fillRect(from, y, wide, BAR); }
          }
          if (wide > 14) {
            const empty = kind === "empty";
            c.font = "600 11px " + family;
            c.textAlign = "left";
            const room = wide - 12;
            const text = c.measureText(words).width < room ? words : letter;
            const w = c.measureText(text).width;
            c.fillStyle = empty ? colours.card : colours[segment.state];
            c.fillRect(from + 4, y + 4, w + 5, BAR - 8);
            c.fillStyle = empty ? colours.muted : colours.onState;
            c.fillText(text, from + 6, y + BAR / 2 + 4);
          }
        }
        c.fillStyle = colours.card;
        c.fillRect(0, laneTop(node), GUTTER - 1, LANE);
        c.fillStyle = colours.ink;
        c.font = "600 14px " + family;
        c.textAlign = "right";
        c.save();
        c.beginPath(); c.rect(0, laneTop(node), GUTTER - 8, LANE); c.clip();
        c.fillText(S.visible(lane.name).slice(0, 12), GUTTER - 12, centre(node) + 5);
        c.restore();
      });
    };

    const marks = (c) => {
      const begin = Math.max(0, S.lastAt(run.items, view.from)), end = S.lastAt(run.items, view.to);
      const seen = new Set();
      for (let i = begin; i <= end; i++) {
        const made = run.items[i];
        if (made.t < view.from) continue;
        const at = x(made.t);
        const key = made.kind + made.node + ":" + Math.round(at / 2) + (made.outcome || "");
        if (seen.has(key)) continue;
        seen.add(key);
        if (made.kind === "command") {
          const y = centre(made.node) - BAR / 2 - 5;
          c.fillStyle = made.procedure ? colours.muted : colours.ink;
          c.beginPath(); c.moveTo(at, y + 4); c.lineTo(at - 4, y - 4); c.lineTo(at + 4, y - 4); c.fill();
        } else if (made.kind === "write") {
          const y = centre(made.node) + BAR / 2 + 7;
          const good = made.outcome === "acknowledged";
          c.strokeStyle = c.fillStyle = good ? colours.good : made.outcome === "refused" ? colours.bad : colours.warn;
          c.lineWidth = 1.8;
          c.beginPath();
          if (good) { c.arc(at, y, 3.2, 0, 7); c.fill(); }
          else { c.moveTo(at - 3, y - 3); c.lineTo(at + 3, y + 3); c.moveTo(at + 3, y - 3); c.lineTo(at - 3, y + 3); c.stroke(); }
          c.lineWidth = 1;
        } else if (made.kind === "quorum" && !made.holds) {
          c.fillStyle = colours.bad;
          c.font = "700 11px " + getComputedStyle(document.body).fontFamily;
          c.textAlign = "center";
          c.fillText("Q", at, centre(made.node) - BAR / 2 - 4);
        } else if (made.kind === "fault" && made.how === "applied") {
          c.strokeStyle = c.fillStyle = colours.bad;
          c.lineWidth = 1.5;
          const tops = made.nodes.length ? made.nodes : run.nodes.map((_, n) => n);
          c.beginPath(); c.moveTo(at, AXIS + STRIP - 2); c.lineTo(at, centre(Math.max(...tops)) + BAR / 2 + 3); c.stroke();
          c.beginPath(); c.moveTo(at, AXIS + STRIP + 4); c.lineTo(at - 5, AXIS + STRIP - 5); c.lineTo(at + 5, AXIS + STRIP - 5); c.fill();
          c.lineWidth = 1;
        }
      }
      if (mark !== null && mark >= view.from && mark <= view.to) {
        const at = x(mark);
        c.strokeStyle = colours.warn;
        c.lineWidth = 2;
        c.setLineDash([6, 4]);
        c.beginPath(); c.moveTo(at, AXIS); c.lineTo(at, height - 6); c.stroke();
        c.setLineDash([]);
        c.lineWidth = 1;
        c.fillStyle = colours.warn;
        c.font = "700 11px " + getComputedStyle(document.body).fontFamily;
        c.textAlign = at > width - 120 ? "right" : "left";
        c.fillText("≠ first difference", at + (at > width - 120 ? -5 : 5), height - 8);
      }
    };

    const draw = () => {
      width = element.clientWidth;
      if (!width) return;
      if (!colours) readColours();
      const ratio = Math.min(window.devicePixelRatio || 1, 2);
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.height = height + "px";
      const c = canvas.getContext("2d");
      c.scale(ratio, ratio);
      c.clearRect(0, 0, width, height);
      axis(c); steps(c);
      c.save();
      c.beginPath(); c.rect(GUTTER, AXIS, width - GUTTER - RIGHT, height - AXIS); c.clip();
      messages(c); cuts(c);
      c.restore();
      lanes(c);
      c.save();
      c.beginPath(); c.rect(GUTTER - 6, 0, width - GUTTER, height); c.clip();
      marks(c);
      c.restore();
      place();
    };

    const place = () => {
      const at = x(now);
      head.style.transform = "translateX(" + at.toFixed(1) + "px)";
      head.hidden = at < GUTTER - 1 || at > width;
    };

    let held = false;
    const seek = (event) => {
      const box = element.getBoundingClientRect();
      onSeek(Math.min(Math.max(time(event.clientX - box.left), 0), run.end));
    };
    canvas.addEventListener("pointerdown", (event) => { held = true; canvas.setPointerCapture(event.pointerId); seek(event); });
    canvas.addEventListener("pointermove", (event) => {
      if (held) seek(event);
      const box = element.getBoundingClientRect();
      const t = time(event.clientX - box.left);
      const near = run.items[S.lastAt(run.items, t + (view.to - view.from) / 400)];
      hover.hidden = !near || event.pointerType === "touch";
      if (near) {
        hover.textContent = S.visible(S.clock(near.t) + "  " + (near.node >= 0 ? run.nodes[near.node] + ": " : "") + near.title).slice(0, 140);
        hover.style.left = Math.min(event.clientX - box.left + 12, Math.max(width - 320, 0)) + "px";
        hover.style.top = event.clientY - box.top + 16 + "px";
      }
    });
    canvas.addEventListener("pointerleave", () => { hover.hidden = true; });
    canvas.addEventListener("pointerup", () => { held = false; });
    canvas.addEventListener("pointercancel", () => { held = false; });
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = element.getBoundingClientRect();
      zoom(event.deltaY < 0 ? 0.7 : 1.4, time(event.clientX - box.left));
    }, { passive: false });

    // Narrows or widens the view around an instant.
    const zoom = (factor, around) => {
      const span = Math.min(Math.max((view.to - view.from) * factor, 200), Math.max(run.end, 1));
      const part = (around - view.from) / (view.to - view.from);
      show(around - span * part, span);
    };
    const show = (from, span) => {
      view.from = Math.max(0, Math.min(from, run.end - span));
      view.to = view.from + span;
      draw();
    };

    const observer = new ResizeObserver(draw);
    observer.observe(element);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const recolour = () => { colours = null; draw(); };
    dark.addEventListener("change", recolour);

    return {
      element, canvas, zoom, draw,
      // Ends a chart that another one takes the place of.
      close: () => { observer.disconnect(); dark.removeEventListener("change", recolour); },
      fit: () => show(0, Math.max(run.end, 1)),
      mark: (t) => { mark = t; draw(); },
      isWhole: () => view.to - view.from >= run.end,
      // Moves the playhead, and the view with it where it would leave.
      at: (t) => {
        now = t;
        const span = view.to - view.from;
        if (t < view.from || t > view.to) show(t - span * 0.3, span);
        else if (span < run.end && t > view.from + span * 0.85) show(t - span * 0.3, span);
        else place();
      },
    };
  };
})(Seatrial);
