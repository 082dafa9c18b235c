//! What a manual page has beside the options: examples, environment, files, exit codes.

/// A word with its explanation.
type Entry = (&'static str, &'static str);

/// The facts of a page.
pub(super) struct Facts {
    /// Examples: what each does, and the line.
    pub(super) examples: &'static [Entry],
    /// Variables of the environment.
    pub(super) environment: Vec<Entry>,
    /// Files and folders.
    pub(super) files: Vec<Entry>,
    /// Exit codes.
    pub(super) exit_codes: &'static [Entry],
}

const NO_COLOR: Entry = ("NO_COLOR", "If it is set, nothing is coloured.");
const RUST_LOG: Entry = (
    "RUST_LOG",
    "What is logged on standard error, such as info; it overrides -v.",
);
const SUMMARY: Entry = (
    "GITHUB_STEP_SUMMARY",
    "A file to which the summary is added. GitHub sets it.",
);
const INDEX: Entry = (
    "JOB_COMPLETION_INDEX",
    "The index of the shard if --shard has none, as in --shard /8. Kubernetes sets it for the pods of an Indexed \
     Job.",
);
const DOCKER: Entry = (
    "DOCKER_HOST",
    "The Docker engine of --on real, such as unix:///run/docker.sock.",
);
const DATA: Entry = (
    "XDG_DATA_HOME",
    "The folder of the user's data; the lab keeps grades and history in its folder seatrial.",
);
const DOCUMENTS: Entry = (
    "docs/",
    "The documents that this page names. The Debian package has them in /usr/share/doc/seatrial/docs.",
);
const RESULTS: Entry = (
    "target/seatrial/",
    "The folder of results of each subcommand, unless --out names another one.",
);

/// The codes of commands that find something.
const FINDS: &[Entry] = &[
    ("0", "Everything is as expected."),
    (
        "1",
        "A finding that no file expects: a failed run, a bad cell, engines that disagree, or with --against \
         something worse or missing.",
    ),
    ("2", "A mistake on the command line or in a file."),
    (
        "3",
        "The environment: an engine, an image or a folder is missing, or something could not be judged.",
    ),
    (
        "4",
        "A signal or a bound stopped it, and nothing was found until then.",
    ),
];

/// The codes of commands that only tell.
const TELLS: &[Entry] = &[
    ("0", "It is done."),
    ("2", "A mistake on the command line or in a file."),
    ("3", "The environment: something cannot be read or written."),
];

/// Returns the facts of the program's page or of a subcommand's.
pub(super) fn facts(name: &str) -> Facts {
    let (examples, exit_codes): (&[Entry], &[Entry]) = match name {
        "seatrial" => (PROGRAM, FINDS),
        "run" => (RUN, FINDS),
        "verify" => (VERIFY, FINDS),
        "explore" => (EXPLORE, FINDS),
        "prove" => (PROVE, FINDS),
        "optimal" => (OPTIMAL, FINDS),
        "conform" => (CONFORM, FINDS),
        "replay" => (REPLAY, FINDS),
        "report" => (REPORT, FINDS),
        "merge" => (MERGE, MERGES),
        "claims" => (CLAIMS, FINDS),
        "list" => (LIST, TELLS),
        "show" => (SHOW, TELLS),
        "advise" => (ADVISE, TELLS),
        "autopsy" => (AUTOPSY, TELLS),
        "shrink" => (SHRINK, TELLS),
        "lab" => (LAB, TELLS),
        "check" => (CHECK, TELLS),
        "new" => (NEW, TELLS),
        "runbook" => (RUNBOOK, TELLS),
        "explain" => (EXPLAIN, TELLS),
        "schema" => (SCHEMA, TELLS),
        "doctor" => (DOCTOR, TELLS),
        "image" => (IMAGE, TELLS),
        "clean" => (CLEAN, TELLS),
        "completions" => (COMPLETIONS, TELLS),
        "man" => (MAN, TELLS),
        _ => (&[], TELLS),
    };
    let mut environment = vec![NO_COLOR];
    let mut files = vec![DOCUMENTS];
    if exit_codes.len() == FINDS.len() {
        environment.push(RUST_LOG);
        files.insert(0, RESULTS);
    }
    if matches!(name, "seatrial" | "run" | "verify") {
        environment.push(SUMMARY);
    }
    if matches!(name, "seatrial" | "explore" | "verify" | "prove") {
        environment.push(INDEX);
    }
    if matches!(
        name,
        "seatrial"
            | "run"
            | "verify"
            | "replay"
            | "claims"
            | "conform"
            | "lab"
            | "image"
            | "clean"
            | "doctor"
    ) {
        environment.push(DOCKER);
    }
    if matches!(name, "seatrial" | "lab") {
        environment.push(DATA);
    }
    Facts {
        examples,
        environment,
        files,
        exit_codes,
    }
}

const MERGES: &[Entry] = &[
    ("0", "All seeds, or all cases, are there."),
    (
        "2",
        "A file is no shard, or the shards are of different campaigns.",
    ),
    ("3", "The merged file cannot be written."),
    (
        "4",
        "Shards are missing. The merged file is written all the same.",
    ),
];

