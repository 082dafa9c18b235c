//! `iptables`: the rules of the host's packet filter, as an operator types them (version 1.8.9, over nf_tables).
//!
//! The texts are those that the program prints. What the model does not have is refused: other tables, chains, matches
//! and targets. A rule that would cut off the operator is refused as well, since no console could show that.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use seatrial_port::Output;
use seatrial_port::firewall::{Chain, Firewall, Rule, Target};
use seatrial_port::host::{Host, Step};

use super::output::{failed, printed};

/// The beginning of the program's own errors.
const NAME: &str = "iptables v1.8.9 (nf_tables)";
/// Its advice.
const HELP: &str = "Try `iptables -h' or 'iptables --help' for more information.";
/// The port of the operator's own connection.
const SSH: u16 = 22;

/// An `iptables` line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Iptables {
    act: Act,
    rule: Spec,
    numbers: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Act {
    Append(Chain),
    Insert(Chain, usize),
    Delete(Chain),
    DeleteAt(Chain, usize),
    Check(Chain),
    Flush(Option<Shown>),
    List(Option<Shown>),
    Save(Option<Shown>),
}

/// A chain that can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Shown {
    Input,
    /// It never has a rule: a host of the model forwards nothing.
    Forward,
    Output,
}

/// A rule with the names of hosts as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Spec {
    source: Option<String>,
    destination: Option<String>,
    tcp: bool,
    port: Option<u16>,
    target: Option<Target>,
}

impl Iptables {
    /// Reads the words after `iptables`.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        let mut act = None;
        let (mut rule, mut numbers, mut numeric) = (Spec::default(), false, false);
        let mut words = words.iter().map(String::as_str).peekable();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| wants_argument(word));
            match word {
                "-A" | "--append" => act = Some(Act::Append(chain(value()?)?)),
                "-C" | "--check" => act = Some(Act::Check(chain(value()?)?)),
                "-I" | "--insert" => {
                    let chain = chain(value()?)?;
                    act = Some(Act::Insert(chain, number(words.peek()).unwrap_or(1)));
                    words.next_if(|word| number(Some(word)).is_some());
                }
                "-D" | "--delete" => {
                    let chain = chain(value()?)?;
                    let at = number(words.peek()).map(|at| Act::DeleteAt(chain, at));
                    act = Some(at.unwrap_or(Act::Delete(chain)));
                    words.next_if(|word| number(Some(word)).is_some());
                }
                "-F" | "--flush" | "-L" | "--list" | "-S" | "--list-rules" | "-nL" | "-Ln" => {
                    let named = words.next_if(|word| !word.starts_with('-'));
                    let named = named.map(shown).transpose()?;
                    numeric |= word.contains('n') && !word.starts_with("--");
                    act = Some(match word {
                        "-F" | "--flush" => Act::Flush(named),
                        "-S" | "--list-rules" => Act::Save(named),
                        _ => Act::List(named),
                    });
                }
                "-n" | "--numeric" => numeric = true,
                "--line-numbers" => numbers = true,
                "-w" | "--wait" => {
                    words.next_if(|word| number(Some(word)).is_some());
                }
                "-t" | "--table" => match value()? {
                    "filter" => {}
                    other => return Err(unknown(&format!("-t {other}"))),
                },
                "-p" | "--protocol" | "--proto" => match value()? {
                    "tcp" | "6" => rule.tcp = true,
                    "all" | "0" => rule.tcp = false,
                    other => return Err(unknown(&format!("-p {other}"))),
                },
                "-m" | "--match" => match value()? {
                    "tcp" => {}
                    other => return Err(unknown(&format!("-m {other}"))),
                },
                "-s" | "--source" | "--src" => rule.source = Some(value()?.to_owned()),
                "-d" | "--destination" | "--dst" => rule.destination = Some(value()?.to_owned()),
                "--dport" | "--destination-port" => {
                    if !rule.tcp {
                        return Err(usage(&format!("unknown option \"{word}\"")));
                    }
                    rule.port = Some(port(value()?)?);
                }
                "-j" | "--jump" => {
                    rule.target = Some(match value()? {
                        "DROP" => Target::Drop,
                        "REJECT" => Target::Reject,
                        other => return Err(unknown(&format!("-j {other}"))),
                    });
                }
                "--reject-with" => match value()? {
                    "icmp-port-unreachable" => {}
                    other => return Err(unknown(&format!("--reject-with {other}"))),
                },
                other => return Err(unknown(other)),
            }
        }
        let Some(act) = act else {
            return Err(usage("no command specified"));
        };
        if matches!(act, Act::List(_)) && !numeric {
            return Err(failed(
                2,
                "this console lists rules with numbers: iptables -L -n",
            ));
        }
        rule.check(&act)?;
        Ok(Self { act, rule, numbers })
    }

    /// Changes or shows the rules.
    pub(super) fn step(&self, host: &mut dyn Host) -> Step {
        let Some(mut rules) = host.firewall() else {
            return Step::Done(failed(2, "this console has no packet filter"));
        };
        Step::Done(match self.act {
            Act::List(named) => printed(list(&rules, named, self.numbers)),
            Act::Save(named) => printed(save(&rules, named)),
            _ => {
                if let Err(output) = self.change(&mut rules, host) {
                    return Step::Done(output);
                }
                if !matches!(self.act, Act::Check(_)) {
                    host.set_firewall(rules);
                }
                printed("")
            }
        })
    }

    fn change(&self, rules: &mut Firewall, host: &dyn Host) -> Result<(), Output> {
        match self.act {
            Act::Append(chain) => rules.chain_mut(chain).push(self.rule.meaning(host)?),
            Act::Insert(chain, at) => {
                let rule = self.rule.meaning(host)?;
                let all = rules.chain_mut(chain);
                if at == 0 || at > all.len() + 1 {
                    return Err(failed(1, "iptables: Index of insertion too big."));
                }
                all.insert(at - 1, rule);
            }
            Act::Delete(chain) | Act::Check(chain) => {
                let rule = self.rule.meaning(host)?;
                let all = rules.chain_mut(chain);
                let Some(at) = all.iter().position(|known| *known == rule) else {
                    return Err(failed(
                        1,
                        "iptables: Bad rule (does a matching rule exist in that chain?).",
                    ));
                };
                all.remove(at);
            }
            Act::DeleteAt(chain, at) => {
                let all = rules.chain_mut(chain);
                if at == 0 || at > all.len() {
                    return Err(failed(1, "iptables: Index of deletion too big."));
                }
                all.remove(at - 1);
            }
            Act::Flush(named) => {
                for shown in chosen(named) {
                    if let Some(chain) = shown.chain() {
                        rules.chain_mut(chain).clear();
                    }
                }
            }
            Act::List(_) | Act::Save(_) => {}
        }
        Ok(())
    }
}

