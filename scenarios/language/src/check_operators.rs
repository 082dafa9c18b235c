//! Checks who acts beside a procedure, and where each operator sits.

use seatrial_port::{NodeName, Span};

use super::check::Checker;
use super::error::Problem;
use super::operators::{Beside, Operators};
use super::raw::{Placed, RawBeside};

/// The most operators that act at once: as many as a cluster may have nodes.
const OPERATORS_MAX: usize = 7;

impl Checker<'_> {
    /// Returns the operators of a procedure.
    pub(super) fn operators(
        &mut self,
        name: Option<&Placed<String>>,
        seat: Option<&Placed<String>>,
        beside: Option<Vec<Placed<RawBeside>>>,
    ) -> Operators {
        let seat = seat.map(|seat| self.server(seat));
        if let Some(name) = name {
            self.needs_a_seat(name, seat.as_ref());
        }
        let mut others = Vec::new();
        for (index, one) in beside.unwrap_or_default().into_iter().enumerate() {
            if index + 1 >= OPERATORS_MAX {
                self.problem(
                    Problem::at(&one.place, "too many operators act at once", "one too many")
                        .help(format!("at most {OPERATORS_MAX} operators act at once")),
                );
                break;
            }
            let RawBeside { name, after, seat } = one.value;
            let seat = seat.as_ref().map(|seat| self.server(seat));
            self.needs_a_seat(&name, seat.as_ref());
            others.push(Beside {
                procedure: self.procedure(&name),
                after: after.map_or(Span::ZERO, |after| self.span(&after)),
                seat,
            });
        }
        Operators {
            seat,
            beside: others,
        }
    }

    /// An automaton acts on its own node alone, so that it needs one.
    fn needs_a_seat(&mut self, name: &Placed<String>, seat: Option<&NodeName>) {
        if seat.is_none() && seatrial_port::procedure::is_automaton(&name.value) {
            self.problem(
                Problem::at(
                    &name.place,
                    format!("`{}` acts on its own node, and has none", name.value),
                    "beside which node?",
                )
                .help("say where it sits, such as `seat = \"A\"`"),
            );
        }
    }
}
