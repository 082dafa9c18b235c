//! The options on the command line of a server: what `mariadbd` gets from a person, or from the environment of its unit.

use seatrial_galera::RecoveredPosition;

use super::conf::Conf;

/// The variables of the unit's environment whose words become options (`mariadb.service`, `ExecStart`).
pub(super) const VARIABLES: [&str; 2] = ["MYSQLD_OPTS", "_WSREP_NEW_CLUSTER"];

/// Options that name places and users, which are those of the installation here.
const WITHOUT_EFFECT: [&str; 8] = [
    "basedir",
    "console",
    "datadir",
    "log_error",
    "pid_file",
    "plugin_dir",
    "socket",
    "user",
];

/// The options of one start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct ServerOptions {
    /// `--wsrep-new-cluster`.
    pub(super) new_cluster: bool,
    /// `--wsrep-start-position`.
    pub(super) start_position: Option<RecoveredPosition>,
    /// The others, as lines of a configuration file: they win over what the files say.
    pub(super) lines: Vec<String>,
}

impl ServerOptions {
    /// Reads the words of a command line. The error is the text for what the simulated server does not have.
    pub(super) fn read<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut options = Self::default();
        for word in words {
            let Some(option) = word.strip_prefix("--") else {
                return Err(format!(
                    "this console does not know the server's option {word}"
                ));
            };
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            match name.replace('-', "_").to_ascii_lowercase().as_str() {
                "wsrep_new_cluster" => options.new_cluster = true,
                "wsrep_start_position" => {
                    let position = value
                        .parse()
                        .map_err(|_| format!("this console does not know the position {value}"))?;
                    options.start_position = Some(position);
                }
                name if WITHOUT_EFFECT.contains(&name) => {}
                // A switch without a value is on.
                name if option.contains('=') => options.lines.push(format!("{name} = {value}")),
                name => options.lines.push(format!("{name} = ON")),
            }
        }
        let mut tried = Conf::none();
        tried.set_all(&options.lines);
        // An option that MariaDB does not have ends a real server after it has met its group, which is not modelled.
        match tried.gaps.first().or(tried.unknown.as_ref()) {
            Some(gap) => Err(format!("this console cannot start a server with {gap}")),
            None => Ok(options),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_command_line() {
        let read = |text: &str| ServerOptions::read(text.split(' '));
        let bootstrap = read("--user=mysql --wsrep-new-cluster").unwrap();
        assert!(bootstrap.new_cluster && bootstrap.lines.is_empty());
        let joins = read("--wsrep_cluster_address=gcomm://a,b").unwrap();
        assert_eq!(joins.lines, ["wsrep_cluster_address = gcomm://a,b"]);
        assert!(read("--innodb-force-recovery=6").is_err());
        assert!(read("--wsrep-start-position=7").is_err());
        assert!(read("--bananas=1").is_err());
    }
}
