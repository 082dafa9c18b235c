//! The ports of the connections between machines: which one a connection is opened to, and for how long a connection
//! whose port has been closed is kept.

use seatrial_node::{Channel, Frame, Node, SstMethod, TransferFrame, TransferStage};
use seatrial_scenarios::{Port, Span};

/// Linux gives up an attempt to connect after six repetitions (`tcp_syn_retries`), of which each waits twice as long as
/// the one before.
pub(crate) const SYN_GIVES_UP: Span = Span::from_secs(127);
/// The daemon of `wsrep_sst_rsync` ends a connection on which it has heard nothing for this long (`timeout = 300`).
const RSYNC_TIMEOUT: Span = Span::from_secs(300);
/// Linux gives up a connection whose data nobody acknowledges after about this time (`tcp_retries2`).
pub(crate) const TCP_GIVES_UP: Span = Span::from_secs(924);

/// Returns the ports to which a node opens a connection of this kind, in their order. A donor connects for the write
/// sets, with a snapshot too, and its script connects to a joiner whose server is not up yet
/// (`replicator_str.cpp:process_state_req`).
pub(crate) fn of_channel(channel: Channel, opener: Option<&Node>) -> &'static [Port] {
    match channel {
        Channel::Group => &[Port::Group],
        Channel::Transfer if opener.is_some_and(Node::gives_by_script) => &[Port::Ist, Port::Sst],
        Channel::Transfer => &[Port::Ist],
        Channel::Script => &[Port::Sst],
    }
}

/// Returns the port to which a frame goes that is sent by the one who has opened the connection.
pub(crate) const fn of_frame(frame: &Frame) -> Port {
    match frame {
        Frame::Group(_) => Port::Group,
        Frame::Transfer(
            TransferFrame::Bypass { .. }
            | TransferFrame::SnapshotPart { .. }
            | TransferFrame::SnapshotTaken { .. },
        )
        | Frame::Script(_) => Port::Sst,
        Frame::Transfer(TransferFrame::IstEvent(_) | TransferFrame::IstEnd { .. }) => Port::Ist,
    }
}

/// Returns the donor's connection that goes to a port.
pub(crate) const fn stage(port: Port) -> TransferStage {
    match port {
        Port::Sst => TransferStage::Snapshot,
        _ => TransferStage::WriteSets,
    }
}

/// The end of a connection for a state transfer whose port stays closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stall {
    /// After this time what was to be sent is given up, and nobody is told.
    Silent(Span),
    /// After this time the connection ends, and the donor knows it.
    Known(Span),
}

impl Stall {
    /// Returns the end of a connection on which this frame waits; `None` where the group's own timeouts come first.
    pub(crate) const fn of(frame: &Frame, method: SstMethod) -> Option<Self> {
        match frame {
            Frame::Group(_) => None,
            Frame::Transfer(TransferFrame::Bypass { .. }) | Frame::Script(_) => {
                Some(Self::Silent(SYN_GIVES_UP))
            }
            Frame::Transfer(
                TransferFrame::SnapshotPart { .. } | TransferFrame::SnapshotTaken { .. },
            ) => Some(Self::Known(match method {
                SstMethod::Rsync => RSYNC_TIMEOUT,
                SstMethod::Mariabackup => TCP_GIVES_UP,
            })),
            Frame::Transfer(TransferFrame::IstEvent(_) | TransferFrame::IstEnd { .. }) => {
                Some(Self::Silent(TCP_GIVES_UP))
            }
        }
    }

    /// Returns the time after which it ends.
    pub(crate) const fn after(self) -> Span {
        match self {
            Self::Silent(after) | Self::Known(after) => after,
        }
    }
}
