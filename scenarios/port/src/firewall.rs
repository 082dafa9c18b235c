//! The packet filter of a simulated host, as far as `iptables` on its console sets it.

use std::net::Ipv4Addr;

/// The rules of a host. A reboot or a loss of power ends them, as on a host where nothing has saved them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Firewall {
    /// Rules for what arrives.
    pub input: Vec<Rule>,
    /// Rules for what leaves.
    pub output: Vec<Rule>,
}

/// A chain of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Chain {
    /// What arrives.
    Input,
    /// What leaves.
    Output,
}

/// A rule. What a field leaves open fits everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// The sender.
    pub source: Option<Ipv4Addr>,
    /// The receiver.
    pub destination: Option<Ipv4Addr>,
    /// Only TCP.
    pub tcp: bool,
    /// The receiver's port.
    pub port: Option<u16>,
    /// What becomes of a packet that fits.
    pub target: Target,
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// It is gone, and nobody is told.
    Drop,
    /// It is gone, and the sender is told that the port cannot be reached.
    Reject,
}

/// A kind of packet, as rules tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketKind {
    /// TCP to a port, on a connection that the sender opens or has opened.
    ToPort(u16),
    /// TCP back to the one who has opened the connection.
    Back,
    /// An echo request or its answer.
    Echo,
}

impl Firewall {
    /// Returns whether there is no rule.
    pub const fn is_empty(&self) -> bool {
        self.input.is_empty() && self.output.is_empty()
    }

    /// Returns the rules of a chain.
    pub fn chain(&self, chain: Chain) -> &[Rule] {
        match chain {
            Chain::Input => &self.input,
            Chain::Output => &self.output,
        }
    }

    /// Returns the rules of a chain, to change them.
    pub const fn chain_mut(&mut self, chain: Chain) -> &mut Vec<Rule> {
        match chain {
            Chain::Input => &mut self.input,
            Chain::Output => &mut self.output,
        }
    }

    /// Returns what the first rule of a chain that fits does with a packet; `None` lets it pass.
    pub fn verdict(
        &self,
        chain: Chain,
        from: Ipv4Addr,
        to: Ipv4Addr,
        kind: PacketKind,
    ) -> Option<Target> {
        let mut rules = self.chain(chain).iter();
        let rule = rules.find(|rule| rule.fits(from, to, kind));
        rule.map(|rule| rule.target)
    }
}

impl Rule {
    fn fits(&self, from: Ipv4Addr, to: Ipv4Addr, kind: PacketKind) -> bool {
        let of_hosts = self.source.is_none_or(|source| source == from)
            && self.destination.is_none_or(|destination| destination == to);
        of_hosts
            && match kind {
                PacketKind::ToPort(port) => self.port.is_none_or(|wanted| wanted == port),
                PacketKind::Back => self.port.is_none(),
                PacketKind::Echo => !self.tcp && self.port.is_none(),
            }
    }
}
