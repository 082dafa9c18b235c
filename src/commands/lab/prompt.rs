//! The prompt at a terminal: editing, history, completion.

use std::borrow::Cow;
use std::path::Path;

use reedline::{
    ColumnarMenu, Completer, CompletionResult, Emacs, FileBackedHistory, KeyCode, KeyModifiers,
    MenuBuilder as _, Prompt, PromptEditMode, PromptHistorySearch, PromptHistorySearchStatus,
    Reedline, ReedlineEvent, ReedlineMenu, Signal, Span, Suggestion, default_emacs_keybindings,
};

use seatrial_lab::{Engine, Lab, Words};

use super::store::Store;
use crate::output::Out;
use crate::{Stop, exit, signals};

/// The number of lines that the history keeps.
const HISTORY: usize = 1000;

struct Left(String);

impl Prompt for Left {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        let failing = match search.status {
            PromptHistorySearchStatus::Passing => "",
            PromptHistorySearchStatus::Failing => "not found: ",
        };
        Cow::Owned(format!("(search {failing}{}) ", search.term))
    }
}

/// Completes words of the lab for the line editor.
struct Complete(Words);

impl Completer for Complete {
    fn complete(&mut self, line: &str, pos: usize) -> CompletionResult {
        let before = line.get(..pos).unwrap_or(line);
        let completions = self.0.at(before);
        CompletionResult::fresh(
            completions
                .words
                .into_iter()
                .map(|value| Suggestion {
                    value,
                    span: Span::new(completions.start, before.len()),
                    append_whitespace: true,
                    ..Suggestion::default()
                })
                .collect::<Vec<_>>(),
        )
    }
}

/// Reads and answers lines until the user leaves.
pub(super) async fn talk<E: Engine>(
    lab: &mut Lab<E>,
    store: &Store,
    folder: Option<&Path>,
    out: &mut Out,
) -> Result<u8, Stop> {
    let mut keys = default_emacs_keybindings();
    keys.add_binding(
        KeyModifiers::NONE,
        KeyCode::Tab,
        ReedlineEvent::UntilFound(vec![
            ReedlineEvent::Menu("words".to_owned()),
            ReedlineEvent::MenuNext,
        ]),
    );
    let menu = Box::new(ColumnarMenu::default().with_name("words"));
    let mut editor = Reedline::create()
        .with_completer(Box::new(Complete(lab.words())))
        .with_quick_completions(true)
        .with_partial_completions(true)
        .with_menu(ReedlineMenu::EngineCompleter(menu))
        .with_ansi_colors(std::env::var_os("NO_COLOR").is_none())
        .with_edit_mode(Box::new(Emacs::new(keys)));
    // Without a folder, the history lasts as long as the session.
    if let Some(history) = folder.and_then(|folder| {
        FileBackedHistory::with_file(HISTORY, folder.join("lab-history.txt")).ok()
    }) {
        editor = editor.with_history(Box::new(history));
    }
    // At the prompt, Ctrl-C is a key. While a command is simulated, it is a signal. The first signal
    // must not end the session; the second one ends the program.
    signals::listen_at_prompt();
    let mut picture = lab.picture();
    out.line(&picture);
    loop {
        match editor.read_line(&Left(lab.prompt())) {
            Ok(Signal::Success(line)) => {
                let reply = store.line(lab, &line).await;
                out.print(&reply.text);
                // The picture is drawn again where it has changed.
                let now = lab.picture();
                if now != picture && !reply.leave {
                    out.line(&now);
                    picture = now;
                }
                if signals::take() {
                    out.line("(Ctrl-C came too late to stop this; `back` takes it back)");
                }
                if reply.leave {
                    return Ok(exit::OK);
                }
            }
            Ok(Signal::CtrlC) => out.line("(Ctrl-D or `quit` leaves)"),
            Ok(Signal::CtrlD) => return Ok(exit::OK),
            Ok(_) => {}
            Err(error) => {
                return Err(Stop::environment(format!(
                    "the terminal cannot be read: {error}"
                )));
            }
        }
    }
}
