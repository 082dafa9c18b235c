//! The transactions that clients have open, the rows that they have locked, and what they wait for.

use std::collections::{BTreeMap, VecDeque};

use seatrial_galera::Seqno;

use crate::database::{Change, Database, RowImage};
use crate::effect::{ListStatement, RequestId, SessionId};

/// The rows as a transaction sees them: those that were committed when it read for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ReadView {
    position: Seqno,
    texts: BTreeMap<String, String>,
}

/// An open transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Transaction {
    view: Option<ReadView>,
    /// The rows that it has changed, which are the rows that it has locked.
    images: BTreeMap<String, String>,
    /// The applier has taken its locks away: it is told with its next statement.
    aborted: bool,
    /// Its number in the group: it is being committed.
    number: Option<u64>,
    /// Another one begins as soon as it is committed: it is BEGIN that commits it.
    begins_again: bool,
}

/// A statement that waits for a lock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Blocked {
    /// The client's request.
    pub(crate) request: RequestId,
    /// The client's connection.
    pub(crate) session: SessionId,
    /// The client has begun the transaction by itself.
    pub(crate) within: bool,
    /// The statement.
    pub(crate) statement: ListStatement,
}

/// A read that waits until everything is applied that the group has ordered before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Causal {
    number: u64,
    /// The position that must be applied, once the group has said it.
    upto: Option<Seqno>,
    read: Blocked,
}

/// The sessions with transactions on the clients' lists.
///
/// It owns their read views, their locks and the statements that wait. [`super::Clients`] holds it, the flow
/// `lists` calls it. It changes no row and sends nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Sessions {
    open: BTreeMap<SessionId, Transaction>,
    /// In the order in which they came.
    blocked: VecDeque<Blocked>,
    causal: Vec<Causal>,
}

impl Sessions {
    /// A client begins a transaction.
    pub(crate) fn begin(&mut self, session: SessionId) {
        self.open.insert(session, Transaction::default());
    }

    /// A client begins a transaction, which commits the one that it has open.
    pub(crate) fn begin_again(&mut self, session: SessionId) {
        if let Some(transaction) = self.open.get_mut(&session) {
            transaction.begins_again = true;
        }
    }

    /// Returns whether a client has a transaction open.
    pub(crate) fn has(&self, session: SessionId) -> bool {
        self.open.contains_key(&session)
    }

    /// Ends a transaction: its locks are free.
    pub(crate) fn end(&mut self, session: SessionId) {
        self.open.remove(&session);
    }

    /// Returns whether the applier has aborted a transaction.
    pub(crate) fn is_aborted(&self, session: SessionId) -> bool {
        (self.open.get(&session)).is_some_and(|transaction| transaction.aborted)
    }

    /// Returns the text of a row as a session sees it. The first read of a transaction decides what it sees.
    pub(crate) fn read(
        &mut self,
        session: SessionId,
        row: &str,
        database: &Database,
        position: Seqno,
    ) -> Option<String> {
        let committed = || database.lists.get(row).map(|list| list.text.clone());
        let Some(transaction) = self.open.get_mut(&session) else {
            return committed();
        };
        let view = transaction.view.get_or_insert_with(|| {
            let texts = database.lists.iter();
            ReadView {
                position,
                texts: texts
                    .map(|(row, list)| (row.clone(), list.text.clone()))
                    .collect(),
            }
        });
        let own = transaction.images.get(row);
        own.or_else(|| view.texts.get(row)).cloned()
    }

    /// Returns whether a row was changed after a transaction's first read.
    pub(crate) fn has_changed(&self, session: SessionId, row: &str, database: &Database) -> bool {
        let transaction = self.open.get(&session);
        let view = transaction.and_then(|transaction| transaction.view.as_ref());
        let changed = database.lists.get(row).map(|list| list.changed);
        view.is_some_and(|view| changed.is_some_and(|changed| changed > view.position))
    }

    /// Returns the text that a transaction itself has given a row.
    pub(crate) fn own_text(&self, session: SessionId, row: &str) -> Option<&str> {
        let transaction = self.open.get(&session)?;
        transaction.images.get(row).map(String::as_str)
    }

    /// Returns the session that has a row locked.
    pub(crate) fn holder(&self, row: &str) -> Option<SessionId> {
        let mut open = self.open.iter();
        open.find(|(_, transaction)| transaction.images.contains_key(row))
            .map(|(session, _)| *session)
    }

    /// A transaction gives a row another text; it has the lock.
    pub(crate) fn write(&mut self, session: SessionId, row: &str, text: String) {
        let transaction = self.open.entry(session).or_default();
        transaction.images.insert(row.to_owned(), text);
    }

