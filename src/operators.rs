//! The operators that act at once: who acts beside a procedure, where each sits, and when it begins.

use seatrial_reports::nearest;
use seatrial_scenarios::language::{Beside, Operators};
use seatrial_scenarios::{NodeName, Span, procedures};

use crate::Stop;
use crate::script;

/// The most operators that act at once.
const OPERATORS_MAX: usize = 7;

/// The operators that act beside a procedure.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct OperatorArgs {
    /// Another procedure that acts at the same time on the same cluster; several of them are several operators. See
    /// docs/two-operators.md.
    #[arg(long, value_name = "P", value_delimiter = ',', group = "several", add = crate::candidates::procedures())]
    pub(crate) beside: Vec<String>,
    /// How much later each further operator begins than the one before it.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = span, requires = "several")]
    pub(crate) beside_after: Span,
    /// The nodes beside which the operators sit, in their order. Each types on the hosts that its node reaches; the
    /// others answer as `ssh` does, with exit code 255.
    #[arg(long, value_name = "NODE", value_delimiter = ',')]
    pub(crate) seats: Vec<String>,
    /// An operator beside each node, all with the same procedure, as an automaton on each node.
    #[arg(long, group = "several", conflicts_with_all = ["beside", "seats"])]
    pub(crate) each_node: bool,
    /// Let the operators act while everything is still broken, and once more when it is healed. Otherwise a partition
    /// is healed before they begin.
    #[arg(long)]
    pub(crate) while_broken: bool,
}

/// Reads a time, such as `5s`.
fn span(text: &str) -> Result<Span, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not a time: expected something like 5s or 2m"))
}

impl OperatorArgs {
    /// Returns whether one operator acts alone, as it does if nothing is said.
    pub(crate) fn is_alone(&self) -> bool {
        self.beside.is_empty() && self.seats.is_empty() && !self.each_node
    }

    /// Refuses what cannot act so: unknown names, programs of the user's beside others, automata without a node.
    pub(crate) fn check(&self, acting: &[&str]) -> Result<(), Stop> {
        let own = acting.iter().find(|name| script::is_own(name));
        if let Some(own) = own.filter(|_| !self.is_alone()) {
            return Err(Stop::usage(format!(
                "--{own}: a program of your own acts alone, at a console that reaches every host, since it has the files \
                 of the simulated hosts for itself\n  help: leave out --beside, --seats and --each-node"
            )));
        }
        for name in &self.beside {
            if ["script", "runbook"].contains(&name.as_str()) {
                return Err(Stop::usage(format!(
                    "--beside {name}: a program of your own acts alone; only procedures of this program can act beside \
                     another one"
                )));
            }
            known(name)?;
        }
        if self.beside.len() >= OPERATORS_MAX {
            return Err(Stop::usage(format!(
                "--beside: at most {OPERATORS_MAX} operators act at once"
            )));
        }
        let most = self.beside.len() + 1;
        if self.seats.len() > most {
            return Err(Stop::usage(format!(
                "--seats: there are {} seats and {most} operators",
                self.seats.len()
            )));
        }
        let others = self.beside.iter().map(String::as_str);
        let names = acting.iter().copied().map(|name| (0, name));
        for (place, name) in names.chain((1..).zip(others)) {
            let has_seat = self.each_node || self.seats.len() > place;
            if !has_seat && procedures::is_automaton(name) {
                return Err(Stop::usage(format!(
                    "`{name}` acts on its own node, and has none\n  help: --each-node lets it act on every node, --seats \
                     names nodes"
                )));
            }
        }
        Ok(())
    }

    /// Returns the operators on a cluster of these servers. `of` names the cluster for the user.
    pub(crate) fn on(
        &self,
        procedure: &str,
        servers: &[NodeName],
        of: &str,
    ) -> Result<Operators, Stop> {
        if self.each_node {
            let mut seats = servers.iter().cloned();
            let seat = seats.next();
            let beside = seats.zip(1_u64..).map(|(seat, place)| Beside {
                procedure: procedure.to_owned(),
                after: self.after(place),
                seat: Some(seat),
            });
            return Ok(Operators {
                seat,
                beside: beside.collect(),
            });
        }
        let mut seats = Vec::new();
        for name in &self.seats {
            let Some(node) = servers.iter().find(|node| node.as_str() == name) else {
                let nodes: Vec<&str> = servers.iter().map(NodeName::as_str).collect();
                return Err(Stop::usage(format!(
                    "--seats: {of} has no node `{name}`\n  help: its nodes are {}",
                    nodes.join(", ")
                )));
            };
            seats.push(node.clone());
        }
        let mut seats = seats.into_iter();
        let seat = seats.next();
        let beside = self.beside.iter().zip(1_u64..);
        Ok(Operators {
            seat,
            beside: beside
                .map(|(name, place)| Beside {
                    procedure: name.clone(),
                    after: self.after(place),
                    seat: seats.next(),
                })
                .collect(),
        })
    }

    /// Returns how much later than the first the operator at this place begins.
    const fn after(&self, place: u64) -> Span {
        Span::from_micros(self.beside_after.as_micros().saturating_mul(place))
    }

    /// Returns the name under which a procedure stands in tables: it says who acted.
    pub(crate) fn label(&self, procedure: &str) -> String {
        let mut label = procedure.to_owned();
        if self.each_node {
            label.push_str(" on each node");
            if self.beside_after > Span::ZERO {
                label = format!("{label} {} apart", self.beside_after);
            }
        } else {
            let seats: Vec<NodeName> = self.seats.iter().map(NodeName::new).collect();
            if let Ok(operators) = self.on(procedure, &seats, "") {
                label.push_str(&operators.to_string());
            }
        }
        if self.while_broken {
            label.push_str(", while broken");
        }
        label
    }
}

/// Returns the procedure of this name, or what to tell the user.
pub(crate) fn known(name: &str) -> Result<&'static str, Stop> {
    let names = procedures::names();
    let found = names.iter().copied().find(|known| *known == name);
    found.ok_or_else(|| {
        let near = nearest(name, names.iter().copied());
        let help = near.first().map_or_else(
            || format!("the procedures are: {}", names.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        Stop::usage(format!("there is no procedure `{name}`\n  help: {help}"))
    })
}
