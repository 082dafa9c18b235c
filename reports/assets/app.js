"use strict";
// Which of the two is shown, the overview or the player: that is what the address says.
(function (S) {
  const el = S.el;
  const root = document.getElementById("player");
  const overview = ["overview-head", "main", "overview-foot"].map((id) => document.getElementById(id));
  let player = null, shownRun = null;
  // The address that was followed or written last, and how often one was followed.
  let address = "", turn = 0;

  const parse = () => {
    const hash = decodeURIComponent(location.hash.slice(1));
    if (!hash.startsWith("run=")) return null;
    const parts = {};
    for (const part of hash.split("&")) {
      const at = part.indexOf("=");
      parts[part.slice(0, at)] = part.slice(at + 1);
    }
    return parts;
  };
  const write = (parts) => {
    const hash = "#" + Object.entries(parts).filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => name + "=" + encodeURIComponent(value).replace(/%2F/g, "/")).join("&");
    if (hash === address) return;
    history.replaceState(null, "", hash);
    address = location.hash;
  };

  const leave = () => {
    if (player) player.close();
    player = null; shownRun = null;
    root.hidden = true;
    root.replaceChildren();
    overview.forEach((part) => { part.hidden = false; });
    document.title = title;
    const target = document.getElementById(location.hash.slice(1));
    if (target && !root.contains(target)) {
      for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
      target.scrollIntoView();
    }
  };

  const verdictBadge = (verdict) => el("span", { class: "badge " + (verdict === "pass" ? "good" : verdict === "unsupported" ? "warn" : "bad") },
    (verdict === "pass" ? "✓ " : "✕ ") + verdict);

  // A page of verify has a matrix instead of scenarios.
  const back = document.getElementById("scenarios") ? ["#scenarios", "← all scenarios"] : ["#cells", "← the bad cells"];
  const header = (run, other, parts) => {
    const here = S.index.runs.filter((key) => key[0] === run.id && key[2] === run.seed);
    const tab = (label, href, current) => el("a", { href, "aria-current": current ? "page" : null, class: "tab" }, label);
    const tabs = here.map((key) => tab(key[1], "#run=" + S.linkOf(key), !other && key[1] === run.engine));
    if (here.length > 1) tabs.push(tab("side by side", "#run=" + S.linkOf(here[0]) + "&with=" + S.linkOf(here[1]), Boolean(other)));
    // Any two runs can stand side by side: a procedure before and after a change, or two seeds.
    const others = el("select", { id: "with", "aria-label": "Compare with another run", onchange: () => {
      location.hash = "run=" + parts.run + (others.value ? "&with=" + others.value : "");
    } }, el("option", { value: "" }, "compare with …"), S.index.runs.filter((key) => S.linkOf(key) !== parts.run)
      .map((key) => el("option", { value: S.linkOf(key), selected: S.linkOf(key) === parts.with }, key.join(" · "))));
    return el("header", { class: "run-head" },
      el("p", { class: "brand" }, el("a", { href: "#" }, "Seatrial"), " ", el("a", { href: back[0], class: "back" }, back[1])),
      el("h1", {}, run.title, " ", verdictBadge(run.verdict)),
      run.why ? el("p", { class: "lede" }, run.why) : null,
      el("p", { class: "meta" }, run.section ? ["Manual: ", el("a", { href: "#manual-" + run.section[0] }, run.source), " · "] : run.source ? run.source + " · " : null,
        el("code", {}, run.id), " · seed " + run.seed),
      run.failure ? el("p", { class: "failure" }, "Step " + run.failure.step + ": " + run.failure.text) : null,
      ...run.findings.map((finding) => el("p", { class: "finding" }, el("b", {}, finding.oracle), ": " + finding.message)),
      el("nav", { class: "tabs", "aria-label": "Engines" }, tabs, others),
      el("details", { class: "replay" }, el("summary", {}, "Make this run again"), el("pre", { class: "cmd", tabindex: "0" }, run.replay)));
  };

  const title = document.title;
  const show = async () => {
    const moved = location.hash !== address;
    address = location.hash;
    const mine = ++turn;
    const parts = parse();
    if (!parts) { leave(); return; }
    const wanted = parts.run + "|" + (parts.with || "");
    if (wanted !== shownRun) {
      const began = performance.now();
      const [run, other] = await Promise.all([S.open(parts.run), parts.with ? S.open(parts.with) : null]);
      // Whoever went on while the run was unpacked gets the later one.
      if (mine !== turn) return;
      overview.forEach((part) => { part.hidden = true; });
      root.hidden = false;
      if (player) player.close();
      shownRun = wanted;
      if (!run) {
        root.replaceChildren(el("div", { class: "wrap" }, el("p", {}, el("a", { href: "#" }, "← all scenarios")), el("h1", {}, "This page does not carry that run"), el("p", {}, parts.run)));
        return;
      }
      document.title = S.visible(run.title) + " on " + run.engine + " | Seatrial";
      const body = el("div", {});
      root.replaceChildren(el("div", { class: "wrap wide" }, header(run, other, parts), body));
      let pending = 0;
      player = S.player(body, run, other, (t, playing) => {
        if (playing || pending) return;
        // The address follows, but not faster than a browser likes. Where it was changed by other hands, a link say,
        // and the browser has not told of it yet, it is theirs: to write it now would undo the click.
        pending = setTimeout(() => {
          pending = 0;
          if (player && shownRun === wanted && location.hash === address) write({ run: parts.run, with: parts.with, t: (player.t / 1000).toFixed(3) });
        }, 200);
      });
      const start = run.stepStarts.length ? run.stepStarts[0].t : 0;
      player.seek(parts.t !== undefined ? Number(parts.t) * 1000 || 0 : parts.step !== undefined ? ofStep(run, Number(parts.step)) : start);
      S.opened_ms = performance.now() - began;
      scrollTo(0, 0);
      root.focus({ preventScroll: true });
    } else if (moved && parts.t !== undefined) {
      player.seek(Number(parts.t) * 1000 || 0);
    } else if (moved && parts.step !== undefined) {
      S.open(parts.run).then((run) => player.seek(ofStep(run, Number(parts.step))));
    }
  };
  // The instant at which a step's check was made, or its end.
  const ofStep = (run, step) => {
    const check = run.items.find((made) => made.kind === "check" && made.step === step);
    if (check) return check.t;
    const place = run.stepStarts.findIndex((start) => start.step === step);
    if (place < 0) return run.end;
    return place + 1 < run.stepStarts.length ? run.stepStarts[place + 1].t - 1 : run.end;
  };

  addEventListener("hashchange", show);
  // For tests and for the console.
  S.current = () => player;
  window.Seatrial = S;
  show();
})(Seatrial);