const PROGRAM: &[Entry] = &[
    (
        "Replay every documented failure on both simulated engines",
        "seatrial run",
    ),
    (
        "Does your own program recover every broken state?",
        "seatrial verify --script ./recover.sh",
    ),
    ("Break a cluster by hand", "seatrial lab"),
];
const RUN: &[Entry] = &[
    ("The whole catalogue", "seatrial run"),
    (
        "Twenty seeds of one scenario, on the discrete-event engine alone",
        "seatrial run two-nodes-are-terminated-both-come-back --seeds 20 --on des",
    ),
    (
        "Fail only on what got worse since an earlier run",
        "seatrial run --against accepted/results.json",
    ),
    (
        "In GitHub's CI, with failures at the lines of the files",
        "seatrial run scenarios/mine.toml --annotations github --out results",
    ),
];
const VERIFY: &[Entry] = &[
    (
        "A table of all procedures and broken states",
        "seatrial verify",
    ),
    (
        "Your own program as the operator, confined by bubblewrap",
        "seatrial verify --script ./recover.sh",
    ),
    (
        "Only what is worse, missing, better and new; a comment for a pull request",
        "seatrial verify manual --against accepted/verify.json --comment comment.md",
    ),
    (
        "A quarter of the cells with twenty seeds each, for one of four machines",
        "seatrial verify manual --seeds 20 --shard 0/4 --out part-0",
    ),
];
const EXPLORE: &[Entry] = &[
    (
        "Twenty thousand random schedules",
        "seatrial explore --procedure manual --seeds 20000",
    ),
    (
        "A pod of an Indexed Job, for which findings are results and no failure",
        "seatrial explore --seeds 0..1000000 --shard /64 --fail-on none --out /results",
    ),
];
const PROVE: &[Entry] = &[
    (
        "Every state that three events lead to",
        "seatrial prove --procedure manual-corrected --faults 3",
    ),
    (
        "What holds for any number of kills and starts",
        "seatrial prove --procedure manual-corrected --alphabet kill,start",
    ),
    (
        "One of four shards; merge makes prove.json of them",
        "seatrial prove --procedure manual --faults 3 --shard 0/4 --out proof",
    ),
];
const OPTIMAL: &[Entry] = &[
    (
        "The table, and every other first act, in all states within two events",
        "seatrial optimal --faults 2",
    ),
    (
        "The same within three events, without the other acts",
        "seatrial optimal --faults 3 --no-others",
    ),
];
const CONFORM: &[Entry] = &[
    ("All recordings of real nodes", "seatrial conform"),
    (
        "Five hundred random schedules on both engines",
        "seatrial conform --random --seeds 500",
    ),
];
const REPLAY: &[Entry] = &[(
    "The whole trace of one run, the same bytes every time",
    "seatrial replay two-nodes-are-terminated --seed 7 > trace.jsonl",
)];
const REPORT: &[Entry] = &[
    (
        "Write the reports of a folder again",
        "seatrial report results",
    ),
    (
        "Make one folder of the shards of verify",
        "seatrial report part-0 part-1 part-2 part-3 --out whole",
    ),
];
const MERGE: &[Entry] = &[
    (
        "The shards of explore",
        "seatrial merge out/shard-0-of-2.jsonl out/shard-1-of-2.jsonl --out out/campaign.jsonl",
    ),
    (
        "The shards of prove",
        "seatrial merge proof/prove-0-of-2.json proof/prove-1-of-2.json --out proof/prove.json",
    ),
];
const CLAIMS: &[Entry] = &[
    ("The manual's claims and their verdicts", "seatrial claims"),
    (
        "Can each part of each check fail?",
        "seatrial claims --audit",
    ),
];
const LIST: &[Entry] = &[
    (
        "Scenarios with all these words",
        "seatrial list crash bootstrap",
    ),
    ("The tags", "seatrial list --tags"),
];
const SHOW: &[Entry] = &[
    (
        "A scenario for a reader",
        "seatrial show two-nodes-are-terminated",
    ),
    ("A procedure, with its known defects", "seatrial show kolla"),
];
const ADVISE: &[Entry] = &[(
    "What three nodes left behind, an archive each",
    "seatrial advise db1.tar db2.tar db3.tar",
)];
const AUTOPSY: &[Entry] = &[("The logs of a cluster", "seatrial autopsy logs/")];
const SHRINK: &[Entry] = &[(
    "The shortest scenario that fails in the same way",
    "seatrial shrink failing.toml --seed 7 --out short.toml",
)];
const LAB: &[Entry] = &[
    ("Three synced nodes", "seatrial lab"),
    ("A mission", "seatrial lab find-the-safe-node"),
    ("Lines from a file", "seatrial lab --script session.txt"),
];
const CHECK: &[Entry] = &[("Two files", "seatrial check one.toml two.toml")];
const NEW: &[Entry] = &[("A scenario to start from", "seatrial new two-nodes-crash")];
const RUNBOOK: &[Entry] = &[
    (
        "Mistakes, and the blocks that no broken state reaches",
        "seatrial runbook check runbooks/manual.md",
    ),
    (
        "The script that is made of it",
        "seatrial runbook tangle runbooks/manual.md > manual.sh",
    ),
];
const EXPLAIN: &[Entry] = &[
    ("What there is", "seatrial explain"),
    (
        "An action, with an example",
        "seatrial explain step.partition",
    ),
];
const SCHEMA: &[Entry] = &[(
    "For an editor that checks TOML",
    "seatrial schema > scenario.schema.json",
)];
const DOCTOR: &[Entry] = &[("What this machine can do", "seatrial doctor")];
const IMAGE: &[Entry] = &[("MariaDB 11.8", "seatrial image build --suite trixie")];
const CLEAN: &[Entry] = &[("After a run was killed", "seatrial clean")];
const COMPLETIONS: &[Entry] = &[
    (
        "For bash; the shell then asks the program for the names of scenarios and procedures",
        "seatrial completions bash > ~/.local/share/bash-completion/completions/seatrial",
    ),
    (
        "For fish",
        "seatrial completions fish > ~/.config/fish/completions/seatrial.fish",
    ),
];
const MAN: &[Entry] = &[
    ("The page of a subcommand", "seatrial man verify | man -l -"),
    ("All pages", "seatrial man --out man1"),
];
