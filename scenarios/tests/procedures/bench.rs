//! A console whose nodes are a table of answers.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, where a panic is a failed test"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use async_trait::async_trait;
use seatrial_galera::{GraState, Seqno, StateUuid, StatusVariables, mysql_table};
use seatrial_scenarios::console::{CommandOutcome, Console};
use seatrial_scenarios::procedures::{ProcedureOutcome, run_procedure};
use seatrial_scenarios::{NodeName, Output, Span};

/// The state of a node's server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// Not there; the host does not answer either.
    Unreachable,
    /// Stopped in order.
    Stopped,
    /// Ended by a signal or an error.
    Killed,
    /// Started, and waiting for a primary component.
    Waiting,
    /// Told to stop while it was waiting.
    Stopping,
    /// In the primary component.
    Member,
    /// Alive without a primary component.
    Survivor,
    /// Alive and in no group, with these uuids of cluster and node zero or not.
    Disconnected { cluster: bool, node: bool },
    /// Connections hang.
    Hung,
}

use Server::{Hung, Killed, Member, Stopped, Stopping, Survivor, Unreachable, Waiting};

/// A node.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) server: Server,
    pub(crate) uuid: u128,
    pub(crate) seqno: i64,
    /// grastate.dat.
    pub(crate) saved: Option<String>,
    /// gvwstate.dat.
    pub(crate) view: Option<String>,
    pub(crate) log: String,
    /// A log that a recovery run was told to write.
    pub(crate) own_log: String,
    /// The text after the recovered seqno.
    pub(crate) suffix: &'static str,
    /// A session holds the global read lock.
    pub(crate) desynced: bool,
    /// An orderly stop does not end.
    pub(crate) stop_hangs: bool,
    /// No start of it succeeds.
    pub(crate) start_fails: bool,
    /// The next start ends in this.
    pub(crate) start_ends: Option<Server>,
    /// Overrides of the status table.
    pub(crate) conf_id: Option<u64>,
    pub(crate) size: Option<u32>,
}

/// The cluster, and what was typed.
pub(crate) struct Bench {
    names: Vec<NodeName>,
    pub(crate) nodes: BTreeMap<NodeName, Node>,
    /// Whether all nodes together restore the component.
    pub(crate) restores: bool,
    /// Whether `mysqld_safe` logs to syslog.
    pub(crate) syslog: bool,
    now: Span,
    typed: String,
}

/// Returns a saved view of these members, with this number.
pub(crate) fn view(me: &str, members: &str, seq: u32) -> String {
    let uuid = |name: char| format!("0000000{}-5664-11e7-8000-0000000000ff", name as u32 - 64);
    let mut text = format!(
        "my_uuid: {}\n#vwbeg\nview_id: 3 {} {seq}\nbootstrap: 0\n",
        // It has been restarted once since.
        uuid(me.chars().next().unwrap()).replace("-8000-", "-8001-"),
        uuid('A')
    );
    for member in members.chars() {
        writeln!(text, "member: {} 0", uuid(member)).unwrap();
    }
    text + "#vwend\n"
}

impl Bench {
    /// Nodes A, B and C with the history 1, at these positions.
    pub(crate) fn new(nodes: [(Server, i64); 3]) -> Self {
        let names: Vec<NodeName> = ["A", "B", "C"].map(NodeName::new).to_vec();
        let node = |(server, seqno): (Server, i64)| Node {
            server,
            uuid: 1,
            seqno,
            saved: None,
            view: None,
            log: "[Note] WSREP: Recovered position from storage: \
                  00000000-0000-0000-0000-000000000001:3\n"
                .to_owned(),
            own_log: String::new(),
            suffix: "",
            desynced: false,
            stop_hangs: false,
            start_fails: false,
            start_ends: None,
            conf_id: None,
            size: None,
        };
        let nodes = names.iter().cloned().zip(nodes.map(node)).collect();
        let mut bench = Self {
            names,
            nodes,
            restores: false,
            syslog: false,
            now: Span::ZERO,
            typed: String::new(),
        };
        for name in ["A", "B", "C"] {
            let stopped = bench.node(name).server == Stopped;
            bench.save(name, stopped, false);
        }
        bench
    }