impl Spec {
    /// Refuses what the model does not have.
    fn check(&self, act: &Act) -> Result<(), Output> {
        let (Act::Append(chain) | Act::Insert(chain, _) | Act::Delete(chain) | Act::Check(chain)) =
            act
        else {
            return match self {
                rule if *rule == Self::default() => Ok(()),
                _ => Err(unknown("a rule together with -F, -L, -S or a number")),
            };
        };
        if self.target.is_none() {
            return Err(failed(
                2,
                "this console knows rules with -j DROP or -j REJECT",
            ));
        }
        let peer = match chain {
            Chain::Input => &self.source,
            Chain::Output => &self.destination,
        };
        let is_anybody = peer.as_deref().is_none_or(|peer| peer == "0.0.0.0/0");
        let adds = matches!(act, Act::Append(_) | Act::Insert(..));
        if adds && is_anybody && self.port.is_none_or(|port| port == SSH) {
            return Err(failed(
                2,
                "this console is a connection to the host, and that rule cuts it off: name another port, or an address",
            ));
        }
        Ok(())
    }

    /// Returns the rule with addresses.
    fn meaning(&self, host: &dyn Host) -> Result<Rule, Output> {
        let address = |word: &Option<String>| match word.as_deref() {
            None | Some("0.0.0.0/0") => Ok(None),
            Some(word) => resolve(word, host).map(Some),
        };
        Ok(Rule {
            source: address(&self.source)?,
            destination: address(&self.destination)?,
            tcp: self.tcp,
            port: self.port,
            target: self.target.unwrap_or(Target::Drop),
        })
    }
}

/// Returns the address behind a word. A mask of a single host may follow it.
fn resolve(word: &str, host: &dyn Host) -> Result<Ipv4Addr, Output> {
    let (name, mask) = word.split_once('/').unwrap_or((word, "32"));
    if !["32", "255.255.255.255"].contains(&mask) {
        return Err(unknown(&format!("a whole network: {word}")));
    }
    let found = host.address_of(name);
    found.ok_or_else(|| usage(&format!("host/network `{name}' not found")))
}

impl Shown {
    const ALL: [Self; 3] = [Self::Input, Self::Forward, Self::Output];

