//! `seatrial schema`: prints the JSON Schema of scenario files.

use seatrial_scenarios::language;

use crate::exit;
use crate::output::Out;

pub(crate) fn schema(out: &mut Out) -> u8 {
    out.print(&language::schema());
    exit::OK
}
