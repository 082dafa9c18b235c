//! The scenario language for people: what there is, made from the schema and its descriptions.

use serde_json::Value;

use super::examples::example;
use super::schema::schema;

/// The units of a time.
const UNITS: &str = "time with its unit: us, ms, s, m or min, h";

/// A part of the language: a table of a scenario file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The path by which it is asked for, such as `step.partition`.
    pub path: String,
    /// Its description.
    pub about: String,
    /// Its keys, in the order of the schema.
    pub keys: Vec<Key>,
    /// An example.
    pub example: String,
}

/// A key of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The name.
    pub name: String,
    /// The kind of its value, with the unit if it has one.
    pub kind: String,
    /// Whether a file must have it.
    pub required: bool,
    /// The value if nothing is said, if the description names one.
    pub default: Option<String>,
    /// Its description.
    pub about: String,
    /// The words that it may be, with their meanings, if it is a word.
    pub words: Vec<(String, String)>,
    /// An example.
    pub example: String,
}

/// Returns the whole language: the scenario, its options, the step, and each action and table of a step.
///
/// # Panics
/// When the schema is not one that schemars makes of our tables: a mistake in this program.
pub fn topics() -> Vec<Topic> {
    let schema: Value = serde_json::from_str(&schema()).expect("invariant: a schema is JSON");
    let reader = Reader { schema: &schema };
    let mut topics = vec![
        reader.topic("scenario", &schema, Some("scenario")),
        reader.topic("options", reader.definition("Options"), Some("options")),
        reader.topic("step", reader.definition("RawStep"), Some("step")),
    ];
    let step = reader.definition("RawStep");
    for (name, property) in properties(step) {
        let path = format!("step.{name}");
        if name == "together" {
            // Its parts are the actions of a step.
            topics.push(Topic {
                about: description(property),
                keys: Vec::new(),
                example: example(&path).unwrap_or_default(),
                path,
            });
            continue;
        }
        let Some(table) = reader.table(property) else {
            continue;
        };
        let mut topic = reader.topic(&path, table, None);
        topic.about = description(property);
        topics.push(topic);
        if name == "repeat" {
            // It has steps inside.
            continue;
        }
        for (key, inner) in properties(table) {
            if let Some(table) = reader.table(inner) {
                let path = format!("{path}.{key}");
                let mut topic = reader.topic(&path, table, None);
                topic.about = description(inner);
                topics.push(topic);
            }
        }
    }
    topics
}

/// Reads a schema.
struct Reader<'a> {
    schema: &'a Value,
}

impl<'a> Reader<'a> {
    fn definition(&self, name: &str) -> &'a Value {
        &self.schema["definitions"][name]
    }

    /// Returns the schema to which a property refers, past `anyOf` and lists.
    fn resolve(&self, property: &'a Value) -> &'a Value {
        if let Some(reference) = property["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap_or_default();
            return self.definition(name);
        }
        let choices = property["anyOf"]
            .as_array()
            .or_else(|| property["allOf"].as_array());
        choices
            .and_then(|choices| {
                let means =
                    |choice: &&Value| choice.get("$ref").is_some() || choice.get("oneOf").is_some();
                choices.iter().find(means)
            })
            .map_or(property, |choice| self.resolve(choice))
    }

    /// Returns the table that a property is, or of which it is a list; none if it is something else.
    fn table(&self, property: &'a Value) -> Option<&'a Value> {
        let one = self.resolve(property);
        let one = one.get("items").map_or(one, |items| self.resolve(items));
        let has_keys = one.get("properties").is_some() || one["additionalProperties"] == false;
        let is_table = one["type"] == "object" && has_keys;
        is_table.then_some(one)
    }

    fn topic(&self, path: &str, table: &'a Value, examples: Option<&str>) -> Topic {
        let required: Vec<&str> = table["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let keys = properties(table).map(|(name, property)| {
            let about = description(property);
            let target = self.resolve(property);
            let place = format!("{}.{name}", examples.unwrap_or(path));
            let own = description(target);
            Key {
                name: name.clone(),
                kind: self.kind(property),
                required: required.contains(&name.as_str()),
                default: default_of(&about),
                about: if about.is_empty() { own } else { about },
                words: words(target),
                example: example(&place).unwrap_or_default(),
            }
        });
        Topic {
            path: path.to_owned(),
            about: description(table),
            keys: keys.collect(),
            example: example(path).unwrap_or_default(),
        }
    }

    /// Returns the kind of a value in words.
    fn kind(&self, property: &'a Value) -> String {
        let target = self.resolve(property);
        if !words(target).is_empty() {
            return "word".to_owned();
        }
        let pattern = target.get("pattern").or_else(|| property.get("pattern"));
        if pattern.is_some() {
            return UNITS.to_owned();
        }
        let kind = &target["type"];
        let is = |name: &str| {
            kind == name
                || kind
                    .as_array()
                    .is_some_and(|all| all.iter().any(|one| one == name))
        };
        if is("array") {
            let items = &target["items"];
            if self.table(property).is_some() {
                "list of tables".to_owned()
            } else if items["type"] == "array" {
                "list of lists of texts".to_owned()
            } else {
                "list of texts".to_owned()
            }
        } else if is("integer") {
            "whole number".to_owned()
        } else if is("boolean") {
            "true or false".to_owned()
        } else if is("object") {
            "table".to_owned()
        } else {
            "text".to_owned()
        }
    }
}