    /// Returns the change of a transaction, for its write set; `None` if it has changed nothing.
    pub(crate) fn change(&self, session: SessionId) -> Option<Change> {
        let images = self.open.get(&session)?.images.iter();
        let images: Vec<RowImage> = images
            .map(|(row, text)| RowImage {
                row: row.clone(),
                text: text.clone(),
            })
            .collect();
        (!images.is_empty()).then_some(Change::Update(images))
    }

    /// A transaction is being committed under this number.
    pub(crate) fn commits(&mut self, session: SessionId, number: u64) {
        if let Some(transaction) = self.open.get_mut(&session) {
            transaction.number = Some(number);
        }
    }

    /// A transaction with this number is over, in whatever way. Its locks are free.
    pub(crate) fn committed(&mut self, number: u64) {
        let is_over = |transaction: &Transaction| transaction.number == Some(number);
        let begin_again = |transaction: &mut Transaction| {
            if is_over(transaction) && transaction.begins_again {
                *transaction = Transaction::default();
            }
        };
        self.open.values_mut().for_each(begin_again);
        self.open.retain(|_, transaction| !is_over(transaction));
    }

    /// The applier takes the locks of these rows away. A transaction that is being committed is left to its
    /// certification. Returns the requests of the aborted ones that wait for another lock.
    pub(crate) fn abort_holders(&mut self, images: &[RowImage]) -> Vec<RequestId> {
        let mut told = Vec::new();
        let mut over = Vec::new();
        for (session, transaction) in &mut self.open {
            let has = |image: &RowImage| transaction.images.contains_key(&image.row);
            if transaction.number.is_some() || !images.iter().any(has) {
                continue;
            }
            transaction.images.clear();
            transaction.aborted = true;
            let waits = self.blocked.iter().position(|one| one.session == *session);
            if let Some(waiting) = waits.and_then(|at| self.blocked.remove(at)) {
                told.push(waiting.request);
                over.push(*session);
            }
        }
        for session in over {
            self.open.remove(&session);
        }
        told
    }

    /// Returns whether waiting for a holder would close a circle of transactions that wait for each other.
    pub(crate) fn would_dead_lock(&self, session: SessionId, holder: SessionId) -> bool {
        let mut at = holder;
        // A circle has no more members than there are transactions.
        for _ in 0..=self.open.len() {
            if at == session {
                return true;
            }
            let waits = self.blocked.iter().find(|one| one.session == at);
            let next = waits.and_then(|one| self.holder(one.statement.row()?));
            match next {
                Some(next) => at = next,
                None => return false,
            }
        }
        false
    }

    /// A statement waits for a lock.
    pub(crate) fn block(&mut self, blocked: Blocked) {
        self.blocked.push_back(blocked);
    }

    /// Takes the statements that wait for a lock, to try them again in their order.
    pub(crate) fn take_blocked(&mut self) -> VecDeque<Blocked> {
        std::mem::take(&mut self.blocked)
    }

    /// A read waits for the group's word.
    pub(crate) fn await_causal(&mut self, number: u64, read: Blocked) {
        self.causal.push(Causal {
            number,
            upto: None,
            read,
        });
    }

    /// The group has said what a read waits for. Without a primary component it gives the read back.
    pub(crate) fn causal_known(&mut self, number: u64, upto: Option<Seqno>) -> Option<Blocked> {
        let at = self.causal.iter().position(|one| one.number == number)?;
        if upto.is_none() {
            return Some(self.causal.remove(at).read);
        }
        self.causal[at].upto = upto;
        None
    }

    /// Takes the reads for which enough is applied.
    pub(crate) fn take_causal(&mut self, position: Seqno) -> Vec<Blocked> {
        let is_due = |one: &mut Causal| one.upto.is_some_and(|upto| upto <= position);
        (self.causal.extract_if(.., is_due))
            .map(|one| one.read)
            .collect()
    }

    /// Returns whether no session has a transaction or waits.
    pub(crate) fn is_idle(&self) -> bool {
        self.open.is_empty() && self.blocked.is_empty() && self.causal.is_empty()
    }

    /// Every connection ends. Returns the requests without an answer.
    pub(crate) fn lose_all(&mut self) -> Vec<RequestId> {
        self.open.clear();
        let blocked = std::mem::take(&mut self.blocked).into_iter();
        let causal = std::mem::take(&mut self.causal).into_iter();
        let reads = causal.map(|one| one.read.request);
        blocked.map(|one| one.request).chain(reads).collect()
    }
}
