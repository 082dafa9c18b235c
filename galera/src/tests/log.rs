//! Tests of the log lines.

use std::collections::BTreeSet;
use std::mem::discriminant;

use proptest::prelude::*;

use super::*;
use crate::{GcommUuid, Position, Seqno, ShortUuid, ShortViewId, StateUuid, ViewId, ViewType};

/// One line or more of each kind: those of the recordings with the placeholders of their uuids filled in, the rest as
/// the source has it.
const LINES: &str = include_str!("log_lines.txt");

/// Returns the lines, with the further lines of one message put to its first by `\n` and `\t`.
fn lines() -> Vec<String> {
    LINES
        .lines()
        .map(|line| line.replace("\\n", "\n").replace("\\t", "\t"))
        .collect()
}

#[test]
fn every_kind_of_line_reads_and_prints() {
    let mut seen = Vec::new();
    for line in lines() {
        let parsed = LogLine::parse(&line).unwrap_or_else(|| panic!("not read: {line}"));
        assert_eq!(parsed.text(), line);
        let kind = discriminant(&parsed);
        if !seen.contains(&kind) {
            seen.push(kind);
        }
    }
    assert_eq!(seen.len(), LogLine::KINDS);
}

#[test]
fn other_lines_are_not_read() {
    for line in [
        "",
        "[Note] WSREP: Flow-control interval: [12, 23]",
        "[Warning] WSREP: Received NON-PRIMARY.",
        "[Note] Received NON-PRIMARY.",
        "[Note] WSREP: Shifting SYNCED -> AWAY (TO: 7)",
        "[Note] WSREP: Recovered position: 8348d5ea:7",
    ] {
        assert_eq!(LogLine::parse(line), None, "{line}");
    }
}

/// The manual's `grep 'WSREP: Recovered position'` finds both, which are not the same.
#[test]
fn the_two_recovered_positions_differ() {
    let history = "8348d5ea-5664-11e7-8628-262d8bf5ad3d";
    let recovered = LogLine::parse(&format!(
        "[Note] WSREP: Recovered position: {history}:7,0-1-44"
    ));
    let Some(LogLine::RecoveredPosition(position)) = recovered else {
        panic!("{recovered:?}")
    };
    assert_eq!(
        (position.position.seqno, position.gtid.as_deref()),
        (Seqno(7), Some("0-1-44"))
    );
    let line = format!("[Note] WSREP: Recovered position from storage: {history}:4");
    let position = Position::new(history.parse().unwrap(), Seqno(4));
    assert_eq!(
        LogLine::parse(&line),
        Some(LogLine::RecoveredPositionFromStorage(position))
    );
}

