//! The programs of a host: what takes the place of systemd, of `CipherMail`'s tools and of an
//! operator's terminal inside a container. They are put into it when it is created, so that any
//! image with `MariaDB` and Galera in it will do.

use seatrial_scenarios::trace::sha256_hex;

/// A program and its place in the container.
pub(crate) struct Program {
    pub(crate) path: &'static str,
    pub(crate) text: String,
}

/// The first process of a container.
pub(crate) const HOST: &str = "/opt/seatrial/lib/host";
/// The program that answers the harness.
pub(crate) const AGENT: &str = "/opt/seatrial/lib/agent";
/// The program that runs an operator's line.
pub(crate) const OPERATOR: &str = "/opt/seatrial/lib/operator";
/// The program that runs a client's statement.
pub(crate) const CLIENT: &str = "/opt/seatrial/lib/client";
/// The connection of a client that reads and changes lists.
pub(crate) const LIST_SESSION: &str = "/opt/seatrial/lib/list-session";
/// The mail back end's stand-in.
pub(crate) const BACK_END: &str = "/opt/seatrial/lib/back-end";
/// The message of the first process once it is up.
pub(crate) const HOST_IS_UP: &str = "seatrial: host is up";

macro_rules! programs {
    ($($path:literal),* $(,)?) => {
        [$((
            concat!("/opt/seatrial/", $path),
            include_str!(concat!("../host/", $path)),
        )),*]
    };
}

/// Returns all programs.
pub(crate) fn all() -> Vec<Program> {
    let texts = programs![
        "lib/host",
        "lib/unit.sh",
        "lib/unit-run",
        "lib/agent",
        "lib/operator",
        "lib/client",
        "lib/list-session",
        "lib/back-end",
        "lib/delay",
        "bin/systemctl",
        "bin/galera_new_cluster",
        "bin/cm-cluster-manage",
        "bin/cm-run-playbook",
        "bin/sudo",
        "bin/mysql",
        "bin/mariadb",
        "bin/journalctl",
        "bin/killall",
        "bin/reboot",
        "bin/shutdown",
    ];
    let mut all: Vec<Program> = texts
        .into_iter()
        .map(|(path, text)| Program {
            path,
            text: text.to_owned(),
        })
        .collect();
    all.push(Program {
        path: "/opt/seatrial/lib/unsafe-to-bootstrap",
        text: seatrial_galera::unsafe_to_bootstrap_warning().to_owned(),
    });
    all
}

/// Returns a short name for this version of the programs on that image.
pub(crate) fn fingerprint(image: &str) -> String {
    let mut text = image.to_owned();
    for program in all() {
        text.push_str(program.path);
        text.push_str(&program.text);
    }
    sha256_hex(&text)[..12].to_owned()
}
