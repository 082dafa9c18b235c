//! The audit of claims: is every part of every check able to fail?
//!
//! A part of a check bites when three things are so:
//! - its step is reached, and the claim's verdict is the pinned one;
//! - with this part negated, and nothing else asked over the same time, the verdict is the other one: a
//!   check that holds together with its contrary says nothing;
//! - some run of the campaign has shown the contrary of what it says: a check that agrees with
//!   everything that any run has ever shown would agree with anything.

use std::collections::BTreeMap;

use seatrial_language::{Action, Claim, Part, Wait};
use seatrial_port::predicate::{Focus, Predicate};
use seatrial_port::{NodeName, NodeObservation, Observation, Span};
use serde::{Deserialize, Serialize};

use crate::trial::oracles::{diverged, lost_rows};
use crate::trial::record::{CommandRecord, RunRecord, WriteOutcome};

/// The audit's result for a part of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditVerdict {
    /// It can fail.
    Bites,
    /// Its step is not reached, or the claim's verdict is not the pinned one.
    Undecided,
    /// It holds, and so does its contrary.
    HoldsNegated,
    /// No run has shown anything that would make it fail.
    AlwaysTrue,
}

/// Judges a part of the check of a step that decides a claim.
///
/// `plain` is the run as it is and `negated` that with the part negated; `all` are the runs in which
/// the contrary is looked for.
pub fn judge(
    (step, action, part): (u32, &Action, &Part),
    claim: &Claim,
    (plain, negated): (&RunRecord, &RunRecord),
    all: &[RunRecord],
) -> AuditVerdict {
    let says = |record: &RunRecord, verdict| {
        record
            .claims
            .iter()
            .any(|result| result.id == claim.id && result.step == step && result.verdict == verdict)
    };
    if !says(plain, claim.verdict) {
        AuditVerdict::Undecided
    } else if !says(negated, claim.verdict.opposite()) {
        AuditVerdict::HoldsNegated
    } else if !contradicted(action, part, all) {
        AuditVerdict::AlwaysTrue
    } else {
        AuditVerdict::Bites
    }
}

/// Returns whether some run has shown the contrary of this part.
fn contradicted(action: &Action, part: &Part, runs: &[RunRecord]) -> bool {
    match (action, part) {
        (Action::Expect(expect), Part::State(place)) => state(&expect.state, *place, runs),
        (Action::Wait(Wait::Until { until, .. }), Part::State(place)) => state(until, *place, runs),
        (Action::Expect(expect), Part::Write(_)) => writes(runs).any(|outcome| {
            let refused = matches!(outcome, WriteOutcome::Refused { .. });
            let acknowledged = *outcome == WriteOutcome::Acknowledged;
            match expect.write {
                Some(seatrial_language::ProbeWrite::Refused) => !refused,
                Some(seatrial_language::ProbeWrite::Acknowledged) => !acknowledged,
                _ => refused || acknowledged,
            }
        }),
        (Action::Expect(expect), Part::WriteError(_)) => writes(runs).any(
            |outcome| matches!(outcome, WriteOutcome::Refused { code, .. } if Some(*code) != expect.error),
        ),
        (Action::Expect(expect), Part::Lost) => runs.iter().any(|run| {
            last_observation(run).is_some_and(|seen| {
                Some(lost_rows(&run.writes, &seen).len()) != expect.lost.map(|lost| lost as usize)
            })
        }),
        (Action::Expect(expect), Part::Diverged) => runs.iter().any(|run| {
            run.observations.iter().any(|seen| {
                let seen = observation(&seen.nodes);
                Some(diverged(&seen).is_some()) != expect.diverged
            })
        }),
        (Action::Operator(operator), Part::Prints) => {
            printed(&operator.line, operator.prints.as_deref(), runs).any(|there| !there)
        }
        (Action::Operator(operator), Part::Lacks) => {
            printed(&operator.line, operator.lacks.as_deref(), runs).any(|there| there)
        }
        (Action::Operator(operator), Part::Exit) => commands(runs).any(|command| {
            let exit = command.output.as_ref().map(|output| output.exit);
            exit.is_some() && exit != operator.exit
        }),
        // Reads, named requests and the ends of procedures are shown by the negation alone.
        _ => true,
    }
}

fn state(predicate: &Predicate, place: usize, runs: &[RunRecord]) -> bool {
    let one = predicate.clone().focused(Focus {
        place,
        negated: true,
    });
    runs.iter().any(|run| {
        let mut seen = run.observations.iter();
        seen.any(|seen| one.holds(&observation(&seen.nodes)))
    })
}

fn observation(nodes: &BTreeMap<NodeName, NodeObservation>) -> Observation {
    Observation {
        at: Span::ZERO,
        nodes: nodes.clone(),
    }
}

fn last_observation(run: &RunRecord) -> Option<Observation> {
    run.observations.last().map(|seen| observation(&seen.nodes))
}

fn writes(runs: &[RunRecord]) -> impl Iterator<Item = &WriteOutcome> {
    runs.iter()
        .flat_map(|run| run.writes.iter().map(|write| &write.outcome))
}

fn commands(runs: &[RunRecord]) -> impl Iterator<Item = &CommandRecord> {
    runs.iter().flat_map(|run| &run.commands)
}

/// Returns, for each run of the same program with any arguments, whether it printed the text.
fn printed<'a>(
    line: &str,
    text: Option<&'a str>,
    runs: &'a [RunRecord],
) -> impl Iterator<Item = bool> {
    let program = program(line);
    commands(runs)
        .filter(move |command| self::program(&command.line) == program)
        .filter_map(move |command| {
            let (output, text) = (command.output.as_ref()?, text?);
            Some(output.stdout.contains(text) || output.stderr.contains(text))
        })
}

/// Returns the program of a command line: the first word that is neither `sudo` nor its options, by its
/// name.
fn program(line: &str) -> String {
    let mut words = line.split_whitespace().skip_while(|word| *word == "sudo");
    let mut first = words.next();
    if first == Some("-u") {
        words.next();
        first = words.next();
    }
    let path = first.unwrap_or_default();
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_program_of_a_line() {
        assert_eq!(
            super::program("sudo -u mysql /bin/mysqld_safe --x"),
            "mysqld_safe"
        );
        assert_eq!(super::program("sudo killall -9 mysqld"), "killall");
        assert_eq!(super::program("grep x | tail -1"), "grep");
    }
}
