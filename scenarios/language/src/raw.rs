//! The tables of a scenario file as they stand in the text, before anything is checked.
//!
//! A step is a struct of optional fields: tagged, untagged and flattened enums lose the source
//! positions on which the messages depend. The doc comments here are the descriptions in the JSON
//! Schema.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use seatrial_port::fault_table;
use serde::Deserialize;
use serde::de::Deserializer;
use toml::Spanned;

use super::choice::{
    ClusterWord, EndWord, FlagWord, ForceWord, InitialWord, JitterWord, LocalStateWord, LogWord,
    MessageWord, PaceWord, ProcedureEndWord, ProcessWord, ReadWord, StatusWord, SupervisorWord,
    TimersWord, VerdictWord, WriteWord,
};

pub(super) use super::raw_client::{RawClient, RawWorkload};
pub(super) use super::raw_fault::{
    RawBy, RawCopy, RawCut, RawDamage, RawDelay, RawFlap, RawKeep, RawKept, RawLoss, RawMove,
    RawPartition, RawSetting,
};
pub(super) use super::raw_value::{PortNumber, RawTable, RawValue, SettingText};

/// A value and its place in the file.
#[derive(Clone, Debug)]
pub(super) struct Placed<T> {
    /// The value.
    pub(super) value: T,
    /// Its bytes in the file.
    pub(super) place: Range<usize>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Placed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<T>::deserialize(deserializer)?;
        let place = spanned.span();
        Ok(Self {
            value: spanned.into_inner(),
            place,
        })
    }
}

impl<T: JsonSchema> JsonSchema for Placed<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A span of time as text: `500ms`, `20s`, `5m`, `2h`.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct SpanText(pub(super) String);

impl JsonSchema for SpanText {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[0-9]+(\\.[0-9]+)?(us|ms|s|m|min|h)$"
        })
    }
}

/// A scenario for a Galera cluster: what happens, and what must then be true.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Seatrial scenario")]
pub(super) struct RawScenario {
    /// The scenario's name on the command line: small letters, digits and dashes.
    pub(super) id: Placed<String>,
    /// A line for people.
    pub(super) title: Placed<String>,
    /// The heading of the documentation that this scenario plays.
    pub(super) source: Option<String>,
    /// The question that the scenario answers.
    pub(super) why: Option<String>,
    /// The nodes, in the order in which they were started; A, B and C if nothing is said.
    pub(super) nodes: Option<Placed<Vec<Placed<String>>>>,
    /// The state of the cluster before the first step; `synced` by default.
    pub(super) initial: Option<InitialWord>,
    /// The nodes' timeouts: Galera's own, or short ones; `default` if nothing is said.
    pub(super) timers: Option<TimersWord>,
    /// `rest` waits for rest after each action and observes there; `next` goes on at once.
    pub(super) pace: Option<PaceWord>,
    /// The procedure that acts in the second phase; `manual-corrected` if nothing is said.
    pub(super) procedure: Option<Placed<String>>,
    /// The node beside which the operator of the second phase sits. It types on the hosts that this node reaches.
    pub(super) seat: Option<Placed<String>>,
    /// Other operators that act in the second phase at the same time, each with a procedure.
    pub(super) beside: Option<Vec<Placed<RawBeside>>>,
    /// Whether the run goes on to a second phase of healing and recovery; true if nothing is said.
    pub(super) second_phase: Option<bool>,
    /// The findings that this scenario is there to show.
    pub(super) findings: Option<Vec<Placed<String>>>,
    /// The longest time that the steps may take; 2 hours if nothing is said.
    pub(super) limit: Option<Placed<SpanText>>,
    /// The scenario pack to which it belongs.
    pub(super) pack: Option<String>,
    /// Words to choose scenarios by.
    pub(super) tags: Option<Vec<String>>,
    /// Provider and server options by their real names, and those of the surroundings.
    pub(super) options: Option<RawOptions>,
    /// The steps, in order.
    #[serde(default)]
    pub(super) step: Vec<Placed<RawStep>>,
}

/// Provider and server options by their real names, and those of the surroundings.
#[derive(Clone, Debug, Default)]
pub(super) struct RawOptions(pub(super) RawTable);

