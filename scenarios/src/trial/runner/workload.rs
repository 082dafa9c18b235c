//! The workload: clients that read rows and append to them, in transactions that the seed draws.
//!
//! Each client has one transaction under way. It is of one to three statements; one alone is committed by itself.
//! A transaction of which a statement is refused is rolled back, for as long as it takes until the server does it.
//! Between two transactions the client pauses, so that a long workload stays a record that can be read.

use seatrial_language::Workload;
use seatrial_port::trace::sha256_hex;
use seatrial_port::{Condition, ListStatement, NodeName, Progress, RequestId, Span};

use super::clients::Asked;
use super::play::Play;

/// The longest pause between two transactions of a client, if its step does not say another.
const PAUSE: Span = Span::from_millis(50);

/// The time after which a client gives a statement up.
const GIVES_UP: Span = Span::from_secs(10);

/// The longest time between two looks at a condition that is not about requests.
const BEAT: Span = Span::from_millis(20);

/// A client of the workload.
#[derive(Clone, Debug)]
struct Client {
    name: String,
    node: NodeName,
    /// The statements of its transaction that are still to be sent.
    left: Vec<ListStatement>,
    /// The server still has its last transaction open, of which it has refused a statement.
    rolls_back: bool,
    /// The statement without an answer, and when it was sent.
    asked: Option<(Asked, Span)>,
    /// When its next transaction begins.
    next: Span,
}

/// A workload under way.
#[derive(Clone, Debug)]
pub(super) struct RunningWorkload {
    rows: u32,
    causal: bool,
    pause_us: u32,
    seed: u64,
    drawn: u64,
    appended: u32,
    clients: Vec<Client>,
}

impl RunningWorkload {
    fn new(workload: &Workload, seed: u64, now: Span, appended: u32) -> Self {
        let clients = (workload.nodes.iter())
            .flat_map(|node| (1..=workload.clients).map(move |number| (node, number)))
            .map(|(node, number)| Client {
                name: format!("{node}{number}"),
                node: node.clone(),
                left: Vec::new(),
                rolls_back: false,
                asked: None,
                next: now,
            })
            .collect();
        Self {
            rows: workload.rows,
            causal: workload.causal,
            pause_us: u32::try_from(workload.pause.unwrap_or(PAUSE).as_micros())
                .unwrap_or(u32::MAX),
            seed,
            drawn: 0,
            appended,
            clients,
        }
    }

    /// Draws a number below a bound: a function of the seed and of how many were drawn before.
    fn below(&mut self, bound: u32) -> u32 {
        self.drawn += 1;
        let digest = sha256_hex(&format!("workload:{}:{}", self.seed, self.drawn));
        let number = digest
            .get(..8)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        number.unwrap_or_default() % bound.max(1)
    }

    /// Draws the statements of a transaction, the last one first.
    fn transaction(&mut self) -> Vec<ListStatement> {
        let length = 1 + self.below(3);
        let mut statements = Vec::new();
        for _ in 0..length {
            let letter = u8::try_from(self.below(self.rows)).unwrap_or_default();
            let row = char::from(b'a' + letter).to_string();
            let causal = self.causal;
            statements.push(if self.below(2) == 0 {
                ListStatement::Read { row, causal }
            } else {
                self.appended += 1;
                let value = self.appended.to_string();
                ListStatement::Append { row, value }
            });
        }
        if length > 1 {
            statements.insert(0, ListStatement::Begin);
            statements.push(ListStatement::Commit);
        }
        statements.reverse();
        statements
    }
}

