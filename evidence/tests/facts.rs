//! The facts of logs: one line, or one block, in the form of each version.

#![expect(clippy::unwrap_used, reason = "a test may stop where it cannot go on")]

use proptest::prelude::*;
use seatrial_evidence::{Event, Fact, FileId, Reader, Summary, ViewKind};

fn read_in(bytes: &[u8], chunk: usize) -> (Vec<Fact>, Summary) {
    let mut facts = Vec::new();
    let mut reader = Reader::new(FileId(0));
    for part in bytes.chunks(chunk.max(1)) {
        reader.push(part, &mut |fact| facts.push(fact));
    }
    let summary = reader.finish(&mut |fact| facts.push(fact));
    (facts, summary)
}

fn read(text: &str) -> Vec<Fact> {
    read_in(text.as_bytes(), 7).0
}

/// The only event of a text.
fn one(text: &str) -> Event {
    let mut facts = read(text);
    assert_eq!(facts.len(), 1, "{text}\n{facts:#?}");
    facts.remove(0).event
}

/// One message, as each version and each transport writes it.
fn everywhere(message: &str) -> Vec<String> {
    let block: Vec<&str> = message.split('\n').collect();
    let heads = [
        "2030-01-02  3:04:05 0 [Note] WSREP: ",
        "300102  3:04:05 [Note] WSREP: ",
        "2030-01-02T03:04:05.000006Z 0 [Note] WSREP: ",
        "2030-01-02T03:04:05.000006+02:00 0 [Note] [MY-000000] [Galera] ",
    ];
    let transports = [
        "",
        "Nov 28 14:03:01 db1 mariadbd[1234]: ",
        "2030-01-02T03:04:05+0100 db1 mariadbd[77]: ",
        "galera-1  | ",
        "[pod/db-0/mariadb] ",
        "2030-01-02T03:04:05.123456789Z ",
        "2030-01-02T03:04:05.123456789Z stderr F ",
    ];
    let mut all = Vec::new();
    for head in heads {
        for transport in transports {
            let mut text = format!("{transport}{head}{}\n", block[0]);
            for line in &block[1..] {
                text.extend([transport, line, "\n"]);
            }
            all.push(text.replace('\n', "\r\n"));
            all.push(text);
        }
        let json = serde_json::to_string(&format!("{head}{message}\n")).unwrap();
        all.push(format!(
            "{{\"log\":{json},\"file\":\"/var/lib/mysql/mysqld-error.log\"}}\n"
        ));
    }
    all
}

const U: &str = "7159b315-ed8a-11ed-b66b-82b08426f1d2";

#[test]
fn quorum_results() {
    let message = format!(
        "Quorum results:\n\tversion    = 6,\n\tcomponent  = PRIMARY,\n\tconf_id    = 16,\n\tmembers    \
         = 2/3 (primary/total),\n\tact_id     = 100,\n\tlast_appl. = 99,\n\tprotocols  = 2/10/4 \
         (gcs/repl/appl),\n\tvote policy= 0,\n\tgroup UUID = {U}"
    );
    for text in everywhere(&message) {
        let Event::Quorum(quorum) = one(&text) else {
            panic!("{text}")
        };
        assert!(quorum.primary, "{text}");
        assert_eq!((quorum.conf_id, quorum.act_id), (Some(16), Some(100)));
        assert_eq!((quorum.primary_members, quorum.members), (Some(2), Some(3)));
        assert_eq!(quorum.history.unwrap().to_string(), U);
    }
}

#[test]
fn group_views() {
    let pxc = "Current view of cluster as seen by this node\nview (view_id(PRIM,6be05067-96fb,7)\nmemb \
               {\n\t6be05067-96fb,0\n\t7be05067-96fb,0\n\t}\njoined {\n\t}\nleft {\n\t}\npartitioned \
               {\n\t8be05067-96fb,0\n\t}\n)";
    let mariadb = "view(view_id(PRIM,6be05067-96fb,7) memb {\n\t6be05067-96fb,0\n\t7be05067-96fb,0\n} \
                   joined {\n} left {\n} partitioned {\n\t8be05067-96fb,0\n})";
    for message in [pxc, mariadb] {
        for text in everywhere(message) {
            let Event::GroupView(view) = one(&text) else {
                panic!("{text}")
            };
            assert_eq!(view.kind, ViewKind::Primary, "{text}");
            assert_eq!(view.id.unwrap().1, 7);
            assert_eq!(
                (view.members.len(), view.partitioned.len()),
                (2, 1),
                "{text}"
            );
        }
    }
    for message in [
        "view((empty))",
        "Current view of cluster as seen by this node\nview ((empty))",
    ] {
        for text in everywhere(message) {
            assert!(
                matches!(one(&text), Event::GroupView(view) if view.kind == ViewKind::Empty),
                "{text}"
            );
        }
    }
}

