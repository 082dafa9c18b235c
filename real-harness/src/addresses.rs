//! The addresses that a scenario names, and those that the containers have for them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use seatrial_scenarios::{Fault, tree};

/// The first number of an address that a scenario gives to a host. The engine gives small ones to containers.
const FIRST: usize = 101;

/// The addresses of a scenario by the addresses in the containers' network.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    /// For each address as a scenario writes it, the one in the containers' network.
    real: BTreeMap<String, String>,
    /// The beginning that all addresses in the containers' network have.
    network: String,
    hosts: usize,
}

impl Addresses {
    /// Returns those of an installation: of hosts with these addresses, in the order of the nodes.
    pub(crate) fn new(hosts: &[String]) -> Self {
        let network = hosts.first().and_then(|first| first.rsplit_once('.'));
        Self {
            real: (0..)
                .map(tree::address)
                .zip(hosts.iter().cloned())
                .collect(),
            network: network.map_or_else(String::new, |(network, _)| format!("{network}.")),
            hosts: hosts.len(),
        }
    }

    /// Finds an address for each one that a fault names.
    pub(crate) fn learn(&mut self, fault: &Fault) {
        let text = match fault {
            Fault::Readdress { address, .. } => address,
            Fault::Configure { value, .. } => value.strip_prefix("gcomm://").unwrap_or(value),
            _ => return,
        };
        for word in text.split(',') {
            if word.parse::<Ipv4Addr>().is_ok() && !self.real.contains_key(word) {
                let number = FIRST + self.real.len() - self.hosts;
                self.real
                    .insert(word.to_owned(), format!("{}{number}", self.network));
            }
        }
    }

    /// Returns the address in the containers' network for one that [`Self::learn`] has seen.
    pub(crate) fn real(&self, text: &str) -> Option<&str> {
        self.real.get(text).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use seatrial_scenarios::NodeName;

    use super::*;

    #[test]
    fn an_address_of_a_scenario_has_one_place_in_the_containers_network() {
        let hosts = ["172.18.0.3", "172.18.0.2"].map(str::to_owned);
        let mut addresses = Addresses::new(&hosts);
        let node = NodeName::new("A");
        addresses.learn(&Fault::Readdress {
            node: node.clone(),
            address: "10.0.0.14".to_owned(),
        });
        addresses.learn(&Fault::Configure {
            node,
            option: "wsrep_cluster_address".to_owned(),
            value: "gcomm://A,10.0.0.14,10.0.0.15,127.0.1.12".to_owned(),
        });
        assert_eq!(addresses.real("10.0.0.14"), Some("172.18.0.101"));
        assert_eq!(addresses.real("10.0.0.15"), Some("172.18.0.102"));
        assert_eq!(
            addresses.real("127.0.1.12"),
            Some("172.18.0.2"),
            "of B, as installed"
        );
        assert_eq!(addresses.real("A"), None);
    }
}