impl Play<'_> {
    /// Begins a workload, or ends it. With a span it lasts that long; otherwise it goes on while the following
    /// steps are played.
    pub(super) async fn workload(&mut self, workload: &Workload, seed: u64) {
        self.end_workload().await;
        if workload.clients == 0 {
            return;
        }
        let now = self.now();
        let appended = self.requests.clients.appended();
        let running = RunningWorkload::new(workload, seed, now, appended);
        self.requests.clients.workload = Some(running);
        if let Some(span) = workload.span {
            let span = self.clock.hold(span);
            self.pass(span).await;
            self.end_workload().await;
        }
    }

    /// Ends the workload: each client ends its transaction, and begins no other.
    async fn end_workload(&mut self) {
        if !self.requests.clients.are_at_work() {
            return;
        }
        let until = self.now() + GIVES_UP;
        loop {
            let busy = self.advance(false).await;
            if busy.is_empty() || self.now() >= until {
                break;
            }
            let left = until.saturating_sub(self.now());
            let _ = self.testbed.wait(&Condition::OneEnded(busy), left).await;
        }
        if let Some(running) = self.requests.clients.workload.take() {
            self.requests.clients.keep_appended(running.appended);
            for client in running.clients {
                if let Some((asked, _)) = client.asked {
                    self.give_up(asked);
                }
            }
        }
    }

    /// As a plain wait, in short pieces between which the clients go on.
    pub(super) async fn wait_under_workload(&mut self, until: &Condition, limit: Span) -> bool {
        let end = self.now() + limit;
        loop {
            let busy = self.advance(true).await;
            if *until != Condition::Never && self.testbed.wait(until, Span::ZERO).await.is_ok() {
                return true;
            }
            let left = end.saturating_sub(self.now());
            if left == Span::ZERO {
                return false;
            }
            let next = self.next_transaction().saturating_sub(self.now());
            let mut piece = left.min(next.max(Span::from_millis(1)));
            let mut ids = busy;
            match until {
                Condition::Ended(id) => ids.push(*id),
                Condition::OneEnded(more) => ids.extend(more),
                Condition::Never => {}
                Condition::Rest
                | Condition::State(_)
                | Condition::Not(_)
                | Condition::Message(_) => {
                    piece = piece.min(BEAT);
                }
            }
            let _ = self.testbed.wait(&Condition::OneEnded(ids), piece).await;
        }
    }

    /// When the next client that is free begins a transaction; a second from now if none is free.
    fn next_transaction(&self) -> Span {
        let later = self.now() + Span::from_secs(1);
        let workload = self.requests.clients.workload.iter();
        let clients = workload.flat_map(|workload| &workload.clients);
        let free = clients.filter(|client| client.asked.is_none());
        free.map(|client| client.next)
            .min()
            .unwrap_or(later)
            .min(later)
    }

    /// Every client with an answer goes on. Returns the statements without an answer.
    async fn advance(&mut self, begins: bool) -> Vec<RequestId> {
        let Some(mut workload) = self.requests.clients.workload.take() else {
            return Vec::new();
        };
        let mut clients = std::mem::take(&mut workload.clients);
        let mut busy = Vec::new();
        for client in &mut clients {
            self.advance_one(&mut workload, client, begins).await;
            busy.extend(client.asked.map(|(asked, _)| asked.id));
        }
        workload.clients = clients;
        self.requests.clients.workload = Some(workload);
        busy
    }

    async fn advance_one(
        &mut self,
        workload: &mut RunningWorkload,
        client: &mut Client,
        begins: bool,
    ) {
        if let Some((asked, since)) = client.asked {
            let progress = self.testbed.poll(asked.id).await;
            if !progress.has_ended() {
                if self.now().saturating_sub(since) >= GIVES_UP {
                    self.give_up(asked);
                    client.asked = None;
                    client.left.clear();
                }
                return;
            }
            self.hear(asked).await;
            client.asked = None;
            let goes_on = matches!(progress, Progress::Acknowledged | Progress::Read(_));
            if !goes_on {
                client.left.clear();
            }
            client.rolls_back = asked.leaves_open(&progress);
            if client.left.is_empty() {
                let pause = workload.below(workload.pause_us);
                client.next = self.now() + Span::from_micros(u64::from(pause));
            }
        }
        if client.left.is_empty() && begins && self.now() >= client.next {
            client.left = if std::mem::take(&mut client.rolls_back) {
                vec![ListStatement::Rollback]
            } else {
                workload.transaction()
            };
        }
        if let Some(statement) = client.left.pop() {
            let asked = self.ask((&client.name, &client.node), &statement);
            client.asked = Some((asked, self.now()));
        }
    }

    /// A client does not wait for an answer any more.
    fn give_up(&mut self, asked: Asked) {
        let now = self.testbed.now();
        let clients = &mut self.requests.clients;
        clients.answered(self.journal, asked, &Progress::Unknown, now);
    }
}