impl<'de> Deserialize<'de> for RawOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for RawOptions {
    fn schema_name() -> Cow<'static, str> {
        "Options".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let supervisor = generator.subschema_for::<SupervisorWord>();
        let force = generator.subschema_for::<ForceWord>();
        let log = generator.subschema_for::<LogWord>();
        let jitter = generator.subschema_for::<JitterWord>();
        schemars::json_schema!({
            "description": "Provider and server options by their real names, and those of the surroundings.",
            "type": "object",
            "properties": {
                "supervisor": {
                    "description": "The treatment of a server that ended abnormally; `none` if nothing is said.",
                    "allOf": [supervisor]
                },
                "force": {
                    "description": "The way in which the force edits grastate.dat; `in-place` if nothing is said.",
                    "allOf": [force]
                },
                "mysqld_safe_log": {
                    "description": "The place where `mysqld_safe` writes its log; `file` if nothing is said.",
                    "allOf": [log]
                },
                "jitter": {
                    "description": "Whether simulated times vary; `drawn` if nothing is said.",
                    "allOf": [jitter]
                },
                "node": {
                    "description": "Options of single nodes, by the nodes' names; they win over those of all nodes.",
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "additionalProperties": { "type": ["string", "number", "boolean"] }
                    }
                }
            },
            "additionalProperties": { "type": ["string", "number", "boolean", "object"] }
        })
    }
}

/// The tables of a scenario file by the shapes of the faults' arguments.
mod shape {
    pub(super) type Nodes = super::RawNodes;
    pub(super) type Node = super::RawNode;
    pub(super) type Link = super::RawCut;
    pub(super) type Groups = super::RawPartition;
    pub(super) type Nothing = super::RawEmpty;
    pub(super) type File = super::RawDamage;
    pub(super) type By = super::RawBy;
    pub(super) type Delay = super::RawDelay;
    pub(super) type Percent = super::RawLoss;
    pub(super) type Period = super::RawFlap;
    pub(super) type Copy = super::RawCopy;
    pub(super) type Keep = super::RawKeep;
    pub(super) type Kept = super::RawKept;
    pub(super) type Setting = super::RawSetting;
    pub(super) type Move = super::RawMove;
}

