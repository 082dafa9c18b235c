//! Tests of the status variables.

use super::*;
use proptest::prelude::*;

#[test]
fn words_and_numbers() {
    let comments = LocalState::ALL
        .map(|state| format!("{} {state}", state.number()))
        .join("\n");
    insta::assert_snapshot!(comments, @r"
    0 Initialized
    1 Joining: receiving State Transfer
    2 Donor/Desynced
    3 Joined
    4 Synced
    5 Inconsistent
    ");
    assert_eq!("Joiner".parse(), Ok(LocalState::Joining));
    assert_eq!("Donor".parse(), Ok(LocalState::Donor));
    insta::assert_snapshot!("synced".parse::<LocalState>().unwrap_err(), @"`synced` is not a value of wsrep_local_state_comment");
}

/// 10.11 and 11.8 print the missing id differently.
#[test]
fn conf_id_without_primary_component() {
    assert_eq!(ConfId::UNDEFINED.to_string(), "18446744073709551615");
    assert_eq!("18446744073709551615".parse(), Ok(ConfId::UNDEFINED));
    assert_eq!("-1".parse(), Ok(ConfId::UNDEFINED));
    assert!("-2".parse::<ConfId>().is_err());
    assert_eq!(ConfId::UNDEFINED.next(), ConfId(0));
}

/// Recording `s06_two_kill9`, the survivor.
#[test]
fn a_survivor_without_quorum() {
    let history = "8348d5ea-5664-11f1-8628-262d8bf5ad3d".parse().unwrap();
    let status = StatusVariables {
        cluster_size: 1,
        cluster_state_uuid: history,
        cluster_status: ClusterStatus::NonPrimary,
        connected: true,
        gcomm_uuid: "8347b5eb-5664-11f1-9459-667d2cc2032f".parse().unwrap(),
        last_committed: Seqno(7),
        local_state_uuid: history,
        ..StatusVariables::default()
    };
    let rows: Vec<_> = status
        .rows()
        .into_iter()
        .map(|(name, value)| format!("{name}\t{value}"))
        .collect();
    insta::assert_snapshot!(rows.join("\n"), @r"
    wsrep_cluster_conf_id	18446744073709551615
    wsrep_cluster_size	1
    wsrep_cluster_state_uuid	8348d5ea-5664-11f1-8628-262d8bf5ad3d
    wsrep_cluster_status	non-Primary
    wsrep_connected	ON
    wsrep_gcomm_uuid	8347b5eb-5664-11f1-9459-667d2cc2032f
    wsrep_last_committed	7
    wsrep_local_state_uuid	8348d5ea-5664-11f1-8628-262d8bf5ad3d
    wsrep_ready	OFF
    ");
    assert_eq!(
        status.get("wsrep_local_state_comment").as_deref(),
        Some("Initialized")
    );
    assert_eq!(status.get("WSREP_LOCAL_STATE").as_deref(), Some("0"));
    assert_eq!(status.get("wsrep_ready").as_deref(), Some("OFF"));
    assert_eq!(status.get("wsrep_apply_window"), None);
}

proptest! {
    #[test]
    fn print_then_parse(conf: u64, status in 0..3usize, state in 0..6usize) {
        prop_assert_eq!(ConfId(conf).to_string().parse::<ConfId>(), Ok(ConfId(conf)));
        let status = ClusterStatus::ALL[status];
        prop_assert_eq!(status.to_string().parse::<ClusterStatus>(), Ok(status));
        let state = LocalState::ALL[state];
        prop_assert_eq!(state.to_string().parse::<LocalState>(), Ok(state));
    }
}