    pub(crate) fn node(&mut self, name: &str) -> &mut Node {
        self.nodes.get_mut(&NodeName::new(name)).unwrap()
    }

    /// Writes grastate.dat.
    pub(crate) fn save(&mut self, name: &str, with_seqno: bool, safe_to_bootstrap: bool) {
        let node = self.node(name);
        let seqno = Seqno(if with_seqno { node.seqno } else { -1 });
        let uuid = StateUuid(node.uuid);
        node.saved = Some(
            GraState {
                uuid,
                seqno,
                safe_to_bootstrap,
            }
            .to_string(),
        );
    }

    /// Runs a procedure and returns what was typed and how it ended.
    pub(crate) fn run(mut self, procedure: &str) -> String {
        let outcome = pollster::block_on(run_procedure(procedure, &mut self));
        let (word, text) = match outcome {
            ProcedureOutcome::Recovered => ("recovered", String::new()),
            ProcedureOutcome::AsksPerson(text) => ("asks a person", text),
            ProcedureOutcome::GaveUp(text) => ("gave up", text),
        };
        format!("{}=> {word} after {}\n{text}", self.typed, self.now)
    }

    /// Returns the same without the looks, of which there are many.
    pub(crate) fn acts(self, procedure: &str) -> String {
        let text = self.run(procedure);
        let looks = [
            "--show-cluster-status",
            "is-active",
            "cat ",
            "grep ",
            "mysql -NBe",
        ];
        let acts = text
            .lines()
            .filter(|line| !looks.iter().any(|look| line.contains(look)));
        acts.collect::<Vec<_>>().join("\n")
    }

    fn members(&self) -> u32 {
        self.nodes
            .values()
            .map(|node| u32::from(node.server == Member))
            .sum()
    }

    fn tables(&self, node: &Node) -> String {
        let running = |node: &&Node| matches!(node.server, Survivor | Waiting);
        let (status, size) = match node.server {
            Member => ("Primary", self.members()),
            Survivor => {
                let seen = self.nodes.values().filter(running).count();
                ("non-Primary", u32::try_from(seen).unwrap())
            }
            _ => ("Disconnected", 0),
        };
        let zero = |is_known: bool| StateUuid(if is_known { node.uuid } else { 0 });
        let (cluster, local) = match node.server {
            Server::Disconnected { cluster, node } => (zero(cluster), zero(node)),
            _ => (zero(true), zero(true)),
        };
        let conf_id = node.conf_id.unwrap_or(match node.server {
            Member => 4,
            _ => u64::MAX,
        });
        let status = StatusVariables {
            cluster_conf_id: conf_id.to_string().parse().unwrap(),
            cluster_size: node.size.unwrap_or(size),
            cluster_state_uuid: cluster,
            cluster_status: status.parse().unwrap(),
            connected: size > 0,
            last_committed: Seqno(node.seqno),
            local_state_uuid: local,
            ready: node.server == Member,
            ..StatusVariables::default()
        };
        let rows: Vec<Vec<String>> = status
            .rows()
            .into_iter()
            .map(|(name, value)| vec![name.to_owned(), value])
            .collect();
        mysql_table(&["Variable_name", "Value"], &rows)
    }

    /// Everybody is there: the component may come back, with the highest position.
    fn settle(&mut self) {
        let all = self
            .nodes
            .values()
            .all(|node| matches!(node.server, Survivor | Waiting));
        if all && self.restores {
            let highest = self
                .nodes
                .values()
                .map(|node| node.seqno)
                .max()
                .unwrap_or(0);
            for node in self.nodes.values_mut() {
                node.server = Member;
                node.seqno = highest + 1;
            }
        }
    }