#[test]
fn views_of_servers() {
    let block = format!(
        "================================================\nView:\n  id: {U}:101\n  status: primary\n  \
         protocol_version: 4\n  capabilities: MULTI-MASTER, CERTIFICATION\n  final: no\n  own_index: \
         1\n  members(2):\n\t0: 6be05067-fc73-11ed-96fb-cfcd56e0f7fa, a\n\t1: \
         7be05067-fc73-11ed-96fb-cfcd56e0f7fa, b\n================================================="
    );
    for text in everywhere(&block) {
        let Event::ServerView(view) = one(&text) else {
            panic!("{text}")
        };
        assert!(view.primary && !view.is_final, "{text}");
        assert_eq!(view.position.unwrap().seqno.0, 101);
        assert_eq!((view.own_index, view.count), (Some(1), Some(2)));
        assert_eq!(view.members[1].name, "b");
    }
    let line = format!(
        "New cluster view: global state: {U}:100, view# -1: non-Primary, number of nodes: 1, my index: \
         0, protocol version 3"
    );
    for text in everywhere(&line) {
        let Event::ServerView(view) = one(&text) else {
            panic!("{text}")
        };
        assert_eq!(
            (view.primary, view.number, view.count),
            (false, Some(-1), Some(1))
        );
    }
}

