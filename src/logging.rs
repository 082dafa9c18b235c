//! The program's own log, for people: what happened in a run, with the simulated time in front.
//!
//! It is made from the trace after the run, and never changes the trace.

use std::cell::Cell;
use std::sync::Mutex;

use seatrial_scenarios::{FaultOutcome, Trace, TraceEvent, TraceKind};
use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use crate::engines;
use crate::plan::Job;

thread_local! {
    /// The simulated time of the event that is being logged, in microseconds.
    static NOW: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Runs are logged one after another, even if several of them run at the same time.
static TELLING: Mutex<()> = Mutex::new(());

/// Starts the log: `-v` shows steps, faults and processes, `-vv` also requests, links, disk and the
/// servers' own logs, `-vvv` also frames. `RUST_LOG` wins.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => "seatrial=warn",
        1 => "seatrial=info",
        2 => "seatrial=debug",
        _ => "seatrial=trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .with_timer(SimulatedTime)
        .init();
}

/// Returns whether the log shows anything of a run.
pub(crate) fn is_on() -> bool {
    tracing::enabled!(Level::INFO)
}

struct SimulatedTime;

impl FormatTime for SimulatedTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        match NOW.get() {
            Some(at_us) => {
                write!(
                    writer,
                    "[{:>5}.{:06}s]",
                    at_us / 1_000_000,
                    at_us % 1_000_000
                )
            }
            // Between runs there is no simulated time, and the wall clock does not matter to a reader.
            None => write!(writer, "[            -]"),
        }
    }
}

/// Logs a run.
pub(crate) fn tell(job: Job<'_>, trace: &Trace) {
    if !is_on() {
        return;
    }
    let _telling = TELLING.lock();
    tracing::info!(scenario = %job.scenario.id, engine = engines::name(job.engine), seed = job.seed, "run");
    for event in &trace.events {
        NOW.set(Some(event.at_us));
        tell_event(event);
    }
    NOW.set(None);
}

fn tell_event(event: &TraceEvent) {
    let node = event.node.as_ref().map_or("-", |node| node.as_str());
    match &event.what {
        TraceKind::Step { step: 0, title } => tracing::info!("{title}"),
        TraceKind::Step { step, title } => tracing::info!("step {step}: {title}"),
        TraceKind::Check {
            held: true, text, ..
        } => tracing::info!("held: {text}"),
        TraceKind::Check { text, .. } => tracing::info!("did not hold: {text}"),
        TraceKind::Fault { fault, outcome } => {
            let fault = seatrial_scenarios::language::describe_fault(fault);
            let outcome = match outcome {
                FaultOutcome::Applied(receipt) => receipt.clone(),
                FaultOutcome::Skipped(why) => format!("skipped: {why}"),
                FaultOutcome::Unsupported(why) => format!("unsupported: {why}"),
            };
            tracing::info!("fault: {fault}: {outcome}");
        }
        TraceKind::Process { text } => tracing::info!("{node}: {text}"),
        TraceKind::Note { text } if event.node.is_none() => tracing::info!("{text}"),
        TraceKind::Note { text } => tracing::info!("{node}: {text}"),
        TraceKind::Request { id, request } => tracing::debug!("request {}: {request:?}", id.0),
        TraceKind::Operator {
            operator,
            procedure,
            ..
        } => tracing::debug!("operator {operator}, {procedure}, types:"),
        TraceKind::Ended { id, progress } => {
            tracing::debug!("request {} ended: {progress:?}", id.0);
        }
        TraceKind::LinkUp { peer, channel } => {
            tracing::debug!("{node}: {channel} link to {peer} is up");
        }
        TraceKind::LinkDown {
            peer,
            channel,
            reason,
        } => {
            tracing::debug!("{node}: {channel} link to {peer} is down: {reason}");
        }
        TraceKind::Log { line } => tracing::debug!("{node}: log: {line}"),
        TraceKind::Disk { text } => tracing::debug!("{node}: disk: {text}"),
        TraceKind::State { changed } => tracing::trace!("{node}: state: {changed:?}"),
        TraceKind::Quorum {
            present,
            left,
            last_primary,
            holds,
        } => tracing::debug!(
            "{node}: quorum {holds}: present {present:?}, left {left:?}, of {last_primary:?}"
        ),
        TraceKind::Reunion {
            last_primary,
            missing,
        } => tracing::debug!("{node}: reunion of {last_primary:?}, missing {missing:?}"),
        TraceKind::Sent { to, frame } => tracing::trace!("{node} -> {to}: {frame}"),
        TraceKind::Received { from, frame } => tracing::trace!("{from} -> {node} arrived: {frame}"),
    }
}
