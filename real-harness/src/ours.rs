//! The labels on everything that a run makes, and the conditions for its removal.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

/// The labels of one run.
#[derive(Clone, Debug)]
pub(crate) struct Labels(pub(crate) HashMap<String, String>);

/// The process that made a container or a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The run it belongs to.
    pub(crate) run: String,
    /// The machine, its boot and its process namespace.
    machine: String,
    /// The process number and its start time, which together never come again on one boot.
    process: String,
}

impl Labels {
    /// The label that everything of ours carries.
    pub(crate) const MARK: &'static str = "seatrial";

    /// Returns the labels of a new run, and its name: unique among all runs of all processes.
    pub(crate) fn of_new_run() -> (String, Self) {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let number = RUNS.fetch_add(1, Ordering::Relaxed) + 1;
        let moment = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.subsec_nanos());
        let run = format!("{}-{number}-{moment:08x}", std::process::id());
        let labels = HashMap::from([
            (Self::MARK.to_owned(), "run".to_owned()),
            ("seatrial.run".to_owned(), run.clone()),
            ("seatrial.machine".to_owned(), machine()),
            (
                "seatrial.process".to_owned(),
                process(std::process::id()).unwrap_or_default(),
            ),
        ]);
        (run, Self(labels))
    }
}

impl Owner {
    pub(crate) fn of(labels: Option<&HashMap<String, String>>) -> Self {
        let get = |key: &str| {
            labels
                .and_then(|labels| labels.get(key))
                .cloned()
                .unwrap_or_default()
        };
        Self {
            run: get("seatrial.run"),
            machine: get("seatrial.machine"),
            process: get("seatrial.process"),
        }
    }

    /// Returns whether it is this process.
    pub(crate) fn is_this_process(&self) -> bool {
        self.machine == machine() && process(std::process::id()).as_ref() == Some(&self.process)
    }

    /// Returns whether the process has ended. Of a process that this one cannot see nothing is known, and it
    /// counts as alive; one of an earlier boot of this machine has ended.
    pub(crate) fn has_ended(&self) -> bool {
        let here = machine();
        if self.machine == here {
            let number = self
                .process
                .split('@')
                .next()
                .and_then(|number| number.parse().ok());
            return number.is_none_or(|number| process(number).as_ref() != Some(&self.process));
        }
        let same = |index| part(&self.machine, index) == part(&here, index);
        same(HOST) && !same(BOOT)
    }
}

/// The parts of [`machine`].
const HOST: usize = 0;
const BOOT: usize = 1;

fn part(machine: &str, index: usize) -> &str {
    machine.split('/').nth(index).unwrap_or("")
}

/// Host name, boot and process namespace.
fn machine() -> String {
    let read = |path: &str| {
        std::fs::read_to_string(path)
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let namespace = std::fs::read_link("/proc/self/ns/pid")
        .map(|link| link.to_string_lossy().into_owned())
        .unwrap_or_default();
    format!(
        "{}/{}/{namespace}",
        read("/proc/sys/kernel/hostname"),
        read("/proc/sys/kernel/random/boot_id")
    )
}

/// Returns a process's number and start time, `None` where there is none.
fn process(number: u32) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    // The start time is the 22nd field; the second may hold spaces and ends with a parenthesis.
    let began = text.rsplit(')').next()?.split_whitespace().nth(19)?;
    Some(format!("{number}@{began}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_process_keeps_what_it_made() {
        let (_, labels) = Labels::of_new_run();
        assert!(!Owner::of(Some(&labels.0)).has_ended());
    }

    #[test]
    fn what_a_process_left_behind_may_go_even_when_its_number_is_in_use_again() {
        let (_, mut labels) = Labels::of_new_run();
        let process = format!("{}@1", std::process::id());
        labels.0.insert("seatrial.process".to_owned(), process);
        assert!(Owner::of(Some(&labels.0)).has_ended());
    }

    #[test]
    fn another_machine_is_left_alone_and_an_earlier_boot_of_this_one_is_not() {
        let (_, labels) = Labels::of_new_run();
        let mut owner = Owner::of(Some(&labels.0));
        let here = owner.machine.clone();
        owner.machine = format!("elsewhere/{}", part(&here, BOOT));
        assert!(!owner.has_ended());
        owner.machine = format!("{}/before/x", part(&here, HOST));
        assert!(owner.has_ended());
    }
}
