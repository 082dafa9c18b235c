//! The clients that read and change lists: their connections, and the transactions that they have open.

use std::collections::BTreeMap;

use seatrial_language::ClientStep;
use seatrial_port::{
    Condition, ListStatement, NodeName, Progress, Request, RequestId, Span, Statement, Testbed,
};

use crate::trial::history::{RowStatement, Transaction, TransactionEnd};
use crate::trial::oracles;
use crate::trial::record::Finding;

use super::journal::Journal;
use super::output::CheckOutcome;
use super::play::Play;
use super::workload::RunningWorkload;

/// The time that a client waits for an answer.
const PATIENCE: Span = Span::from_secs(20);

/// The error after which a transaction is rolled back as a whole (`ER_LOCK_DEADLOCK`). After each other one it stays
/// open until the client ends it.
const ROLLED_BACK: u16 = 1213;

/// The clients of a run.
///
/// Owns the numbers of their connections, their open transactions and the workload under way. [`Play`] calls it. It
/// starts statements and writes down what came of them; it lets no time pass.
#[derive(Clone, Debug, Default)]
pub(super) struct Clients {
    /// The connection of a client to a node. Each has had a number of its own.
    connections: BTreeMap<(String, NodeName), u32>,
    last: u32,
    /// The place of the transaction that the client of a connection has begun.
    open: BTreeMap<u32, usize>,
    /// The place of the transaction of a connection of which a statement was refused: the server still has it open.
    refused: BTreeMap<u32, usize>,
    pub(super) workload: Option<RunningWorkload>,
    /// The values that earlier workloads have appended.
    appended: u32,
    /// The last instant in the history, in microseconds.
    last_us: u64,
}

/// A statement without an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) id: RequestId,
    connection: u32,
    place: usize,
    /// It ends its transaction.
    ends: bool,
    /// It takes the transaction back.
    rolls_back: bool,
}

impl Asked {
    /// Returns whether the transaction is still open on the server although the client was refused a statement. A
    /// server without a primary component refuses ROLLBACK as well (`sql_parse.cc:mysql_execute_command`).
    pub(super) const fn leaves_open(&self, progress: &Progress) -> bool {
        let may_be_open = !self.ends || self.rolls_back;
        may_be_open && matches!(progress, Progress::Refused { code, .. } if *code != ROLLED_BACK)
    }
}

impl Clients {
    /// Returns the number of a client's connection to a node.
    fn connection(&mut self, client: &str, node: &NodeName) -> u32 {
        let last = &mut self.last;
        let known = self.connections.entry((client.to_owned(), node.clone()));
        *known.or_insert_with(|| {
            *last += 1;
            *last
        })
    }

    /// Returns whether a workload is under way.
    pub(super) const fn are_at_work(&self) -> bool {
        self.workload.is_some()
    }

    /// Returns the instant for the history. No two are the same, so that they tell what came first.
    fn stamp(&mut self, now: Span) -> u64 {
        self.last_us = now.as_micros().max(self.last_us + 1);
        self.last_us
    }

    /// Sends a statement of a client, and writes it down.
    pub(super) fn ask(
        &mut self,
        testbed: &mut dyn Testbed,
        journal: &mut Journal,
        (client, node): (&str, &NodeName),
        statement: &ListStatement,
    ) -> Asked {
        let connection = self.connection(client, node);
        let began_us = self.stamp(testbed.now());
        let refused = self.refused.remove(&connection);
        if let Some(place) = refused.filter(|_| *statement == ListStatement::Begin) {
            // BEGIN commits what is still open, and says nothing about it.
            journal.transaction_mut(place).end = TransactionEnd::Unknown;
        }
        let refused = refused.filter(|_| *statement == ListStatement::Rollback);
        let step = journal.step();
        let mut begin = || {
            journal.transaction_begun(Transaction {
                step,
                connection,
                client: client.to_owned(),
                node: node.clone(),
                began_us,
                ended_us: None,
                statements: Vec::new(),
                end: TransactionEnd::Open,
            })
        };
        let open = self.open.get(&connection).copied().or(refused);
        let within = open.is_some() && *statement != ListStatement::Begin;
        let place = match open {
            Some(place) if within => place,
            _ => begin(),
        };
        if *statement == ListStatement::Begin {
            self.open.insert(connection, place);
        }
        let written = match statement.clone() {
            ListStatement::Read { row, .. } => Some(RowStatement::Read { row, text: None }),
            ListStatement::Append { row, value } => Some(RowStatement::Append { row, value }),
            ListStatement::Set { row, text } => Some(RowStatement::Set { row, text }),
            ListStatement::Begin | ListStatement::Commit | ListStatement::Rollback => None,
        };
        let alone = !within && written.is_some();
        journal.transaction_mut(place).statements.extend(written);
        let id = testbed.start(Request::Client {
            node: node.clone(),
            statement: Statement::Lists {
                client: connection,
                within,
                statement: statement.clone(),
            },
        });
        let rolls_back = *statement == ListStatement::Rollback;
        Asked {
            id,
            connection,
            place,
            ends: alone || rolls_back || *statement == ListStatement::Commit,
            rolls_back,
        }
    }

