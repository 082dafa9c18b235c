//! The part inside a network namespace: it binds the clients' port of every server, and hands the sockets out.
//!
//! The addresses of the hosts are addresses of the loopback. A socket that is bound and does not listen refuses
//! connections, as a port without a server does.

use std::fs;
use std::io::{self, Read as _};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::fd::AsFd as _;
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use seatrial_scenarios::NodeName;
use serde::{Deserialize, Serialize};

use crate::script::passing;
use crate::script::sandbox;

/// The socket in the folder of the run that takes the sockets.
pub(in crate::script) const HANDED: &str = "ports";

/// The clients' port of a server.
const PORT: u16 = 3306;

/// A bound socket that is handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bound {
    /// The host in whose namespace it is; `None` on the operator's machine.
    pub(super) from: Option<NodeName>,
    /// The node whose server answers there.
    pub(super) node: NodeName,
}

/// Binds the port of each node's server here, and hands the sockets out.
///
/// # Errors
/// When a socket cannot be made or handed out.
pub(in crate::script) fn hand_out(folder: &Path) -> io::Result<()> {
    if !folder.join(HANDED).exists() {
        return Ok(());
    }
    let from = fs::read_to_string(folder.join(sandbox::NODE)).ok();
    let from = from.map(NodeName::new);
    let names = fs::read_to_string(folder.join(sandbox::NAMES))?;
    // The first line is that of localhost.
    for line in names.lines().skip(1) {
        let mut words = line.split(' ');
        let address = words.next().and_then(|word| word.parse().ok());
        let (Some(address), Some(name)) = (address, words.next_back()) else {
            continue;
        };
        let node = NodeName::new(name);
        if from.as_ref() == Some(&node) {
            bind(folder, Ipv4Addr::LOCALHOST, from.clone(), node.clone())?;
        }
        bind(folder, address, from.clone(), node)?;
    }
    Ok(())
}

fn bind(
    folder: &Path,
    address: Ipv4Addr,
    from: Option<NodeName>,
    node: NodeName,
) -> io::Result<()> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, &SocketAddrV4::new(address, PORT))?;
    let mut stream = UnixStream::connect(folder.join(HANDED))?;
    passing::send(&stream, &Bound { from, node }, &[socket.as_fd()])?;
    // The other side has it when it answers.
    stream.read_exact(&mut [0])
}
