//! Statements of clients and of the operator.

use seatrial_galera::SqlError;

use super::*;
use crate::database::RowImage;
use crate::deliberate_fault::DeliberateFault;
use crate::effect::{EvsTimeout, ListStatement, SessionId};

fn say(session: u32, statement: ListStatement) -> Statement {
    Statement::Lists {
        session: SessionId(session),
        within: true,
        statement,
    }
}

/// A session begins a transaction and appends to the row `x`. Returns the request of the second.
fn append(bench: &mut Bench, session: u32) -> RequestId {
    let begin = Statement::Lists {
        session: SessionId(session),
        within: false,
        statement: ListStatement::Begin,
    };
    bench.ask(begin);
    let (row, value) = ("x".to_owned(), "1".to_owned());
    bench.ask(say(session, ListStatement::Append { row, value }))
}

fn update_of_x() -> Change {
    let (row, text) = ("x".to_owned(), "2".to_owned());
    Change::Update(vec![RowImage { row, text }])
}

/// `FLUSH TABLES WITH READ LOCK` keeps a `COMMIT` before its write set is sent, so that it takes no position
/// meanwhile.
#[test]
fn a_read_lock_keeps_a_commit_out_of_the_total_order() {
    let mut bench = Bench::founder(config());
    append(&mut bench, 1);
    bench.ask(Statement::Lock);
    let before = bench.received();
    let commit = bench.ask(say(1, ListStatement::Commit));
    assert_eq!(bench.received(), before);
    assert_eq!(bench.replies(commit), []);
    bench.ask(Statement::Unlock);
    assert_eq!(bench.received(), before.next());
    assert_eq!(bench.replies(commit), [Reply::Ok]);
}

/// `BEGIN` commits the transaction that is open (`transaction.cc:trans_begin`), and the one that it begins is a new
/// one: rolling that back takes nothing of the first away. Under `FLUSH TABLES WITH READ LOCK` it waits as `COMMIT` does.
#[test]
fn begin_commits_the_transaction_that_is_open() {
    let mut bench = Bench::founder(config());
    append(&mut bench, 1);
    let before = bench.received();
    bench.ask(Statement::Lock);
    let begin = bench.ask(say(1, ListStatement::Begin));
    assert_eq!(bench.replies(begin), []);
    bench.ask(Statement::Unlock);
    assert_eq!(bench.received(), before.next());
    assert_eq!(bench.replies(begin), [Reply::Ok]);
    let rollback = bench.ask(say(1, ListStatement::Rollback));
    assert_eq!(bench.replies(rollback), [Reply::Ok]);
    let row = "x".to_owned();
    let causal = false;
    let read = bench.ask(say(2, ListStatement::Read { row, causal }));
    assert_eq!(
        bench.replies(read),
        [Reply::Lost],
        "no transaction of the second session"
    );
}

/// The applier takes the locks of a transaction away (`ha_innodb.cc:wsrep_abort_transaction`). Its client learns that
/// by its next statement, unless that is the `ROLLBACK` that it would need anyway.
#[test]
fn an_aborted_transaction_may_be_rolled_back() {
    for (statement, told) in [
        (ListStatement::Rollback, Reply::Ok),
        (ListStatement::Commit, Reply::Error(1213)),
    ] {
        let mut bench = Bench::founder(config());
        append(&mut bench, 1);
        bench.deliver(7, update_of_x());
        bench.run(millis(10));
        let request = bench.ask(say(1, statement));
        assert_eq!(bench.replies(request), [told]);
    }
}

/// A server that leaves its group or stops ends every connection
/// (`sql/wsrep_mysqld.cc:wsrep_close_client_connections`). A statement that waits for a lock gets no other answer, nor
/// does a read that waits for the group.
#[test]
fn statements_that_wait_are_lost_with_their_connections() {
    let mut bench = Bench::founder(config());
    append(&mut bench, 1);
    let blocked = append(&mut bench, 2);
    bench.deliver(7, Change::Insert("r".to_owned()));
    let row = "y".to_owned();
    let causal = bench.ask(Statement::Lists {
        session: SessionId(3),
        within: false,
        statement: ListStatement::Read { row, causal: true },
    });
    assert_eq!(bench.replies(blocked), []);
    assert_eq!(bench.replies(causal), []);
    bench.ask(Statement::ClusterAddress(Vec::new()));
    assert_eq!(bench.replies(blocked), [Reply::Lost]);
    assert_eq!(bench.replies(causal), [Reply::Lost]);
    let mut bench = Bench::founder(config());
    append(&mut bench, 1);
    let blocked = append(&mut bench, 2);
    bench.term();
    bench.run(millis(200));
    assert_eq!(bench.replies(blocked), [Reply::Lost]);
}