/// Returns the properties of a table.
fn properties(table: &Value) -> impl Iterator<Item = (&String, &Value)> {
    table["properties"].as_object().into_iter().flatten()
}

/// Returns a description in one line.
fn description(of: &Value) -> String {
    let text = of["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the words that a value may be, with their meanings.
fn words(of: &Value) -> Vec<(String, String)> {
    let choices = of["oneOf"].as_array().into_iter().flatten();
    choices
        .filter_map(|choice| {
            let word = match &choice["const"] {
                Value::Number(number) => number.to_string(),
                word => word
                    .as_str()
                    .or_else(|| choice["enum"][0].as_str())?
                    .to_owned(),
            };
            Some((word, description(choice)))
        })
        .collect()
}

/// Returns the default that a description names: `2 hours` in `The longest time; 2 hours if nothing is said.`
fn default_of(about: &str) -> Option<String> {
    for end in [" if nothing is said", " by default"] {
        if let Some((before, _)) = about.split_once(end) {
            let start = before.rfind("; ").map_or(0, |place| place + 2);
            return Some(before[start..].to_owned());
        }
    }
    None
}

/// Returns a topic, and the key in it if the path names one. The leading `step.` may be left out.
pub fn find<'a>(topics: &'a [Topic], path: &str) -> Option<(&'a Topic, Option<&'a Key>)> {
    for path in [path.to_owned(), format!("step.{path}")] {
        if let Some(topic) = topics.iter().find(|topic| topic.path == path) {
            return Some((topic, None));
        }
        let key = path.rsplit_once('.').and_then(|(table, name)| {
            let topic = topics.iter().find(|topic| topic.path == table)?;
            let key = topic.keys.iter().find(|key| key.name == name)?;
            Some((topic, Some(key)))
        });
        if key.is_some() {
            return key;
        }
    }
    let in_scenario = topics.iter().find(|topic| topic.path == "scenario")?;
    let key = in_scenario.keys.iter().find(|key| key.name == path)?;
    Some((in_scenario, Some(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;

    /// Returns the example as a scenario file.
    fn file(path: &str, example: &str) -> String {
        let head = |without: &str| {
            let lines = ["id = \"x\"", "title = \"X\""];
            let kept = lines.into_iter().filter(|line| !line.starts_with(without));
            kept.collect::<Vec<_>>().join("\n")
        };
        let step = "[[step]]\nwrite = { node = \"A\", rows = 1 }\n[[step]]\nheal = {}\n";
        match path.split('.').collect::<Vec<_>>().as_slice() {
            ["scenario", key @ ("id" | "title")] => format!("{}\n{example}\n{step}", head(key)),
            ["scenario", _] => format!("{}\n{example}\n{step}", head("nothing")),
            ["options", _] => format!("{}\n[options]\n{example}\n{step}", head("nothing")),
            ["step", "claim", _] if !example.starts_with("expect") => format!(
                "{}\n[[step]]\nexpect = {{ cluster = \"all-synced\" }}\n{example}\n",
                head("nothing")
            ),
            _ => format!("{}\n{step}[[step]]\n{example}\n", head("nothing")),
        }
    }

    #[test]
    fn every_key_has_a_description_and_an_example_that_is_right() {
        let topics = topics();
        assert!(topics.len() > 40, "{} topics", topics.len());
        let mut wrong = Vec::new();
        for topic in &topics {
            if topic.about.is_empty() {
                wrong.push(format!("{}: no description", topic.path));
            }
            let whole = [(topic.path.clone(), String::new(), topic.example.clone())];
            let keys = topic.keys.iter().map(|key| {
                if key.about.is_empty() {
                    wrong.push(format!("{}.{}: no description", topic.path, key.name));
                }
                let path = format!("{}.{}", topic.path, key.name);
                (path, key.name.clone(), key.example.clone())
            });
            let keys: Vec<_> = keys.collect();
            let has_example = topic.path.starts_with("step.");
            let whole = whole.into_iter().filter(|_| has_example);
            for (path, key, example) in whole.chain(keys) {
                if example.is_empty() || !example.contains(&key) {
                    wrong.push(format!("{path}: no example"));
                } else if let Err(error) = Scenario::parse("x.toml", &file(&path, &example)) {
                    wrong.push(format!("{path}: {error}: {example}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_topic_and_a_key_are_found_by_their_paths() {
        let topics = topics();
        let found = |path: &str| {
            let (topic, key) = find(&topics, path)?;
            Some((topic.path.clone(), key.map(|key| key.name.clone())))
        };
        let topic = |path: &str| Some((path.to_owned(), None));
        let key = |path: &str, key: &str| Some((path.to_owned(), Some(key.to_owned())));
        assert_eq!(found("step.partition"), topic("step.partition"));
        assert_eq!(found("partition"), topic("step.partition"));
        assert_eq!(found("partition.groups"), key("step.partition", "groups"));
        assert_eq!(found("expect.within"), key("step.expect", "within"));
        assert_eq!(found("timers"), key("scenario", "timers"));
        assert_eq!(found("bananas"), None);
    }

    #[test]
    fn defaults_stand_in_the_descriptions() {
        assert_eq!(
            default_of("The longest time; 2 minutes if nothing is said."),
            Some("2 minutes".to_owned())
        );
        assert_eq!(default_of("A line for people."), None);
    }
}