/// Defines the table of a step and that of a part of `together`, which have the same actions: those
/// before the faults, those after them, and the faults themselves out of their table.
macro_rules! action_tables {
    (
        { $($(#[doc = $first_doc:literal])+ $first:ident: $first_type:ty,)+ }
        { $($(#[doc = $last_doc:literal])+ $last:ident: $last_type:ty,)+ }
        { $($(#[doc = $doc:literal])+ $fault:ident: $shape:ident $arguments:tt => $variant:ident $fields:tt, $drawn:ident;)+ }
    ) => {
        /// One action of several that happen in the same instant.
        #[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct RawAction {
            $($(#[doc = $first_doc])+ pub(super) $first: Option<Placed<$first_type>>,)+
            $($(#[doc = $doc])+ pub(super) $fault: Option<Placed<shape::$shape>>,)+
            $($(#[doc = $last_doc])+ pub(super) $last: Option<Placed<$last_type>>,)+
        }

        /// A step: exactly one action, and if wanted a claim and a note.
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct RawStep {
            $($(#[doc = $first_doc])+ pub(super) $first: Option<Placed<$first_type>>,)+
            $($(#[doc = $doc])+ pub(super) $fault: Option<Placed<shape::$shape>>,)+
            $($(#[doc = $last_doc])+ pub(super) $last: Option<Placed<$last_type>>,)+
            /// Several actions in one instant.
            pub(super) together: Option<Placed<Vec<Placed<RawAction>>>>,
            /// Steps that are played several times, one round after another.
            pub(super) repeat: Option<Placed<RawRepeat>>,
            /// A statement of the documentation that this step's check decides.
            pub(super) claim: Option<Placed<RawClaim>>,
            /// A remark for the reader.
            pub(super) note: Option<String>,
            /// The pace after this step, where it is not the scenario's.
            pub(super) pace: Option<PaceWord>,
            /// Whether the faults of this step may have nothing to act on; false if nothing is said, and then the run
            /// fails.
            pub(super) may_skip: Option<Placed<bool>>,
            /// Whether the writes of this step may be refused; false if nothing is said, and then the run fails.
            pub(super) may_be_refused: Option<Placed<bool>>,
        }

        impl RawStep {
            /// Returns the rounds for which the step stands, where it has no other action.
            pub(super) fn take_repeat(&mut self) -> Option<Placed<RawRepeat>> {
                let has_other = $(self.$first.is_some() ||)+ $(self.$fault.is_some() ||)+
                    $(self.$last.is_some() ||)+ self.together.is_some();
                if has_other { None } else { self.repeat.take() }
            }

            /// Returns the step's actions apart from its other keys.
            pub(super) fn take_action(&mut self) -> RawAction {
                RawAction {
                    $($first: self.$first.take(),)+
                    $($fault: self.$fault.take(),)+
                    $($last: self.$last.take(),)+
                }
            }
        }

        impl RawAction {
            /// Returns the names and places of the actions that are given.
            pub(super) fn given(&self) -> Vec<(&'static str, Range<usize>)> {
                let mut given = Vec::new();
                $(if let Some(action) = &self.$first {
                    given.push((stringify!($first), action.place.clone()));
                })+
                $(if let Some(action) = &self.$fault {
                    given.push((stringify!($fault), action.place.clone()));
                })+
                $(if let Some(action) = &self.$last {
                    given.push((stringify!($last), action.place.clone()));
                })+
                given
            }
        }

        /// The keys that name an action.
        pub(super) const ACTIONS: &[&str] = &[
            $(stringify!($first),)+
            $(stringify!($fault),)+
            $(stringify!($last),)+
            "together",
            "repeat",
        ];
    };
}

fault_table! { action_tables
{
    /// Transactions of one new row each, one after another.
    write: RawWrite,
    /// Clients that write all the time, for a span or from here on.
    load: RawLoad,
    /// A client's statement about the lists of the table `t.lists`.
    client: RawClient,
    /// Clients that read rows and append to them in transactions, for a span or from here on.
    workload: RawWorkload,
    /// `systemctl stop mariadb` on every node named, all in one instant.
    stop: RawNamedNodes,
    /// `systemctl start mariadb`.
    start: RawNamedNodes,
    /// `systemctl restart mariadb`.
    restart: RawNamedNodes,
    /// `galera_new_cluster`: starts the node as the first of a new cluster.
    bootstrap: RawNode,
    /// `cm-cluster-manage --force-safe-to-bootstrap`.
    force: RawNode,
    /// `SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'`.
    pc_bootstrap: RawNode,
    /// `mysqld_safe --wsrep-recover`.
    recover: RawNode,
}
{
    /// A command that an operator types on a node.
    operator: RawOperator,
    /// A recovery procedure acts on the whole cluster.
    procedure: RawProcedure,
    /// Time passes: a span, or until something is true.
    wait: RawWait,
    /// Something must be true.
    expect: RawExpect,
}
}

/// Steps that are played several times.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRepeat {
    /// The number of rounds.
    pub(super) times: Placed<i64>,
    /// The steps of a round, as `[[step.repeat.steps]]` tables. A name that one of them gives with `as` belongs to its
    /// round; behind the last round it is the last one's.
    pub(super) steps: Placed<Vec<Placed<RawStep>>>,
}

/// Transactions of one new row each, one after another.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWrite {
    /// The node to which the client speaks.
    pub(super) node: Placed<String>,
    /// The number of rows.
    pub(super) rows: Placed<i64>,
    /// A name for the transaction, which then is left running; `rows` must be 1.
    #[serde(rename = "as")]
    pub(super) name: Option<Placed<String>>,
}

/// The load: clients that write without a pause.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLoad {
    /// The nodes to which clients speak.
    pub(super) nodes: Placed<Vec<Placed<String>>>,
    /// Clients on each node; 0 ends the load.
    pub(super) clients: Placed<i64>,
    /// How long; without it the load goes on while the following steps are played.
    #[serde(rename = "for")]
    pub(super) span: Option<Placed<SpanText>>,
}

/// Nodes, all in one instant.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNodes {
    /// The nodes.
    pub(super) nodes: Placed<Vec<Placed<String>>>,
}

/// Nodes, all in one instant, and if wanted a name for the command.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNamedNodes {
    /// The nodes.
    pub(super) nodes: Placed<Vec<Placed<String>>>,
    /// A name for the command, which then is left running; only one node.
    #[serde(rename = "as")]
    pub(super) name: Option<Placed<String>>,
}

/// One node.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNode {
    /// The node.
    pub(super) node: Placed<String>,
}

/// No further fields: `{}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEmpty {}

/// A command that an operator types on a node.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOperator {
    /// The node.
    pub(super) node: Placed<String>,
    /// The command line.
    pub(super) run: Placed<String>,
    /// The exit code that it must return.
    pub(super) exit: Option<Placed<i64>>,
    /// A text that it must print, on either stream.
    pub(super) prints: Option<Placed<String>>,
    /// A text that it must not print.
    pub(super) lacks: Option<Placed<String>>,
    /// The longest time that it may take; 2 minutes if nothing is said.
    pub(super) within: Option<Placed<SpanText>>,
    /// Ctrl-C after this time, if it still runs.
    pub(super) interrupt_after: Option<Placed<SpanText>>,
    /// A name for the command, which then is left running.
    #[serde(rename = "as")]
    pub(super) name: Option<Placed<String>>,
}

/// A recovery procedure.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProcedure {
    /// The procedure's name.
    pub(super) name: Placed<String>,
    /// The end that is expected; of the first operator, if several act.
    pub(super) ends: Option<ProcedureEndWord>,
    /// The node beside which the operator sits. It types on the hosts that this node reaches; on all of them if nothing
    /// is said.
    pub(super) seat: Option<Placed<String>>,
    /// Other operators that act at the same time, each with a procedure.
    pub(super) beside: Option<Vec<Placed<RawBeside>>>,
}

/// An operator that acts beside another one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBeside {
    /// The procedure's name.
    pub(super) name: Placed<String>,
    /// How much later it begins; at once if nothing is said.
    pub(super) after: Option<Placed<SpanText>>,
    /// The node beside which it sits; it types on all hosts if nothing is said.
    pub(super) seat: Option<Placed<String>>,
}

/// Time passes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWait {
    /// This long.
    #[serde(rename = "for")]
    pub(super) span: Option<Placed<SpanText>>,
    /// Until this is true.
    pub(super) until: Option<Placed<RawUntil>>,
    /// At most this long; 1 minute if nothing is said.
    pub(super) within: Option<Placed<SpanText>>,
}

/// A statement of the documentation, in our own words, that the step's check decides.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClaim {
    /// The claim's name, unique in the scenario.
    pub(super) id: Placed<String>,
    /// The claim of the manual, in our words.
    pub(super) says: Placed<String>,
    /// Whether that is so.
    pub(super) verdict: VerdictWord,
    /// The assumption of the verdict, if the manual leaves a question open.
    pub(super) assumes: Option<String>,
    /// The lines of the documentation: `123` or `123-125`.
    pub(super) lines: Option<Placed<String>>,
}

/// Defines the tables of `wait.until` and `expect`, which say the same of states.
macro_rules! state_tables {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty,)+) => {
        /// The state that must become true.
        #[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct RawUntil {
            $($(#[doc = $doc])+ pub(super) $name: Option<$type>,)+
            /// The message that the node sends: the wait ends when it has handed it to its links, and nobody has it.
            /// Not on real: a container's messages cannot be seen.
            pub(super) sends: Option<Placed<MessageWord>>,
            /// The message that the node receives: the wait ends when the node has dealt with it. Not on real.
            pub(super) receives: Option<Placed<MessageWord>>,
        }

        /// The state that must be true.
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct RawExpect {
            $($(#[doc = $doc])+ pub(super) $name: Option<$type>,)+
            /// The outcomes of a race, of which one must be true. Where engines end in different
            /// ones, what follows is not compared between them. With `for`, one of them is true at every look
            /// within that time, and they may take turns.
            pub(super) any: Option<Placed<Vec<Placed<RawOutcome>>>>,
            /// The result of a write on the node, tried now.
            pub(super) write: Option<WriteWord>,
            /// The result of a read on the node, tried now.
            pub(super) read: Option<ReadWord>,
            /// The error number with which the write, the read or the request is refused.
            pub(super) error: Option<Placed<i64>>,
            /// The number of acknowledged rows that are lost: missing on a Primary, Synced node, or on every
            /// node where there is no such node.
            pub(super) lost: Option<Placed<i64>>,
            /// Whether Synced nodes hold different rows.
            pub(super) diverged: Option<bool>,
            /// The name (`as`) of a request.
            pub(super) request: Option<Placed<String>>,
            /// The end of the request.
            pub(super) ends: Option<EndWord>,
            /// A text that the request must print.
            pub(super) prints: Option<Placed<String>>,
            /// A text that the request must not print.
            pub(super) lacks: Option<Placed<String>>,
            /// It must become true within this time; 10 s if neither this nor `for` is given.
            pub(super) within: Option<Placed<SpanText>>,
            /// It must then stay true for this time.
            #[serde(rename = "for")]
            pub(super) hold: Option<Placed<SpanText>>,
        }

        /// One way in which a race may end.
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct RawOutcome {
            /// The name of the outcome.
            pub(super) name: Placed<String>,
            $($(#[doc = $doc])+ pub(super) $name: Option<$type>,)+
        }

        impl RawUntil {
            /// Returns how many fields of a state are given; the nodes are among them.
            pub(super) fn given(&self) -> usize {
                [$(self.$name.is_some()),+].into_iter().filter(|given| *given).count()
            }
        }

        impl RawExpect {
            /// Returns the fields that say something of a state apart from the others.
            pub(super) fn take_state(&mut self) -> RawUntil {
                RawUntil { $($name: self.$name.take(),)+ ..RawUntil::default() }
            }
        }

        impl RawOutcome {
            /// Returns the state of the outcome, without its name.
            pub(super) fn take_state(&mut self) -> RawUntil {
                RawUntil { $($name: self.$name.take(),)+ ..RawUntil::default() }
            }
        }
    };
}

state_tables! {
    /// The node of which something is said.
    node: Placed<String>,
    /// Several nodes of which the same is said.
    nodes: Placed<Vec<Placed<String>>>,
    /// The state of the server process.
    process: ProcessWord,
    /// Exit code of the last process (128 plus the signal); with `request` that of the command.
    exit: Placed<i64>,
    /// `wsrep_cluster_status`.
    cluster_status: StatusWord,
    /// `wsrep_cluster_size`.
    cluster_size: Placed<i64>,
    /// `wsrep_ready`.
    ready: FlagWord,
    /// `wsrep_connected`.
    connected: FlagWord,
    /// `wsrep_local_state_comment`.
    local_state: LocalStateWord,
    /// `wsrep_cluster_conf_id`, as printed.
    conf_id: Placed<String>,
    /// `safe_to_bootstrap` in grastate.dat.
    safe_to_bootstrap: Placed<i64>,
    /// `seqno` in grastate.dat.
    grastate_seqno: i64,
    /// Whether the uuid in grastate.dat is the zero uuid.
    grastate_zero: bool,
    /// Whether there is a gvwstate.dat.
    gvwstate: bool,
    /// The nodes named in gvwstate.dat.
    gvwstate_members: Placed<Vec<Placed<String>>>,
    /// Rows that the node must hold: `w1A` is the first row written, on A.
    has_rows: Vec<Placed<String>>,
    /// Rows that the node must not hold.
    lacks_rows: Vec<Placed<String>>,
    /// An expectation about the cluster as a whole.
    cluster: ClusterWord,
    /// The cluster size that every Primary node must show.
    size: Placed<i64>,
    /// The number of nodes that have `safe_to_bootstrap: 1` in grastate.dat.
    safe_nodes: Placed<i64>,
    /// The number of nodes that have the highest seqno of all in grastate.dat.
    highest_seqno_nodes: Placed<i64>,
}
