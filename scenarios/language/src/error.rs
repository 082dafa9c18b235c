//! The mistakes in a scenario file, with the place underlined.

use std::fmt;
use std::ops::Range;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use super::{examples, suggest};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    message: String,
    labels: Vec<(Range<usize>, String)>,
    help: Option<String>,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            labels: Vec::new(),
            help: None,
        }
    }

    /// Returns a problem at a place.
    pub(super) fn at(
        place: &Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        Self::new(message).label(place, label)
    }

    pub(super) fn label(mut self, place: &Range<usize>, label: impl Into<String>) -> Self {
        self.labels.push((place.clone(), label.into()));
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Returns the mistake, in words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the first place of the problem, as bytes of the file.
    pub fn place(&self) -> Option<Range<usize>> {
        self.labels.first().map(|(place, _)| place.clone())
    }

    /// Returns an error of the TOML reader, told in our words where it is about keys and choices.
    pub(super) fn from_toml(error: &toml::de::Error, text: &str) -> Self {
        let message = error.message();
        // Some errors (a missing key of the whole file) come without a place: then the first line.
        let place = error
            .span()
            .map(|place| place.start.min(text.len())..place.end.min(text.len()))
            .unwrap_or(0..text.lines().next().map_or(0, str::len));
        let words: Vec<&str> = quoted(message);
        let (first, choices) = words
            .split_first()
            .map_or(("", &[][..]), |(f, rest)| (*f, rest));
        if message.starts_with("unknown field") {
            return Self::at(
                &place,
                format!("there is no key `{first}` here"),
                "unknown key",
            )
            .help(suggest::help(first, "keys here", choices));
        }
        if message.starts_with("unknown variant") {
            return Self::at(
                &place,
                format!("`{first}` is none of the choices"),
                "unknown word",
            )
            .help(suggest::help(first, "choices", choices));
        }
        if message.starts_with("missing field") {
            let problem = Self::at(&place, format!("the key `{first}` is missing"), "here");
            let action = first_word(text, place.start);
            let example = action.and_then(|action| examples::example(&format!("step.{action}")));
            let example = example.filter(|example| example.contains(&format!("{first} = ")));
            return match example.or_else(|| examples::example(&format!("scenario.{first}"))) {
                Some(example) => problem.help(format!("such as: {example}")),
                None => problem,
            };
        }
        let mut lines = message.lines();
        let head = plain_words(lines.next().unwrap_or("this is not TOML"));
        let rest: Vec<&str> = lines.collect();
        let problem = Self::at(&place, head, "here");
        if !rest.is_empty() {
            return problem.help(rest.join("; "));
        }
        match right_form(message, text, &place) {
            Some(Right::WithUnit(example)) => {
                Self::at(&place, "a time needs its unit", "a number without a unit")
                    .help(format!("such as: {example}"))
            }
            Some(Right::Example(example)) => problem.help(format!("such as: {example}")),
            None => problem,
        }
    }
}

/// The right form of a value, as an example.
enum Right {
    /// The same number with a unit.
    WithUnit(String),
    /// Another value of the key.
    Example(String),
}

/// Returns an example of the key whose value has the wrong form.
fn right_form(message: &str, text: &str, place: &Range<usize>) -> Option<Right> {
    if !message.starts_with("invalid type") {
        return None;
    }
    let before = text.get(..place.start)?;
    let line = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
    let key = line[..line.rfind('=')?].trim_end();
    let key = &key[key
        .rfind(|c: char| !is_of_a_key(c))
        .map_or(0, |end| end + 1)..];
    let action = first_word(text, place.start);
    let number = text.get(place.clone())?.parse::<u64>().ok();
    match (key, number) {
        ("within" | "for" | "period" | "limit" | "interrupt_after", Some(number)) => {
            Some(Right::WithUnit(format!("{key} = \"{number}s\"")))
        }
        ("by", Some(number)) => Some(Right::WithUnit(format!("{key} = \"{number}ms\""))),
        _ => examples::of_key(action, key).map(Right::Example),
    }
}

/// Returns the word with which the line of a place begins.
fn first_word(text: &str, place: usize) -> Option<&str> {
    let before = text.get(..place)?;
    let line = &text[before.rfind('\n').map_or(0, |end| end + 1)..];
    let word = line.trim_start();
    let end = word.find(|c: char| !is_of_a_key(c)).unwrap_or(word.len());
    (end > 0).then(|| &word[..end])
}

fn is_of_a_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Returns the reader's words for types, in those of the TOML specification.
fn plain_words(message: &str) -> String {
    let message = message
        .replace("expected i64", "expected a whole number")
        .replace("expected a sequence", "expected a list")
        .replace("expected a string", "expected a text in quotes")
        .replace("expected a boolean", "expected true or false")
        .replace("invalid type: sequence", "invalid type: list")
        .replace("invalid type: map", "invalid type: table");
    match message.split_once("expected struct ") {
        Some((before, _)) => format!("{before}expected a table"),
        None => message,
    }
}

/// Returns the words in backticks.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.labels.is_empty() {
            return None;
        }
        Some(Box::new(self.labels.iter().map(|(place, label)| {
            LabeledSpan::new_with_span(Some(label.clone()), place.clone())
        })))
    }
}

/// Everything that is wrong with a scenario file: the first problem, and the others as related.
#[derive(Clone, Debug)]
pub struct ScenarioError {
    source: Option<NamedSource<String>>,
    file: String,
    first: Problem,
    others: Vec<Problem>,
}

impl ScenarioError {
    pub(super) fn new(file: &str, text: &str, problems: Vec<Problem>) -> Box<Self> {
        let mut problems = problems.into_iter();
        let first = problems
            .next()
            .unwrap_or_else(|| Problem::new("the file is not a scenario"));
        Box::new(Self {
            source: Some(NamedSource::new(file, text.to_owned()).with_language("toml")),
            file: file.to_owned(),
            first,
            others: problems.collect(),
        })
    }

    /// Returns a problem of the file as a whole, for which nothing of it need be shown.
    pub(super) fn without_source(file: &str, problem: Problem) -> Box<Self> {
        Box::new(Self {
            source: None,
            file: file.to_owned(),
            first: problem,
            others: Vec::new(),
        })
    }

    /// Returns the file's name.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns all problems, in the order of the checks.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.first)
    }
}

impl std::error::Error for ScenarioError {}

impl Diagnostic for ScenarioError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Diagnostic::help(&self.first)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Diagnostic::labels(&self.first)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.others.is_empty() {
            return None;
        }
        Some(Box::new(
            self.others.iter().map(|problem| problem as &dyn Diagnostic),
        ))
    }
}