    /// Writes down the answer to a statement. Without one the client has lost its connection, or gives it up.
    pub(super) fn answered(
        &mut self,
        journal: &mut Journal,
        asked: Asked,
        progress: &Progress,
        now: Span,
    ) {
        let ended_us = self.stamp(now);
        let transaction = journal.transaction_mut(asked.place);
        let end = match progress {
            Progress::Read(seen) => {
                let seen = seen.clone().unwrap_or_default();
                if let Some(RowStatement::Read { text, .. }) = transaction.statements.last_mut() {
                    *text = Some(seen);
                }
                asked.ends.then_some(TransactionEnd::Committed)
            }
            Progress::Acknowledged if asked.rolls_back => Some(TransactionEnd::RolledBack),
            Progress::Acknowledged => asked.ends.then_some(TransactionEnd::Committed),
            Progress::Refused { code, message } => Some(TransactionEnd::Refused {
                code: *code,
                message: message.clone(),
            }),
            Progress::Running | Progress::Unknown | Progress::Done(_) => {
                self.connections.retain(|_, one| *one != asked.connection);
                Some(TransactionEnd::Unknown)
            }
        };
        let Some(end) = end else {
            return;
        };
        // A transaction whose commit was never sent has no effect, however its connection ended.
        let has_commit = asked.ends && !asked.rolls_back;
        if asked.leaves_open(progress) {
            self.refused.insert(asked.connection, asked.place);
        }
        if transaction.end == TransactionEnd::Open {
            transaction.end = match end {
                TransactionEnd::Unknown if !has_commit => TransactionEnd::RolledBack,
                end => end,
            };
        }
        transaction.ended_us = Some(ended_us);
        self.open.remove(&asked.connection);
    }

    /// Returns how many values workloads have appended: each value is appended once.
    pub(super) const fn appended(&self) -> u32 {
        self.appended
    }

    /// A workload has appended values up to this one.
    pub(super) const fn keep_appended(&mut self, appended: u32) {
        self.appended = appended;
    }
}

impl Play<'_> {
    /// Sends a statement of a client.
    pub(super) fn ask(&mut self, who: (&str, &NodeName), statement: &ListStatement) -> Asked {
        let clients = &mut self.requests.clients;
        clients.ask(self.testbed, self.journal, who, statement)
    }

    /// Writes down the answer to a statement, and returns it.
    pub(super) async fn hear(&mut self, asked: Asked) -> Progress {
        let progress = self.testbed.poll(asked.id).await;
        let now = self.testbed.now();
        let clients = &mut self.requests.clients;
        clients.answered(self.journal, asked, &progress, now);
        progress
    }

    /// A client of a step says something, and gets its answer.
    pub(super) async fn client(&mut self, step: &ClientStep, negated: bool) -> CheckOutcome {
        let asked = self.ask((&step.name, &step.node), &step.statement);
        self.wait(&Condition::Ended(asked.id), PATIENCE).await;
        let progress = self.hear(asked).await;
        judge(step, &progress, negated)
    }

    /// Every row of the history is read once more on every node that serves.
    pub(super) async fn read_all_lists(&mut self) {
        let mut rows: Vec<String> = (self.journal.record().transactions.iter())
            .flat_map(|one| &one.statements)
            .map(|statement| statement.row().to_owned())
            .collect();
        rows.sort();
        rows.dedup();
        if rows.is_empty() {
            return;
        }
        let seen = self.observe().await;
        let serve = seen
            .nodes
            .iter()
            .filter(|(_, node)| oracles::is_synced(node));
        for node in serve.map(|(name, _)| name.clone()) {
            for row in &rows {
                let read = ListStatement::Read {
                    row: row.clone(),
                    causal: false,
                };
                let asked = self.ask(("last", &node), &read);
                self.wait(&Condition::Ended(asked.id), PATIENCE).await;
                self.hear(asked).await;
            }
        }
    }

    /// Returns what is wrong with the history of the clients.
    pub(super) fn judge_history(&self) -> Vec<Finding> {
        let found = oracles::check_history(&self.journal.record().transactions);
        let finding = |(oracle, message): (&str, String)| Finding {
            oracle: oracle.to_owned(),
            message,
            replay: self.journal.replay().to_owned(),
            step: self.journal.step(),
        };
        found.into_iter().map(finding).collect()
    }
}

/// Returns whether a statement came to what its step says. A statement that is refused without that being expected
/// fails its step. A check that is negated holds where it would not.
fn judge(step: &ClientStep, progress: &Progress, negated: bool) -> CheckOutcome {
    let expected = match (&step.sees, step.fails) {
        (_, Some(code)) => format!("{step}: refused with {code}"),
        (Some(text), None) => format!("{step}: sees [{text}]"),
        (None, None) => format!("{step}: done"),
    };
    let seen = match progress {
        Progress::Read(text) => format!("sees [{}]", text.as_deref().unwrap_or_default()),
        Progress::Acknowledged => "done".to_owned(),
        Progress::Refused { code, message } => format!("refused with {code}: {message}"),
        Progress::Running => format!("no answer within {PATIENCE}"),
        Progress::Unknown | Progress::Done(_) => "the connection was lost".to_owned(),
    };
    let held = match (progress, &step.sees, step.fails) {
        (Progress::Refused { code, .. }, _, Some(wanted)) => *code == wanted,
        (Progress::Read(text), Some(wanted), None) => {
            text.as_deref().unwrap_or_default() == wanted.as_str()
        }
        (Progress::Read(_) | Progress::Acknowledged, None, None) => true,
        _ => false,
    };
    if held == negated {
        CheckOutcome::failed(format!("{expected}; seen: {seen}"))
    } else {
        CheckOutcome::held(expected)
    }
}
