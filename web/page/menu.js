"use strict";
// What a click on a node or on a link offers. Each entry shows the words that it types, so that a click teaches the
// line.
(function (L) {
  const el = L.el;
  const STATE = "/var/lib/mysql/";

  const group = (title, entries) => el("section", { class: "menu-group" }, el("h3", {}, title),
    el("ul", {}, entries.map(([label, line]) => el("li", {},
      el("button", { type: "button", class: "menu-entry", onclick: () => { document.getElementById("dialog").close(); L.type(line); } },
        el("span", {}, label), el("code", {}, line))))));

  L.nodeMenu = (name) => {
    const node = L.scene.nodes.find((one) => one.name === name);
    const down = L.isDown(node);
    const off = node.server === "off";
    const hung = node.server === "hung";
    const others = L.scene.nodes.filter((one) => one.name !== name).map((one) => one.name);
    const faults = [];
    if (!down) faults.push(["Kill the server (SIGKILL)", "fault terminate " + name], hung ? ["Let the server go on", "fault resume " + name] : ["Freeze the server", "fault hang " + name]);
    faults.push(off ? ["Give it power", "fault power-on " + name] : ["Cut the power", "fault power-off " + name]);
    if (others.length > 1) faults.push(["Cut it off from the others", "fault partition " + others.join(" ") + " | " + name]);
    faults.push(["Make its network slow", "fault latency " + name + " 300ms"], ["Heal the network", "fault heal"]);
    const files = [
      ["Delete gvwstate.dat", "fault damage " + name + " gvwstate.dat delete"],
      ["Fill grastate.dat with garbage", "fault damage " + name + " grastate.dat garbage"],
      ["Replace the disk by an empty one", "fault disk-lost " + name],
    ];
    const commands = off ? [] : [
      down ? ["Start the server", name + "$ sudo systemctl start mariadb"] : ["Stop the server in order", name + "$ sudo systemctl stop mariadb"],
      ["Show the cluster's status", name + "$ sudo cm-cluster-manage --show-cluster-status"],
      ["Read grastate.dat", name + "$ sudo cat " + STATE + "grastate.dat"],
      ["Read gvwstate.dat", name + "$ sudo cat " + STATE + "gvwstate.dat"],
      ["Bootstrap the cluster here", name + "$ sudo cm-cluster-manage --bootstrap-node"],
      ["Force it to be safe to bootstrap", name + "$ sudo cm-cluster-manage --force-safe-to-bootstrap"],
    ];
    const clients = L.isServing(node)
      ? [["A client writes 2 rows", "client " + name + " write 2"], ["2 clients write without a pause", "client " + name + " load 2"]]
      : [["A client tries to write", "client " + name + " write 1"]];
    if (L.scene.under_load) clients.push(["The clients stop", "client stop"]);
    L.dialog("Node " + name, [
      el("p", { class: "muted" }, "Each of these types a line into the terminal."),
      el("div", { class: "menu" },
        group("Break it", faults), commands.length ? group("Type on it", commands) : null,
        group("Clients", clients), down ? group("Harm its files", files) : null,
        L.scene.mission ? null : group("Ask", [["Why is it in this state?", "why " + name]])),
    ], { class: "wide" });
  };

  L.linkMenu = (one, other, cut) => L.dialog("The link between " + one + " and " + other, [
    el("p", { class: "muted" }, "Each of these types a line into the terminal."),
    el("div", { class: "menu" }, group("The network", [
      ["Nothing passes from " + one + " to " + other, "fault cut " + one + " " + other],
      ["Nothing passes from " + other + " to " + one, "fault cut " + other + " " + one],
      ...(cut ? [["Heal the network", "fault heal"]] : []),
      ["30 s pass", "wait 30s"],
    ])),
  ]);
})(Lab);
