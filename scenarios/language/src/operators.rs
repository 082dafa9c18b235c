//! Several operators at once: who acts beside a procedure, and where each of them sits.

use std::fmt;

use seatrial_port::{NodeName, Span};

/// An operator that acts beside another one, at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// The procedure that it follows.
    pub procedure: String,
    /// How much later it begins than the first operator.
    pub after: Span,
    /// The node beside which it sits; `None` for a console that reaches every host.
    pub seat: Option<NodeName>,
}

/// The surroundings in which a procedure acts: where its own operator sits, and who acts beside it.
///
/// The default is one operator alone, at a console that reaches every host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operators {
    /// The node beside which the first operator sits; `None` for a console that reaches every host.
    pub seat: Option<NodeName>,
    /// The other operators.
    pub beside: Vec<Beside>,
}

impl Operators {
    /// Returns whether one operator acts alone, at a console that reaches every host.
    pub const fn is_alone(&self) -> bool {
        self.seat.is_none() && self.beside.is_empty()
    }

    /// Returns all operators, where the first one follows this procedure.
    pub fn all(&self, procedure: &str) -> Vec<Beside> {
        let first = Beside {
            procedure: procedure.to_owned(),
            after: Span::ZERO,
            seat: self.seat.clone(),
        };
        std::iter::once(first)
            .chain(self.beside.iter().cloned())
            .collect()
    }
}

impl fmt::Display for Operators {
    /// Writes what comes after the procedure's name, with a space in front: ` at A, beside manual at B after 5s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(seat) = &self.seat {
            write!(f, " at {seat}")?;
        }
        for (index, one) in self.beside.iter().enumerate() {
            let word = if index > 0 {
                " and"
            } else if self.seat.is_some() {
                ", beside"
            } else {
                " beside"
            };
            write!(f, "{word} {}", one.procedure)?;
            if let Some(seat) = &one.seat {
                write!(f, " at {seat}")?;
            }
            if one.after > Span::ZERO {
                write!(f, " after {}", one.after)?;
            }
        }
        Ok(())
    }
}
