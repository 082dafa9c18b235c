//! Work whose instructions are counted: `benches/instructions` runs it under valgrind.
//!
//! Instructions do not depend on what else the machine does. So two builds can be compared on a busy machine. No
//! clock is read here: valgrind does not know the page by which Linux tells the time.

use seatrial_sim::des::{Coasting, Templates};

use crate::{documented, one_scenario, play, search};

/// Does one of the kinds of work, and prints the number of its units.
pub(crate) fn work(kind: &str) {
    let mut templates = Templates::default();
    let units = match kind {
        "des" => {
            let scenario = [one_scenario()];
            play(&mut templates, &scenario, 16, Coasting::On);
            counted(|| play(&mut templates, &scenario, 16, Coasting::On));
            16
        }
        "catalogue" => {
            let all = documented();
            play(&mut templates, &all, 2, Coasting::On);
            counted(|| play(&mut templates, &all, 2, Coasting::On));
            2 * all.len() as u64
        }
        "explore" => {
            search::explore(&mut templates, 1);
            counted(|| search::explore(&mut templates, 4))
        }
        "closure" => counted(search::closure).1 as u64,
        "breadth-first" => {
            let nodes = search::small_model();
            counted(|| search::ours(&nodes)) as u64
        }
        _ => panic!("no kind of work is called {kind}"),
    };
    println!("{units}");
}

/// Counts the work in it: the script knows this function by its name.
#[inline(never)]
fn counted<R>(work: impl FnOnce() -> R) -> R {
    std::hint::black_box(work())
}
