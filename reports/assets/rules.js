"use strict";
// Which rule explains an event. The rules themselves come from reports/src/rules.rs.
(function (S) {
  const rule = (id) => S.rules.get(id);

  const ofFault = (name) => {
    switch (name) {
      case "terminate": case "crash": case "power_off": case "hang": return rule("silence");
      case "cut": case "partition": case "heal": case "flap": case "loss": case "latency": return rule("cut");
      case "damage": case "disk_lost": return rule("grastate");
      case "interrupt_transfer": return rule("transfer");
      default: return null;
    }
  };

  const ofCommand = (line) => {
    if (/--force-safe-to-bootstrap/.test(line)) return rule("force");
    if (/--bootstrap-node|galera_new_cluster|pc\.bootstrap/.test(line)) return rule("bootstrap");
    if (/--safe-to-bootstrap|grastate/.test(line)) return rule("safe");
    if (/wsrep-recover|Recovered position/.test(line)) return rule("recover");
    if (/gvwstate/.test(line)) return rule("gvwstate");
    if (/systemctl (stop|restart)|--restart-node/.test(line)) return rule("goodbye");
    if (/killall/.test(line)) return rule("silence");
    if (/systemctl start/.test(line)) return rule("waiting");
    return null;
  };

  const LOGS = [
    [/suspecting/i, () => rule("silence")],
    [/safe_to_bootstrap|not be safe to bootstrap/i, () => rule("bootstrap")],
    [/restore pc from disk|promote to primary|restored view/i, () => rule("gvwstate")],
    [/State Transfer|IST|SST|donor/, () => rule("transfer")],
    [/conflicting prim|discarding other/i, () => rule("conflict")],
    [/view\(|New COMPONENT|non-primary/i, () => rule("quorum")],
    [/re-?bootstrapping/i, () => rule("reunion")],
    [/Recovered position/, () => rule("recover")],
  ];

  const ofState = (state) => {
    switch (state) {
      case "non-primary": return rule("not-ready");
      case "waiting": return rule("waiting");
      case "donor": case "joining": return rule("transfer");
      case "down": case "no power": return rule("no-server");
      default: return null;
    }
  };

  // What explains the expectation of a step, by its words.
  const STEPS = [
    [/not safe to bootstrap|safe_to_bootstrap/i, () => rule("safe")],
    [/no-primary/i, () => rule("reunion")],
    [/refused|ready OFF/i, () => rule("not-ready")],
    [/non-Primary|Primary/, () => rule("quorum")],
    [/waiting|no port/i, () => rule("waiting")],
    [/ERROR 2002|exited/i, () => rule("no-server")],
    [/seqno|Recovered position/i, () => rule("recover")],
    [/lost|diverged|rows/i, () => rule("content")],
    [/synced/i, () => rule("transfer")],
  ];
  S.ruleOfStep = (title) => {
    if (!/^expect|^on /.test(title)) return null;
    const found = STEPS.find(([pattern]) => pattern.test(title));
    return found ? found[1]() : null;
  };

  S.ruleOf = (item) => {
    switch (item.kind) {
      case "fault": return ofFault(item.fault);
      case "command": return ofCommand(item.line);
      case "quorum": return rule("quorum");
      case "reunion": return rule("reunion");
      case "state": return ofState(item.state);
      case "write":
        if (item.outcome === "acknowledged") return rule("acknowledged");
        return rule(item.code === 2002 ? "no-server" : "not-ready");
      case "file":
        if (/gvwstate/.test(item.title)) return rule("gvwstate");
        return rule(/safe_to_bootstrap 1/.test(item.title) ? "safe" : "grastate");
      case "log": {
        const found = LOGS.find(([pattern]) => pattern.test(item.title));
        return found ? found[1]() : null;
      }
      case "finding": return rule(/primar|prim/.test(item.title) ? "conflict" : "content");
      default: return null;
    }
  };
})(Seatrial);
