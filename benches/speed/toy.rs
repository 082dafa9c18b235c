//! The toy cluster: three nodes, connected each with each, as a plain program on other simulators.
//!
//! Every second each node tells the others that it lives; now and then the first node sends a write to
//! both others, whoever gets it answers both others, and whoever has heard both others says so to them, as
//! the nodes of the model do. The traffic is theirs, frame by frame; nothing else of them is in it.

use std::time::Duration;

/// Seconds between two writes.
pub(crate) const WRITE_EVERY: u64 = 20;

/// A frame has one size.
const FRAME: usize = 64;
const ALIVE: u8 = 0;
const WRITE: u8 = 1;
const ANSWER: u8 = 2;
/// Both others have said something of the write.
const HEARD: u8 = 3;
/// The interval of a node's heartbeat.
const ALIVE_EVERY: Duration = Duration::from_secs(1);
const PORT: u16 = 4567;
/// After this everybody listens.
const LISTENING: Duration = Duration::from_millis(50);
/// The time that a frame takes.
const LATENCY: (Duration, Duration) = (Duration::from_micros(120), Duration::from_micros(220));

/// The program of a node, the same text for both simulators.
macro_rules! node {
    ($net:path, $time:path, $spawn:path) => {
        use std::net::{IpAddr, SocketAddr};
        use std::sync::Arc;
        use std::sync::atomic::{AtomicU64, Ordering};
        use std::time::Duration;

        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        use tokio::sync::mpsc::unbounded_channel;
        use $net::{TcpListener, TcpStream};
        use $time::{Instant, sleep, sleep_until};

        use super::{
            ALIVE, ALIVE_EVERY, ANSWER, FRAME, HEARD, LATENCY, LISTENING, PORT, WRITE, WRITE_EVERY,
        };

        async fn node(
            first: bool,
            others: [IpAddr; 2],
            sent: Arc<AtomicU64>,
        ) -> std::io::Result<()> {
            let any = SocketAddr::from(([0, 0, 0, 0], PORT));
            let listener = TcpListener::bind(any).await?;
            let (sender, mut received) = unbounded_channel();
            $spawn(async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let sender = sender.clone();
                    $spawn(async move {
                        let mut frame = [0; FRAME];
                        while stream.read_exact(&mut frame).await.is_ok() {
                            if sender.send(frame[0]).is_err() {
                                break;
                            }
                        }
                    });
                }
            });
            sleep(LISTENING).await;
            let mut streams = Vec::new();
            for other in others {
                streams.push(TcpStream::connect(SocketAddr::new(other, PORT)).await?);
            }
            let mut alive_at = Instant::now() + ALIVE_EVERY;
            // Between two signs of life.
            let mut write_at = Instant::now() + ALIVE_EVERY / 2;
            let mut heard_of_write = 0;
            loop {
                let mut says = Vec::new();
                tokio::select! {
                    // Without `biased`, chance decides which branch is polled first.
                    biased;
                    heard = received.recv() => match heard {
                        Some(what @ (WRITE | ANSWER)) => {
                            says.extend((what == WRITE).then_some(ANSWER));
                            heard_of_write += 1;
                            if heard_of_write == others.len() {
                                heard_of_write = 0;
                                says.push(HEARD);
                            }
                        }
                        Some(_) => {}
                        None => return Ok(()),
                    },
                    () = sleep_until(alive_at.min(write_at)) => {
                        if Instant::now() >= write_at {
                            write_at += Duration::from_secs(WRITE_EVERY);
                            says.extend(first.then_some(WRITE));
                        } else {
                            alive_at += ALIVE_EVERY;
                            says.push(ALIVE);
                        }
                    }
                }
                for what in says {
                    for stream in &mut streams {
                        stream.write_all(&[what; FRAME]).await?;
                        stream.flush().await?;
                        sent.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        }
    };
}

/// As a plain program of madsim.
pub(crate) mod madsim {
    use ::madsim::Config;
    use ::madsim::runtime::{Handle, Runtime};

    node!(::madsim::net, ::madsim::time, ::madsim::task::spawn);

    /// Runs the cluster for so long; how many frames were sent.
    pub(crate) fn run(seconds: u64) -> u64 {
        let run = || {
            let mut config = Config::default();
            config.net.send_latency = LATENCY.0..LATENCY.1;
            Runtime::with_seed_and_config(1, config).block_on(cluster(seconds))
        };
        // madsim wants a fresh thread.
        std::thread::scope(|scope| scope.spawn(run).join()).expect("the cluster runs")
    }

    async fn cluster(seconds: u64) -> u64 {
        let sent = Arc::new(AtomicU64::new(0));
        let handle = Handle::current();
        let ip = |number: u8| IpAddr::from([10, 0, 0, number + 1]);
        let hosts: Vec<_> = (0..3)
            .map(|number| handle.create_node().ip(ip(number)).build())
            .collect();
        for (number, host) in (0..3).zip(&hosts) {
            let others = [ip((number + 1) % 3), ip((number + 2) % 3)];
            let sent = sent.clone();
            host.spawn(async move {
                node(number == 0, others, sent)
                    .await
                    .expect("the network is whole");
            });
        }
        sleep(LISTENING + Duration::from_secs(seconds)).await;
        let frames = sent.load(Ordering::Relaxed);
        for host in &hosts {
            handle.kill(host.id());
        }
        frames
    }
}

/// As a plain program of turmoil.
pub(crate) mod turmoil {
    use ::turmoil::{Builder, lookup};

    node!(::turmoil::net, ::tokio::time, ::tokio::spawn);

    /// Runs the cluster for so long; how many frames were sent. Time goes on in turmoil's own ticks, of
    /// a millisecond.
    pub(crate) fn run(seconds: u64) -> u64 {
        const NAMES: [&str; 3] = ["one", "two", "three"];
        let sent = Arc::new(AtomicU64::new(0));
        let lasts = LISTENING + Duration::from_secs(seconds);
        let mut sim = Builder::new()
            .rng_seed(1)
            .simulation_duration(lasts + Duration::from_secs(1))
            .min_message_latency(LATENCY.0)
            .max_message_latency(LATENCY.1)
            .build();
        for number in 0..3 {
            let sent = sent.clone();
            sim.host(NAMES[number], move || {
                let sent = sent.clone();
                async move {
                    let others = [1, 2].map(|by| lookup(NAMES[(number + by) % 3]));
                    Ok(node(number == 0, others, sent).await?)
                }
            });
        }
        sim.client("clock", async move {
            sleep(lasts).await;
            Ok(())
        });
        sim.run().expect("the cluster runs");
        sent.load(Ordering::Relaxed)
    }
}