    fn start(&mut self, name: &NodeName) -> i32 {
        let members = self.members();
        let highest = self
            .nodes
            .values()
            .filter(|node| node.server == Member)
            .map(|node| node.seqno)
            .max();
        let node = self.nodes.get_mut(name).unwrap();
        node.server = match (node.start_ends.take(), members) {
            _ if node.start_fails => Killed,
            (Some(end), _) => end,
            (None, 0) => Waiting,
            (None, _) => Member,
        };
        if node.server == Member {
            let reached = highest.unwrap_or(0) + 1;
            for node in self.nodes.values_mut().filter(|node| node.server == Member) {
                node.seqno = reached;
            }
        }
        self.settle();
        i32::from(matches!(self.nodes[name].server, Stopped | Killed))
    }

    fn stop(&mut self, name: &NodeName) -> bool {
        let alone = self.members() == 1;
        let node = self.nodes.get_mut(name).unwrap();
        match node.server {
            Stopped | Killed => true,
            Waiting | Stopping => {
                node.server = Stopping;
                false
            }
            _ if node.stop_hangs || node.server == Hung => false,
            was => {
                node.server = Stopped;
                node.view = None;
                self.save(name.as_str(), true, alone && was == Member);
                true
            }
        }
    }

    fn is_safe(&self, name: &NodeName) -> bool {
        self.nodes[name]
            .saved
            .as_deref()
            .is_none_or(|text| GraState::read(text).safe_to_bootstrap)
    }

    fn bootstrap(&mut self, name: &NodeName) -> Output {
        if !self.is_safe(name) {
            let box_of_text = seatrial_galera::unsafe_to_bootstrap_warning();
            return Output {
                exit: 1,
                ..text(box_of_text)
            };
        }
        let saved = self.nodes[name].saved.clone();
        self.stop(name);
        self.nodes.get_mut(name).unwrap().saved = saved;
        let node = self.nodes.get_mut(name).unwrap();
        if node.start_fails {
            return complaint(1, "Job for mariadb.service failed because …");
        }
        node.server = Member;
        node.seqno += 1;
        // A waiting node joins by itself.
        let waiting: Vec<NodeName> = self.names.clone();
        for other in waiting {
            if self.nodes[&other].server == Waiting {
                self.start(&other);
            }
        }
        text("")
    }

