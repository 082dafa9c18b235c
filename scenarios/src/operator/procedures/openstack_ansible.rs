//! P9: the galera role of OpenStack-Ansible.
//!
//! Source: openstack-ansible-galera_server, commit 8f4330a. The first host of the inventory is
//! bootstrapped, always, once somebody has set the flag that allows work on a broken cluster. No
//! position is read and nothing is forced. Its own copy of the bootstrap script clears its variable
//! also when it is interrupted.
//!
//! Defects: D2 and D3 (whatever the first host holds), D4.

use seatrial_port::console::Console;

use super::ProcedureOutcome;
use super::hands::Hands;

pub(super) async fn run(console: &mut dyn Console) -> ProcedureOutcome {
    let mut hands = Hands::new(console);
    if let Some(outcome) = hands.join_a_primary().await {
        return outcome;
    }
    let nodes = hands.nodes();
    let Some(first) = nodes.first().cloned() else {
        return hands.gave_up("the inventory is empty").await;
    };
    hands.stop_all().await;
    if !hands.bootstrap(&first).await {
        let why = format!("{first} refused to be bootstrapped, and no other host is tried");
        return hands.gave_up(&why).await;
    }
    hands.start_others_in_turn(&first).await;
    hands.end().await
}
