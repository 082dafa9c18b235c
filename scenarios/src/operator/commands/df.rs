//! `df`: the room on a host's only file system, which the fault `disk-full` takes away (coreutils' `df.c`).

use seatrial_port::Output;
use seatrial_port::host::{Host, Step};

use super::output::{failed, printed};

/// The size of the file system, what is in use with an empty server, and what root alone may use, in KiB.
const SIZE: u64 = 20_509_264;
const USED: u64 = 3_245_120;
const RESERVED: u64 = 1_067_128;

/// Folders that every host has. All are on the one file system.
const FOLDERS: [&str; 12] = [
    "/",
    "/etc",
    "/etc/mysql",
    "/home",
    "/root",
    "/tmp",
    "/usr",
    "/var",
    "/var/lib",
    "/var/lib/mysql",
    "/var/log",
    "/var/log/mariadb",
];

/// A `df`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Df {
    columns: Vec<Column>,
    unit: Unit,
    portable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Column {
    Source,
    Kind,
    Size,
    Used,
    Free,
    Percent,
    Target,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Unit {
    /// Blocks of so many KiB.
    Blocks(u64, &'static str),
    Bytes,
    /// `-h`.
    Human,
}

impl Df {
    /// Reads the words after `df`.
    pub(super) fn parse(words: &[String]) -> Result<Self, Output> {
        use Column::{Free, Kind, Percent, Size, Source, Target, Used};
        let mut read = Self {
            columns: vec![Source, Size, Used, Free, Percent, Target],
            unit: Unit::Blocks(1, "1K"),
            portable: false,
        };
        for word in words {
            match word.trim_end_matches('/') {
                "-h" | "--human-readable" => read.unit = Unit::Human,
                "-k" | "-BK" => read.unit = Unit::Blocks(1, "1K"),
                "-m" | "-BM" => read.unit = Unit::Blocks(1_024, "1M"),
                "-BG" => read.unit = Unit::Blocks(1_048_576, "1G"),
                "-B1" | "--block-size=1" => read.unit = Unit::Bytes,
                "-P" | "--portability" => read.portable = true,
                "-hP" | "-Ph" => (read.unit, read.portable) = (Unit::Human, true),
                "-T" => read.columns.insert(1, Kind),
                "-hT" | "-Th" => {
                    read.unit = Unit::Human;
                    read.columns.insert(1, Kind);
                }
                "-a" | "-l" | "--local" => {}
                option if option.starts_with("--output=") => {
                    read.columns = option["--output=".len()..]
                        .split(',')
                        .map(|name| match name {
                            "source" => Some(Source),
                            "fstype" => Some(Kind),
                            "size" => Some(Size),
                            "used" => Some(Used),
                            "avail" => Some(Free),
                            "pcent" => Some(Percent),
                            "target" => Some(Target),
                            _ => None,
                        })
                        .collect::<Option<_>>()
                        .ok_or_else(|| {
                            failed(1, format!("this console does not know df {option}"))
                        })?;
                }
                folder if FOLDERS.contains(&folder) || folder.is_empty() => {}
                _ => return Err(failed(1, format!("this console does not know df {word}"))),
            }
        }
        Ok(read)
    }

    /// Shows the file system.
    pub(super) fn step(&self, host: &dyn Host) -> Step {
        let free = if host.disk_is_full() {
            0
        } else {
            SIZE - USED - RESERVED
        };
        let used = if host.disk_is_full() {
            SIZE - RESERVED
        } else {
            USED
        };
        let mut lines = [String::new(), String::new()];
        let last = self.columns.len().saturating_sub(1);
        for (at, column) in self.columns.iter().enumerate() {
            let (head, value, least) = self.cell(*column, used, free);
            let width = head.len().max(value.len()).max(least);
            let left = matches!(column, Column::Source | Column::Kind | Column::Target);
            for (line, text) in lines.iter_mut().zip([&head, &value]) {
                if at > 0 {
                    line.push(' ');
                }
                let cell = match (left, at == last) {
                    (true, true) => text.clone(),
                    (true, false) => format!("{text:<width$}"),
                    (false, _) => format!("{text:>width$}"),
                };
                line.push_str(&cell);
            }
        }
        Step::Done(printed(format!("{}\n{}\n", lines[0], lines[1])))
    }

    /// Returns the title, the value and the least width of a column.
    fn cell(&self, column: Column, used: u64, free: u64) -> (String, String, usize) {
        let number = |kib: u64| match self.unit {
            Unit::Human => human(kib),
            Unit::Bytes => (kib * 1_024).to_string(),
            Unit::Blocks(size, _) => kib.div_ceil(size).to_string(),
        };
        let is_human = self.unit == Unit::Human;
        let size_title = match (self.unit, self.portable) {
            (Unit::Human, _) => "Size".to_owned(),
            (Unit::Blocks(1, _), true) => "1024-blocks".to_owned(),
            (Unit::Blocks(_, name), _) => format!("{name}-blocks"),
            (Unit::Bytes, _) => "1B-blocks".to_owned(),
        };
        let free_title = if is_human { "Avail" } else { "Available" };
        let (free_title, size_title) = match self.columns.first() {
            // A choice of columns has its own titles.
            Some(Column::Source) => (free_title, size_title),
            _ => ("Avail", size_title),
        };
        match column {
            Column::Source => ("Filesystem".to_owned(), "/dev/vda1".to_owned(), 14),
            Column::Kind => ("Type".to_owned(), "ext4".to_owned(), 0),
            Column::Size => (size_title, number(SIZE), 5),
            Column::Used => ("Used".to_owned(), number(used), 5),
            Column::Free => (free_title.to_owned(), number(free), 5),
            Column::Percent => {
                let title = if self.portable { "Capacity" } else { "Use%" };
                (
                    title.to_owned(),
                    format!("{}%", (used * 100).div_ceil(used + free)),
                    4,
                )
            }
            Column::Target => ("Mounted on".to_owned(), "/".to_owned(), 0),
        }
    }
}

/// Returns a size as `-h` prints it: rounded up, with a digit behind the point below 10.
fn human(kib: u64) -> String {
    if kib == 0 {
        return "0".to_owned();
    }
    let (mut unit, mut letter) = (1, 'K');
    for next in ['M', 'G', 'T'] {
        if kib / unit >= 1_024 {
            (unit, letter) = (unit * 1_024, next);
        }
    }
    let tenths = (kib * 10).div_ceil(unit);
    if tenths < 100 {
        format!("{}.{}{letter}", tenths / 10, tenths % 10)
    } else {
        format!("{}{letter}", kib.div_ceil(unit))
    }
}

#[cfg(test)]
mod tests {
    use super::human;

    #[test]
    fn sizes_for_people() {
        for (kib, text) in [
            (0, "0"),
            (4, "4.0K"),
            (20_509_264, "20G"),
            (3_245_120, "3.1G"),
            (16_197_016, "16G"),
            (10_240, "10M"),
        ] {
            assert_eq!(human(kib), text);
        }
    }
}
