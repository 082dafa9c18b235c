//! How a client reaches its server: through the socket, or over the network to a host.

/// The way of a client to its server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Connection {
    /// The host after `-h`, if it is not the client's own by its usual name.
    host: Option<String>,
}

impl Connection {
    /// Reads the words of a client of MariaDB.
    pub(super) fn of(words: &[String]) -> Self {
        let mut words = words.iter().map(String::as_str);
        let mut host = None;
        while let Some(word) = words.next() {
            host = match word {
                "-h" | "--host" => words.next().map(str::to_owned),
                _ => match word.strip_prefix("--host=").or(word.strip_prefix("-h")) {
                    Some(named) => Some(named.to_owned()),
                    None => continue,
                },
            };
        }
        Self {
            host: host.filter(|host| host != "localhost"),
        }
    }

    /// Returns the host in messages.
    pub(super) fn host(&self) -> &str {
        self.host.as_deref().unwrap_or("localhost")
    }

    /// Returns the client's error line of a failed connection.
    pub(super) fn refused_line(&self, line: &str) -> String {
        match line.split_once("): ") {
            Some((head, text)) => format!("{head}): {}", self.refused(text)),
            None => line.to_owned(),
        }
    }

    /// Returns the text of a failed connection, which names the host if there is one. `text` is that of the socket.
    pub(super) fn refused(&self, text: &str) -> String {
        match &self.host {
            // The client's connections do not block: what it sees is EINPROGRESS.
            Some(host) if text.contains("through socket") => {
                format!("Can't connect to server on '{host}' (115)")
            }
            _ => text.to_owned(),
        }
    }
}
