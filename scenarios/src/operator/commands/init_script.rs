//! `service mariadb start` and `/etc/init.d/mariadb start`: on a host with systemd both end in `systemctl`.
//!
//! `service` drops what stands behind the verb (Debian's `init-system-helpers`), and the init script of Debian's
//! package hands start, stop, restart and status to `systemctl` as well (`/lib/lsb/init-functions.d/40-systemd`).
//! So `--wsrep-new-cluster` does not arrive at the server, and `bootstrap` is a plain start: a trap that scripts
//! from before systemd step into.

use seatrial_port::Output;
use seatrial_port::host::{Host, Step};

use super::output::failed;
use super::systemctl::Systemctl;

/// The folder of the init scripts.
pub(super) const FOLDER: &str = "/etc/init.d/";

/// A verb on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct InitScript {
    /// What the script prints first, if it is not `service`.
    told: String,
    systemctl: Systemctl,
}

impl InitScript {
    /// Reads the words after `service`.
    pub(super) fn service(words: &[String]) -> Result<Self, Output> {
        let [unit, rest @ ..] = words else {
            return Err(failed(
                1,
                "Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]",
            ));
        };
        Self::script(unit, rest, false)
    }

    /// Reads the words after `/etc/init.d/NAME`, and those that `service` hands on.
    pub(super) fn script(unit: &str, words: &[String], direct: bool) -> Result<Self, Output> {
        let unit_name = unit.strip_suffix(".service").unwrap_or(unit);
        if !["mariadb", "mysql", "mysqld"].contains(&unit_name) {
            let text = if direct {
                format!("bash: {FOLDER}{unit}: No such file or directory")
            } else {
                format!("{unit}: unrecognized service")
            };
            return Err(failed(if direct { 127 } else { 1 }, text));
        }
        let verb = words.first().map_or("", String::as_str);
        let (verb, told) = match verb {
            "start" | "stop" | "restart" | "status" => (verb, ""),
            "force-reload" | "reload" => ("restart", ""),
            "bootstrap" => ("start", "Bootstrapping the cluster: mariadbd"),
            _ => {
                return Err(failed(
                    1,
                    format!(
                        "Usage: {FOLDER}{unit_name} start|stop|restart|reload|force-reload|status|bootstrap"
                    ),
                ));
            }
        };
        let told = match (told, direct) {
            ("", true) if verb != "status" => {
                let doing = match verb {
                    "start" => "Starting",
                    "stop" => "Stopping",
                    _ => "Restarting",
                };
                format!("{doing} {unit_name} (via systemctl): {unit_name}.service.\n")
            }
            ("", _) => String::new(),
            (told, _) => format!("{told}.\n"),
        };
        let systemctl = Systemctl::parse(&[verb.to_owned(), unit_name.to_owned()])?;
        Ok(Self { told, systemctl })
    }

    /// Goes on.
    pub(super) fn step(&mut self, host: &mut dyn Host) -> Step {
        match self.systemctl.step(host) {
            Step::Done(mut output) => {
                output.stdout.insert_str(0, &self.told);
                Step::Done(output)
            }
            other => other,
        }
    }

    /// Ctrl-C.
    pub(super) fn interrupt(&mut self, host: &mut dyn Host) -> Output {
        self.systemctl.interrupt(host)
    }
}
