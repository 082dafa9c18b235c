//! Time of the processor, which other work on the machine does not change as it changes the clock.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The best of so many rounds counts: what disturbs a round only makes it slower.
const ROUNDS: usize = 3;

/// The processor time of this process, all its threads together.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let secs = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(secs, nanos)
}

/// Does the same work several times. Gives back what it returned, and the fewest seconds of processor
/// time that it took.
///
/// # Panics
/// When two rounds return something different: then they were not the same work.
pub(crate) fn best<R: PartialEq + std::fmt::Debug>(mut work: impl FnMut() -> R) -> (R, f64) {
    let mut best: Option<(R, f64)> = None;
    for _ in 0..ROUNDS {
        let began = processor_time();
        let result = work();
        let seconds = processor_time().saturating_sub(began).as_secs_f64();
        best = Some(match best {
            Some((first, least)) => {
                assert_eq!(first, result, "every round does the same");
                (first, least.min(seconds))
            }
            None => (result, seconds),
        });
    }
    best.expect("invariant: there is a round")
}
