//! The words of the lines.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use seatrial_galera::{ARBITRATOR_PROTOCOL, GcommUuid, GcsState, Position, ShortUuid, StateUuid};

use crate::peer::Peer;

use super::{Detail, LoggedConfiguration, LoggedMember, LoggedQuorum, LoggedView, channel_state};

/// What a view of a server says that it can do.
const CAPABILITIES: &str = "MULTI-MASTER, CERTIFICATION, PARALLEL_APPLYING, REPLAY, ISOLATION, PAUSE, \
    CAUSAL_READ, INCREMENTAL_WS, UNORDERED, PREORDERED, STREAMING, NBO";

/// The name of the group in `wsrep_cluster_name`.
const GROUP: &str = "ciphermail";

/// The nodes' names by place, the addresses that hosts have got later, and which node writes.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// Their names.
    pub names: &'a [String],
    /// The node that writes.
    pub me: Peer,
}

impl Names<'_> {
    fn of(&self, place: Peer) -> &str {
        let name = self.names.get(usize::from(place.0));
        name.map_or("unspecified", String::as_str)
    }

    /// Returns the name of a member. A node that has got another address keeps its name.
    fn name(&self, member: &LoggedMember) -> &str {
        let number = Peer(member.uuid.node_index());
        member.place.map_or("unspecified", |_| self.of(number))
    }

    fn host(&self, place: Peer) -> String {
        let name = self.of(place);
        if is_address(name) {
            name.to_owned()
        } else {
            format!("{}.example.com", name.to_lowercase())
        }
    }

    /// `1.0 (B)`; one that is gone is `-1.-1 (left the group)`.
    fn member(&self, member: &LoggedMember) -> String {
        if member.index >= 0 {
            format!("{}.0 ({})", member.index, self.name(member))
        } else {
            "-1.-1 (left the group)".to_owned()
        }
    }

    fn address(&self, member: &LoggedMember) -> String {
        let host = member
            .place
            .map_or_else(String::new, |place| self.host(place));
        format!("tcp://{host}:4567")
    }

    fn peers(&self) -> String {
        let places = (0..).map(Peer).take(self.names.len());
        let places = places.filter(|place| !is_address(self.of(*place)));
        let hosts: Vec<String> = places
            .map(|place| format!("{}:", self.host(place)))
            .collect();
        hosts.join(",")
    }
}

fn is_address(name: &str) -> bool {
    name.parse::<Ipv4Addr>().is_ok()
}