    fn answer(&mut self, name: &NodeName, line: &str) -> Option<Output> {
        let line = line
            .trim_start_matches("sudo ")
            .trim_start_matches("-u mysql ");
        let server = self.nodes[name].server;
        let runs = !matches!(server, Stopped | Killed);
        let node = self.nodes.get_mut(name).unwrap();
        Some(match line {
            "cm-cluster-manage --show-cluster-status" => match server {
                Hung => return None,
                Stopped | Killed | Waiting | Stopping => complaint(
                    1,
                    "ERROR 2002 (HY000): Can't connect to local server through socket \
                     '/run/mysqld/mysqld.sock' (2)",
                ),
                _ => text(&self.tables(&self.nodes[name])),
            },
            "systemctl is-active mariadb" => text(match server {
                Stopped => "inactive\n",
                Killed => "failed\n",
                Waiting => "activating\n",
                Stopping => "deactivating\n",
                _ => "active\n",
            }),
            "systemctl stop mariadb" => {
                if !self.stop(name) {
                    return None;
                }
                text("")
            }
            "systemctl start mariadb" | "cm-cluster-manage --restart-node" => {
                if line.starts_with("cm") && !self.stop(name) {
                    return None;
                }
                let exit = self.start(name);
                if self.nodes[name].server == Waiting {
                    return None;
                }
                Output { exit, ..text("") }
            }
            "killall -9 mysqld" => complaint(1, "mysqld: no process found"),
            "killall -9 mariadbd mysqld" if runs => {
                node.server = Killed;
                node.desynced = false;
                complaint(1, "mysqld: no process found")
            }
            "killall -9 mariadbd mysqld" => {
                complaint(1, "mariadbd: no process found\nmysqld: no process found")
            }
            "cm-cluster-manage --safe-to-bootstrap" => {
                text(if self.is_safe(name) { "1\n" } else { "0\n" })
            }
            "cm-cluster-manage --force-safe-to-bootstrap" => {
                let saved = node.saved.as_deref().unwrap_or("");
                node.saved = Some(saved.replace("safe_to_bootstrap: 0", "safe_to_bootstrap: 1"));
                text("")
            }
            "cm-cluster-manage --bootstrap-node" => self.bootstrap(name),
            _ if line.starts_with("/bin/mysqld_safe --wsrep-recover") => {
                let position = format!(
                    "[Note] WSREP: Recovered position: {}:{}{}\n",
                    StateUuid(node.uuid),
                    node.seqno,
                    node.suffix
                );
                match (runs, line.contains("--log-error"), self.syslog) {
                    (true, _, _) | (false, false, true) => {}
                    (false, true, _) => node.own_log.push_str(&position),
                    (false, false, false) => node.log.push_str(&position),
                }
                text("")
            }
            _ if line.starts_with("grep") => {
                let own = line.contains("/tmp/");
                let log = if own { &node.own_log } else { &node.log };
                let pattern = line.split('\'').nth(1).unwrap();
                let found: Vec<&str> = log.lines().filter(|line| line.contains(pattern)).collect();
                if own && log.is_empty() {
                    complaint(2, "grep: /tmp/wsrep-recover.log: No such file or directory")
                } else if line.starts_with("grep -c") {
                    text(&format!("{}\n", found.len()))
                } else {
                    text(
                        &found
                            .last()
                            .map_or_else(String::new, |line| format!("{line}\n")),
                    )
                }
            }
            _ if line.starts_with("cat") => {
                let file = if line.ends_with("grastate.dat") {
                    &node.saved
                } else {
                    &node.view
                };
                file.as_deref()
                    .map_or_else(|| complaint(1, "cat: No such file"), text)
            }
            _ if line.starts_with("mysql -NBe") => text(match server {
                Member if node.desynced => "wsrep_local_state_comment\tDonor/Desynced\n",
                Member => "wsrep_local_state_comment\tSynced\n",
                _ => "wsrep_local_state_comment\tInitialized\n",
            }),
            _ if line.starts_with("rm -f") => text(""),
            _ => panic!("the bench does not know `{line}`"),
        })
    }
}

fn text(stdout: &str) -> Output {
    Output {
        stdout: stdout.to_owned(),
        ..Output::default()
    }
}

fn complaint(exit: i32, stderr: &str) -> Output {
    Output {
        stdout: String::new(),
        stderr: format!("{stderr}\n"),
        exit,
    }
}

#[async_trait(?Send)]
impl Console for Bench {
    fn nodes(&self) -> Vec<NodeName> {
        self.names.clone()
    }

    async fn run(&mut self, node: &NodeName, line: &str, limit: Span) -> CommandOutcome {
        let server = self.nodes[node].server;
        let answer = if server == Unreachable {
            None
        } else {
            self.answer(node, line)
        };
        let mut ending = "";
        let outcome = match answer {
            _ if server == Unreachable => CommandOutcome::unreachable(node),
            Some(output) => {
                self.now += Span::from_millis(100);
                CommandOutcome::ended(output)
            }
            None => {
                self.now += limit;
                ending = "  ^C";
                let output = Output {
                    exit: 130,
                    ..Output::default()
                };
                CommandOutcome {
                    output,
                    timed_out: true,
                }
            }
        };
        writeln!(self.typed, "{node}$ {line}{ending}").unwrap();
        outcome
    }

    fn now(&self) -> Span {
        self.now
    }

    async fn sleep(&mut self, span: Span) {
        self.now += span;
    }
}