/// A key that is there already is refused by InnoDB before the transaction is replicated.
#[test]
fn a_row_that_is_there_is_not_inserted_again() {
    let mut bench = Bench::founder(config());
    bench.insert("r");
    let before = bench.received();
    let row = "r".to_owned();
    for again in [
        Statement::Commit(Change::Insert(row.clone())),
        Statement::InsertLocally(row.clone()),
    ] {
        let request = bench.ask(again);
        let (entry, key) = (row.clone(), "PRIMARY".to_owned());
        let error = SqlError::DuplicateEntry { entry, key };
        assert_eq!(bench.replies(request), [Reply::Failed(error)]);
        assert_eq!(bench.received(), before);
    }
}

/// A client whose transaction has its position, and cannot be applied any more, gets the number of the error
/// (`replicator_smm.cpp:process_apply_error`). Here somebody has inserted the row on this node alone meanwhile.
#[test]
fn a_client_gets_the_number_of_the_error_that_its_group_has_voted_on() {
    let mut bench = Bench::founder(config());
    bench.deliver(7, Change::Insert("of B".to_owned()));
    let behind_it = bench.insert("r");
    bench.ask(Statement::InsertLocally("r".to_owned()));
    bench.run(millis(10));
    assert_eq!(bench.replies(behind_it), [Reply::Error(1062)]);
}

/// Galera takes a timeout of evs only in its range (`evs_proto.cpp:set_param`). A period is 0.1 s at least.
/// `evs.install_timeout` lies between twice the keepalive period and the inactive timeout.
#[test]
fn a_timeout_of_evs_is_taken_in_its_range_only() {
    let mut bench = Bench::founder(config());
    let mut takes = |timeout, value| {
        let request = bench.ask(Statement::EvsTimeout(timeout, millis(value)));
        bench.replies(request) == [Reply::Ok]
    };
    for timeout in [
        EvsTimeout::Suspect,
        EvsTimeout::Keepalive,
        EvsTimeout::JoinRetrans,
    ] {
        assert!(!takes(timeout, 99), "{timeout:?}");
        assert!(takes(timeout, 100), "{timeout:?}");
    }
    assert!(takes(EvsTimeout::Keepalive, 1_000));
    assert!(!takes(EvsTimeout::Install, 1_999));
    assert!(takes(EvsTimeout::Install, 2_000));
    assert!(takes(EvsTimeout::Install, 15_000));
    assert!(!takes(EvsTimeout::Install, 15_001));
}

/// A weight is a message of the component's, which cannot be sent while the next view is agreed on. Its client has
/// the refusal as its only answer; a client whose weight is under way keeps waiting for that
/// (`pc_proto.cpp:set_param`).
#[test]
fn a_weight_that_cannot_be_sent_is_refused_once() {
    let mut bench = Bench::founder(config());
    let under_way = RequestId(100);
    bench.node.clients.ask_weight(under_way);
    bench.gather();
    let refused = bench.ask(Statement::PcWeight(3));
    assert_eq!(bench.replies(refused), [Reply::Error(1210)]);
    let me = bench.node.gcomm_uuid();
    bench.call(|node, _, fx| node.weight_changed(me, 2, fx));
    assert_eq!(bench.replies(refused), [Reply::Error(1210)]);
    assert_eq!(bench.replies(under_way), [Reply::Ok]);
}

/// The planted mistake `NonPrimaryWrites` breaks one rule alone, that a node without its group takes no write. In a
/// group the write has its position all the same.
#[test]
fn the_mistake_of_writes_without_quorum_replicates_with_quorum() {
    let mut bench = Bench::founder(Config {
        deliberate_fault: Some(DeliberateFault::NonPrimaryWrites),
        ..config()
    });
    let before = bench.received();
    let with = bench.insert("with");
    assert_eq!(bench.replies(with), [Reply::Ok]);
    assert_eq!(bench.received(), before.next());
    bench.ask(Statement::ClusterAddress(Vec::new()));
    let without = bench.insert("without");
    assert_eq!(bench.replies(without), [Reply::Ok]);
    assert!(bench.node.store.has_row("without"));
}
