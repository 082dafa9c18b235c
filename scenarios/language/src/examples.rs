//! An example of every action and key of the scenario language. Messages, `seatrial explain` and the reference
//! show them, and a test reads each one.

/// The examples of actions and of the other keys of a step, by key.
const STEPS: &[(&str, &str)] = &[
    ("write", "write = { node = \"A\", rows = 3 }"),
    (
        "load",
        "load = { nodes = [\"A\", \"B\"], clients = 2, for = \"10s\" }",
    ),
    (
        "client",
        "client = { name = \"one\", node = \"A\", says = \"append\", row = \"x\", value = \"1\" }",
    ),
    (
        "workload",
        "workload = { nodes = [\"A\", \"B\"], clients = 2, rows = 3, for = \"5s\" }",
    ),
    ("stop", "stop = { nodes = [\"C\"] }"),
    ("start", "start = { nodes = [\"C\"] }"),
    ("restart", "restart = { nodes = [\"C\"] }"),
    ("bootstrap", "bootstrap = { node = \"A\" }"),
    ("force", "force = { node = \"A\" }"),
    ("pc_bootstrap", "pc_bootstrap = { node = \"A\" }"),
    ("recover", "recover = { node = \"A\" }"),
    ("terminate", "terminate = { nodes = [\"A\", \"B\"] }"),
    ("crash", "crash = { nodes = [\"A\"] }"),
    ("hang", "hang = { nodes = [\"B\"] }"),
    ("resume", "resume = { nodes = [\"B\"] }"),
    ("power_off", "power_off = { nodes = [\"A\", \"B\", \"C\"] }"),
    ("power_on", "power_on = { nodes = [\"A\", \"B\", \"C\"] }"),
    (
        "partition",
        "partition = { groups = [[\"A\", \"B\"], [\"C\"]] }",
    ),
    ("cut", "cut = { from = \"A\", to = \"B\" }"),
    ("heal", "heal = {}"),
    (
        "damage",
        "damage = { node = \"A\", file = \"grastate.dat\", how = \"empty\" }",
    ),
    ("disk_full", "disk_full = { node = \"A\" }"),
    ("disk_lost", "disk_lost = { node = \"A\" }"),
    ("disk_cloned", "disk_cloned = { from = \"A\", to = \"B\" }"),
    (
        "disk_saved",
        "disk_saved = { node = \"A\", as = \"monday\" }",
    ),
    (
        "disk_restored",
        "disk_saved = { node = \"A\", as = \"monday\" }\n[[step]]\ndisk_restored = { node = \"A\", from = \"monday\" }",
    ),
    (
        "data_restored",
        "disk_saved = { node = \"A\", as = \"monday\" }\n[[step]]\ndata_restored = { node = \"B\", from = \"monday\" }",
    ),
    ("latency", "latency = { node = \"B\", by = \"500ms\" }"),
    (
        "configure",
        "configure = { node = \"A\", option = \"wsrep_cluster_address\", value = \"gcomm://\" }",
    ),
    (
        "readdress",
        "readdress = { node = \"A\", address = \"10.0.0.14\" }",
    ),
    ("loss", "loss = { node = \"B\", percent = 20 }"),
    ("flap", "flap = { node = \"B\", period = \"3s\" }"),
    (
        "interrupt_transfer",
        "interrupt_transfer = { node = \"B\" }",
    ),
    ("rollback_fails", "rollback_fails = { node = \"B\" }"),
    ("stop_hangs", "stop_hangs = { node = \"B\" }"),
    ("read_lock", "read_lock = { node = \"A\" }"),
    ("read_unlock", "read_unlock = { node = \"A\" }"),
    ("backend_stop", "backend_stop = { node = \"A\" }"),
    ("clock_jump", "clock_jump = { node = \"A\", by = \"1h\" }"),
    (
        "operator",
        "operator = { node = \"A\", run = \"cm-cluster-manage --bootstrap-node\", exit = 1, prints = \"not safe\" }",
    ),
    (
        "procedure",
        "procedure = { name = \"manual-corrected\", ends = \"recovered\" }",
    ),
    (
        "wait",
        "wait = { until = { node = \"B\", local_state = \"Joiner\" }, within = \"30s\" }",
    ),
    (
        "expect",
        "expect = { cluster = \"all-synced\", size = 3, within = \"120s\", lost = 0 }",
    ),
    (
        "repeat",
        "repeat = { times = 3, steps = [{ write = { node = \"A\", rows = 1 } }, { wait = { for = \"5s\" } }] }",
    ),
    (
        "together",
        "together = [{ crash = { nodes = [\"A\"] } }, { stop = { nodes = [\"B\"] } }]",
    ),
    (
        "claim",
        "expect = { node = \"C\", cluster_status = \"non-Primary\", within = \"20s\" }\n\
         claim  = { id = \"M-1\", says = \"the survivor has no quorum\", verdict = \"holds\" }",
    ),
    (
        "note",
        "heal = {}\nnote = \"The operator plugs the cable in again.\"",
    ),
    ("pace", "heal = {}\npace = \"rest\""),
    ("may_skip", "crash = { nodes = [\"A\"] }\nmay_skip = true"),
    (
        "may_be_refused",
        "write = { node = \"C\", rows = 3 }\nmay_be_refused = true",
    ),
];

