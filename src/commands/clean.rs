//! `seatrial clean`: removes the containers, networks and images that killed runs have left behind.

use crate::output::Out;
use crate::real::stop;
use crate::{Stop, exit};

pub(crate) fn clean(out: &mut Out) -> Result<u8, Stop> {
    let removed = seatrial_real_harness::sweep().map_err(stop)?;
    out.line(&match removed {
        0 => "nothing was left behind".to_owned(),
        1 => "1 container or network removed".to_owned(),
        many => format!("{many} containers and networks removed"),
    });
    match seatrial_real_harness::remove_stale_images().map_err(stop)? {
        0 => {}
        1 => out.line("1 prepared image that no run would use again removed"),
        many => out.line(&format!(
            "{many} prepared images that no run would use again removed"
        )),
    }
    Ok(exit::OK)
}
