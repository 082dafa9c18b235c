//! Finds the sections of a runbook and the blocks of shell in them.

use std::path::Path;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use super::other_markup;

/// Where the lines of a block are typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the operator's own machine, as shell.
    Operator,
    /// On each node in turn, line by line.
    EveryNode,
    /// On the node whose name this variable of the operator's shell holds, line by line.
    Variable(String),
}

/// A block that is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The number of the line that opens the block, from 1.
    pub(crate) line: usize,
    /// Where it is typed.
    pub(crate) place: Place,
    /// A test of the operator's shell: the block is run if it succeeds.
    pub(crate) when: Option<String>,
    /// Ctrl-C for each command after this many seconds.
    pub(crate) limit_s: Option<u64>,
    /// The name under which the output is kept, for each node.
    pub(crate) saves: Option<String>,
    /// The lines of the block with their numbers.
    pub(crate) code: Vec<(usize, String)>,
}

/// A heading and the blocks below it, up to the next heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// The heading; empty for what stands before the first one.
    pub(crate) title: String,
    /// The blocks that are run.
    pub(crate) blocks: Vec<Block>,
}

/// A mistake of the author, with its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The number of the line, from 1.
    pub(crate) line: usize,
    /// The mistake and its remedy.
    pub(crate) text: String,
}

/// A document that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Runbook {
    /// The lines of the document.
    pub(crate) lines: Vec<String>,
    /// The sections, in their order.
    pub(crate) sections: Vec<Section>,
    /// The lines that open blocks of shell without `on=`: they are read by people only.
    pub(crate) not_run: Vec<usize>,
}

/// What a reader of a markup language finds in a document, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A heading.
    Heading(String),
    /// A block of code: the line that opens it, its words, and its lines.
    Code {
        line: usize,
        info: String,
        code: Vec<(usize, String)>,
    },
}

impl Runbook {
    /// Reads a document: Markdown, or by the file's extension reStructuredText (`.rst`) or AsciiDoc (`.adoc`).
    ///
    /// # Errors
    ///
    /// The author's mistakes: words of a block that are not known, or a document without a block that is run.
    pub(crate) fn read(path: &Path, text: &str) -> Result<Self, Vec<Mistake>> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let found = match extension {
            Some("rst") => other_markup::restructured_text(text),
            Some("adoc" | "asciidoc") => other_markup::asciidoc(text),
            _ => markdown(text),
        };
        let mut runbook = Self {
            lines: text.lines().map(str::to_owned).collect(),
            sections: vec![Section {
                title: String::new(),
                blocks: Vec::new(),
            }],
            not_run: Vec::new(),
        };
        let mut mistakes = Vec::new();
        for one in found {
            match one {
                Found::Heading(title) => runbook.sections.push(Section {
                    title,
                    blocks: Vec::new(),
                }),
                Found::Code { line, info, code } => match block(line, &info, code) {
                    Ok(Some(block)) => {
                        if let Some(section) = runbook.sections.last_mut() {
                            section.blocks.push(block);
                        }
                    }
                    Ok(None) if is_shell(&info) => runbook.not_run.push(line),
                    Ok(None) => {}
                    Err(text) => mistakes.push(Mistake { line, text }),
                },
            }
        }
        if mistakes.is_empty() && runbook.blocks().next().is_none() {
            mistakes.push(Mistake {
                line: 1,
                text: "no block of this document is run\n  help: begin a block with ```sh on=operator, \
                       on=every-node or on=VARIABLE"
                    .to_owned(),
            });
        }
        if mistakes.is_empty() {
            Ok(runbook)
        } else {
            Err(mistakes)
        }
    }

    /// Returns every block that is run.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.sections.iter().flat_map(|section| &section.blocks)
    }
}

/// Reads Markdown.
fn markdown(text: &str) -> Vec<Found> {
    let starts: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    let line_of = |byte: usize| starts.partition_point(|start| *start <= byte) + 1;
    let mut found = Vec::new();
    let mut heading: Option<String> = None;
    let mut block: Option<(usize, String, Vec<(usize, String)>)> = None;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => found.extend(heading.take().map(Found::Heading)),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                block = Some((line_of(range.start), info.into_string(), Vec::new()));
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((line, info, code)) = block.take() {
                    found.push(Found::Code { line, info, code });
                }
            }
            Event::Text(words) => {
                if let Some((_, _, code)) = &mut block {
                    let first = line_of(range.start);
                    let lines = words.lines().zip(first..);
                    code.extend(lines.map(|(text, line)| (line, text.to_owned())));
                } else if let Some(title) = &mut heading {
                    title.push_str(&words);
                }
            }
            Event::Code(words) => {
                if let Some(title) = &mut heading {
                    title.push_str(&words);
                }
            }
            _ => {}
        }
    }
    found
}

/// Returns whether the first word names a shell.
fn is_shell(info: &str) -> bool {
    let first = info.split(|c: char| c.is_whitespace() || c == ',').next();
    matches!(first, Some("sh" | "bash" | "shell" | "console"))
}

