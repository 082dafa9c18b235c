//! Tests of `grastate.dat`.

use super::*;
use proptest::prelude::*;

const RUNNING: &str = "# GALERA saved state\nversion: 2.1\nuuid:    8348d5ea-5664-11e7-8628-262d8bf5ad3d\nseqno:   -1\nsafe_to_bootstrap: 0\n";

fn running() -> GraState {
    GraState {
        uuid: "8348d5ea-5664-11e7-8628-262d8bf5ad3d".parse().unwrap(),
        seqno: Seqno::UNDEFINED,
        safe_to_bootstrap: false,
    }
}

#[test]
fn the_file_of_a_running_node() {
    assert_eq!(running().to_string(), RUNNING);
    assert_eq!(RUNNING.parse(), Ok(running()));
    assert_eq!(GraState::read(RUNNING), running());
}

#[test]
fn a_missing_or_empty_file_is_free_to_bootstrap() {
    let empty = GraState::read("");
    assert_eq!(empty, GraState::default());
    assert!(empty.safe_to_bootstrap && empty.uuid.is_nil() && empty.seqno.is_undefined());
    insta::assert_snapshot!(empty, @r"
    # GALERA saved state
    version: 2.1
    uuid:    00000000-0000-0000-0000-000000000000
    seqno:   -1
    safe_to_bootstrap: 1
    ");
}

#[test]
fn a_bad_field_keeps_its_default() {
    let text = RUNNING.replace("safe_to_bootstrap: 0", "safe_to_bootstrap: no");
    assert_eq!(
        GraState::read(&text),
        GraState {
            safe_to_bootstrap: true,
            ..running()
        }
    );
    let text = RUNNING.replace("8348d5ea", "U1");
    assert_eq!(
        GraState::read(&text),
        GraState {
            uuid: StateUuid::NIL,
            ..running()
        }
    );
    let text = RUNNING.replace("seqno:   -1", "seqno:   many\nfoo: 1");
    assert_eq!(GraState::read(&text), running());
}

/// The file is written in place, so a torn write leaves a beginning of it.
#[test]
fn a_last_line_without_newline_is_not_read() {
    let torn = RUNNING.trim_end();
    assert_eq!(
        GraState::read(torn),
        GraState {
            safe_to_bootstrap: true,
            ..running()
        }
    );
}

#[test]
fn padding_is_passed_over() {
    let padded = format!("{RUNNING}     ");
    assert_eq!(padded.parse(), Ok(running()));
    assert_eq!(GraState::read(&padded), running());
}

#[test]
fn strict_errors_name_the_line() {
    let error = |from: &str, to: &str| {
        RUNNING
            .replace(from, to)
            .parse::<GraState>()
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(error("8348d5ea-", "U1-"), @"line 3: `U1-5664-11e7-8628-262d8bf5ad3d` is not a uuid");
    insta::assert_snapshot!(error("  -1", "  x"), @"line 4: `x` is not a seqno");
    insta::assert_snapshot!(error("bootstrap: 0", "bootstrap: 2"), @"line 5: safe_to_bootstrap is `2`, neither 0 nor 1");
    insta::assert_snapshot!(error("seqno:   -1\n", ""), @"there is no `seqno`");
    insta::assert_snapshot!(error("version", "cert_index"), @"line 2: `cert_index: 2.1` is not a field of grastate.dat");
    insta::assert_snapshot!(error("version: 2.1", "seqno: 4"), @"line 4: `seqno` is there twice");
}

proptest! {
    #[test]
    fn print_then_parse(uuid: u128, seqno: i64, safe_to_bootstrap: bool) {
        let state = GraState { uuid: StateUuid(uuid), seqno: Seqno(seqno), safe_to_bootstrap };
        prop_assert_eq!(state.to_string().parse::<GraState>(), Ok(state));
        prop_assert_eq!(GraState::read(&state.to_string()), state);
    }

    #[test]
    fn no_text_is_too_much_for_the_lenient_reader(text: String, cut in 0..RUNNING.len()) {
        let _ = GraState::read(&text);
        let torn = GraState::read(&RUNNING[..cut]);
        prop_assert!(torn.uuid.is_nil() || torn.uuid == running().uuid);
    }
}