    const fn name(self) -> &'static str {
        match self {
            Self::Input => "INPUT",
            Self::Forward => "FORWARD",
            Self::Output => "OUTPUT",
        }
    }

    const fn chain(self) -> Option<Chain> {
        match self {
            Self::Input => Some(Chain::Input),
            Self::Forward => None,
            Self::Output => Some(Chain::Output),
        }
    }

    fn rules(self, all: &Firewall) -> &[Rule] {
        self.chain().map_or(&[], |chain| all.chain(chain))
    }
}

fn chosen(named: Option<Shown>) -> impl Iterator<Item = Shown> {
    let all = Shown::ALL.into_iter();
    all.filter(move |shown| named.is_none_or(|named| named == *shown))
}

/// Returns the rules as `iptables -L -n` shows them.
fn list(all: &Firewall, named: Option<Shown>, numbers: bool) -> String {
    let chains = chosen(named).map(|shown| {
        let mut text = format!("Chain {} (policy ACCEPT)\n", shown.name());
        if numbers {
            text.push_str("num  ");
        }
        text.push_str("target     prot opt source               destination         \n");
        for (index, rule) in shown.rules(all).iter().enumerate() {
            if numbers {
                let _ = write!(text, "{:<4} ", index + 1);
            }
            text.push_str(&rule_in_list(rule));
            text.push('\n');
        }
        text
    });
    chains.collect::<Vec<_>>().join("\n")
}

fn rule_in_list(rule: &Rule) -> String {
    let host = |address: Option<Ipv4Addr>| {
        address.map_or_else(|| "0.0.0.0/0".to_owned(), |address| address.to_string())
    };
    let mut line = format!(
        "{:<10} {:<4} --  {:<20} {:<20}",
        target(rule.target),
        if rule.tcp { "6" } else { "0" },
        host(rule.source),
        host(rule.destination)
    );
    if let Some(port) = rule.port {
        let _ = write!(line, " tcp dpt:{port}");
    }
    if rule.target == Target::Reject {
        line.push_str(" reject-with icmp-port-unreachable");
    }
    line
}

/// Returns the rules as `iptables -S` shows them.
fn save(all: &Firewall, named: Option<Shown>) -> String {
    let mut text = String::new();
    for shown in chosen(named) {
        let _ = writeln!(text, "-P {} ACCEPT", shown.name());
    }
    for shown in chosen(named) {
        for rule in shown.rules(all) {
            let _ = write!(text, "-A {}", shown.name());
            if let Some(source) = rule.source {
                let _ = write!(text, " -s {source}/32");
            }
            if let Some(destination) = rule.destination {
                let _ = write!(text, " -d {destination}/32");
            }
            if rule.tcp {
                text.push_str(" -p tcp");
            }
            if let Some(port) = rule.port {
                let _ = write!(text, " -m tcp --dport {port}");
            }
            let _ = write!(text, " -j {}", target(rule.target));
            if rule.target == Target::Reject {
                text.push_str(" --reject-with icmp-port-unreachable");
            }
            text.push('\n');
        }
    }
    text
}

const fn target(target: Target) -> &'static str {
    match target {
        Target::Drop => "DROP",
        Target::Reject => "REJECT",
    }
}

fn shown(name: &str) -> Result<Shown, Output> {
    let mut all = Shown::ALL.into_iter();
    all.find(|shown| shown.name() == name)
        .ok_or_else(|| failed(1, "iptables: No chain/target/match by that name."))
}

fn chain(name: &str) -> Result<Chain, Output> {
    shown(name)?
        .chain()
        .ok_or_else(|| unknown("rules of the chain FORWARD"))
}

fn number(word: Option<&&str>) -> Option<usize> {
    word.and_then(|word| word.parse().ok())
}

fn port(word: &str) -> Result<u16, Output> {
    match word {
        "mysql" => Ok(3306),
        "ssh" => Ok(SSH),
        _ if word.contains(':') => Err(unknown(&format!("several ports: {word}"))),
        _ => word
            .parse()
            .map_err(|_| usage(&format!("invalid port/service `{word}' specified"))),
    }
}

fn usage(text: &str) -> Output {
    failed(2, format!("{NAME}: {text}\n{HELP}"))
}

fn wants_argument(word: &str) -> Output {
    usage(&format!("option \"{word}\" requires an argument"))
}

fn unknown(what: &str) -> Output {
    failed(
        2,
        format!("this console does not know iptables with {what}"),
    )
}