#[test]
fn a_view_and_its_first_line() {
    let [a, b] = [
        "8d3af2c6-e779-11f1-9383-277707baf0ce",
        "b1c7e9f4-e779-11f1-90dd-4ac131c6a60f",
    ]
    .map(|text| text.parse::<GcommUuid>().unwrap());
    let line = LogLine::view(ViewId::new(ViewType::Prim, a, 6), [a, b]);
    insta::assert_snapshot!(line.text(), @r"
    [Note] WSREP: view(view_id(PRIM,8d3af2c6-9383,6) memb {
    	8d3af2c6-9383,0
    	b1c7e9f4-90dd,0
    } joined {
    } left {
    } partitioned {
    })
    ");
    assert_eq!(LogLine::parse(&line.text()).as_ref(), Some(&line));
    let first = line.text().lines().next().unwrap().to_owned();
    let LogLine::View { id, .. } = line else {
        unreachable!()
    };
    assert_eq!(
        LogLine::parse(&first),
        Some(LogLine::View {
            id,
            members: Vec::new()
        })
    );
}

#[test]
fn worked_out_numbers() {
    insta::assert_snapshot!(
        LogLine::ist_receiving(Seqno(12), Seqno(16)),
        @"Receiving IST: 5 writesets, seqnos 12-16"
    );
    insta::assert_snapshot!(
        LogLine::reversing_history(Seqno(14), Seqno(8)).text(),
        @"[ERROR] WSREP: ./gcs/src/gcs_group.cpp:group_post_state_exchange():453: Reversing history: 14 -> 8, this member has applied 6 more events than the primary component.Data loss is possible. Must abort."
    );
}

#[test]
fn texts_are_distinct() {
    let texts: BTreeSet<_> = lines().into_iter().collect();
    assert_eq!(texts.len(), LINES.lines().count());
}

fn short() -> impl Strategy<Value = ShortUuid> {
    (any::<u32>(), any::<u16>()).prop_map(|(time_low, incarnation)| ShortUuid {
        time_low,
        incarnation,
    })
}

fn position() -> impl Strategy<Value = Position> {
    (any::<u128>(), any::<i64>())
        .prop_map(|(uuid, seqno)| Position::new(StateUuid(uuid), Seqno(seqno)))
}

fn view_id() -> impl Strategy<Value = ShortViewId> {
    (0..5usize, short(), any::<u32>()).prop_map(|(kind, uuid, seq)| ShortViewId {
        kind: ViewType::ALL[kind],
        uuid,
        seq,
    })
}

fn member() -> impl Strategy<Value = MemberRef> {
    (-1..9i32, "[a-z][a-z0-9.-]{0,20}").prop_map(|(index, name)| MemberRef::new(index, name))
}

fn gcs() -> impl Strategy<Value = GcsState> {
    proptest::sample::select(GcsState::ALL)
}

fn line() -> impl Strategy<Value = LogLine> {
    let url = "gcomm://[a-z0-9.,]{0,30}";
    prop_oneof![
        (any::<bool>(), any::<bool>(), any::<i32>(), any::<u32>()).prop_map(
            |(primary, bootstrap, my_idx, memb_num)| LogLine::NewComponent {
                primary,
                bootstrap,
                my_idx,
                memb_num
            }
        ),
        (view_id(), proptest::collection::vec(short(), 0..4))
            .prop_map(|(id, members)| LogLine::View { id, members }),
        (gcs(), gcs(), any::<i64>()).prop_map(|(from, to, seqno)| LogLine::Shifting {
            from,
            to,
            seqno: Seqno(seqno)
        }),
        (position(), proptest::option::of("[0-9]-[0-9]-[0-9]{1,5}")).prop_map(
            |(position, gtid)| {
                LogLine::RecoveredPosition(crate::RecoveredPosition { position, gtid })
            }
        ),
        (position(), any::<bool>()).prop_map(|(position, safe_to_bootstrap)| {
            LogLine::FoundSavedState {
                position,
                safe_to_bootstrap,
            }
        }),
        (position(), position())
            .prop_map(|(group, local)| LogLine::StateTransferRequired { group, local }),
        (url, any::<i32>()).prop_map(|(url, errno)| LogLine::ConnectFailed { url, errno }),
        (
            short(),
            proptest::collection::vec("tcp://[0-9.]{1,15}:4567", 0..3)
        )
            .prop_map(|(me, nonlive)| LogLine::RelayOn {
                me,
                listen: "tcp://0.0.0.0:4567".to_owned(),
                nonlive
            }),
        (member(), member()).prop_map(|(joiner, donor)| LogLine::DonorSelected {
            joiner,
            wanted: "*any*".to_owned(),
            donor
        }),
        (member(), member()).prop_map(|(donor, joiner)| LogLine::TransferTo { donor, joiner }),
        (short(), view_id(), view_id()).prop_map(|(me, mine, other)| LogLine::ConflictingPrims {
            me,
            mine,
            other
        }),
        (any::<i64>(), any::<i64>())
            .prop_map(|(first, last)| LogLine::ist_receiving(Seqno(first), Seqno(last))),
    ]
}

proptest! {
    #[test]
    fn print_then_parse(line in line()) {
        prop_assert_eq!(LogLine::parse(&line.text()), Some(line));
    }

    #[test]
    fn no_text_is_too_much(text: String) {
        let _ = LogLine::parse(&text);
        let _ = LogLine::parse(&format!("[Note] WSREP: {text}"));
    }
}
