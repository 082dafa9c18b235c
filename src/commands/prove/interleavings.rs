//! `seatrial prove --interleavings`: searches the orders of events breadth first.

use std::fmt::Write as _;
use std::time::Instant;

use seatrial_sim::interleave::{Act, Config, Limits, Nodes, Searched, SstMethod, Time};

use crate::args::TimersArg;
use crate::commands::prove::InterleavingArgs;
use crate::commands::prove::ProveArgs;
use crate::output::Out;
use crate::{Stop, exit};

/// The number of states after which the search stops, unless `--max-states` is given.
const STATES_MAX: usize = 200_000;

pub(super) fn interleavings(args: &ProveArgs, out: &mut Out) -> Result<u8, Stop> {
    let bounds = &args.interleaving;
    let horizon = u64::try_from(bounds.horizon.as_millis())
        .map_err(|_| Stop::usage("--horizon: the time is too long"))?;
    let limits = Limits {
        horizon: Time::from_millis(horizon),
        late: bounds.late,
        stops: bounds.stops,
        crashes: bounds.crashes,
        starts: bounds.starts,
        writes: bounds.writes,
    };
    let timers = match args.timers {
        Some(TimersArg::Default) => Config::default(),
        Some(TimersArg::Fast) | None => Config::fast(),
    };
    let config = Config {
        // The donor of this method goes on applying, and shows no position in the state file.
        wsrep_sst_method: SstMethod::Mariabackup,
        ..timers
    };
    let nodes = Nodes::synced(bounds.nodes, config, limits);
    let began = Instant::now();
    let most = args.max_states.unwrap_or(STATES_MAX);
    let found = seatrial_sim::interleave::breadth_first(&nodes, most);
    let seconds = began.elapsed().as_secs_f64();
    out.print(&text(bounds, &found, most, seconds));
    Ok(if found.counterexample.is_some() {
        exit::FINDING
    } else if found.open > 0 {
        exit::STOPPED
    } else {
        exit::OK
    })
}

fn text(bounds: &InterleavingArgs, found: &Searched<Act>, most: usize, seconds: f64) -> String {
    let count = |number: usize, one: &str, many: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    };
    let mut text = format!(
        "Interleavings of {}, synced: {} ms of timers, {} late when time passes,\n{}, {}, {}, {}\n\n",
        count(bounds.nodes.into(), "node", "nodes"),
        bounds.horizon.as_millis(),
        count(bounds.late, "message", "messages"),
        count(bounds.stops.into(), "stop", "stops"),
        count(bounds.crashes.into(), "crash", "crashes"),
        count(bounds.starts.into(), "start", "starts"),
        count(bounds.writes.into(), "write", "writes"),
    );
    match &found.counterexample {
        Some((way, what)) => {
            let _ = writeln!(
                text,
                "{what}\nafter {} acts, and after no fewer:",
                way.len()
            );
            for act in way {
                let _ = writeln!(text, "    {act}");
            }
        }
        None => text.push_str("no wrong state: the state files never contradict each other\n"),
    }
    let _ = writeln!(
        text,
        "\n     Covered {} states, {} transitions, {} acts deep",
        found.states, found.transitions, found.depth
    );
    let rate = f64::from(u32::try_from(found.states).unwrap_or(u32::MAX)) / seconds.max(0.001);
    let _ = writeln!(
        text,
        "     Summary [{seconds:>8.3}s] {rate:.0} states a second"
    );
    let bound = if found.counterexample.is_some() {
        "the search ends at the first wrong state".to_owned()
    } else if found.open > 0 {
        format!(
            "stopped by --max-states ({most}): {} states were not expanded",
            found.open
        )
    } else {
        "every state within these bounds".to_owned()
    };
    let _ = writeln!(text, "             {bound}");
    text
}
