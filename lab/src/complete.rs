//! Completes a line: the words that may come next.

use super::help;
use super::words::{fault_names, state_words};

/// The commands of operators, as the manual writes them.
const TYPED: &[&str] = &[
    "sudo cm-cluster-manage --show-cluster-status",
    "sudo cm-cluster-manage --bootstrap-node",
    "sudo cm-cluster-manage --safe-to-bootstrap",
    "sudo cm-cluster-manage --force-safe-to-bootstrap",
    "sudo cm-cluster-manage --restart-node",
    "sudo systemctl start mariadb",
    "sudo systemctl stop mariadb",
    "sudo systemctl restart mariadb",
    "sudo systemctl status mariadb",
    "sudo cat /var/lib/mysql/grastate.dat",
    "sudo cat /var/lib/mysql/gvwstate.dat",
    "sudo -u mysql /bin/mysqld_safe --wsrep-recover",
    "sudo grep 'WSREP: Recovered position: ' /var/log/mariadb/mariadb.log | tail -1",
    "sudo tail /var/log/mariadb/mariadb.log",
    "sudo sed -i 's/safe_to_bootstrap: 0/safe_to_bootstrap: 1/' /var/lib/mysql/grastate.dat",
    "sudo killall -9 mysqld",
    "sudo galera_new_cluster",
    "sudo cm-run-playbook",
    "sudo cm-run-playbook --all-hosts",
    "sudo reboot",
    "mysql -e \"SHOW STATUS LIKE 'wsrep_%'\"",
];

/// The possible last words of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completions {
    /// Where the last word begins, in bytes from the beginning of the line.
    pub start: usize,
    /// The words, or whole commands, that may stand there.
    pub words: Vec<String>,
}

/// The words of a cluster that may come next on a line.
#[derive(Clone, Debug)]
pub struct Words {
    nodes: Vec<String>,
    missions: Vec<String>,
}

impl Words {
    /// Makes the words of a cluster out of the names of its nodes and the ids of the missions.
    pub(crate) const fn new(nodes: Vec<String>, missions: Vec<String>) -> Self {
        Self { nodes, missions }
    }

    /// Returns what the last word of a line may be. `line` is the text before the cursor.
    pub fn at(&self, line: &str) -> Completions {
        // A command on a node is completed as a whole line.
        if let Some((places, rest)) = line.split_once("$ ")
            && !places.contains(' ')
        {
            let start = line.len() - rest.len();
            let words = TYPED.iter().copied().filter(|word| word.starts_with(rest));
            return Completions {
                start,
                words: words.map(str::to_owned).collect(),
            };
        }
        let start = line.rfind(' ').map_or(0, |place| place + 1);
        let (before, last) = line.split_at(start);
        let before: Vec<&str> = before.split_whitespace().collect();
        let nodes = || self.nodes.iter().cloned();
        let with = |words: &[&str]| {
            words
                .iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>()
        };
        let words: Vec<String> = match before.as_slice() {
            [] => with(&help::names())
                .into_iter()
                .chain(self.nodes.iter().map(|node| format!("{node}$")))
                .collect(),
            ["fault"] => fault_names().collect(),
            ["fault", "damage", _] => with(&["grastate.dat", "gvwstate.dat", "galera.cache"]),
            ["fault", "damage", _, _] => with(&["delete", "empty", "garbage", "old-copy"]),
            ["client"] => nodes().chain(with(&["stop"])).collect(),
            ["client", _] => with(&["write", "load"]),
            ["wait"] => with(&["until"]),
            ["wait", "until", ..] => nodes()
                .chain(state_words().map(str::to_owned))
                .chain(with(&["within"]))
                .collect(),
            ["help"] => help::topics(),
            ["mission"] => self.missions.clone(),
            ["procedure"] => with(seatrial_scenarios::procedures::names()),
            ["why"] | ["fault", ..] => nodes().collect(),
            _ => Vec::new(),
        };
        // Nobody types the capitals of IST to ask what it is.
        let fits = |word: &str| match before.as_slice() {
            ["help"] => word.to_lowercase().starts_with(&last.to_lowercase()),
            _ => word.starts_with(last),
        };
        let words = words.into_iter().filter(|word| fits(word));
        Completions {
            start,
            words: words.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(line: &str) -> Vec<String> {
        let nodes = ["A", "B", "C"].map(str::to_owned).to_vec();
        Words::new(nodes, vec!["find-the-safe-node".to_owned()])
            .at(line)
            .words
    }

    #[test]
    fn the_words_that_fit_are_offered() {
        assert_eq!(next("sta"), ["status"]);
        assert_eq!(next("why "), ["A", "B", "C"]);
        assert_eq!(next("fault ter"), ["terminate"]);
        assert_eq!(next("fault terminate A "), ["A", "B", "C"]);
        assert_eq!(next("mission "), ["find-the-safe-node"]);
        assert_eq!(
            next("A$ sudo cm-cluster-manage --b"),
            ["sudo cm-cluster-manage --bootstrap-node"]
        );
        assert_eq!(next("wait until C non"), ["non-Primary"]);
        assert_eq!(next("help primary"), ["primary-component"]);
        assert_eq!(next("help ist"), ["IST"]);
        assert_eq!(next("help term"), ["terminate", "terminated"]);
        assert_eq!(next("bananas "), [""; 0]);
    }
}