/// Every other kind of line that a story needs, by the name of its event.
#[test]
fn lines() {
    let lines = [
        (
            "saved-state",
            "Found saved state: {U}:100, safe_to_bootstrap: 0",
        ),
        ("saved-state", "Found saved state: {U}:-1"),
        ("start-position", "Setting initial position to {U}:100"),
        (
            "storage-position",
            "Recovered position from storage: {U}:100",
        ),
        ("bootstrap-option", "Connecting with bootstrap option: 1"),
        ("bootstrap", "gcomm: bootstrapping new group 'c'"),
        ("new-history", "Starting new group from scratch: {U}"),
        (
            "bootstrap-refused",
            "It may not be safe to bootstrap the cluster from this node. It was not",
        ),
        ("connect-failed", "wsrep::connect(gcomm://a,b) failed: 7"),
        (
            "connect-failed",
            "Provider/Node (gcomm://a) failed to establish connection with cluster (reason: 7)",
        ),
        (
            "view-restored",
            "Restoring primary-component from disk successful",
        ),
        ("view-restored", "restore pc from disk failed"),
        (
            "listening",
            "(1d3ea8f5, 'tcp://0.0.0.0:4567') listening at tcp://0.0.0.0:4567",
        ),
        (
            "own-address",
            "(1d3ea8f5, 'tcp://0.0.0.0:4567') Found matching local endpoint for a connection, blacklisting address tcp://10.0.0.2:4567",
        ),
        (
            "peer-connected",
            "(1d3ea8f5-96fb, 'tcp://0.0.0.0:4567') connection established to 2d3ea8f5-96fb tcp://10.0.0.2:4567",
        ),
        (
            "peer-timed-out",
            "(1d3ea8f5-96fb, 'tcp://0.0.0.0:4567') connection to peer 2d3ea8f5-96fb with addr tcp://10.0.0.2:4567 timed out, no messages seen in PT3S",
        ),
        ("connecting", "gcomm: connecting to group 'c', peer 'a:,b:'"),
        (
            "component",
            "New COMPONENT: primary = yes, bootstrap = no, my_idx = 0, memb_num = 2",
        ),
        (
            "state-message",
            "STATE EXCHANGE: got state msg: {U} from 1 (b)",
        ),
        ("exchange-begun", "STATE_EXCHANGE: sent state UUID: {U}"),
        ("shift", "Shifting SYNCED -> DONOR/DESYNCED (TO: 100)"),
        ("restored-state", "Restored state OPEN -> JOINED (100)"),
        ("server-status", "Server status change connected -> joiner"),
        ("member-synced", "Member 2.0 (c) synced with group."),
        (
            "donor-chosen",
            "Member 1.0 (b) requested state transfer from '*any*'. Selected 0.0 (a)(SYNCED) as donor.",
        ),
        (
            "no-donor",
            "Member 1.0 (b) requested state transfer from 'x', but it is impossible to select State Transfer donor: Host is down",
        ),
        (
            "transfer-wanted",
            "State transfer required: \n\tGroup state: {U}:200\n\tLocal state: {U}:100",
        ),
        (
            "request-failed",
            "Requesting state transfer failed: -11(Resource temporarily unavailable). Will keep retrying every 1 second(s)",
        ),
        (
            "request-unrecoverable",
            "State transfer request failed unrecoverably: 32 (Broken pipe). Most likely",
        ),
        (
            "ist-request",
            "IST request: {U}:100-200|tcp://10.0.0.2:4568",
        ),
        (
            "ist-sending",
            "async IST sender starting to serve tcp://10.0.0.2:4568 sending 101-200, preload starts from 90",
        ),
        (
            "ist-receiving",
            "Receiving IST: 100 writesets, seqnos 101-200",
        ),
        ("ist-received", "IST received: {U}:200"),
        (
            "ist-not-in-cache",
            "IST first seqno 101 not found from cache, falling back to SST",
        ),
        (
            "ist-failed",
            "IST didn't contain all write sets, expected last: 200 last received: 150",
        ),
        ("sst-sent", "SST sent: {U}:100"),
        ("sst-received", "SST received: {U}:120"),
        ("sst-complete", "SST complete, seqno: 100"),
        (
            "sst-script",
            "Running: 'wsrep_sst_mariabackup --role 'joiner' --address '10.0.0.2''",
        ),
        (
            "sst-script",
            "Initiating SST/IST transfer on DONOR side (wsrep_sst_rsync --role 'donor' --address '10.0.0.2' --bypass )",
        ),
        ("sst-failed", "SST sending failed: -22"),
        (
            "transfer-to",
            "0.0 (a): State transfer to 1.0 (b) complete.",
        ),
        (
            "transfer-to",
            "0.0 (a): State transfer to -1.-1 (left the group) failed: -22 (Invalid argument)",
        ),
        (
            "transfer-from",
            "1.0 (b): State transfer from 0.0 (a) complete.",
        ),
        (
            "reversal",
            "Reversing history: 300 -> 200, this member has applied 100 more events",
        ),
        (
            "reversal",
            "gcs/src/gcs_group.cpp:group_post_state_exchange():431: Reversing history: 300 -> 200, this",
        ),
        (
            "protocol-too-new",
            "gcs/src/gcs_group.cpp:group_check_proto_ver():359: Group requested repl_proto_ver: 127, max supported by this node: 11. Upgrade the node before joining this group. Must abort.",
        ),
        (
            "cache",
            "Recovering GCache ring buffer: found gapless sequence 50-100",
        ),
        ("cache-reset", "GCache history reset: {U}:0 -> {U}:100"),
        (
            "vote-begins",
            "Member 0(a) initiates vote on {U}:100,deadbeefdeadbeef:  Table exists, Error_code: 1050;",
        ),
        (
            "vote-result",
            "Votes over {U}:100:\n   0000000000000000:   1/3\n   f63e2eaa8b007cd0:   2/3\nWinner: f63e2eaa8b007cd0",
        ),
        (
            "inconsistent",
            "Inconsistency detected: Inconsistent by consensus on {U}:100",
        ),
        (
            "other-cluster",
            "handshake failed, my group: 'c', peer group: 'd'",
        ),
        (
            "handshake-failed",
            "Handshake failed: tlsv1 alert unknown ca",
        ),
        (
            "suspected",
            "declaring node with index 0 suspected, timeout PT5S (evs.suspect_timeout)",
        ),
        (
            "suspected",
            "evs::proto(1d3ea8f5, LEAVING, view_id(REG,1d3ea8f5,18)) suspecting node: 2d3ea8f5",
        ),
        ("view-number", "####### processing CC 101, local, ordered"),
        ("view-number", "Recording CC from preload: 101"),
        ("self-leave", "New SELF-LEAVE."),
        ("lost-primary", "Received NON-PRIMARY."),
        (
            "report-failed",
            "Failed to report last committed {U}:100, -110 (Connection timed out)",
        ),
        (
            "start",
            "/usr/sbin/mysqld (mysqld 8.0.28-19.1) starting as process 4711",
        ),
        (
            "start",
            "Starting MariaDB 10.11.6-MariaDB-log source revision abc server_uid x as process 77",
        ),
        (
            "stop-requested",
            "/usr/sbin/mariadbd (initiated by: unknown): Normal shutdown",
        ),
        (
            "stop-complete",
            "/usr/sbin/mysqld: Shutdown complete (mysqld 8.0.28-19.1)",
        ),
    ];
    for (name, line) in lines {
        for text in everywhere(&line.replace("{U}", U)) {
            let json = serde_json::to_string(&one(&text)).unwrap();
            let says = format!("{{\"says\":\"{name}\"");
            assert!(json.starts_with(&says), "{text}{json}");
        }
    }
}

