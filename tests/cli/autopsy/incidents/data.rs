//! The facts of an incident as data, against the story as data: a story of the whole says all of them and no other, and
//! a story of a part says none that is not among them.

use serde_json::Value;

/// Facts as lines, one each.
pub(super) struct Data {
    /// The primary components: the position before the first view, the highest one that was reached, and the views:
    /// time, configuration, position, members.
    pub(super) components: &'static [(i64, i64, &'static [&'static str])],
    /// Time, joiner and donor; the kind, what the joiner had, the last number that it got; how it ended.
    pub(super) transfers: &'static [&'static str],
    /// Node and times of refused starts.
    pub(super) refused: &'static [&'static str],
    /// Node, how it stands, the position on its disk.
    pub(super) ends: &'static [&'static str],
    /// The last common position, whether both sides lived at once, and the sides: nodes, reach, write sets, views, lost.
    pub(super) forks: &'static [&'static str],
}

/// A story as lines of the same form.
#[derive(Debug, Default)]
struct Told {
    components: Vec<(Value, Value, Vec<String>)>,
    transfers: Vec<String>,
    refused: Vec<String>,
    ends: Vec<String>,
    forks: Vec<String>,
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn line(value: &Value, fields: &[&str]) -> String {
    let fields = fields.iter().map(|field| text(&value[*field]));
    fields.collect::<Vec<_>>().join(" ")
}

fn lines(values: &Value, fields: &[&str]) -> Vec<String> {
    let values = values.as_array().unwrap().iter();
    values.map(|value| line(value, fields)).collect()
}

fn told(story: &Value) -> Told {
    let components = story["components"].as_array().unwrap().iter();
    Told {
        components: components
            .map(|one| {
                let views = lines(
                    &one["views"],
                    &["at", "configuration", "position", "members"],
                );
                (one["first_seqno"].clone(), one["last_seqno"].clone(), views)
            })
            .collect(),
        transfers: lines(
            &story["transfers"],
            &["at", "joiner", "donor", "kind", "had", "last", "end"],
        ),
        refused: lines(&story["refused"], &["node", "times"]),
        ends: lines(&story["ends"], &["node", "stand", "seqno"]),
        forks: story["forks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fork| {
                let sides = lines(
                    &fork["sides"],
                    &["nodes", "reach", "write_sets", "views", "lost"],
                );
                format!(
                    "{}; {}",
                    line(fork, &["common", "at_once"]),
                    sides.join("; ")
                )
            })
            .collect(),
    }
}

/// The story of all logs: it says what is so, and nothing else.
pub(super) fn whole(data: &Data, story: &Value, how: &str) {
    let told = told(story);
    let components: Vec<(Value, Value, Vec<String>)> = data
        .components
        .iter()
        .map(|(first, last, views)| {
            let views = views.iter().map(|view| (*view).to_owned()).collect();
            (Value::from(*first), Value::from(*last), views)
        })
        .collect();
    assert_eq!(told.components, components, "{how}");
    assert_eq!(told.transfers, data.transfers, "{how}");
    assert_eq!(told.refused, data.refused, "{how}");
    assert_eq!(told.ends, data.ends, "{how}");
    assert_eq!(told.forks, data.forks, "{how}");
}

/// Whether a line says no more than a fact: word for word, or that it does not know.
fn is_within(said: &str, fact: &str) -> bool {
    let (said, fact): (Vec<&str>, Vec<&str>) =
        (said.split(' ').collect(), fact.split(' ').collect());
    said.len() == fact.len()
        && said
            .iter()
            .zip(&fact)
            .all(|(said, fact)| said == fact || *said == "-" || *said == "unknown")
}

/// The story of some logs: it may say less, and nothing that is not so.
pub(super) fn part(data: &Data, story: &Value, how: &str) {
    let told = told(story);
    let mut wrong = Vec::new();
    let views: Vec<&str> = data
        .components
        .iter()
        .flat_map(|(_, _, views)| *views)
        .copied()
        .collect();
    for (first, last, own) in &told.components {
        for said in own {
            // Where no log shows the applier of a view, the position before it is all that lines show.
            let before = said.split(' ').collect::<Vec<_>>();
            let is_view = |fact: &&str| {
                let fact = fact.split(' ').collect::<Vec<_>>();
                let position =
                    |words: &[&str]| words.get(3).and_then(|word| word.parse::<i64>().ok());
                fact.len() == before.len()
                    && fact
                        .iter()
                        .zip(&before)
                        .enumerate()
                        .all(|(place, (fact, said))| place == 3 || fact == said || *said == "-")
                    && match (position(&fact), position(&before)) {
                        (Some(fact), Some(said)) => said == fact || said + 1 == fact,
                        (_, said) => said.is_none(),
                    }
            };
            if !views.iter().any(is_view) {
                wrong.push(format!("view {said}"));
            }
        }
        // It lies within a component of the whole, as far as it is known.
        let (first, last) = (first.as_i64(), last.as_i64());
        let is_in = data.components.iter().any(|(from, to, _)| {
            first.is_none_or(|first| first >= *from) && last.is_none_or(|last| last <= *to)
        });
        if !is_in {
            wrong.push(format!("component {first:?} to {last:?}"));
        }
    }
    for (said, facts) in [
        (&told.transfers, data.transfers),
        (&told.refused, data.refused),
        (&told.ends, data.ends),
    ] {
        for said in said {
            if !facts.iter().any(|fact| is_within(said, fact)) {
                wrong.push(said.clone());
            }
        }
    }
    // A side is no longer than it was, and is lost only where it was.
    for fork in story["forks"].as_array().unwrap() {
        let is_known = data.forks.iter().any(|fact| {
            let mut sides = fact.split("; ");
            let head = sides.next().unwrap();
            let sides: Vec<&str> = sides.collect();
            line(fork, &["common", "at_once"]) == head
                && fork["sides"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|side| sides.iter().any(|fact| is_side(side, fact)))
        });
        if !is_known {
            wrong.push(format!("fork {fork}"));
        }
    }
    assert!(wrong.is_empty(), "{how}:\n{}", wrong.join("\n"));
}

/// Whether a side says no more than this fact: `node1 23109522 332222 1 true`.
fn is_side(side: &Value, fact: &str) -> bool {
    let words: Vec<&str> = fact.split(' ').collect();
    let (names, numbers) = words.split_at(words.len() - 4);
    let number = |place: usize| numbers[place].parse::<i64>().unwrap();
    let said = |field: &str| side[field].as_i64().unwrap();
    side["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .all(|node| names.contains(&node.as_str().unwrap()))
        && said("reach") <= number(0)
        && said("write_sets") <= number(1)
        && said("views") <= number(2)
        && (numbers[3] == "true" || side["lost"] == false)
}
