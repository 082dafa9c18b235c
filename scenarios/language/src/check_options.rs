//! The options of a scenario: those of provider and server by their real names, and the surroundings'.

use std::collections::BTreeMap;
use std::ops::Range;

use seatrial_port::{NodeName, OPTIONS, OptionValue, Options, option_kind};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as WordError, StrDeserializer};

use super::check::Checker;
use super::choice::{ForceWord, JitterWord, LogWord, SupervisorWord};
use super::error::Problem;
use super::raw::{Placed, RawOptions, RawSetting, RawValue};
use super::suggest;

/// The keys of `[options]` that are options of the surroundings, or tables.
const SPECIAL: &[&str] = &["supervisor", "force", "mysqld_safe_log", "jitter", "node"];

impl Checker<'_> {
    /// Returns the `[options]` table.
    pub(super) fn options(&mut self, raw: RawOptions) -> Options {
        let mut options = Options::default();
        for (key, value) in raw.0 {
            let place = key.span();
            match key.into_inner().as_str() {
                "supervisor" => {
                    if let Some(word) = self.word::<SupervisorWord>(&value, "supervisor") {
                        options.supervisor = word.meaning();
                    }
                }
                "force" => {
                    if let Some(word) = self.word::<ForceWord>(&value, "force") {
                        options.force = word.meaning();
                    }
                }
                "mysqld_safe_log" => {
                    if let Some(word) = self.word::<LogWord>(&value, "mysqld_safe_log") {
                        options.mysqld_safe_log = word.meaning();
                    }
                }
                "jitter" => {
                    if let Some(word) = self.word::<JitterWord>(&value, "jitter") {
                        options.jitter = word.meaning();
                    }
                }
                "node" => self.node_options(&value, &mut options),
                name => self.settings(name, &place, &value, &mut options.settings),
            }
        }
        options
    }

    fn word<T: for<'de> Deserialize<'de>>(
        &mut self,
        value: &Placed<RawValue>,
        key: &str,
    ) -> Option<T> {
        let word = value.value.text().unwrap_or_default();
        let deserializer: StrDeserializer<'_, WordError> = word.into_deserializer();
        match T::deserialize(deserializer) {
            Ok(word) => Some(word),
            Err(error) => {
                let text = error.to_string();
                let choices: Vec<&str> = text.split('`').skip(3).step_by(2).collect();
                self.problem(
                    Problem::at(
                        &value.place,
                        format!("`{key}` cannot be this"),
                        "unknown word",
                    )
                    .help(suggest::help(word, "choices", &choices)),
                );
                None
            }
        }
    }

    fn node_options(&mut self, value: &Placed<RawValue>, options: &mut Options) {
        let RawValue::Table(nodes) = &value.value else {
            self.problem(
                Problem::at(&value.place, "`node` is a table of nodes", "no table")
                    .help("write a table `[options.node.A]`"),
            );
            return;
        };
        for (name, table) in nodes {
            let place = name.span();
            let name = name.get_ref().clone();
            let RawValue::Table(entries) = &table.value else {
                self.problem(
                    Problem::at(&place, format!("`node.{name}` is not a table"), "here")
                        .help("write a table `[options.node.A]`"),
                );
                continue;
            };
            let node: NodeName = self.node(&Placed { value: name, place });
            let settings = options.node_settings.entry(node).or_default();
            for (key, value) in entries {
                self.settings(key.get_ref(), &key.span(), value, settings);
            }
        }
    }

    /// A setting. Dotted names may be written without quotes: then TOML makes tables of them.
    fn settings(
        &mut self,
        name: &str,
        place: &Range<usize>,
        value: &Placed<RawValue>,
        settings: &mut BTreeMap<String, String>,
    ) {
        match &value.value {
            RawValue::Text(text) => {
                if self.setting(name, place, text, &value.place) {
                    settings.insert(name.to_owned(), text.clone());
                }
            }
            RawValue::Table(table) if !table.is_empty() => {
                for (key, value) in table {
                    let place = place.start.min(key.span().start)..key.span().end;
                    self.settings(
                        &format!("{name}.{}", key.get_ref()),
                        &place,
                        value,
                        settings,
                    );
                }
            }
            RawValue::Table(_) | RawValue::Other => self.problem(
                Problem::at(
                    &value.place,
                    format!("the option `{name}` cannot have this value"),
                    "here",
                )
                .help("a value is a text, a number, true or false"),
            ),
        }
    }

    /// Returns whether there is such an option and it takes this value. An unknown one would silently have no effect.
    fn setting(
        &mut self,
        name: &str,
        place: &Range<usize>,
        value: &str,
        value_place: &Range<usize>,
    ) -> bool {
        let Some(kind) = option_kind(name) else {
            let mut known: Vec<&str> = OPTIONS.iter().map(|option| option.name).collect();
            known.extend(SPECIAL);
            self.problem(
                Problem::at(
                    place,
                    format!("there is no option `{name}`"),
                    "unknown option",
                )
                .help(suggest::help(name, "options", &known)),
            );
            return false;
        };
        let takes = kind.value.takes(value);
        if !takes {
            let help = match kind.value {
                OptionValue::Word(words) => suggest::help(value, "choices", words),
                other => format!("`{name}` takes {}", other.words()),
            };
            self.problem(
                Problem::at(
                    value_place,
                    format!("`{value}` is no value of `{name}`"),
                    "wrong value",
                )
                .help(help),
            );
        }
        takes
    }

    /// Returns an option and its value in a node's files.
    pub(super) fn file_setting(&mut self, raw: &RawSetting) -> (String, String) {
        let name = raw.option.value.clone();
        let value = raw.value.value.0.text().unwrap_or_default().to_owned();
        if name == "arbitrator" || SPECIAL.contains(&name.as_str()) {
            self.problem(
                Problem::at(
                    &raw.option.place,
                    format!("`{name}` is no option of a file"),
                    "not in the files of a node",
                )
                .help("write it into `[options]`"),
            );
        } else {
            self.setting(&name, &raw.option.place, &value, &raw.value.place);
        }
        (name, value)
    }
}

impl RawValue {
    /// Returns the value as text, unless it is a table or a list.
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Table(_) | Self::Other => None,
        }
    }
}