impl Detail {
    /// Returns the messages, each from the severity on, such as `[Note] WSREP: gcomm: closed`. A block of several
    /// lines is one message.
    pub fn messages(&self, names: Names<'_>) -> Vec<String> {
        let note = |text: String| format!("[Note] WSREP: {text}");
        let one = |text: String| vec![note(text)];
        match self {
            Self::Start(pid) => vec![format!(
                "[Note] Starting MariaDB 10.11.18-MariaDB-seatrial source revision \
                 197f92bee02d8e836f529f37625be69b83e7acbd server_uid seatrial as process {pid}"
            )],
            Self::Provider(position) => vec![
                note(format!(
                    "Loading provider /usr/lib/galera/libgalera_smm.so initial position: {position}"
                )),
                // The name of the build says that the clock in uuids is no clock.
                note(
                    "wsrep_load(): Galera 26.4.23(seatrial) by Codership Oy <info@codership.com> \
                     loaded successfully."
                        .into(),
                ),
            ],
            Self::NoStateFile => vec![
                "[Warning] WSREP: Could not open state file for reading: \
                 '/var/lib/mysql//grastate.dat'"
                    .into(),
            ],
            Self::Cache(history, None) if history.is_nil() => {
                one("Skipped GCache ring buffer recovery: could not determine history UUID.".into())
            }
            Self::Cache(_, None) => {
                one("Recovering GCache ring buffer: didn't recover any events.".into())
            }
            Self::Cache(_, Some((first, last))) => one(format!(
                "Recovering GCache ring buffer: found gapless sequence {first}-{last}"
            )),
            Self::Options {
                me,
                weight,
                recovery,
                ignore_sb,
                ignore_quorum,
            } => one(format!(
                "Passing config to GCS: base_dir = /var/lib/mysql/; base_host = {}; base_port = 4567; \
                 gmcast.group = {GROUP}; pc.ignore_quorum = {ignore_quorum}; pc.ignore_sb = {ignore_sb}; \
                 pc.recovery = {recovery}; pc.weight = {weight};",
                names.host(*me)
            )),
            Self::Connecting {
                bootstrap,
                position,
            } => {
                let mut lines = vec![
                    note("Start replication".into()),
                    note(format!(
                        "Connecting with bootstrap option: {}",
                        u8::from(*bootstrap)
                    )),
                ];
                if let Some(position) = position {
                    lines.push(note(format!("Setting GCS initial position to {position}")));
                }
                lines
            }
            Self::NoViewFile => one(
                "access file(/var/lib/mysql//gvwstate.dat) failed(No such file or directory)"
                    .into(),
            ),
            Self::Listening(me) => one(format!(
                "({}, 'tcp://0.0.0.0:4567') listening at tcp://0.0.0.0:4567",
                me.short()
            )),
            Self::Joining { bootstrap: true } => {
                one(format!("gcomm: bootstrapping new group '{GROUP}'"))
            }
            Self::Joining { bootstrap: false } => one(format!(
                "gcomm: connecting to group '{GROUP}', peer '{}'",
                names.peers()
            )),
            Self::Opened => vec![
                note("gcomm: connected".into()),
                note("Shifting CLOSED -> OPEN (TO: 0)".into()),
            ],
            Self::OpenFailed => open_failed(names, 110, "Connection timed out"),
            Self::Evicted => vec![
                "[ERROR] WSREP: exception from gcomm, backend must be restarted: this node has been evicted out of \
                 the cluster, gcomm backend restart is required (FATAL)"
                    .into(),
            ],
            Self::NoAddress => open_failed(names, 131, "State not recoverable"),
            Self::StatePrim(uuid) => one(format!("Node {} state prim", uuid.short())),
            Self::NoPrimaryPossible => {
                one("No nodes coming from primary view, primary view is not possible".into())
            }
            Self::Stable(member) => one(format!(
                "declaring {} at {} stable",
                member.uuid.short(),
                names.address(member)
            )),
            Self::Forgetting(member) => one(format!(
                "forgetting {} ({})",
                member.uuid.short(),
                names.address(member)
            )),
            Self::Inactive { me, view } => one(format!(
                "evs::proto({}, OPERATIONAL, view_id(REG,{},{})) suspected node without join message, \
                 declaring inactive",
                me.short(),
                view.uuid.short(),
                view.seq
            )),
            Self::View(view) => one(group_view(view)),
            Self::ExchangeNamed(name) => one(format!(
                "STATE_EXCHANGE: sent state UUID: {}",
                exchange(*name)
            )),
            Self::ExchangeAwaited => one("STATE EXCHANGE: Waiting for state UUID.".into()),
            Self::StateSent(name) => one(format!(
                "STATE EXCHANGE: sent state msg: {}",
                exchange(*name)
            )),
            Self::StateGot(name, member) => one(format!(
                "STATE EXCHANGE: got state msg: {} from {} ({})",
                exchange(*name),
                member.index,
                names.name(member)
            )),
            Self::Quorum(quorum) => one(quorum_results(quorum)),
            Self::NoCompleteState => {
                vec!["[Warning] WSREP: Quorum: No node with complete state:".into()]
            }
            Self::Shift(from, to, seqno) => one(format!("Shifting {from} -> {to} (TO: {seqno})")),
            Self::Restored(to, seqno) => one(format!("Restored state OPEN -> {to} ({seqno})")),
            Self::Configuration(view) => configuration(view, names),
            Self::Status(from, to) => {
                let mut lines = one(format!("Server status change {from} -> {to}"));
                if *to == seatrial_galera::ServerState::Synced {
                    lines.insert(
                        0,
                        note(format!("Server {} synced with group", names.of(names.me))),
                    );
                }
                lines
            }
            Self::MemberSynced(member) => one(format!(
                "Member {} synced with group.",
                names.member(member)
            )),
            Self::MemberDesynced(member, true) => one(format!(
                "Member {} desyncs itself from group",
                names.member(member)
            )),
            Self::MemberDesynced(member, false) => one(format!(
                "Member {} resyncs itself to group.",
                names.member(member)
            )),
            Self::NoDonor(member) => one(format!(
                "Member {} requested state transfer from '*any*', but it is impossible to select State \
                 Transfer donor: No donor candidates temporarily available in suitable state",
                names.member(member)
            )),
            Self::TransferTo {
                donor,
                joiner,
                failed,
            } => vec![transfer(names, donor, "to", joiner, *failed)],
            Self::TransferFrom {
                joiner,
                donor,
                failed,
            } => vec![transfer(names, joiner, "from", donor, *failed)],
            Self::DonorGone(uuid) => vec![format!(
                "[Warning] WSREP: Donor {uuid} is no longer in the group. State transfer cannot be completed, \
                 need to abort."
            )],
            Self::RequestGranted(donor) => one(format!(
                "Requesting state transfer: success, donor: {}",
                donor.index
            )),
            Self::RequestCanceled(status) => vec![
                format!(
                    "[Warning] WSREP: Requesting state transfer while in {}. Ignoring.",
                    channel_state(*status)
                ),
                "[ERROR] WSREP: Requesting state transfer failed: Operation canceled".into(),
                "[ERROR] WSREP: State transfer request failed unrecoverably: Operation canceled. Most likely it is \
                 due to inability to communicate with the cluster primary component. Restart required."
                    .into(),
            ],
            Self::DonorAway => vec![
                "[ERROR] WSREP: Requesting state transfer failed: -113(No route to host)".into(),
                "[ERROR] WSREP: State transfer request failed unrecoverably: 113 (No route to host). Most likely it is \
                 due to inability to communicate with the cluster primary component. Restart required."
                    .into(),
            ],
            Self::Requested {
                have,
                last,
                joiner,
                bypass,
                script,
                method,
            } => {
                let host = names.host(*joiner);
                let mut lines = Vec::new();
                if *bypass {
                    lines.push(note(format!(
                        "IST request: {}:{}-{last}|tcp://{host}:4568",
                        have.uuid, have.seqno
                    )));
                }
                if *script {
                    let bypass = if *bypass { " --bypass" } else { "" };
                    lines.push(note(format!(
                        "Running: 'wsrep_sst_{method} --role 'donor' --address '{host}:4444/{method}_sst' \
                         --local-port 3306 --datadir '/var/lib/mysql/'{bypass}'"
                    )));
                }
                lines
            }
            Self::BypassSent(position) => one(format!("SST sent: {position}")),
            Self::Receiving(first, last) => one(format!(
                "Receiving IST: {} writesets, seqnos {first}-{last}",
                (last.0 - first.0 + 1).max(0)
            )),
            Self::Installed(position) => vec![
                note(format!("SST succeeded for position {position}")),
                note(format!("Installed new state from SST: {position}")),
            ],
            Self::CacheReset(from, to) => one(format!("GCache history reset: {from} -> {to}")),
            Self::Voted {
                member,
                position,
                code,
                first,
            } => {
                let verb = if *first {
                    "initiates vote"
                } else {
                    "responds to vote"
                };
                let word = if *code == 0 { "Success" } else { "Error" };
                let name = names.name(member);
                one(format!(
                    "Member {}({name}) {verb} on {position},{}:  {word}{}",
                    member.index,
                    hash(*code),
                    if *code == 0 {
                        String::new()
                    } else {
                        conditions(*code)
                    },
                ))
            }
            Self::VoteResult {
                position,
                answers,
                voters,
                winner,
            } => {
                let mut text = format!("Votes over {position}:");
                for (code, count) in answers {
                    // Writing to a `String` cannot fail.
                    let _ = write!(text, "\n   {}:   {count}/{voters}", hash(*code));
                }
                one(format!("{text}\nWinner: {}", hash(*winner)))
            }
            Self::StopRequested => vec![
                "[Note] /usr/sbin/mariadbd (initiated by: unknown): Normal shutdown".into(),
                note("Shutdown replication".into()),
            ],
            Self::Closing { stops } => {
                let mut lines = Vec::new();
                if *stops {
                    lines.push(note("Server status change synced -> disconnecting".into()));
                }
                for text in ["terminating thread", "joining thread", "closing backend"] {
                    lines.push(note(format!("gcomm: {text}")));
                }
                lines
            }
            Self::Left {
                view,
                me,
                others,
                from,
                seqno,
                was_primary,
            } => {
                let mut lines = Vec::new();
                if let Some(id) = view {
                    lines.push(note(group_view(&LoggedView {
                        id: *id,
                        members: vec![*me],
                        partitioned: others.clone(),
                    })));
                }
                lines.push(note("view((empty))".into()));
                lines.push(note("gcomm: closed".into()));
                if *was_primary {
                    lines.push(note(
                        "New COMPONENT: primary = no, bootstrap = no, my_idx = 0, memb_num = 1"
                            .into(),
                    ));
                    lines.push(note("Received NON-PRIMARY.".into()));
                }
                if *from != GcsState::Open {
                    lines.push(note(format!("Shifting {from} -> OPEN (TO: {seqno})")));
                }
                lines.push(note(format!("Shifting OPEN -> CLOSED (TO: {seqno})")));
                lines
            }
            Self::Bootstrapped => one(format!(
                "Bootstrapping a new cluster, setting initial position to {}",
                Position::UNDEFINED
            )),
            Self::GivesUp => vec!["[ERROR] Aborting".into()],
            Self::Interrupted => vec![
                "[ERROR] WSREP: Wsrep startup was interrupted".into(),
                "[ERROR] Aborting".into(),
            ],
            Self::Signal(signal) => {
                vec![format!("[ERROR] /usr/sbin/mariadbd got signal {signal} ;")]
            }
        }
    }
}

