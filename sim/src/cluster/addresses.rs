//! The addresses of the hosts: which host has one at an instant.

use seatrial_node::Peer;
use seatrial_scenarios::tree;

/// The addresses that hosts have, or have had.
///
/// It owns who has which. Nodes dial and answer addresses, and everything else in an engine names hosts by place: the
/// trait [`Engine`](super::Engine) translates where the two meet. The address of a host's installation has the number of
/// its place.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    /// The host at each address; `None` for one that its host has left.
    holders: Vec<Option<Peer>>,
    /// The addresses as they are written.
    texts: Vec<String>,
    hosts: usize,
}

impl Addresses {
    /// Returns the addresses of an installation.
    pub(super) fn new(hosts: usize) -> Self {
        let places = || (0_u8..).take(hosts);
        Self {
            holders: places().map(|place| Some(Peer(place))).collect(),
            texts: places().map(tree::address).collect(),
            hosts,
        }
    }

    /// Returns the address that a host has.
    pub(crate) fn of(&self, host: Peer) -> Peer {
        let found = (0..)
            .zip(&self.holders)
            .find(|(_, holder)| **holder == Some(host));
        found.map_or(host, |(number, _)| Peer(number))
    }

    /// Returns the host that has an address.
    pub(crate) fn holder(&self, address: Peer) -> Option<Peer> {
        self.holders.get(usize::from(address.0)).copied().flatten()
    }

    /// Returns an address as it is written.
    pub(crate) fn text(&self, address: Peer) -> &str {
        let text = self.texts.get(usize::from(address.0));
        text.map_or("", String::as_str)
    }

    /// Returns those that no host had at its installation, in the order of their numbers.
    pub(super) fn later(&self) -> &[String] {
        &self.texts[self.hosts..]
    }

    /// Gives a host an address in place of the one that it has. Returns its number, or why it cannot have it.
    pub(super) fn give(&mut self, host: Peer, text: &str) -> Result<Peer, &'static str> {
        let known = self.texts.iter().position(|known| known == text);
        let index = known.unwrap_or(self.texts.len());
        let Ok(number) = u8::try_from(index) else {
            return Err("the hosts have had too many addresses");
        };
        match self.holders.get(index).copied().flatten() {
            Some(holder) if holder == host => return Err("the host has this address already"),
            Some(_) => return Err("another host has this address"),
            None => {}
        }
        let old = self.of(host);
        self.holders[usize::from(old.0)] = None;
        if known.is_none() {
            self.texts.push(text.to_owned());
            self.holders.push(None);
        }
        self.holders[index] = Some(host);
        Ok(Peer(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_belongs_to_one_host_at_a_time() {
        let mut addresses = Addresses::new(2);
        let (a, b) = (Peer(0), Peer(1));
        assert!(addresses.give(a, &tree::address(1)).is_err());
        assert!(addresses.give(a, &tree::address(0)).is_err());
        assert_eq!(addresses.give(a, "10.0.0.14"), Ok(Peer(2)));
        assert_eq!((addresses.of(a), addresses.of(b)), (Peer(2), Peer(1)));
        assert_eq!(addresses.holder(Peer(0)), None);
        assert_eq!(addresses.holder(Peer(9)), None);
        // What one host has left, another may get, and the first may come back to what is free.
        assert_eq!(addresses.give(b, &tree::address(0)), Ok(Peer(0)));
        assert_eq!(addresses.holder(Peer(0)), Some(b));
        assert_eq!(addresses.give(a, &tree::address(1)), Ok(Peer(1)));
        assert_eq!(addresses.later(), ["10.0.0.14"]);
        assert_eq!(addresses.text(Peer(2)), "10.0.0.14");
    }
}
