//! Starts that failed, and donors that hang: what kept a node out is played by a fault of the same effect.

use seatrial_autopsy::JoinFailure;

use super::{At, Writer, letter, list};

impl Writer<'_> {
    /// A donor that never comes back from it: a lock that nobody releases has the same effect.
    pub(super) fn hang(&mut self, node: usize, at: &str) {
        if self.hangs[node] || self.at[node] == At::Down {
            return;
        }
        self.hangs[node] = true;
        let step = format!("read_lock = {{ node = \"{}\" }}", letter(node));
        self.step(
            &step,
            &format!("{at}: it stays a donor, and its applier stands still"),
        );
    }

    /// A start that did not become a full member; returns whether it could be played.
    pub(super) fn kept_out(
        &mut self,
        node: usize,
        component: usize,
        (failure, empty): (&JoinFailure, bool),
        at: &str,
    ) -> bool {
        let own = letter(node);
        let others = self.members(component);
        match failure {
            JoinFailure::TurnedAway => {
                let rest: Vec<usize> = (0..self.at.len()).filter(|other| *other != node).collect();
                let rest = list(&rest);
                self.step(
                    &format!("partition = {{ groups = [[{rest}], [\"{own}\"]] }}"),
                    &format!("{at}: its connections are refused"),
                );
                self.start_alone(node);
                self.step(
                    &format!(
                        "expect = {{ node = \"{own}\", process = \"exited\", within = \"5m\" }}"
                    ),
                    "",
                );
                self.step("heal = {}", "");
            }
            JoinFailure::Broken => {
                if self.has_data[node] && !empty {
                    self.step(
                        &format!(
                            "damage = {{ node = \"{own}\", file = \"grastate.dat\", how = \"delete\" }}"
                        ),
                        "so that it needs a full copy",
                    );
                }
                self.has_data[node] = true;
                self.start_alone(node);
                self.step(
                    &format!("wait = {{ until = {{ node = \"{own}\", process = \"waiting\" }}, within = \"1m\" }}\npace = \"next\""),
                    "",
                );
                self.step("wait = { for = \"2500ms\" }\npace = \"next\"", "");
                self.step(
                    &format!("interrupt_transfer = {{ node = \"{own}\" }}\npace = \"next\""),
                    &format!("{at}: the full copy breaks"),
                );
                self.step(
                    &format!("expect = {{ node = \"{own}\", process = \"exited\", exit = 134, within = \"2m\" }}"),
                    "",
                );
            }
            JoinFailure::NoDonor | JoinFailure::NoAnswer { .. } => {
                // A joiner has its vote: where it makes up half of the votes, its end would end the component.
                if others.len() < 2 {
                    self.remarks.push(format!(
                        "The attempt of {} at {at} to join is left out: in a component of two, the end of a joiner that \
                         waits would take the quorum with it; in the logs it left in order.",
                        self.names[node]
                    ));
                    return true;
                }
                if let JoinFailure::NoAnswer { donor } = failure
                    && let Some(donor) = self.node(donor)
                {
                    self.hang(donor, at);
                }
                let locked: Vec<usize> = others
                    .iter()
                    .copied()
                    .filter(|other| !self.hangs[*other])
                    .collect();
                for other in &locked {
                    let step = format!("read_lock = {{ node = \"{}\" }}", letter(*other));
                    self.step(&step, "so that it cannot be the donor");
                }
                self.start_alone(node);
                self.step(
                    "wait = { for = \"30s\" }\npace = \"next\"",
                    "no donor serves it",
                );
                self.step(
                    &format!("expect = {{ node = \"{own}\", process = \"waiting\" }}"),
                    "",
                );
                self.step(
                    &format!("terminate = {{ nodes = [\"{own}\"] }}"),
                    "it gives up",
                );
                for other in &locked {
                    let step = format!("read_unlock = {{ node = \"{}\" }}", letter(*other));
                    self.step(&step, "");
                }
            }
        }
        self.expect(component);
        true
    }

    /// Starts a node that does not come to rest.
    fn start_alone(&mut self, node: usize) {
        let own = letter(node);
        self.attempts += 1;
        let step = format!(
            "start = {{ nodes = [\"{own}\"], as = \"attempt{}\" }}\npace = \"next\"",
            self.attempts
        );
        self.step(&step, "");
    }
}
