//! The progress bar on standard error, shown only while that is a terminal and no log is written to it.

use std::io::IsTerminal as _;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use crate::logging;

/// A progress bar.
pub(crate) struct Bar {
    shown: ProgressBar,
    /// The number of units by which each job moves the bar.
    step: u64,
    /// Whether the bar shows the names of the jobs.
    shows_names: bool,
    /// Whether the bar disappears when the jobs have ended.
    ends_with_jobs: bool,
    /// The number of bad jobs, and the name of the last one.
    bad: Mutex<(usize, String)>,
}

impl Bar {
    /// Makes a bar that counts jobs and shows their names.
    pub(crate) fn of_jobs(count: usize) -> Self {
        let length = u64::try_from(count).unwrap_or(u64::MAX);
        Self {
            shown: visible(|| {
                let style =
                    ProgressStyle::with_template("{bar:20} {pos}/{len} ETA {eta} {wide_msg}")
                        .unwrap_or_else(|_| ProgressStyle::default_bar());
                ProgressBar::new(length).with_style(style)
            }),
            step: 1,
            shows_names: true,
            ends_with_jobs: true,
            bad: Mutex::default(),
        }
    }

    /// Makes a bar that counts seeds, of which each job plays `step`.
    pub(crate) fn of_seeds(count: u64, step: u64) -> Self {
        const TEMPLATE: &str = "{bar:20} {pos}/{len} seeds {per_sec} {eta} {wide_msg}";
        Self {
            shown: visible(|| {
                let style = ProgressStyle::with_template(TEMPLATE)
                    .unwrap_or_else(|_| ProgressStyle::default_bar());
                ProgressBar::new(count).with_style(style)
            }),
            step,
            shows_names: false,
            ends_with_jobs: true,
            bad: Mutex::default(),
        }
    }

    /// Makes a spinner, for a search of unknown length. It stays until it is dropped.
    pub(crate) fn spinner() -> Self {
        Self {
            shown: visible(|| {
                let style = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner());
                ProgressBar::new_spinner().with_style(style)
            }),
            step: 0,
            shows_names: false,
            ends_with_jobs: false,
            bad: Mutex::default(),
        }
    }

    /// Makes a hidden bar.
    #[cfg(test)]
    pub(crate) fn hidden() -> Self {
        Self {
            shown: ProgressBar::hidden(),
            step: 1,
            shows_names: true,
            ends_with_jobs: true,
            bad: Mutex::default(),
        }
    }

    /// Shows that a job begins.
    pub(crate) fn begin(&self, name: impl FnOnce() -> String) {
        if self.shows_names {
            self.shown
                .set_message(format!("{}{}", self.bad_words(), name()));
        }
    }

    /// Counts a job that did not go well, and shows its name from now on.
    pub(crate) fn bad(&self, name: &str) {
        if let Ok(mut bad) = self.bad.lock() {
            bad.0 += 1;
            name.clone_into(&mut bad.1);
        }
    }

    fn bad_words(&self) -> String {
        let bad = self.bad.lock().map(|bad| bad.clone()).unwrap_or_default();
        match bad {
            (0, _) => String::new(),
            (number, name) => format!("{number} bad, last {name} | "),
        }
    }

    /// Shows that a job has ended.
    pub(crate) fn done(&self) {
        if self.step > 0 {
            self.shown.inc(self.step);
        }
    }

    /// Shows that all jobs have ended.
    pub(crate) fn end(&self) {
        if self.ends_with_jobs {
            self.shown.finish_and_clear();
        }
    }

    /// Shows a text behind the bar.
    pub(crate) fn say(&self, text: String) {
        self.shown.set_message(text);
        self.shown.tick();
    }

    /// Hides the bar while something else is printed.
    pub(crate) fn suspend(&self, print: impl FnOnce()) {
        self.shown.suspend(print);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.shown.finish_and_clear();
    }
}

fn visible(make: impl FnOnce() -> ProgressBar) -> ProgressBar {
    if !std::io::stderr().is_terminal() || logging::is_on() {
        return ProgressBar::hidden();
    }
    make()
}