/// Returns the uuid of a state exchange, in the form of a version 1 uuid.
pub(super) fn exchange(name: u64) -> StateUuid {
    let spread = u128::from(name.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let high = (spread >> 16) << 80;
    let low = (spread & 0x3fff | 0x8000) << 48 | u128::from(name & 0xffff_ffff_ffff);
    StateUuid(high | 0x11f1 << 64 | low)
}

/// Returns the lines of a group channel that does not open, with the number of the error and its words.
fn open_failed(names: Names<'_>, errno: u8, why: &str) -> Vec<String> {
    let peers = names.peers().replace(':', "");
    vec![
        format!(
            "[ERROR] WSREP: ./gcs/src/gcs.cpp:gcs_open():1701: Failed to open channel '{GROUP}' at 'gcomm://{peers}': \
             -{errno} ({why})"
        ),
        format!("[ERROR] WSREP: gcs connect failed: {why}"),
        format!("[ERROR] WSREP: wsrep::connect(gcomm://{peers}) failed: 7"),
    ]
}

/// Returns the conditions of an answer in a vote, as the server hands them to the provider.
fn conditions(code: u32) -> String {
    let (note, error) = (code >> 16, code & 0xffff);
    match note {
        0 => format!("_code: {error};"),
        note => format!("_code: {note}; Error_code: {error};"),
    }
}

/// Returns the hash of an answer in a vote; all zero is success.
fn hash(code: u32) -> String {
    format!(
        "{:016x}",
        u64::from(code).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    )
}

fn transfer(
    names: Names<'_>,
    one: &LoggedMember,
    direction: &str,
    other: &LoggedMember,
    failed: bool,
) -> String {
    let (one, other) = (names.member(one), names.member(other));
    if failed {
        format!(
            "[Warning] WSREP: {one}: State transfer {direction} {other} failed: Operation not permitted"
        )
    } else {
        format!("[Note] WSREP: {one}: State transfer {direction} {other} complete.")
    }
}

fn group_view(view: &LoggedView) -> String {
    let id = view.id;
    let list = |members: &[GcommUuid]| {
        members.iter().fold(String::new(), |mut text, member| {
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "\t{},0", ShortUuid::from(*member));
            text
        })
    };
    format!(
        "view(view_id({},{},{}) memb {{\n{}}} joined {{\n}} left {{\n}} partitioned {{\n{}}})",
        id.kind,
        id.uuid.short(),
        id.seq,
        list(&view.members),
        list(&view.partitioned)
    )
}

