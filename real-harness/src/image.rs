//! The image of a node, made from Debian's packages.
//!
//! `mmdebstrap` extracts them without running maintainer scripts, a hook does what those would have
//! done, and the Docker engine imports the result. Packages come from the source that this machine's
//! own apt is configured with. Where a registry of images is at hand, `real-harness/image/Dockerfile`
//! makes the same.

use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use crate::docker::Docker;
use crate::error::HarnessError;
use crate::run::runtime;

/// The repository name of the images that are built here.
const REPOSITORY: &str = "seatrial/mariadb";

const HOOK: &str = include_str!("../image/extract-hook.sh");

/// Packages that are extracted, with the programs that transfers of state and the harness use.
const PACKAGES: &[&str] = &[
    "libc-bin",
    "mariadb-server-core",
    "mariadb-server",
    "mariadb-client-core",
    "mariadb-client",
    "galera-4",
    "galera-arbitrator-4",
    "mariadb-backup",
    "rsync",
    "iproute2",
    "iptables",
    "procps",
    "psmisc",
    "socat",
    "lsof",
    "bash",
    "dash",
    "coreutils",
    "sed",
    "grep",
    "mawk",
    "findutils",
    "util-linux",
    "hostname",
    "base-files",
    "debianutils",
    "ncurses-bin",
    // Without tar a transfer by rsync hangs where there is a binary log; pidof and logger are called
    // by MariaDB's scripts.
    "tar",
    "sysvinit-utils",
    "bsdutils",
    // Operators look for a port or a host with them.
    "netcat-openbsd",
    "iputils-ping",
    // Ansible runs its modules with it.
    "python3",
    // It confines users' programs where `verify` itself runs in a container.
    "bubblewrap",
];

/// A release of Debian, and with it a version of `MariaDB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// `MariaDB` 10.11.
    Bookworm,
    /// `MariaDB` 11.8.
    Trixie,
}

impl Suite {
    /// Debian's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
        }
    }

    /// Returns the image's name.
    pub fn image(self) -> String {
        format!("{REPOSITORY}:{}", self.name())
    }
}

/// The result of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Built {
    /// The image was there already.
    Already,
    /// It is there now.
    Now,
}

/// The label by which an image that an older version has made is known.
const MADE_OF: &str = "seatrial.made-of";

/// Returns what an image is made of, as the value of a label.
fn made_of() -> String {
    format!("{} and a hook of {} bytes", PACKAGES.join(" "), HOOK.len())
}

/// Makes the image of a suite, unless it is there and made of the same packages.
///
/// # Errors
/// Without a Docker engine, mmdebstrap or root, and when a package cannot be had.
pub fn build(suite: Suite) -> Result<Built, HarnessError> {
    let docker = runtime().block_on(Docker::connect())?;
    let name = suite.image();
    let made_of = made_of();
    if runtime().block_on(docker.image_label(&name, MADE_OF))? == Some(made_of.clone()) {
        return Ok(Built::Already);
    }
    let folder = Folder::create()?;
    let archive = folder.path.join("root.tar");
    extract(suite, &folder.path, &archive)?;
    let bytes = read(&archive)?;
    let changes = vec![
        "CMD [\"sleep\", \"infinity\"]".to_owned(),
        format!("LABEL {MADE_OF}=\"{made_of}\""),
    ];
    runtime().block_on(docker.import(bytes, REPOSITORY, suite.name(), changes))?;
    Ok(Built::Now)
}

fn extract(suite: Suite, folder: &Path, archive: &Path) -> Result<(), HarnessError> {
    let source = package_source()?;
    let hook = folder.join("extract-hook.sh");
    write(&hook, HOOK)?;
    let output = Command::new("mmdebstrap")
        .args(["--variant=extract", "--mode=root", "--quiet"])
        .args(["--aptopt=Acquire::Languages \"none\""])
        .args(["--aptopt=APT::Install-Recommends \"false\""])
        .arg(format!("--include={}", PACKAGES.join(",")))
        .arg("--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr")
        .arg(format!("--extract-hook=sh {} \"$1\"", hook.display()))
        .arg(suite.name())
        .arg(archive)
        .arg(format!("deb {source} {} main", suite.name()))
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(HarnessError::Environment {
                what: "mmdebstrap, which extracts the packages, is not here".to_owned(),
                remedy: "install it (`apt-get install mmdebstrap`), or make the image with \
                         `docker build real-harness/image` where a registry is at hand"
                    .to_owned(),
            });
        }
        Err(error) => return Err(trouble("start mmdebstrap", &error.to_string())),
    };
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    if !is_root() {
        return Err(HarnessError::Environment {
            what: format!("mmdebstrap needs root here: {}", last_lines(&said)),
            remedy: "run `seatrial image build` as root once; running scenarios needs no root"
                .to_owned(),
        });
    }
    Err(trouble("extract the packages", &last_lines(&said)))
}

/// Returns the package sources of this machine's own apt.
fn package_source() -> Result<String, HarnessError> {
    let none = |why: &str| HarnessError::Environment {
        what: format!("no source of Debian packages is known ({why})"),
        remedy: "build on a Debian machine whose apt is set up, or make the image with \
                 `docker build real-harness/image` where a registry is at hand"
            .to_owned(),
    };
    let output = Command::new("apt-get")
        .args([
            "indextargets",
            "--format",
            "$(CREATED_BY) $(RELEASE) $(REPO_URI)",
        ])
        .output()
        .map_err(|error| none(&format!("apt-get: {error}")))?;
    first_source(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| none("apt has no source of packages"))
}

/// Returns the first archive that is neither for security nor for updates.
fn first_source(targets: &str) -> Option<String> {
    targets
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(kind, _)| *kind == "Packages")
        .filter_map(|(_, rest)| rest.split_once(' '))
        .find(|(release, _)| !release.contains('-'))
        .map(|(_, source)| source.to_owned())
}

/// Returns whether this process is root's.
fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| {
        status
            .lines()
            .any(|line| line.starts_with("Uid:") && line.split_whitespace().nth(2) == Some("0"))
    })
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(3)..].join("; ")
}

fn trouble(doing: &str, why: &str) -> HarnessError {
    HarnessError::Docker {
        doing: doing.to_owned(),
        why: why.to_owned(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, HarnessError> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|error| trouble("read the root file system", &error.to_string()))?;
    Ok(bytes)
}

fn write(path: &Path, text: &str) -> Result<(), HarnessError> {
    std::fs::write(path, text).map_err(|error| trouble("write the hook", &error.to_string()))
}

/// A folder that goes with its owner.
struct Folder {
    path: std::path::PathBuf,
}

impl Folder {
    fn create() -> Result<Self, HarnessError> {
        let name = format!("seatrial-image-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path)
            .map_err(|error| trouble("make a temporary folder", &error.to_string()))?;
        Ok(Self { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // If it cannot be removed, it stays in the system's temporary folder.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_come_from_the_plain_archive_and_not_from_security_or_updates() {
        let targets = "DEP-11 bookworm http://archive.example/debian/\n\
                       Packages bookworm-security http://archive.example/security/\n\
                       Packages bookworm-updates http://archive.example/debian/\n\
                       Packages bookworm http://archive.example/debian/\n";
        assert_eq!(
            first_source(targets).as_deref(),
            Some("http://archive.example/debian/")
        );
        assert_eq!(first_source("Translations bookworm x\n"), None);
    }
}
