//! Runs operators' commands and clients' statements, each in its own session inside the node's host, so that
//! no partition between the nodes cuts it.

use std::sync::Arc;

use seatrial_scenarios::language::NodeCommand;
use seatrial_scenarios::{NodeName, Output, Progress, Request, RequestId, Statement};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cluster::Cluster;
use crate::docker::Ended;
use crate::host::Host;
use crate::programs;
use crate::update::Programs;

/// A request, and how far it is.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) node: NodeName,
    pub(crate) progress: Progress,
}

/// What the action `pc_bootstrap` is from `MariaDB` 11.8 on, where the provider's options are variables
/// of the server and the older statement is refused.
const PC_BOOTSTRAP_LATER: &str = "mysql -e \"SET GLOBAL wsrep_provider_pc_bootstrap=ON\"";

/// Requests of one instant: each is brought to its host, and all begin when the last one is there.
#[derive(Clone, Debug)]
pub(crate) struct Instant {
    state: watch::Sender<State>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    expected: usize,
    there: usize,
    /// No other node belongs to it.
    over: bool,
}

impl State {
    const fn may_begin(self) -> bool {
        self.over && self.there >= self.expected
    }
}

impl Instant {
    pub(crate) fn new() -> Self {
        Self {
            state: watch::Sender::new(State::default()),
        }
    }

    /// One more belongs to it.
    fn join(&self) -> Self {
        self.state.send_modify(|state| state.expected += 1);
        self.clone()
    }

    /// No more belong to it.
    pub(crate) fn close(&self) {
        self.state.send_modify(|state| state.over = true);
    }

    /// One is at its host, and waits for the others.
    async fn arrive(&self) {
        self.state.send_modify(|state| state.there += 1);
        self.begun().await;
    }

    /// Comes back when all have begun.
    pub(crate) async fn begun(&self) {
        // The sender is here, so that the wait cannot break off.
        let _ = self
            .state
            .subscribe()
            .wait_for(|state| state.may_begin())
            .await;
    }
}

/// The command of `cm-run-playbook --all-hosts` on the other hosts.
const PLAYBOOK: &str = "systemctl restart mariadb";

/// The same where it updates.
const UPDATE: &str = "cm-run-playbook";

/// Starts a request; `input` is what a line reads from its standard input. Its end is sent to `ended`.
pub(crate) fn start(
    cluster: &Cluster,
    host: &Arc<Host>,
    id: RequestId,
    request: Request,
    input: Option<String>,
    instant: &Instant,
    ended: UnboundedSender<(RequestId, Progress)>,
) {
    if let Request::Operator { line, .. } = &request
        && is_playbook(&request)
        && line.contains("--all-hosts")
    {
        // The playbook reaches every host, and does not wait for these parts.
        for other in cluster.hosts.iter().filter(|other| other.node != host.node) {
            let other = other.clone();
            let instant = instant.join();
            let update = cluster.update.clone();
            tokio::spawn(async move {
                let line = if update.is_some() { UPDATE } else { PLAYBOOK };
                let command = [programs::OPERATOR, "playbook", line];
                let serving = serve(update, &other);
                let _ = other.run(&command, instant.arrive()).await;
                if let Some(serving) = serving {
                    serving.abort();
                }
            });
        }
    }
    let host = host.clone();
    let seat = Seat {
        no_terminal: cluster.no_terminal,
        input,
    };
    let instant = instant.join();
    let update = cluster.update.clone().filter(|_| is_playbook(&request));
    let lists = cluster.lists.clone();
    tokio::spawn(async move {
        let serving = serve(update, &host);
        let progress = match request {
            Request::Operator { line, .. } => operator(&host, id, &line, seat, &instant).await,
            Request::Client {
                statement:
                    Statement::Lists {
                        client,
                        within,
                        statement,
                    },
                ..
            } => {
                instant.arrive().await;
                lists.say(&host, client, within, &statement).await
            }
            Request::Client { statement, .. } => client(&host, &statement, &instant).await,
        };
        if let Some(serving) = serving {
            serving.abort();
        }
        // A run that is over does not ask any more.
        let _ = ended.send((id, progress));
    });
}