/// The fields that say something of a state, by key. `expect`, `wait.until` and the outcomes of a race have them.
const STATES: &[(&str, &str)] = &[
    ("node", "node = \"A\", ready = \"ON\""),
    ("nodes", "nodes = [\"A\", \"B\"], ready = \"ON\""),
    ("process", "node = \"A\", process = \"exited\""),
    ("exit", "node = \"A\", exit = 137"),
    (
        "cluster_status",
        "node = \"C\", cluster_status = \"non-Primary\"",
    ),
    ("cluster_size", "node = \"C\", cluster_size = 1"),
    ("ready", "node = \"C\", ready = \"OFF\""),
    ("connected", "node = \"C\", connected = \"ON\""),
    ("local_state", "node = \"B\", local_state = \"Synced\""),
    ("conf_id", "node = \"A\", conf_id = \"3\""),
    ("safe_to_bootstrap", "node = \"A\", safe_to_bootstrap = 1"),
    ("grastate_seqno", "node = \"A\", grastate_seqno = -1"),
    ("grastate_zero", "node = \"A\", grastate_zero = false"),
    ("gvwstate", "node = \"A\", gvwstate = true"),
    (
        "gvwstate_members",
        "node = \"A\", gvwstate_members = [\"A\", \"B\", \"C\"]",
    ),
    ("has_rows", "node = \"B\", has_rows = [\"w1A\"]"),
    ("lacks_rows", "node = \"B\", lacks_rows = [\"w1A\"]"),
    ("cluster", "cluster = \"no-primary\""),
    ("size", "cluster = \"primary\", size = 2"),
    ("safe_nodes", "safe_nodes = 1"),
    ("highest_seqno_nodes", "highest_seqno_nodes = 1"),
];

