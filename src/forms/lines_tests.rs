//! The awk program and `operator/advice/lines.rs` find the same in random logs.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use seatrial_galera::{LoggedStep, Position};
use seatrial_scenarios::NodeName;
use seatrial_scenarios::advice::{Beyond, Lines, Told};

use super::LINES;

const NODES: [&str; 3] = ["A", "B", "C"];

/// A sequence that looks random and is the same every time (Marsaglia's xorshift).
struct Draws(u64);

impl Draws {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn position(&mut self) -> String {
        match self.below(14) {
            0 => "00000000-0000-0000-0000-000000000000:-1".to_owned(),
            1 => format!("0000000b-0000-0000-0000-000000000000:{}", 1 + self.below(9)),
            _ => format!(
                "0000000a-0000-0000-0000-000000000000:{}",
                1 + self.below(12)
            ),
        }
    }

    /// A view without the server's own index: its first lines, and the names and lines of its members.
    fn view(&mut self) -> (String, Vec<(&'static str, String)>) {
        let status = if self.below(5) == 0 {
            "non-primary"
        } else {
            "primary"
        };
        let head = format!("View:\n  id: {}\n  status: {status}\n", self.position());
        let mut members = Vec::new();
        for node in NODES {
            if self.below(3) > 0 {
                members.push((node, format!("id-of-{node}-{}, {node}", self.below(2))));
            }
        }
        (head, members)
    }

    /// The log of a node, with views that other logs may have, too.
    fn log(&mut self, node: &str, views: &[(String, Vec<(&str, String)>)]) -> String {
        let mut log = String::new();
        for _ in 0..=self.below(9) {
            let other = NODES[usize::try_from(self.below(3)).unwrap()];
            match self.below(9) {
                0 | 1 => writeln!(log, "0 [Note] WSREP: Loading provider initial position: {}", self.position()),
                2 => writeln!(
                    log,
                    "0 [Note] WSREP: Member 1.0 ({node}) requested state transfer from '*any*'. Selected 0.0 \
                     ({other})(SYNCED) as donor."
                ),
                3 => writeln!(log, "0 [Note] WSREP: SST received: {}", self.position()),
                // A block that the log lost the end of.
                4 => writeln!(log, "{}  members(2):\n\t0: id-of-A", views[0].0),
                _ => {
                    let drawn = self.below(views.len() as u64);
                    let (head, members) = &views[usize::try_from(drawn).unwrap()];
                    let own = members.iter().position(|(name, _)| *name == node);
                    let own = own.map_or("-1".to_owned(), |own| own.to_string());
                    let _ = writeln!(log, "{head}  own_index: {own}\n  members({}):", members.len());
                    for (index, (_, line)) in members.iter().enumerate() {
                        let _ = writeln!(log, "\t{index}: {line}");
                    }
                    writeln!(log, "=====")
                }
            }
            .unwrap();
        }
        log
    }
}

fn has_views(told: &Told) -> bool {
    let mut steps = told.steps.iter();
    steps.any(|step| matches!(step, LoggedStep::View(view) if view.primary))
}

#[test]
fn awk_and_rust_find_the_same_in_random_logs() {
    let folder = std::env::temp_dir().join(format!("seatrial-lines-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("lines.awk"), LINES).unwrap();
    let mut draws = Draws(88_172_645_463_325_252);
    let mut words = [0; 4];
    let mut often = 0;
    for case in 0..900 {
        let views: Vec<_> = (0..8).map(|_| draws.view()).collect();
        let logs = NODES.map(|node| draws.log(node, &views));
        let positions = NODES.map(|_| draws.position());
        let mut evidence = String::new();
        let mut told = Vec::new();
        let mut members = Vec::new();
        let mut args = vec![
            "-f".to_owned(),
            "lines.awk".to_owned(),
            "evidence".to_owned(),
        ];
        for ((node, log), position) in NODES.into_iter().zip(&logs).zip(&positions) {
            let member = u8::from(draws.below(3) > 0);
            members.push(member == 1);
            let kind = if member == 1 { "runs" } else { "down" };
            let _ = writeln!(
                evidence,
                "{node} {kind} {member} {member} {position} missing - 0 0"
            );
            fs::write(folder.join(node), log).unwrap();
            args.extend([format!("node={node}"), node.to_owned()]);
            told.push(Told {
                node: NodeName::new(node),
                position: position.parse::<Position>().unwrap(),
                steps: LoggedStep::read_all(log),
            });
        }
        fs::write(folder.join("evidence"), &evidence).unwrap();
        let ran = Command::new("awk")
            .args(&args)
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        let found = String::from_utf8(ran.stdout).unwrap();
        let facts: Vec<&str> = found
            .lines()
            .filter_map(|line| line.strip_prefix("fact "))
            .collect();
        let apart = found
            .lines()
            .find(|line| line.starts_with("apart "))
            .unwrap();
        let lines = Lines::of(&told);
        for (one, node) in NODES.into_iter().enumerate() {
            for (other, lacks) in NODES.into_iter().enumerate() {
                // Without a view the positions decide, by another rule.
                if one == other || !has_views(&told[one]) || !has_views(&told[other]) {
                    continue;
                }
                let beyond = lines.beyond(one, other);
                let (word, place) = match beyond {
                    Beyond::Nothing => ("nothing", 0),
                    Beyond::Views => ("views", 1),
                    Beyond::Events(_) => ("events", 2),
                    Beyond::Unknown => ("unknown", 3),
                };
                words[place] += 1;
                let fact = format!("beyond:{node}:{lacks}={word}");
                let context = || {
                    format!(
                        "case {case}: {fact}\n{evidence}{}\n{found}",
                        logs.join("----\n")
                    )
                };
                assert!(facts.contains(&fact.as_str()), "{}", context());
                if let Beyond::Events(count) = beyond {
                    let unit = if count == 1 { "event" } else { "events" };
                    let says = format!("{node} holds {count} {unit} that {lacks} lacks");
                    assert!(apart.contains(&says), "{}", context());
                }
            }
            let others = (0..told.len()).filter(|other| *other != one && members[*other]);
            let others = others.filter(|_| members[one] && lines.has_joined_over(one));
            let joined = others.map(|other| {
                let kept = lines.passed(one, other);
                let missed = lines.passed(other, one).min(Beyond::Views);
                kept.max(missed)
            });
            let joined = joined.max().unwrap_or(Beyond::Nothing);
            often += usize::from(joined > Beyond::Nothing);
            let has = |kind: &str| facts.contains(&format!("joined-over-{kind}:{node}").as_str());
            let same = has("views") == (joined == Beyond::Views)
                && has("rows") == (joined > Beyond::Views);
            assert!(
                same,
                "case {case}: {node} {joined:?}\n{evidence}{}\n{found}",
                logs.join("----\n")
            );
        }
    }
    let _ = fs::remove_dir_all(&folder);
    assert!(words.iter().all(|often| *often > 20), "{words:?}");
    assert!(often > 20, "{often} nodes have joined over a fork");
}
