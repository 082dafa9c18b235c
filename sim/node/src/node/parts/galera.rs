//! Galera's own tests of the state file (`galera/tests/saved_state_check.cpp`), in our words. `docs/suites.md` lists
//! all cases with what became of them.

use seatrial_galera::{GraState, Position, RecoveredPosition, Seqno, StateUuid};

use super::Store;
use crate::config::Config;
use crate::effect::{BootMode, DiskOp, DiskState, Effect, Effects};

const HISTORY: &str = "b2c01654-8dfe-11e1-0800-a834d641cfb5";

fn history() -> StateUuid {
    HISTORY.parse().expect("it is a uuid")
}

fn file(seqno: i64) -> GraState {
    GraState {
        uuid: history(),
        seqno: Seqno(seqno),
        safe_to_bootstrap: false,
    }
}

/// A process that has found this file.
fn opened(grastate: Option<String>) -> (Store, Effects) {
    let mut store = Store::new(false);
    let found = DiskState {
        grastate,
        ..DiskState::default()
    };
    let boot = BootMode {
        new_cluster: false,
        start_position: None::<RecoveredPosition>,
        no_address: false,
        entropy: 1,
        uuid_epoch: 1,
    };
    let mut fx = Effects::new();
    store.open(found, &boot, &Config::default(), &mut fx);
    (store, fx)
}

/// The state files that were written, in order.
fn written(fx: &Effects) -> Vec<GraState> {
    let states = fx.iter().filter_map(|effect| match effect {
        Effect::Disk(_, DiskOp::WriteGrastate(state)) => Some(*state),
        _ => None,
    });
    states.collect()
}

/// `test_basic`: without a file, there is no position, and the node may bootstrap. What is written is what is read.
#[test]
fn a_missing_state_file_has_no_position_and_may_bootstrap() {
    let (store, fx) = opened(None);
    assert_eq!(store.position(), Position::UNDEFINED);
    assert!(store.saved().safe_to_bootstrap);
    assert_eq!(written(&fx), []);
    let saved = file(2_345_234);
    let (store, fx) = opened(Some(saved.to_string()));
    assert_eq!(store.position(), saved.position());
    assert!(!store.saved().safe_to_bootstrap);
    assert_eq!(
        written(&fx),
        [file(-1)],
        "a start makes the position undefined"
    );
}

/// `test_unsafe`, without its threads: the file is void while it is unsafe, and names the history again afterwards; the
/// position that the node has meanwhile is not lost. A file that is void already is not written.
#[test]
fn a_position_outlives_an_unsafe_state() {
    let (mut store, _) = opened(Some(file(7).to_string()));
    for _ in 0..3 {
        let mut fx = Effects::new();
        store.mark_unsafe(&mut fx);
        store.mark_unsafe(&mut fx);
        let void = written(&fx);
        assert_eq!(void.len(), 1);
        assert!(void[0].uuid.is_nil() && void[0].seqno.is_undefined());
        assert!(!void[0].safe_to_bootstrap);
        store.mark_safe(&mut fx);
        assert_eq!(written(&fx).last(), Some(&file(-1)));
        store.save_position(&mut fx);
        assert_eq!(written(&fx).last(), Some(&file(7)));
    }
}

/// `test_corrupt`, without its threads: once the state is corrupt, no write names the history again.
#[test]
fn a_corrupt_state_stays_corrupt() {
    let (mut store, _) = opened(Some(file(7).to_string()));
    let mut fx = Effects::new();
    store.mark_corrupt(&mut fx);
    store.save_position(&mut fx);
    store.save_running(&mut fx);
    store.mark_safe(&mut fx);
    store.mark_unsafe(&mut fx);
    let states = written(&fx);
    assert!(!states.is_empty());
    for state in states {
        assert!(state.uuid.is_nil() && state.seqno.is_undefined());
        assert!(!state.safe_to_bootstrap);
    }
    assert!(store.is_corrupt());
}
