//! Tells which events have a time, and which repeat themselves.

use super::Event;

impl Event {
    /// Whether the event stands in a log, so that a line without a time of its own has that of its
    /// neighbours. Files, tables and settings have none.
    pub const fn is_of_a_log(&self) -> bool {
        !matches!(
            self,
            Self::StateFile(_)
                | Self::ViewFile(_)
                | Self::BarePosition { .. }
                | Self::Status { .. }
                | Self::Setting { .. }
                | Self::Unit { .. }
                | Self::Process { .. }
                | Self::Collected { .. }
                | Self::Unreadable { .. }
        )
    }

    /// Whether the event says itself again and again, as the search for a donor does every second.
    pub(crate) const fn repeats(&self) -> bool {
        matches!(
            self,
            Self::NoDonor { .. }
                | Self::RequestFailed { .. }
                | Self::OtherCluster { .. }
                | Self::HandshakeFailed { .. }
                | Self::PeerClosed { .. }
                | Self::KeyringAsked
                | Self::Suspected { .. }
                | Self::Inactive { .. }
                | Self::PeerTimedOut { .. }
                | Self::ActionRejected
                | Self::WaitsForMembers
                | Self::Failed { .. }
                | Self::ViewNumber { .. }
                | Self::Abort
        )
    }
}