/// What repeats itself is one fact with a count, and the last of its times.
#[test]
fn repetitions_are_counted() {
    let line = "Member 1.0 (b) requested state transfer from 'x', but it is impossible to select State \
                Transfer donor: Host is down";
    let mut text = String::new();
    for second in 0..40 {
        let head = format!("2030-01-02  3:04:{second:02} 0 [Warning] WSREP: ");
        text.extend([head.as_str(), line, "\n"]);
    }
    let facts = read(&text);
    assert_eq!(facts.len(), 1);
    assert_eq!(
        (facts[0].repeats.more, facts[0].repeats.last_line),
        (39, 40)
    );
    assert_eq!(
        facts[0].last_at().unwrap().to_string(),
        "2030-01-02 03:04:39"
    );
}

/// The same bytes give the same facts, in chunks of any size.
#[test]
fn chunks_do_not_matter() {
    let text = format!(
        "2030-01-02  3:04:05 0 [Note] WSREP: Quorum results:\n\tversion    = 6,\n\tcomponent  = \
         PRIMARY,\n\tact_id     = 100,\n# GALERA saved state\nuuid: {U}\nseqno: 7\nwsrep_ready\tON\n"
    );
    let whole = read_in(text.as_bytes(), usize::MAX).0;
    assert_eq!(whole.len(), 3);
    for chunk in 1..40 {
        assert_eq!(read_in(text.as_bytes(), chunk).0, whole);
    }
}

/// Pieces of which logs and files are made, for logs that nobody wrote.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    const TEXTS: &[&str] = &[
        "2030-01-02  3:04:05 0 [Note] WSREP: ",
        "300102  3:04:05 [ERROR] ",
        "mysqld_safe ",
        "\n",
        "\r\n",
        "Quorum results:",
        "\tcomponent  = PRIMARY,\n",
        "view(view_id(PRIM,6be05067-96fb,7) memb {\n",
        "\t6be05067-96fb,0\n",
        "} joined {\n",
        "})\n",
        "View:\n",
        "  id: ",
        "  members(",
        "# GALERA saved state\n",
        "uuid: ",
        "seqno: ",
        "my_uuid: ",
        "#vwbeg\n",
        "#vwend\n",
        "{\"log\":\"",
        "\\n\"}",
        "| wsrep_ready | ",
        "Member 1.0 (b",
        ") requested state transfer from '",
        "Votes over ",
        "Winner:",
        "Shifting A -> B (TO: ",
        "IST request: ",
        "Receiving IST: 3 writesets, seqnos ",
        "-1",
        "--",
        ":",
        "99999999999999999999",
        "\0\0\0",
        "(6be05067, 'tcp://0",
        "gcs/src/x.cpp:f():1: ",
        "[pod/",
        "galera-1  | ",
        "Reversing history: 1 -> ",
        "7159b315-ed8a-11ed-b66b-82b08426f1d2",
        "\u{fffd}\u{1f980}",
        "=",
        "====",
        "   Active: ",
        "└─1 mysqld ",
    ];
    prop_oneof![
        6 => proptest::sample::select(TEXTS).prop_map(|text: &str| text.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
    ]
}