/// Has the programs at hand for a playbook on the host, until somebody ends it.
fn serve(update: Option<Programs>, host: &Arc<Host>) -> Option<JoinHandle<()>> {
    let (update, host) = (update?, host.clone());
    Some(tokio::spawn(async move {
        // A playbook that gets no programs goes on waiting, which the limit of its command ends.
        let _ = update.serve(&host).await;
    }))
}

fn is_playbook(request: &Request) -> bool {
    matches!(request, Request::Operator { line, .. } if line.contains("cm-run-playbook"))
}

/// Where a line is typed.
struct Seat {
    /// It comes from a program, and no terminal shows what it prints.
    no_terminal: bool,
    /// What it reads from its standard input.
    input: Option<String>,
}

async fn operator(
    host: &Host,
    id: RequestId,
    line: &str,
    seat: Seat,
    instant: &Instant,
) -> Progress {
    let number = id.0.to_string();
    let line = if line == NodeCommand::PcBootstrap.line() {
        &format!("{line} || {PC_BOOTSTRAP_LATER}")
    } else {
        line
    };
    let how = if seat.no_terminal {
        "no-terminal"
    } else {
        "terminal"
    };
    let input = seat.input.unwrap_or_default();
    let bytes = input.len().to_string();
    let command = [programs::OPERATOR, &number, line, how, &bytes];
    match host.run_with(&command, &input, instant.arrive()).await {
        Ok(Ended {
            stdout,
            stderr,
            exit: Some(exit),
        }) => Progress::Done(Output {
            stdout,
            stderr,
            exit,
        }),
        Ok(_) | Err(_) => Progress::Unknown,
    }
}

/// Ctrl-C for everything in the terminal's session.
pub(crate) fn interrupt(host: Arc<Host>, id: RequestId) {
    tokio::spawn(async move {
        let _ = host.do_it(&format!("interrupt {}", id.0)).await;
    });
}

async fn client(host: &Host, statement: &Statement, instant: &Instant) -> Progress {
    let sql = match statement {
        Statement::Insert(tag) => format!("INSERT INTO t.t VALUES ('{tag}')"),
        Statement::Read => "SELECT COUNT(*) FROM t.t".to_owned(),
        Statement::Ddl(name) => format!("CREATE TABLE t.ddl_{name} (n INT PRIMARY KEY)"),
        // It has a connection that lasts: see [`crate::lists`].
        Statement::Lists { .. } => return Progress::Unknown,
    };
    match host.run(&[programs::CLIENT, &sql], instant.arrive()).await {
        Ok(ended) => result(&ended),
        Err(_) => Progress::Unknown,
    }
}

/// Returns what the client knows of its statement at its end.
fn result(ended: &Ended) -> Progress {
    if ended.exit == Some(0) {
        return Progress::Acknowledged;
    }
    let line = ended
        .stderr
        .lines()
        .find(|line| line.starts_with("ERROR "))
        .unwrap_or_default();
    let code = line
        .trim_start_matches("ERROR ")
        .split(' ')
        .next()
        .and_then(|code| code.parse::<u16>().ok());
    match code {
        // The connection went away while the statement ran.
        Some(2006 | 2013) | None => Progress::Unknown,
        Some(code) => Progress::Refused {
            code,
            // The place is that of `-e`, not a part of the message.
            message: line.replacen(" at line 1", "", 1),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(stderr: &str) -> Progress {
        result(&Ended {
            stdout: String::new(),
            stderr: stderr.to_owned(),
            exit: Some(1),
        })
    }

    #[test]
    fn a_refusal_carries_the_server_s_number_and_text() {
        let line =
            "ERROR 1047 (08S01) at line 1: WSREP has not yet prepared node for application use\n";
        assert_eq!(
            after(line),
            Progress::Refused {
                code: 1047,
                message: "ERROR 1047 (08S01): WSREP has not yet prepared node for application use"
                    .to_owned(),
            }
        );
    }

    #[test]
    fn nobody_knows_what_became_of_a_statement_whose_connection_was_lost() {
        let line = "ERROR 2013 (HY000) at line 1: Lost connection to server during query\n";
        assert_eq!(after(line), Progress::Unknown);
        assert_eq!(after(""), Progress::Unknown);
    }

    #[test]
    fn a_server_without_a_socket_refuses() {
        let line = "ERROR 2002 (HY000): Can't connect to local server through socket (111)\n";
        assert!(matches!(after(line), Progress::Refused { code: 2002, .. }));
    }
}
