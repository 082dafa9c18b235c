"use strict";
// The film of the way to the present moment: transport, speed, and the lanes of the report's player.
(function (L, S) {
  const el = L.el;
  const LANE = 44;
  // An axis of microseconds helps nobody, so there are no lanes before so many of them have passed.
  const SHORTEST = 1e5;
  // A picture with fewer pixels than this is drawn narrow.
  const NARROW = 520;
  // How long the film of a line lasts at most, in milliseconds, where the speed is "short".
  const SHORT = 1800;
  const SPEEDS = [["short", "short film"], ["1", "real time"], ["10", "10 times"], ["0.1", "a tenth"], ["off", "no film"]];
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  let run = null, chart = null, picture = null, narrow = false, t = 0, playing = 0, origin = 0;
  const parts = {};

  const setSlider = () => {
    parts.slider.value = Math.round(t / 1000);
    parts.slider.setAttribute("aria-valuetext", L.clock(t / 1000));
    parts.clock.textContent = L.clock(t / 1000) + " of " + L.clock(run.end / 1000);
  };

  const show = (to, reach) => {
    t = Math.min(Math.max(to, 0), run.end);
    picture.at(t, reach);
    chart.at(t);
    setSlider();
    const past = t < run.end - 1000 && !playing;
    parts.past.hidden = !past;
    if (past) parts.pastText.textContent = "You look at " + L.clock(t / 1000) + ". The session is at " + L.clock(run.end / 1000) + ".";
    document.getElementById("picture").classList.toggle("looks-back", past);
    if (!playing && L.onLook) L.onLook(t);
  };

  const stop = () => {
    cancelAnimationFrame(playing);
    playing = 0;
    parts.play.textContent = "▶";
    parts.play.setAttribute("aria-label", "Play the film");
  };

  // Plays from one instant to another. Quiet times pass quickly in the short film.
  const play = (from, to) => {
    stop();
    const speed = parts.speed.value;
    if (speed === "off" || (still.matches && speed === "short") || to - from < 1000) return show(to, 0);
    parts.play.textContent = "❚❚";
    parts.play.setAttribute("aria-label", "Stop the film");
    const began = performance.now();
    const seconds = (to - from) / 1e6;
    const lasts = speed === "short" ? Math.min(SHORT, 500 + 450 * Math.sqrt(seconds)) : (seconds * 1000) / Number(speed);
    const reach = Math.max(2500, (to - from) * Math.min(0.12, 160 / lasts));
    const tick = (now) => {
      const part = Math.min(1, (now - began) / lasts);
      if (part >= 1) {
        stop();
        show(to, 0);
        return;
      }
      playing = requestAnimationFrame(tick);
      show(from + (to - from) * part, reach);
    };
    playing = requestAnimationFrame(tick);
  };

  // Makes the picture anew, narrow or wide as its place is.
  const paint = () => {
    const place = document.getElementById("picture");
    narrow = place.clientWidth < NARROW;
    picture = L.picture(run, L.nodeMenu, L.linkMenu, narrow);
    place.replaceChildren(picture.element);
  };

  L.timeline = {
    build: () => {
      new ResizeObserver(() => {
        if (!run || narrow === document.getElementById("picture").clientWidth < NARROW) return;
        paint();
        show(t, 0);
      }).observe(document.getElementById("picture"));
      const icon = (label, sign, action, more) => el("button", { type: "button", class: "icon", "aria-label": label, title: label, onclick: action, ...more }, sign);
      parts.play = icon("Play the film", "▶", () => {
        if (playing) { stop(); show(t, 0); } else play(t >= run.end - 1000 ? lastStart() : t, run.end);
      });
      parts.slider = el("input", { type: "range", min: 0, step: 1, "aria-label": "Time in the session", oninput: () => { stop(); show(Number(parts.slider.value) * 1000, 0); } });
      parts.clock = el("output", { class: "clock" });
      parts.speed = el("select", { "aria-label": "Speed of the film" }, SPEEDS.map(([value, label]) => el("option", { value }, label)));
      parts.pastText = el("span", {});
      parts.past = el("p", { class: "past", hidden: true }, parts.pastText,
        L.button("Return to now", () => { stop(); show(run.end, 0); }));
      parts.chart = el("div", { class: "lanes" });
      const undo = L.button("Undo", () => L.type("back"), { title: "back: undo the last line", id: "undo" });
      const fork = L.button("Fork", () => L.forkHere(), { title: "fork: try something else from here, and keep this way", id: "fork" });
      const again = L.button("Start over", () => L.startOver(), { title: "Go back to the first moment", id: "start-over" });
      const pass = el("span", { class: "pass", role: "group", "aria-label": "Let time pass" },
        ["5s", "30s", "5m"].map((span) => L.button("+" + span.replace("s", " s").replace("m", " min"), () => L.type("wait " + span), { title: "wait " + span })));
      document.getElementById("timeline").replaceChildren(
        el("div", { class: "transport" }, parts.play, parts.slider, parts.clock,
          el("label", { class: "speed" }, el("span", { class: "sr" }, "Speed of the film"), parts.speed)),
        parts.past, parts.chart,
        el("div", { class: "travel" }, pass, el("span", { class: "travel-right" }, undo, fork, again)));
    },
    // Takes the film of a new moment, and plays what is new in it.
    take: (data, scene, from) => {
      stop();
      origin = (scene.at_ms - scene.clock_ms) * 1000;
      run = S.unpack(data, origin);
      if (chart) chart.close();
      chart = S.chart(run, (to) => { stop(); show(to, 0); }, LANE);
      paint();
      parts.chart.replaceChildren(run.end < SHORTEST ? el("p", { class: "muted" }, "No time has passed yet. It passes when you let it, or when a command takes some.") : chart.element);
      parts.slider.max = Math.ceil(run.end / 1000);
      chart.canvas.setAttribute("aria-label", "Time line. " + scene.nodes.map((node) => node.name + ": " + (node.cluster_status || node.server)).join(", "));
      chart.draw();
      if (from !== null && from * 1000 < run.end) play(from * 1000, run.end);
      else show(run.end, 0);
    },
    finish: () => { if (playing) { stop(); show(run.end, 0); } },
    end: () => run.end,
    at: () => t,
    run: () => run,
    components: () => picture.components(run.end),
  };

  // The beginning of the last line, so that "play" shows it again.
  const lastStart = () => {
    const starts = run.stepStarts;
    return starts.length ? starts[starts.length - 1].t : 0;
  };
})(Lab, Seatrial);