/// Lines beside the story that explain it: who was refused, why a transfer broke, who stopped a server.
#[test]
fn signs_beside_the_story() {
    let closed =
        "Deferred close timer started for socket with remote endpoint: ssl://172.17.0.4:39262";
    let failed = "Receiving IST failed, node restart required: IST receiver reported failure: 71 (Protocol error)";
    let read = "got exception while reading IST stream: Unsupported CC action version: 71 (Protocol error)";
    let broke = |errno| Event::IstFailed {
        expected: None,
        received: None,
        errno,
    };
    let stop = |by: Option<&str>| Event::StopRequested {
        by: by.map(str::to_owned),
    };
    let tool = |text: &str| Event::SstToolFailed {
        text: text.to_owned(),
    };
    for (message, event) in [
        (
            closed,
            Event::PeerClosed {
                address: "172.17.0.4".to_owned(),
            },
        ),
        (failed, broke(Some(71))),
        (read, broke(Some(71))),
        (
            "Receiving IST failed, node restart required: Failed to apply write set",
            broke(None),
        ),
        (
            "Received SHUTDOWN from user <via user signal>. Shutting down mysqld (Version: 8.0.32).",
            stop(Some("a signal")),
        ),
        (
            "Received SHUTDOWN from user root. Shutting down mysqld (Version: 8.0.32).",
            stop(None),
        ),
        (
            "Received shutdown signal. Will sleep for 10 secs before initiating shutdown.",
            stop(Some("a signal")),
        ),
        (
            "/usr/sbin/mariadbd (initiated by: root[root] @ localhost []): Normal shutdown",
            stop(Some("root[root] @ localhost []")),
        ),
        (
            "/usr/sbin/mariadbd (initiated by: unknown): Normal shutdown",
            stop(None),
        ),
        (
            "No suitable 'keyring_component_metadata_query' service implementation found to fulfill the request.",
            Event::KeyringAsked,
        ),
        (
            "Streaming the backup to joiner at 10.0.0.2 4444",
            Event::SstStreams,
        ),
        (
            "2030/01/02 03:04:05 socat[77] E SSL_write(): Connection reset by peer",
            tool("socat: SSL_write(): Connection reset by peer"),
        ),
    ] {
        for text in everywhere(message) {
            assert_eq!(one(&text), event, "{text}");
        }
    }
    let line = "\txtrabackup: Error writing file '<unopen fd>' (OS errno 32 - Broken pipe)\n";
    let text = line.trim();
    assert_eq!(one(line), tool(text));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

    /// Nothing stops the reader, and chunks never matter.
    #[test]
    fn no_bytes_stop_the_reader(pieces in proptest::collection::vec(piece(), 0..60), chunk in 1_usize..50) {
        let bytes = pieces.concat();
        let (facts, summary) = read_in(&bytes, chunk);
        prop_assert_eq!(summary.bytes, bytes.len() as u64);
        prop_assert_eq!(summary.facts, facts.len() as u64);
        prop_assert!(facts.iter().all(|fact| fact.source.line <= summary.lines));
        let (whole, _) = read_in(&bytes, usize::MAX);
        prop_assert_eq!(facts, whole);
    }

    /// A real line with any byte changed is read or passed over.
    #[test]
    fn a_changed_byte_costs_its_line(at in 0_usize..400, byte: u8) {
        let text = format!(
            "2030-01-02T03:04:05.000006Z 0 [Note] [MY-000000] [Galera] Member 1.0 (b) requested state \
             transfer from '*any*'. Selected 0.0 (a)(SYNCED) as donor.\n\
             2030-01-02  3:04:05 0 [Note] WSREP: Shifting SYNCED -> DONOR/DESYNCED (TO: 100)\n\
             2030-01-02  3:04:05 0 [Note] WSREP: Recovered position: {U}:7\n"
        );
        let mut bytes = text.into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let (facts, _) = read_in(&bytes, 64);
        prop_assert!(facts.len() + 1 >= 2, "{}", facts.len());
    }
}
