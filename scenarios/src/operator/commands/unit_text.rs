//! What systemd says of mariadb.service: its state in a word, its properties, its status.

use seatrial_port::Output;
use seatrial_port::host::{Host, UnitFileState, UnitState};

use super::output::printed;
use super::unit_job::Ended;

/// Exit code for a unit that is not active (LSB: program is not running).
const NOT_ACTIVE: i32 = 3;

/// The description of mariadb.service.
pub(super) const DESCRIPTION: &str = "MariaDB 10.11.18 database server";

/// Returns the name of a signal.
pub(super) fn signal_name(signal: i32) -> String {
    match signal {
        3 => "QUIT".to_owned(),
        4 => "ILL".to_owned(),
        6 => "ABRT".to_owned(),
        7 => "BUS".to_owned(),
        8 => "FPE".to_owned(),
        9 => "KILL".to_owned(),
        11 => "SEGV".to_owned(),
        15 => "TERM".to_owned(),
        other => other.to_string(),
    }
}

/// Returns systemd's word for the state of the unit's file (`is-enabled`).
pub(super) const fn file_word(file: UnitFileState) -> &'static str {
    match file {
        UnitFileState::Enabled => "enabled",
        UnitFileState::Disabled => "disabled",
        UnitFileState::Masked => "masked",
    }
}

const fn load_state(file: UnitFileState) -> &'static str {
    match file {
        UnitFileState::Masked => "masked",
        _ => "loaded",
    }
}

/// Returns systemd's word for what the unit does within its state.
pub(super) const fn sub_state(unit: UnitState) -> &'static str {
    match unit {
        UnitState::Inactive => "dead",
        UnitState::Activating => "start",
        UnitState::Active => "running",
        UnitState::Deactivating => "stop-sigterm",
        UnitState::Failed(_) => "failed",
    }
}

/// Returns the unit's main process. A server that somebody has started by hand is none of the unit's.
pub(super) fn main_process(host: &dyn Host) -> Option<(u32, &'static str)> {
    let runs = !matches!(host.unit(), UnitState::Inactive | UnitState::Failed(_));
    host.server_process().filter(|_| runs)
}

/// `systemctl show`: properties as `NAME=value`, in systemd's order. A property that a unit does not have is left
/// out, as systemd does.
pub(super) fn show(host: &dyn Host, properties: &[String], value: bool) -> Output {
    let unit = host.unit();
    let pid = main_process(host).map_or(0, |(pid, _)| pid);
    let (result, code, status) = match unit {
        UnitState::Failed(exit) => {
            let ended = Ended::from_code(exit);
            let (code, status) = match ended {
                Ended::Exit(status) => (1, status),
                Ended::Signal(signal) => (2, signal),
                Ended::Dump(signal) => (3, signal),
            };
            (ended.result(), code, status)
        }
        _ => ("success", 0, 0),
    };
    let all = [
        ("Type", "notify".to_owned()),
        ("MainPID", pid.to_string()),
        ("Result", result.to_owned()),
        ("ExecMainPID", pid.to_string()),
        ("ExecMainCode", code.to_string()),
        ("ExecMainStatus", status.to_string()),
        ("Id", "mariadb.service".to_owned()),
        ("LoadState", load_state(host.unit_file()).to_owned()),
        ("ActiveState", word(unit).to_owned()),
        ("SubState", sub_state(unit).to_owned()),
        ("UnitFileState", file_word(host.unit_file()).to_owned()),
    ];
    printed(chosen(&all, properties, value))
}

/// Returns the properties of a unit that there is not.
pub(super) fn show_nothing(unit: &str, properties: &[String], value: bool) -> Output {
    let all = [
        ("Id", unit.to_owned()),
        ("LoadState", "not-found".to_owned()),
        ("ActiveState", "inactive".to_owned()),
        ("SubState", "dead".to_owned()),
    ];
    printed(chosen(&all, properties, value))
}

fn chosen(all: &[(&str, String)], properties: &[String], value: bool) -> String {
    let mut text = String::new();
    for (name, content) in all {
        if !properties.is_empty() && !properties.iter().any(|wanted| wanted == name) {
            continue;
        }
        if value {
            text.push_str(content);
        } else {
            text.extend([*name, "=", content]);
        }
        text.push('\n');
    }
    text
}

/// systemd's word for the state (`is-active`).
pub(super) const fn word(unit: UnitState) -> &'static str {
    match unit {
        UnitState::Inactive => "inactive",
        UnitState::Activating => "activating",
        UnitState::Active => "active",
        UnitState::Deactivating => "deactivating",
        UnitState::Failed(_) => "failed",
    }
}

pub(super) const fn exit_code(unit: UnitState) -> i32 {
    if matches!(unit, UnitState::Active) {
        0
    } else {
        NOT_ACTIVE
    }
}

/// Returns the first lines of `systemctl status`, without what changes from run to run: process number,
/// memory, times and the tail of the journal.
pub(super) fn status(unit: UnitState, file: UnitFileState) -> Output {
    let (mark, detail, more) = match unit {
        UnitState::Inactive => ("○", "inactive (dead)".to_owned(), String::new()),
        UnitState::Activating => ("●", "activating (start)".to_owned(), String::new()),
        UnitState::Active => (
            "●",
            "active (running)".to_owned(),
            "     Status: \"Taking your SQL requests now...\"\n".to_owned(),
        ),
        UnitState::Deactivating => ("●", "deactivating (stop-sigterm)".to_owned(), String::new()),
        UnitState::Failed(code) => {
            let ended = Ended::from_code(code);
            let process = match ended {
                Ended::Exit(code) => format!("code=exited, status={code}{}", exit_name(code)),
                Ended::Signal(signal) => format!("code=killed, signal={}", signal_name(signal)),
                Ended::Dump(signal) => format!("code=dumped, signal={}", signal_name(signal)),
            };
            let detail = format!("failed (Result: {})", ended.result());
            ("×", detail, format!("   Main PID: ({process})\n"))
        }
    };
    let head = match file {
        UnitFileState::Masked => format!(
            "{mark} mariadb.service\n     Loaded: masked (Reason: Unit mariadb.service is masked.)"
        ),
        _ => format!(
            "{mark} mariadb.service - {DESCRIPTION}\n     \
             Loaded: loaded (/lib/systemd/system/mariadb.service; {}; preset: enabled)",
            file_word(file)
        ),
    };
    let mut output = printed(format!("{head}\n     Active: {detail}\n{more}"));
    output.exit = exit_code(unit);
    output
}

const fn exit_name(code: i32) -> &'static str {
    match code {
        0 => "/SUCCESS",
        1 => "/FAILURE",
        _ => "/n/a",
    }
}