fn quorum_results(quorum: &LoggedQuorum) -> String {
    let LoggedQuorum {
        primary,
        conf_id,
        joined,
        members,
        act_id,
        vote_policy,
        history,
        protocol,
    } = quorum;
    // An arbitrator claims the same of both protocols.
    let applier = if *protocol == ARBITRATOR_PROTOCOL {
        *protocol
    } else {
        4
    };
    let component = if *primary { "PRIMARY" } else { "NON-PRIMARY" };
    // MODEL GAP: reports of what all members have applied are not modelled; real nodes that are young print 0.
    format!(
        "Quorum results:\n\tversion    = 6,\n\tcomponent  = {component},\n\tconf_id    = {conf_id},\n\tmembers    = \
         {joined}/{members} (joined/total),\n\tact_id     = {act_id},\n\tlast_appl. = 0,\n\tprotocols  = \
         4/{protocol}/{applier} (gcs/repl/appl),\n\tvote policy= {vote_policy},\n\tgroup UUID = {history}"
    )
}

fn configuration(view: &LoggedConfiguration, names: Names<'_>) -> Vec<String> {
    let has_left = view.members.is_empty();
    let own = view.members.iter().find(|member| member.uuid == view.me);
    let status = if view.primary {
        "primary"
    } else {
        "non-primary"
    };
    let position: Position = view.position;
    let mut text = format!(
        "[Note] WSREP: ================================================\nView:\n  id: {position}\n  status: \
         {status}\n  protocol_version: 4\n  capabilities: {CAPABILITIES}\n  final: {}\n  own_index: {}\n  \
         members({}):\n",
        if has_left { "yes" } else { "no" },
        own.map_or(-1, |own| own.index),
        view.members.len()
    );
    for member in &view.members {
        let name = names.name(member);
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "\t{}: {}, {name}", member.index, member.uuid);
    }
    text.push_str("=================================================");
    let mut lines = Vec::new();
    if view.primary {
        lines.push(format!("[Note] WSREP: ####### My UUID: {}", view.me));
        lines.push(format!(
            "[Note] WSREP: ####### processing CC {}, local, ordered",
            position.seqno
        ));
    }
    lines.push(text);
    lines
}
