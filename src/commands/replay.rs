//! `seatrial replay`: plays one run and prints its whole trace, the same bytes every time.

use std::collections::BTreeMap;
use std::time::Duration;

use seatrial_reports::{Campaign, details};
use seatrial_scenarios::agreement::Agreement;
use seatrial_scenarios::record::Verdict;
use seatrial_scenarios::{TraceEvent, TraceKind};

use crate::args::{EngineArg, PaceArg, RealArgs, SEED, TimersArg};
use crate::output::Out;
use crate::plan::{self, Flags, Job};
use crate::{Stop, engines, exit, real, scenarios, signals};

/// `seatrial replay`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReplayArgs {
    /// The id of a scenario, or a scenario file.
    #[arg(add = crate::candidates::scenarios())]
    pub(crate) scenario: String,
    /// The engine.
    #[arg(long, value_name = "ENGINE", value_enum, default_value = "des")]
    pub(crate) on: EngineArg,
    /// The master seed.
    #[arg(long, value_name = "S", default_value_t = SEED)]
    pub(crate) seed: u64,
    /// The timeouts; they override those of the scenario.
    #[arg(long, value_enum)]
    pub(crate) timers: Option<TimersArg>,
    /// When the next step begins, in a scenario that does not set a pace; at rest by default.
    #[arg(long, value_enum)]
    pub(crate) pace: Option<PaceArg>,
    /// Leave out the frames on the links.
    #[arg(long)]
    pub(crate) no_frames: bool,
    /// The options of the real engine.
    #[command(flatten)]
    pub(crate) real: RealArgs,
}

pub(crate) fn replay(args: &ReplayArgs, out: &mut Out) -> Result<u8, Stop> {
    engines::available(&[args.on])?;
    let scenario = scenarios::one(&args.scenario)?;
    let real = real::options(&args.real, &[args.on], None)?;
    let flags = Flags::new(args.pace, args.timers, &real, 0);
    signals::listen();
    let job = Job {
        scenario: &scenario,
        engine: args.on,
        seed: args.seed,
        negate: None,
        stagger: None,
    };
    let done = plan::run(job, flags);
    if args.no_frames {
        for line in done.rendered.lines().filter(|line| !is_frame(line)) {
            out.line(line);
        }
    } else {
        out.print(&done.rendered);
    }
    // Standard output has the trace and nothing else. Findings go to standard error.
    let pinned = BTreeMap::from([(scenario.id.clone(), scenario.findings.clone())]);
    let campaign = Campaign {
        records: std::slice::from_ref(&done.run.record),
        pinned: &pinned,
        agreement: &Agreement::default(),
        against: None,
        wall: Duration::ZERO,
        not_run: 0,
        unlisted: 0,
    };
    let text = details(&campaign);
    if !text.is_empty() {
        out.error(text.trim());
    }
    Ok(match done.run.record.verdict {
        Verdict::Pass | Verdict::Flaky => exit::OK,
        Verdict::Fail | Verdict::Error if done.run.record.lacks_a_fault() => exit::ENVIRONMENT,
        Verdict::Fail | Verdict::Error => exit::FINDING,
        Verdict::Unsupported => exit::ENVIRONMENT,
    })
}

/// Returns whether a line of the trace is a frame on a link.
fn is_frame(line: &str) -> bool {
    serde_json::from_str::<TraceEvent>(line).is_ok_and(|event| {
        matches!(
            event.what,
            TraceKind::Sent { .. } | TraceKind::Received { .. }
        )
    })
}
