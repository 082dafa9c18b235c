"use strict";
// The page as a whole: the session, its lines, what is drawn after each of them, and how the page begins.
(function (L) {
  const el = L.el;
  // Lines that change nothing need not be in a link.
  const LOOKS = /^\s*(status|why|history|moments|hash|help|diff|save|#|quit|exit|mission\s*$|missions\s*$)/;
  // A line may ask for minutes of work. After this time the page offers to stop it.
  const PATIENCE = 400;

  L.session = { opening: "", lines: [], seed: "1", missions: [] };
  L.ownMissions = [];
  L.scene = null;
  L.busy = false;
  let said = null, began = null;
  // Resolved when the simulator can answer.
  L.begun = new Promise((yes) => { began = yes; });
  const embedded = new URLSearchParams(location.search).get("embed") === "1";

  const remember = async () => {
    if (L.real || !L.canLink || !L.about) return;
    const fragment = await L.fragment({ ...L.session, version: L.about.version });
    // An address that was changed meanwhile, by a link say, is not ours to write over: it is followed next.
    if (!fragment || location.hash !== written) return;
    const nothing = !L.session.lines.length && !L.session.opening;
    try {
      history.replaceState(null, "", nothing ? location.pathname + location.search : "#" + fragment);
      written = location.hash;
    } catch (error) {
      // Some browsers forbid it in a file; then only the share dialog has the link.
    }
  };
  // The address that was followed or written last, and whether the page has begun to follow it.
  let written = location.hash, following = false;

  // Draws what a reply brought, with the film of the way to it.
  const show = (reply, data, line, film) => {
    const before = L.scene;
    L.scene = reply.scene;
    L.terminal.prompt(reply.prompt);
    L.terminal.seats(reply.nodes);
    document.getElementById("story").textContent = L.story(film ? before : null, L.scene, line);
    const moved = before && film && reply.scene.clock_ms > before.clock_ms && reply.scene.moment > before.moment;
    L.details.since(before ? Math.min(before.clock_ms, reply.scene.clock_ms) * 1000 : 0);
    L.timeline.take(data, L.scene, moved ? before.clock_ms : null);
    L.details.draw();
    heads();
    document.getElementById("undo").disabled = L.scene.moment === L.scene.start || !L.scene.can_travel;
    document.getElementById("start-over").disabled = L.scene.moments.length < 2;
  };
  const take = async (reply, line, film) => show(reply, await L.ask({ ask: "film" }), line, film);

  // The line above the picture: time, components, findings.
  const heads = () => {
    const components = L.timeline.components();
    const parts = [el("span", { class: "now" }, L.clock(L.scene.clock_ms))];
    if (!components.length) parts.push(el("span", { class: "badge bad" }, "No primary component"));
    components.forEach((members, i) => parts.push(el("span", { class: "badge " + (components.length > 1 ? "bad" : "good") }, (i ? "Another primary component: " : "Primary component: ") + members.join(", "))));
    const lost = (L.scene.rows || []).filter((row) => row.lost).length;
    if (lost) parts.push(el("span", { class: "badge bad" }, L.plural(lost, "row") + " lost"));
    if (L.scene.under_load) parts.push(el("span", { class: "badge" }, "clients write"));
    if (L.scene.fork !== "main") parts.push(el("span", { class: "badge" }, "fork " + L.scene.fork));
    if (L.scene.next) parts.push(L.button("Next step of the scenario (" + L.scene.next[1] + " left)", () => L.type("next"), { class: "small", title: L.scene.next[0] }));
    document.getElementById("picture-head").replaceChildren(...parts);
  };

  const setBusy = (on) => {
    L.busy = on;
    document.body.classList.toggle("busy", on);
    L.terminal.busy(false);
    clearTimeout(setBusy.timer);
    if (on) setBusy.timer = setTimeout(() => L.terminal.busy(true), PATIENCE);
    else setTimeout(followAddress);
  };

  // Types a line, as the prompt does.
  L.type = async (line) => {
    await L.begun;
    if (L.busy) return null;
    if (/^\s*(quit|exit)\s*$/.test(line)) {
      L.terminal.write(promptText(), line, "Close the tab to leave. The address holds this session.\n", false);
      return null;
    }
    L.timeline.finish();
    setBusy(true);
    const prompt = promptText();
    const wasMission = L.scene && L.scene.mission;
    let reply = null;
    try {
      reply = await L.ask({ ask: "line", line });
    } catch (error) {
      // Whoever interrupted the line begins anew, and the page is busy until that is done.
      if (error.interrupted) return null;
      setBusy(false);
      L.terminal.write(prompt, line, "", true);
      if (L.real) L.notice(error.message, "bad");
      else await L.recover("“" + line + "”", error.message);
      return null;
    }
    L.terminal.write(prompt, line, reply.text, reply.refused);
    if (reply.file) L.download(reply.file.name, reply.file.text);
    if (!reply.refused) await accepted(line, reply, wasMission);
    setBusy(false);
    return reply;
  };

  const promptText = () => document.getElementById("prompt").dataset.lab || said || "";

  const accepted = async (line, reply, wasMission) => {
    said = reply.prompt;
    const begins = /^\s*missions?\s+(\S+)\s*$/.exec(line);
    if (begins) L.session = { ...L.session, opening: begins[1], lines: [] };
    else if (!LOOKS.test(line)) L.session.lines.push(line);
    await take(reply, line, !begins);
    await remember();
    if (begins) L.missionBegan();
    // A grade that the page earned by playing the better way is nobody's.
    if (reply.progress && !L.wayShown()) L.keep({ missions: reply.progress });
    if (L.scene.mission) L.drawMission();
    else if (wasMission && /^\s*debrief\s*$/.test(line)) L.missionEnded(reply.text, wasMission.id);
    else L.lessonLine(line);
  };

  // Says a line without showing it, for comparisons. It is no part of the session.
  L.quietly = async (line) => {
    const reply = await L.ask({ ask: "line", line });
    L.quietScene = reply.scene;
    return reply;
  };

  // Opens a lab and says lines in it.
  const opened = async (session, show) => {
    const progress = L.progress().missions || undefined;
    let reply;
    try {
      reply = await L.ask({ ask: "open", opening: session.opening, seed: session.seed, missions: session.missions, progress });
    } catch (error) {
      if (!progress || error.broken) throw error;
      reply = await L.ask({ ask: "open", opening: session.opening, seed: session.seed, missions: session.missions });
    }
    let bad = null;
    const first = reply;
    if (show) L.terminal.write("", "", reply.text, false);
    said = reply.prompt;
    for (const line of session.lines) {
      const prompt = reply.prompt;
      const next = await L.ask({ ask: "line", line });
      if (show) L.terminal.write(prompt, line, next.text, next.refused);
      if (next.refused && !bad) bad = line;
      reply = next;
      said = reply.prompt;
    }
    return { first, reply, bad };
  };

  // Begins another session.
  L.begin = async (session) => {
    setBusy(true);
    try {
      const whole = { seed: "1", missions: [], ...session };
      const { reply, bad } = await opened(whole, (L.terminal.clear(), true));
      L.session = { opening: whole.opening, lines: [...whole.lines], seed: whole.seed, missions: whole.missions };
      L.ownMissions = [];
      for (const text of whole.missions) L.ownMissions.push(await L.ask({ ask: "mission", text }));
      L.scene = null;
      await take(reply, "", false);
      await remember();
      L.missionBegan();
      if (L.scene.mission) L.drawMission();
      if (bad) L.notice("A line of this session was refused: “" + bad + "”. What follows it may not be what its author saw.", "warn");
      return reply;
    } finally {
      setBusy(false);
    }
  };

  L.startOver = async () => {
    if (L.scene.mission) return L.type("reset");
    return L.begin({ ...L.session, lines: [] });
  };

  // Starts a new simulator and says the session's lines again. They are deterministic, so the state is the same.
  const again = async () => {
    await L.start();
    const { reply } = await opened(L.session, false);
    L.scene = null;
    await take(reply, "", false);
  };

  L.interrupt = async () => {
    if (!L.busy || !L.canInterrupt()) return;
    L.stop();
    try {
      await again();
      L.terminal.write("", "", "\u001b[33mThe line was stopped. The session is where it was before.\u001b[0m\n", false);
    } finally {
      setBusy(false);
    }
  };

  L.recover = async (what, text) => {
    L.stop();
    try {
      await again();
      L.notice("A bug in Seatrial, please report it: " + what + " made the simulator stop" + (text ? " (" + text.slice(0, 300) + ")" : "") + ". The session is where it was before.", "bad");
    } catch (error) {
      L.notice("The simulator cannot go on: " + error.message + ". Reload the page to begin anew.", "bad");
    }
  };

  // What the browser must have. The page says what is missing instead of staying blank.
  const missing = () => {
    if (typeof WebAssembly !== "object") return "WebAssembly";
    if (typeof BigInt !== "function") return "large numbers (BigInt)";
    if (typeof HTMLDialogElement !== "function") return "dialogs";
    return null;
  };

  const failed = (text) => {
    const opening = document.getElementById("opening");
    if (!opening) return L.notice(text, "bad");
    opening.textContent = text;
    opening.className = "opening bad";
  };

  const fromAddress = async () => {
    if (!location.hash.startsWith("#s=")) return null;
    if (!L.canLink) throw new Error("This browser cannot unpack the session of this link (it has no DecompressionStream). A healthy cluster is shown instead.");
    const session = await L.sessionOf(location.hash.slice(1));
    if (session.version !== L.about.version) {
      L.notice("This link was made with Seatrial " + session.version.slice(0, 20) + "; this page is " + L.about.version + ". What you see may differ from what its author saw.", "warn");
    }
    return session;
  };

  const openAddress = async () => {
    let session = null;
    try {
      session = await fromAddress();
      if (session) {
        await L.begin(session);
        const { hash } = await L.ask({ ask: "hash" });
        if (session.hash && !(hash || "").startsWith(session.hash)) {
          L.notice("The state here is not the one that the link’s author saw (" + session.hash.slice(0, 8) + ", here " + (hash || "").slice(0, 8) + ").", "warn");
        }
        if (!L.scene.mission) L.guide(el("h2", {}, "A shared session"), el("p", {}, "The terminal shows what was played (" + L.plural(session.lines.length, "line") + "). Go on from here, undo, or fork."), el("div", { class: "choices" }, L.button("The lessons", () => L.openLessons()), L.button("The missions", () => L.openMissions())));
      }
    } catch (error) {
      L.notice(error.message, "bad");
      session = null;
    }
    return session !== null;
  };

  // Opens the session of an address that other hands wrote, as soon as nothing else is played.
  const followAddress = async () => {
    if (!following || location.hash === written || L.busy) return;
    written = location.hash;
    await openAddress();
  };

  const places = () => {
    // What is chosen before the simulator is there comes when it is.
    const then = (action) => () => L.begun.then(action);
    // On a narrow screen the guide stands below the picture.
    const guided = (action) => then(() => { action(); document.getElementById("guide").scrollIntoView({ block: "nearest" }); });
    const place = (id, label, action) => el("button", { type: "button", "data-place": id, id: "place-" + id, onclick: guided(action) }, label);
    document.getElementById("places").replaceChildren(
      place("first", "First minute", () => L.first(0)), place("lessons", "Lessons", () => L.openLessons()),
      place("missions", "Missions", () => L.openMissions()), place("evidence", "Your incident", () => L.openEvidence()));
    document.getElementById("bar-right").replaceChildren(
      L.button("Words", then(() => L.openWords()), { class: "quiet", id: "words" }), L.button("Progress", () => L.openProgress(), { class: "quiet", id: "progress" }),
      L.button("Help", () => L.openHelp(), { class: "quiet", id: "help" }), L.button("Share", then(() => L.openShare()), { id: "share" }));
  };

  // The healthy cluster of the beginning is the same for everybody, so the page brings it along and shows it before
  // the simulator is unpacked. What is typed in between waits for it.
  const firstSight = () => {
    const { open, film } = L.contents.first;
    L.terminal.write("", "", open.text, false);
    said = open.prompt;
    show(open, film, "", false);
    L.first(0);
    L.firstState = performance.now();
  };

  // Opens the same cluster in the simulator. Nothing is drawn again, unless the picture was of another version.
  const openFirst = async () => {
    const open = await L.ask({ ask: "open", opening: "", seed: "1", missions: [], progress: L.progress().missions || undefined }).catch(() => null);
    const same = open && JSON.stringify(open) === JSON.stringify(L.contents.first.open);
    if (!same) await L.begin({ opening: "", lines: [] });
  };

  const parsed = () => document.readyState !== "loading" || new Promise((yes) => addEventListener("DOMContentLoaded", yes, { once: true }));

  // Three containers instead of the simulator: what needs time travel is not there.
  const beginReal = async () => {
    document.body.classList.add("real");
    L.about = await L.ask({ ask: "contents" });
    L.setWords(L.about.words);
    const open = await L.ask({ ask: "open" });
    L.terminal.write("", "", open.text, false);
    said = open.prompt;
    await take(open, "", false);
    L.guide(el("h2", {}, "Real nodes"),
      el("p", {}, "Three containers run MariaDB. What you type happens to them. Time passes while you think, and there is no way back: undo, forks, lessons, missions and links need the simulator."),
      el("p", { class: "muted" }, "The picture is of the moment after your last line. “seatrial lab” removes the containers when it ends."),
      el("div", { class: "choices" }, L.button("Look again", () => L.type("wait 1s"), { class: "primary" })));
    L.firstState = L.readyAfter = performance.now();
  };

  const begin = async () => {
    if (L.real) return beginReal();
    const linked = location.hash.startsWith("#s=");
    if (!linked) firstSight();
    // The program stands below this script.
    await parsed();
    await L.start();
    if (!linked) await openFirst();
    L.about = await L.ask({ ask: "contents" });
    L.setWords(L.about.words);
    if (linked && (await openAddress())) L.firstState = performance.now();
    else {
      if (linked) await L.begin({ opening: "", lines: [] });
      L.first(0);
    }
    L.readyAfter = performance.now();
  };

  L.ready = (async () => {
    const lacks = missing();
    if (lacks) return failed("This browser has no " + lacks + ", which the simulator needs. A current Firefox, Chromium or Safari has it.");
    if (embedded) document.body.classList.add("embedded");
    places();
    L.timeline.build();
    L.terminal.build();
    L.details.build();
    L.buildDrop();
    L.onLook = () => L.details.look();
    try {
      await begin();
    } catch (error) {
      return failed("The simulator does not start: " + error.message);
    }
    began();
    // A prompt with the focus would raise the keyboard of a phone.
    if (!embedded && matchMedia("(pointer: fine)").matches) L.terminal.focus();
    addEventListener("hashchange", followAddress);
    following = true;
    return true;
  })();
})(Lab);