/// Reads the words of a block. `None` if it says nothing of where it is run.
fn block(line: usize, info: &str, code: Vec<(usize, String)>) -> Result<Option<Block>, String> {
    if !is_shell(info) {
        return Ok(None);
    }
    let mut place = None;
    let mut read = Block {
        line,
        place: Place::Operator,
        when: None,
        limit_s: None,
        saves: None,
        code,
    };
    let rest = info.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    for (key, value) in attributes(rest)? {
        match key {
            "on" => place = Some(place_of(value)?),
            "when" => read.when = Some(value.to_owned()),
            "limit" => {
                let seconds = value.strip_suffix('s').unwrap_or(value).parse();
                read.limit_s = Some(seconds.map_err(|_| {
                    format!("`limit={value}`: write whole seconds, such as `limit=60s`")
                })?);
            }
            "saves" if is_name(value) => read.saves = Some(value.to_owned()),
            "saves" => {
                return Err(format!(
                    "`saves={value}`: write a name of letters, digits and `_`"
                ));
            }
            other => {
                return Err(format!(
                    "a block has no `{other}`\n  help: it has on=, when=, limit= and saves="
                ));
            }
        }
    }
    let Some(place) = place else {
        return Ok(None);
    };
    if place == Place::Operator && read.saves.is_some() {
        return Err(
            "`saves=` keeps what nodes print: a block of the operator's has variables".into(),
        );
    }
    read.place = place;
    Ok(Some(read))
}

fn place_of(value: &str) -> Result<Place, String> {
    match value {
        "operator" => Ok(Place::Operator),
        "every-node" => Ok(Place::EveryNode),
        name if is_name(name.trim_start_matches('$')) => {
            Ok(Place::Variable(name.trim_start_matches('$').to_owned()))
        }
        other => Err(format!(
            "`on={other}`: write on=operator, on=every-node, or a variable of your shell, such as on=first"
        )),
    }
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Reads `key=value` and `key='several words'`, with blanks or commas between them.
fn attributes(text: &str) -> Result<Vec<(&str, &str)>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or_else(|| {
            format!("`{rest}`: after the language stand words such as on=operator")
        })?;
        let (value, after) = match after.chars().next() {
            Some(quote @ ('\'' | '"')) => after[1..]
                .split_once(quote)
                .ok_or_else(|| format!("`{key}=`: the quote is not closed"))?,
            _ => after.split_at(after.find([' ', '\t', ',']).unwrap_or(after.len())),
        };
        found.push((key.trim(), value));
        rest = after.trim_start_matches([' ', '\t', ',']);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Runbook, Vec<Mistake>> {
        Runbook::read(Path::new("a.md"), text)
    }

    #[test]
    fn blocks_have_their_places_and_lines() {
        let text = "# Stop\n\nStop it:\n\n```sh on=first limit=60s when='timed_out && true'\nsudo a\nsudo b\n```\n\n\
                    ## Look\n\n1. here:\n\n   ```sh on=every-node saves=status\n   sudo c\n   ```\n\n```sh\nread me\n```\n";
        let runbook = read(text).unwrap();
        let titles: Vec<&str> = runbook
            .sections
            .iter()
            .map(|one| one.title.as_str())
            .collect();
        assert_eq!(titles, ["", "Stop", "Look"]);
        let blocks: Vec<&Block> = runbook.blocks().collect();
        assert_eq!(blocks[0].line, 5);
        assert_eq!(blocks[0].place, Place::Variable("first".into()));
        assert_eq!(blocks[0].when.as_deref(), Some("timed_out && true"));
        assert_eq!(blocks[0].limit_s, Some(60));
        assert_eq!(blocks[0].code, [(6, "sudo a".into()), (7, "sudo b".into())]);
        assert_eq!(blocks[1].saves.as_deref(), Some("status"));
        assert_eq!(blocks[1].code, [(15, "sudo c".into())]);
        assert_eq!(runbook.not_run, [18]);
    }

    #[test]
    fn mistakes_have_their_lines() {
        for (text, line, part) in [
            ("# A\n", 1, "no block of this document is run"),
            (
                "x\n\n```sh on=\"A B\"\ny\n```\n",
                3,
                "a variable of your shell",
            ),
            ("```sh on=operator wen=x\n```\n", 1, "a block has no `wen`"),
            ("```sh on=a limit=soon\n```\n", 1, "whole seconds"),
            (
                "```sh on=operator saves=x\n```\n",
                1,
                "keeps what nodes print",
            ),
            ("```sh on='a\n```\n", 1, "not closed"),
        ] {
            let mistakes = read(text).unwrap_err();
            assert_eq!(mistakes[0].line, line, "{text}");
            assert!(
                mistakes[0].text.contains(part),
                "{text}: {}",
                mistakes[0].text
            );
        }
    }
}
