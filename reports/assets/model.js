"use strict";
// A run put in order: the state of each node at any instant, what is worth a line, what differs.
(function (S) {
  // The states of a node. The letter and the texture say the same as the colour.
  S.STATES = {
    synced: { letter: "S", words: "Synced", texture: "plain" },
    joined: { letter: "j", words: "Joined, not yet synced", texture: "plain" },
    donor: { letter: "D", words: "Donor", texture: "rising" },
    joining: { letter: "J", words: "Joiner, receiving data", texture: "dots" },
    "non-primary": { letter: "N", words: "non-Primary, refuses statements", texture: "falling" },
    waiting: { letter: "W", words: "waiting, no port", texture: "bars" },
    hung: { letter: "H", words: "hung", texture: "cross" },
    down: { letter: "x", words: "down", texture: "empty" },
    "no power": { letter: "o", words: "no power", texture: "empty" },
  };

  // The same as state_word() in chrome_trace.rs.
  const stateWord = (facts) => {
    const process = facts.process;
    if (process === "waiting") return facts.transfer ? "joining" : "waiting";
    if (process === "hung") return "hung";
    if (process === "off") return "no power";
    if (process !== "running") return "down";
    if (facts.transfer === "donor") return "donor";
    if (facts.transfer) return "joining";
    if (facts.wsrep_cluster_status !== "Primary") return "non-primary";
    return facts.wsrep_local_state_comment === "Synced" ? "synced" : "joined";
  };

  S.model = (run) => {
    const count = run.nodes.length;
    run.lanes = run.nodes.map((name) => ({ name, facts: new Map(), segments: [], quorum: [], states: [] }));
    run.items = [];
    run.details = [];
    run.stepStarts = [];
    run.commands = [];
    run.writes = [];
    run.cuts = [];
    run.links = [];
    run.faults = [];
    run.notes = new Map();
    const current = run.nodes.map(() => ({}));
    const requests = new Map();
    const up = new Map();
    const item = (event, kind, title, more) => {
      const made = Object.assign({ t: event.t, node: event.node, kind, title }, more);
      run.items.push(made);
      return made;
    };
    const detail = (event, kind, title) => run.details.push({ t: event.t, node: event.node, kind, title });
    const names = (places) => places.map((place) => run.nodes[place]).join(", ");

    for (const event of run.events) {
      const [a, b, c, d] = event.args;
      switch (event.code) {
        case S.STEP:
          run.stepStarts.push({ t: event.t, step: a, title: run.text(b) });
          item(event, "step", a === 0 ? "The initial state is reached" : run.text(b), { step: a });
          break;
        case S.CHECK:
          item(event, "check", run.text(c), { step: a, held: b === 1 });
          break;
        case S.FAULT: {
          const made = item(event, "fault", run.text(b), {
            fault: run.text(a), receipt: run.text(c), how: ["applied", "skipped", "unsupported"][d], nodes: event.args[4],
          });
          run.faults.push(made);
          break;
        }
        case S.REQUEST:
          requests.set(a, { event, client: b === 1, line: run.text(c), procedure: run.text(d) });
          if (b === 0) {
            const made = item(event, "command", run.text(c), { line: run.text(c), procedure: run.text(d), repeats: 1 });
            requests.get(a).item = made;
            run.commands.push(made);
          }
          break;
        case S.ENDED: {
          const request = requests.get(a);
          if (!request) break;
          requests.delete(a);
          if (request.client) {
            const outcome = b === 1 ? "acknowledged" : b === 2 ? "refused" : "unknown";
            const write = { t: request.event.t, node: request.event.node, kind: "write", title: request.line, ended: event.t, outcome };
            if (b === 2) { write.code = c; write.message = run.text(d); }
            run.writes.push(write);
            run.items.push(write);
          } else {
            Object.assign(request.item, { ended: event.t, stdout: run.text(c), stderr: run.text(d), exit: event.args[4] });
          }
          break;
        }
        case S.LINK_UP: case S.LINK_DOWN: {
          const channel = run.text(b);
          const isUp = event.code === S.LINK_UP;
          if (channel === "group") {
            up.set(event.node + ">" + a, isUp);
            run.links.push({ t: event.t, from: event.node, to: a, up: isUp });
          }
          detail(event, "link", (isUp ? "link up to " : "link down to ") + run.nodes[a] + " (" + channel + (isUp ? ")" : ", " + run.text(c) + ")"));
          break;
        }
        case S.LOG: detail(event, "log", run.text(a)); break;
        case S.DISK:
          run.details.push({ t: event.t, node: event.node, kind: "file", title: run.text(a) });
          break;
        case S.PROCESS: item(event, "process", run.text(a)); break;
        case S.NOTE: {
          const text = run.text(a);
          item(event, text.startsWith("finding ") ? "finding" : "note", text);
          break;
        }
        case S.STATE: {
          const lane = run.lanes[event.node];
          const facts = current[event.node];
          for (let i = 0; i < event.args.length; i += 2) {
            const name = run.text(event.args[i]);
            const value = run.text(event.args[i + 1]);
            if (value === null) delete facts[name]; else facts[name] = value;
            if (!lane.facts.has(name)) lane.facts.set(name, []);
            lane.facts.get(name).push({ t: event.t, value });
          }
          const word = stateWord(facts);
          const last = lane.segments[lane.segments.length - 1];
          if (!last || last.state !== word) {
            lane.segments.push({ t: event.t, state: word });
            if (last) item(event, "state", "now " + S.STATES[word].words, { state: word });
          }
          break;
        }
        case S.CUTS: run.cuts.push({ t: event.t, pairs: a }); break;
        case S.QUORUM: {
          const made = quorumWords(run, a, b, c, d === 1);
          run.lanes[event.node].quorum.push({ t: event.t, holds: d === 1, words: made, decides: true });
          const previous = run.lanes[event.node].lastQuorum;
          run.lanes[event.node].lastQuorum = made;
          if (previous !== made) item(event, "quorum", made, { holds: d === 1 });
          break;
        }
        case S.REUNION: {
          const words = a.length === 0
            ? "No member remembers a primary view, so this component cannot become primary by itself."
            : b.length === 0
              ? "All members of the last primary view (" + names(a) + ") are present: the component becomes primary."
              : names(b) + (b.length === 1 ? " is" : " are") + " missing from the last primary view (" + names(a) + "), so the component stays non-Primary.";
          const before = run.lanes[event.node].quorum.at(-1);
          const lost = before && before.decides && !before.holds ? before.words + " " : "";
          run.lanes[event.node].quorum.push({ t: event.t, holds: a.length > 0 && b.length === 0, words: lost + words });
          item(event, "reunion", words);
          break;
        }
      }
    }
    run.items = merge(run.items);
    run.details.sort((x, y) => x.t - y.t);
    for (const lane of run.lanes) {
      lane.segments.forEach((segment, i) => {
        segment.end = i + 1 < lane.segments.length ? lane.segments[i + 1].t : run.end;
      });
    }
    run.everything = null;
    run.maxNodes = count;
    return run;
  };

  // A procedure asks the same again and again; one line with a number says as much. Writes come at the
  // instant in which they were sent, so the list is sorted first.
  const merge = (items) => {
    items.forEach((made, i) => (made.order = i));
    items.sort((x, y) => x.t - y.t || x.order - y.order);
    const kept = [];
    const lastCommand = new Map();
    for (const made of items) {
      if (made.kind === "command" && made.procedure) {
        const key = made.node + "\n" + made.line;
        const last = lastCommand.get(key);
        if (last && last.stdout === made.stdout && last.exit === made.exit) {
          last.repeats += 1;
          last.ended = made.ended;
          continue;
        }
        lastCommand.set(key, made);
      } else if (made.kind === "command" || made.kind === "fault" || made.kind === "step") {
        lastCommand.clear();
      }
      kept.push(made);
    }
    return kept;
  };

  const quorumWords = (run, present, left, last, holds) => {
    const weight = new Map(last);
    const sum = (places) => places.reduce((all, place) => all + (weight.get(place) || 0), 0);
    const all = last.reduce((total, [, w]) => total + w, 0);
    const list = (places) => (places.length ? " (" + places.map((place) => run.nodes[place]).join(", ") + ")" : "");
    const value = 2 * sum(present) + sum(left);
    return "Quorum over the last primary view" + list(last.map(([place]) => place)) + ": 2 × " + sum(present) +
      " present" + list(present) + " + " + sum(left) + " left in order" + list(left) + " = " + value +
      (holds ? " > " : value === all ? " = " : " < ") + all + (holds ? ": kept." : ": lost, more than " + all + " is needed.");
  };

  // All facts of a node at an instant.
  S.factsAt = (run, node, t) => {
    const facts = {};
    for (const [name, changes] of run.lanes[node].facts) {
      const place = S.lastAt(changes, t);
      if (place >= 0 && changes[place].value !== null) facts[name] = changes[place].value;
    }
    return facts;
  };

  S.stateAt = (run, node, t) => {
    const segments = run.lanes[node].segments;
    const place = S.lastAt(segments, t);
    return place < 0 ? "down" : segments[place].state;
  };

  S.stepAt = (run, t) => {
    const place = S.lastAt(run.stepStarts, t);
    return place < 0 ? null : run.stepStarts[place];
  };

  // The links between nodes at an instant: cut in a direction, or connected.
  S.linksAt = (run, t) => {
    const place = S.lastAt(run.cuts, t);
    const cut = new Set(place < 0 ? [] : run.cuts[place].pairs.map((pair) => pair.join(">")));
    const up = new Map();
    const end = S.lastAt(run.links, t);
    for (let i = 0; i <= end; i++) up.set(run.links[i].from + ">" + run.links[i].to, run.links[i].up);
    const pairs = [];
    for (let a = 0; a < run.nodes.length; a++) {
      for (let b = a + 1; b < run.nodes.length; b++) {
        const there = cut.has(a + ">" + b), back = cut.has(b + ">" + a);
        const connected = up.get(a + ">" + b) === true && up.get(b + ">" + a) === true;
        pairs.push({ a, b, cut: there || back, oneWay: there !== back, connected });
      }
    }
    return pairs;
  };

  // The messages of the last `reach` before an instant, the newest first and at most so many, with the part of `reach`
  // that has passed since each was sent.
  S.messagesAt = (run, t, reach, most) => {
    const found = [];
    for (let i = S.lastAt(run.messages, t); i >= 0 && found.length < most; i--) {
      const message = run.messages[i];
      if (t - message.t > reach) break;
      found.push({ message, done: (t - message.t) / reach });
    }
    return found;
  };

  // Why the component of a node is primary or not, written out.
  S.whyAt = (run, node, t) => {
    const state = S.stateAt(run, node, t);
    if (state === "down" || state === "no power") return "No process, so no component.";
    if (state === "hung") return "The process is stopped (SIGSTOP); to the others it is silent.";
    const decisions = run.lanes[node].quorum;
    const started = run.lanes[node].segments.filter((segment) => segment.t <= t && (segment.state === "down" || segment.state === "no power"));
    const since = started.length ? started[started.length - 1].end : 0;
    const place = S.lastAt(decisions, t);
    if (place < 0 || decisions[place].t < since) {
      const facts = S.factsAt(run, node, t);
      if (facts.view && facts.view.startsWith("PRIM")) return "It joined a component that was primary, or started one by a bootstrap.";
      return "It has not yet met a primary component.";
    }
    return decisions[place].words;
  };

  // The lines of --show-cluster-status, as the client draws tables.
  const table = (rows) => {
    const all = [["Variable_name", "Value"], ...rows];
    const width = (column) => Math.max(...all.map((row) => [...row[column]].length));
    const widths = [width(0), width(1)];
    const border = "+" + widths.map((w) => "-".repeat(w + 2)).join("+") + "+";
    const draw = (row) => "|" + row.map((text, i) => " " + text + " ".repeat(widths[i] - [...text].length + 1)).join("|") + "|";
    return [border, draw(all[0]), border, ...rows.map(draw), border].join("\n") + "\n";
  };
  const STATUS = ["wsrep_cluster_conf_id", "wsrep_cluster_size", "wsrep_cluster_state_uuid", "wsrep_cluster_status",
    "wsrep_connected", "wsrep_gcomm_uuid", "wsrep_last_committed", "wsrep_local_state_uuid", "wsrep_ready"];
  const SETTINGS = ["wsrep_cluster_address", "wsrep_cluster_name", "wsrep_node_address", "wsrep_node_name"];
  S.statusTable = (facts) => {
    const rows = (wanted) => wanted.filter((name) => name in facts).map((name) => [name, facts[name]]);
    const status = rows(STATUS);
    if (!status.length) return facts.client_error || null;
    const settings = rows(SETTINGS);
    return table(status) + (settings.length ? table(settings) : "");
  };

  // Runs are compared at the end of each step, when the cluster is at rest. Names that differ between
  // runs by nature (uuids, conf_id) are left out.
  const COMPARED = ["exit", "wsrep_cluster_size", "wsrep_cluster_status", "wsrep_connected", "wsrep_ready",
    "wsrep_local_state_comment", "rows", "content"];
  S.firstDifference = (one, two) => {
    const ends = (run) => {
      const map = new Map();
      run.stepStarts.forEach((start, i) => map.set(start.step, i + 1 < run.stepStarts.length ? run.stepStarts[i + 1].t - 1 : run.end));
      return map;
    };
    const first = ends(one), second = ends(two);
    for (const [step, t] of first) {
      if (!second.has(step)) return { step, t, words: "step " + step + " was played in one run only" };
      for (let node = 0; node < Math.min(one.nodes.length, two.nodes.length); node++) {
        const a = S.factsAt(one, node, t), b = S.factsAt(two, node, second.get(step));
        const states = [S.stateAt(one, node, t), S.stateAt(two, node, second.get(step))];
        const safe = [a, b].map((facts) => (/safe_to_bootstrap: (\d)/.exec(facts["grastate.dat"] || "") || [])[1] || "none");
        const found = states[0] !== states[1] ? ["state", ...states]
          : safe[0] !== safe[1] ? ["safe_to_bootstrap", ...safe]
          : COMPARED.filter((name) => (a[name] || "none") !== (b[name] || "none")).map((name) => [name, a[name] || "none", b[name] || "none"])[0];
        if (found) {
          return { step, t, node, words: "after step " + step + " node " + one.nodes[node] + ", " + found[0] + ": " + found[1] + " | " + found[2] };
        }
      }
    }
    return null;
  };

  // The instant of another run that belongs to an instant of this one: steps begin together.
  S.matchingTime = (from, to, t) => {
    const place = S.lastAt(from.stepStarts, t);
    if (place < 0) return Math.min(t, to.end);
    const start = from.stepStarts[place];
    const end = place + 1 < from.stepStarts.length ? from.stepStarts[place + 1].t : from.end;
    const at = to.stepStarts.findIndex((other) => other.step === start.step);
    if (at < 0) return to.end;
    const otherEnd = at + 1 < to.stepStarts.length ? to.stepStarts[at + 1].t : to.end;
    const part = end > start.t ? (t - start.t) / (end - start.t) : 1;
    return to.stepStarts[at].t + Math.min(1, part) * (otherEnd - to.stepStarts[at].t);
  };
})(Seatrial);
