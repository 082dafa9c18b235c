//! The messages of a view: what is in order, what everybody has, and what is kept for others.

use seatrial_galera::Seqno;

use super::*;
use crate::frame::GcsMessage;
use crate::time::Time;

fn message(number: i64) -> PcMessage {
    let seqno = Some(Seqno(number));
    PcMessage::User(GcsMessage::Join { seqno })
}

fn map(nodes: u8) -> (InputMap, Vec<GcommUuid>) {
    let uuids: Vec<GcommUuid> = (1..=nodes).map(net::uuid).collect();
    (InputMap::new(&uuids), uuids)
}

/// `test_input_map_insert`, `test_input_map_find`: a message is there under its sender and its number, and no other is.
#[test]
fn messages_are_kept_by_sender_and_number() {
    let (mut map, uuids) = map(2);
    for seq in [0, 2, 4, 7] {
        for uuid in &uuids {
            assert!(map.insert(*uuid, seq, Some(message(seq))));
        }
    }
    assert!(!map.insert(net::uuid(9), 0, None), "a stranger");
    for uuid in &uuids {
        let kept = map.missing_above(*uuid, -1);
        let expected = [0, 2, 4, 7].map(|seq| (seq, Some(message(seq))));
        assert_eq!(kept, expected);
    }
}

/// `test_input_map_safety`: a message is in order once all before it are here, and safe once everybody has said so.
#[test]
fn a_message_behind_a_gap_is_neither_in_order_nor_safe() {
    let (mut map, uuids) = map(1);
    let only = uuids[0];
    for (seq, aru) in [(0, 0), (1, 1), (2, 2), (3, 3), (5, 3), (4, 5)] {
        map.insert(only, seq, Some(message(seq)));
        assert_eq!(map.aru(), aru);
    }
    assert_eq!(map.pop_safe(), None);
    map.acknowledged(only, 0);
    assert_eq!(map.pop_safe(), Some((only, Some(message(0)))));
    assert_eq!(map.pop_safe(), None);
    map.acknowledged(only, 5);
    for seq in 1..=5 {
        assert_eq!(map.pop_safe(), Some((only, Some(message(seq)))));
    }
    map.insert(only, 7, Some(message(7)));
    map.acknowledged(only, map.aru());
    assert_eq!(map.pop_safe(), None);
}

/// `test_input_map_erase`: what has been delivered is kept until everybody is known to have it.
#[test]
fn a_delivered_message_is_kept_until_all_have_it() {
    let (mut map, uuids) = map(2);
    let (one, other) = (uuids[0], uuids[1]);
    for seq in 0..10 {
        map.insert(one, seq, Some(message(seq)));
        map.insert(other, seq, None);
    }
    map.acknowledged(one, 9);
    map.acknowledged(other, 4);
    while map.pop_safe().is_some() {}
    let kept: Vec<i64> = map
        .missing_above(one, -1)
        .iter()
        .map(|(seq, _)| *seq)
        .collect();
    assert_eq!(kept, [5, 6, 7, 8, 9]);
    map.acknowledged(other, 9);
    while map.pop_safe().is_some() {}
    assert_eq!(map.missing_above(one, -1), []);
    assert!(map.is_settled());
}

/// `test_input_map_overwrap`: over many rounds, safety follows at a distance, and nothing safe stays.
#[test]
fn many_rounds_leave_nothing_behind() {
    let (mut map, uuids) = map(5);
    let mut safe = -1;
    for seq in 0..20_000 {
        for uuid in &uuids {
            map.insert(*uuid, seq, None);
        }
        if (seq + 5) % 10 == 0 {
            safe = seq - 3;
            for uuid in &uuids {
                map.acknowledged(*uuid, safe);
            }
            while map.pop_safe().is_some() {}
        }
        assert_eq!((map.aru(), map.safe()), (seq, safe));
        let kept = map.missing_above(uuids[0], -1);
        assert!(kept.iter().all(|(kept, _)| *kept > safe), "after {seq}");
    }
}

/// `test_input_map_random_insert`: four senders' messages come in any order, and are delivered by number, then by sender.
#[test]
fn messages_in_any_order_are_delivered_in_one() {
    let (mut map, uuids) = map(4);
    let mut net = Net::new([500, 1_000, 100]);
    let mut messages: Vec<(GcommUuid, i64)> = (0..1_024)
        .flat_map(|seq| uuids.iter().map(move |uuid| (*uuid, seq)))
        .collect();
    let in_order = messages.clone();
    for place in (1..messages.len()).rev() {
        let limit = u64::try_from(place).expect("small") + 1;
        let other = usize::try_from(net.draw(limit)).expect("small");
        messages.swap(place, other);
    }
    for (uuid, seq) in messages {
        assert!(map.insert(uuid, seq, Some(message(seq))));
    }
    assert_eq!((map.aru(), map.safe()), (1_023, -1));
    assert_eq!(map.pop_safe(), None);
    for uuid in &uuids {
        map.acknowledged(*uuid, 1_023);
    }
    for (uuid, seq) in in_order {
        assert_eq!(map.pop_safe(), Some((uuid, Some(message(seq)))));
    }
    assert_eq!(map.pop_safe(), None);
}

/// `test_input_map_gap_range_list`: single messages are missing at several places; a node says up to where it has all,
/// and gets what is above.
#[test]
fn what_is_missing_is_said_and_sent_again() {
    let (mut receiver, uuids) = map(1);
    let (mut sender, _) = map(1);
    let only = uuids[0];
    for seq in 0..=8 {
        sender.insert(only, seq, Some(message(seq)));
        sender.note_sent(seq, Time::ZERO);
    }
    for seq in [0, 2, 4, 8] {
        receiver.insert(only, seq, Some(message(seq)));
    }
    assert_eq!(receiver.have()[&only], 0);
    receiver.insert(only, 1, Some(message(1)));
    assert_eq!(receiver.have()[&only], 2);
    let after = Time::from_millis(500);
    assert!(!sender.due_again(3, Time::from_millis(499), after));
    assert!(sender.due_again(3, after, after));
    for (seq, payload) in sender.missing_above(only, receiver.have()[&only]) {
        receiver.insert(only, seq, payload);
    }
    assert_eq!(receiver.have()[&only], 8);
}