/// The examples of keys that are not in the example of their action, by path.
const KEYS: &[(&str, &str)] = &[
    ("scenario.id", "id = \"two-nodes-are-terminated\""),
    ("scenario.title", "title = \"Two nodes are terminated\""),
    (
        "scenario.source",
        "source = \"Failure scenarios / Two nodes are terminated\"",
    ),
    ("scenario.why", "why = \"What brings the cluster back?\""),
    ("scenario.nodes", "nodes = [\"A\", \"B\", \"C\"]"),
    ("scenario.initial", "initial = \"down\""),
    ("scenario.timers", "timers = \"fast\""),
    ("scenario.pace", "pace = \"rest\""),
    ("scenario.procedure", "procedure = \"manual\""),
    ("scenario.seat", "seat = \"A\""),
    (
        "scenario.beside",
        "beside = [{ name = \"manual\", after = \"5s\", seat = \"B\" }]",
    ),
    ("scenario.second_phase", "second_phase = false"),
    ("scenario.findings", "findings = [\"twin-primaries\"]"),
    ("scenario.limit", "limit = \"10m\""),
    ("scenario.pack", "pack = \"wild\""),
    ("scenario.tags", "tags = [\"quorum\", \"crash\"]"),
    ("scenario.options", "[options]\n\"pc.weight\" = 2"),
    ("scenario.step", "[[step]]\nheal = {}"),
    ("options.supervisor", "supervisor = \"systemd\""),
    ("options.force", "force = \"replace\""),
    ("options.mysqld_safe_log", "mysqld_safe_log = \"syslog\""),
    ("options.jitter", "jitter = \"none\""),
    ("options.node", "node.A.\"pc.weight\" = 2"),
    (
        "step.write.as",
        "write = { node = \"A\", rows = 1, as = \"w1\" }",
    ),
    ("step.stop.as", "stop = { nodes = [\"C\"], as = \"s1\" }"),
    ("step.start.as", "start = { nodes = [\"C\"], as = \"s1\" }"),
    (
        "step.restart.as",
        "restart = { nodes = [\"C\"], as = \"s1\" }",
    ),
    (
        "step.operator.lacks",
        "operator = { node = \"A\", run = \"systemctl status mariadb\", lacks = \"inactive\" }",
    ),
    (
        "step.operator.within",
        "operator = { node = \"A\", run = \"systemctl stop mariadb\", within = \"20m\" }",
    ),
    (
        "step.operator.interrupt_after",
        "operator = { node = \"A\", run = \"systemctl stop mariadb\", interrupt_after = \"30s\" }",
    ),
    (
        "step.operator.as",
        "operator = { node = \"A\", run = \"systemctl stop mariadb\", as = \"o1\" }",
    ),
    (
        "step.cut.port",
        "cut = { from = \"A\", to = \"B\", port = 4568 }",
    ),
    (
        "step.procedure.seat",
        "procedure = { name = \"manual\", seat = \"A\" }",
    ),
    (
        "step.procedure.beside",
        "procedure = { name = \"manual\", seat = \"A\", beside = [{ name = \"manual\", after = \"5s\", seat = \"B\" }] }",
    ),
    (
        "step.procedure.beside.name",
        "procedure = { name = \"manual\", beside = [{ name = \"optimal\" }] }",
    ),
    (
        "step.procedure.beside.after",
        "procedure = { name = \"manual\", beside = [{ name = \"manual\", after = \"5s\" }] }",
    ),
    (
        "step.procedure.beside.seat",
        "procedure = { name = \"manual\", seat = \"A\", beside = [{ name = \"manual\", seat = \"B\" }] }",
    ),
    (
        "step.client.text",
        "client = { name = \"one\", node = \"A\", says = \"set\", row = \"x\", text = \"1,2\" }",
    ),
    (
        "step.client.causal",
        "client = { name = \"one\", node = \"A\", says = \"read\", row = \"x\", causal = true, sees = \"1\" }",
    ),
    (
        "step.client.sees",
        "client = { name = \"one\", node = \"A\", says = \"read\", row = \"x\", sees = \"1,2\" }",
    ),
    (
        "step.client.fails",
        "client = { name = \"one\", node = \"A\", says = \"commit\", fails = 1213 }",
    ),
    (
        "step.workload.causal",
        "workload = { nodes = [\"A\"], clients = 2, causal = true }",
    ),
    (
        "step.workload.pause",
        "workload = { nodes = [\"A\"], clients = 2, pause = \"2s\", for = \"1min\" }",
    ),
    ("step.wait.for", "wait = { for = \"30s\" }"),
    (
        "step.claim.assumes",
        "claim = { id = \"M-1\", says = \"…\", verdict = \"holds\", assumes = \"force-edits-in-place\" }",
    ),
    (
        "step.claim.lines",
        "claim = { id = \"M-1\", says = \"…\", verdict = \"holds\", lines = \"170-172\" }",
    ),
    (
        "step.expect.any",
        "expect = { within = \"60s\", any = [{ name = \"none is safe\", safe_nodes = 0 }, { name = \"one is\", safe_nodes = 1 }] }",
    ),
    (
        "step.repeat.times",
        "repeat = { times = 3, steps = [{ write = { node = \"A\", rows = 1 } }, { wait = { for = \"5s\" } }] }",
    ),
    (
        "step.repeat.steps",
        "repeat = { times = 3, steps = [{ write = { node = \"A\", rows = 1 } }, { wait = { for = \"5s\" } }] }",
    ),
    (
        "step.latency.from",
        "latency = { from = \"A\", to = \"B\", by = \"500ms\" }",
    ),
    (
        "step.latency.to",
        "latency = { from = \"A\", to = \"B\", by = \"500ms\" }",
    ),
    (
        "step.wait.until.sends",
        "wait = { until = { node = \"B\", sends = \"INSTALL\" }, within = \"10s\" }",
    ),
    (
        "step.wait.until.receives",
        "wait = { until = { node = \"C\", receives = \"STATE-MSG\" }, within = \"10s\" }",
    ),
    (
        "step.expect.write",
        "expect = { node = \"C\", write = \"refused\", within = \"20s\" }",
    ),
    (
        "step.expect.read",
        "expect = { node = \"C\", read = \"refused\", within = \"20s\" }",
    ),
    (
        "step.expect.error",
        "expect = { node = \"C\", read = \"refused\", error = 1047, within = \"20s\" }",
    ),
    ("step.expect.diverged", "expect = { diverged = false }"),
    (
        "step.expect.request",
        "write = { node = \"A\", rows = 1, as = \"w1\" }\n[[step]]\nexpect = { request = \"w1\", ends = \"acknowledged\", within = \"10s\" }",
    ),
    (
        "step.expect.ends",
        "write = { node = \"A\", rows = 1, as = \"w1\" }\n[[step]]\nexpect = { request = \"w1\", ends = \"acknowledged\", within = \"10s\" }",
    ),
    (
        "step.expect.prints",
        "operator = { node = \"A\", run = \"systemctl status mariadb\", as = \"o1\" }\n[[step]]\nexpect = { request = \"o1\", prints = \"active\" }",
    ),
    (
        "step.expect.lacks",
        "operator = { node = \"A\", run = \"systemctl status mariadb\", as = \"o1\" }\n[[step]]\nexpect = { request = \"o1\", lacks = \"inactive\" }",
    ),
    (
        "step.expect.for",
        "expect = { cluster = \"no-primary\", for = \"60s\" }",
    ),
];

