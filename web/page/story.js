"use strict";
// What happened, in one sentence: the difference between the moment before a line and the moment after it.
(function (L) {
  const serves = (node) => node.server === "running" && node.cluster_status === "Primary";
  const synced = (node) => serves(node) && /^Synced/.test(node.local_state || "");
  const down = (node) => node.server === "exited" || node.server === "off";
  const names = (nodes) => L.list(nodes.map((node) => node.name));
  const are = (nodes) => (nodes.length === 1 ? "is" : "are");
  const verb = (nodes, one, many) => (nodes.length === 1 ? one : many);

  const ended = (nodes) => {
    const off = nodes.filter((node) => node.server === "off");
    const killed = nodes.filter((node) => node.server === "exited" && node.exit > 128);
    const stopped = nodes.filter((node) => node.server === "exited" && node.exit === 0);
    const failed = nodes.filter((node) => !off.includes(node) && !killed.includes(node) && !stopped.includes(node));
    const parts = [];
    if (off.length) parts.push(names(off) + " " + verb(off, "has", "have") + " no power");
    if (killed.length) parts.push(names(killed) + " " + verb(killed, "was", "were") + " killed");
    if (stopped.length) parts.push(names(stopped) + " stopped in order");
    if (failed.length) parts.push(names(failed) + " ended with an error");
    return parts;
  };

  // `before` is null at the beginning.
  L.story = (before, after, line) => {
    const nodes = after.nodes;
    if (!before || before.nodes.length !== nodes.length) {
      const gone = (after.rows || []).filter((row) => row.lost).length;
      if (gone) return summary(nodes) + " " + L.plural(gone, "acknowledged row is", "acknowledged rows are") + " gone.";
      return nodes.every(synced) ? "A healthy cluster: " + names(nodes) + " hold the same rows, and each of them takes writes." : summary(nodes);
    }
    const was = new Map(before.nodes.map((node) => [node.name, node]));
    const changed = (test) => nodes.filter((node) => test(node) && !test(was.get(node.name) || node));
    const parts = [];
    parts.push(...ended(changed(down)));
    const hung = changed((node) => node.server === "hung");
    if (hung.length) parts.push(names(hung) + " " + verb(hung, "hangs", "hang") + ": the process is there and answers nothing");
    const waiting = changed((node) => node.server === "waiting");
    if (waiting.length) parts.push(names(waiting) + " " + verb(waiting, "starts, and waits", "start, and wait") + " for a primary component");
    const refused = changed((node) => node.server === "running" && node.cluster_status !== "Primary");
    if (refused.length) parts.push(names(refused) + " " + verb(refused, "has", "have") + " no quorum, and " + verb(refused, "refuses", "refuse") + " every statement so that there is only one history");
    const back = changed(synced);
    if (back.length) parts.push(names(back) + " " + are(back) + " Primary and Synced" + (back.length === nodes.length ? " again: the cluster is whole" : ""));
    const smaller = nodes.filter((node) => serves(node) && serves(was.get(node.name)) && node.cluster_size < was.get(node.name).cluster_size);
    if (smaller.length) {
      const quorum = smaller.map((node) => node.quorum).find((count) => count && count.holds && count.present.length < count.members.length);
      parts.push(names(smaller) + " " + verb(smaller, "goes", "go") + " on" + (quorum && !quorum.left.length ? ": " + quorum.present.length + " of " + quorum.members.length + " are more than half" : ""));
    }
    const known = new Map((before.rows || []).map((row) => [row.tag, row]));
    const rows = after.rows || [];
    const lost = rows.filter((row) => row.lost && !(known.get(row.tag) || {}).lost);
    if (lost.length) parts.push(L.plural(lost.length, "acknowledged row is", "acknowledged rows are") + " gone: " + lost.slice(0, 4).map((row) => row.tag).join(", "));
    if (!parts.length) {
      const fresh = rows.filter((row) => !known.has(row.tag));
      const good = fresh.filter((row) => row.outcome === "acknowledged");
      if (good.length) parts.push(L.plural(good.length, "row was", "rows were") + " acknowledged: every node of the component has received " + (good.length === 1 ? "it" : "them"));
      else if (fresh.length) parts.push("The write was not acknowledged");
    }
    if (after.diverged && !before.diverged) parts.push("the nodes that serve now hold different rows");
    const news = after.findings.slice(before.findings.length).find((finding) => finding.oracle === "twin-primaries");
    if (news) parts.push("there are two primary components: a split brain");
    if (!parts.length) {
      const passed = after.clock_ms - before.clock_ms;
      const quiet = passed >= 1000 ? Math.round(passed / 1000) + " s passed, and no node changed its state" : "No node changed its state";
      return /^(back|goto|reset)\b/.test(line || "") ? "Back at moment " + after.moment + ". " + summary(nodes) : quiet + ".";
    }
    const text = parts.slice(0, 3).join("; ");
    return text.charAt(0).toUpperCase() + text.slice(1) + ".";
  };

  const summary = (nodes) => {
    const up = nodes.filter(serves);
    if (!up.length) return "No node serves.";
    if (up.length === nodes.length) return "All nodes serve.";
    return names(up) + " " + verb(up, "serves", "serve") + "; " + names(nodes.filter((node) => !serves(node))) + " " + verb(nodes.filter((node) => !serves(node)), "does", "do") + " not.";
  };
  L.isServing = serves;
  L.isDown = down;
})(Lab);