/// Returns the example of a topic, such as `step.partition`, or of a key, such as `step.operator.lacks`.
pub(super) fn example(path: &str) -> Option<String> {
    let find = |table: &[(&str, &'static str)], key: &str| {
        let found = table.iter().find(|(known, _)| *known == key);
        found.map(|(_, text)| (*text).to_owned())
    };
    if let Some(text) = find(KEYS, path) {
        return Some(text);
    }
    match path.split('.').collect::<Vec<_>>().as_slice() {
        ["step", key] => find(STEPS, key),
        ["step", "wait", "until", key] => {
            find(STATES, key).map(|state| format!("wait = {{ until = {{ {state} }}, within = \"1m\" }}"))
        }
        ["step", "wait", "until"] => find(STEPS, "wait"),
        ["step", "expect", "any", "name"] | ["step", "expect", "any"] => find(KEYS, "step.expect.any"),
        ["step", "expect", "any", key] => find(STATES, key).map(|state| {
            format!(
                "expect = {{ any = [{{ name = \"one end\", {state} }}, {{ name = \"the other\", safe_nodes = 0 }}] }}"
            )
        }),
        ["step", "expect", key] if STATES.iter().any(|(known, _)| known == key) => {
            find(STATES, key).map(|state| format!("expect = {{ {state}, within = \"20s\" }}"))
        }
        // The example of an action has most of its keys.
        ["step", action, key] => {
            find(STEPS, action).filter(|text| text.contains(&format!("{key} = ")))
        }
        _ => None,
    }
}

/// Returns an example for a key whose value has the wrong form. `action` is the action in which it stands.
pub(super) fn of_key(action: Option<&str>, key: &str) -> Option<String> {
    let last_line = |text: String| {
        let mut lines = text.lines();
        lines
            .rfind(|line| line.trim_start().starts_with(key))
            .map(str::to_owned)
    };
    if key == "within" || key == "for" {
        return Some(format!("{key} = \"60s\""));
    }
    if let Some(action) = action.filter(|action| *action != key) {
        return example(&format!("step.{action}.{key}"))
            .map(|text| text.lines().last().unwrap_or_default().to_owned());
    }
    let of_step = example(&format!("step.{key}"));
    of_step
        .and_then(last_line)
        .or_else(|| example(&format!("scenario.{key}")))
}
