//! The connections between machines as TCP streams of madsim: opening, accepting, reading, writing.
//!
//! A connection begins with a header of two bytes from the one who opens it, its place and the channel,
//! and one byte of answer. After that each side writes frames, each with its length in front.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use madsim::net::{TcpListener, TcpStream};
use madsim::time::{Instant, sleep, sleep_until, timeout};
use seatrial_node::{Channel, Frame, Peer};
use seatrial_scenarios::{Port, Span};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::cluster::{Engine, place};
use crate::machine::CallId;
use crate::ports::Stall;

use super::world::{End, EndKey, Parcel, World};

/// The port of every machine.
const PORT: u16 = 4567;
/// The first packet of an attempt to connect is sent again after this long, then after twice as long.
const SYN_AGAIN: Duration = Duration::from_secs(1);
/// The interval at which a closing end checks whether its last frame can be sent.
const LINGER: Duration = Duration::from_millis(100);
/// Two attempts this close to each other are taken for simultaneous.
const SIMULTANEOUS: Span = Span::from_secs(1);

/// Answers to a header.
const REFUSED: u8 = 0;
const ACCEPTED: u8 = 1;
/// Refused because the one who answers is opening a connection itself, and its attempt wins.
const CROSSED: u8 = 2;

/// Returns the address of a machine.
pub(super) fn ip(peer: Peer) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, peer.0 + 1))
}

const fn channel_byte(channel: Channel) -> u8 {
    match channel {
        Channel::Group => 0,
        Channel::Transfer => 1,
        Channel::Script => 2,
    }
}

/// The result of an attempt.
enum Attempt {
    Open(Box<TcpStream>),
    Refused,
    Crossed,
    Silent,
}

/// Opens a connection for a machine and says to it what became of the attempt.
pub(super) async fn dial(world: World, key: EndKey, generation: u64) {
    let (from, to, channel) = key;
    let address = world.lock().cluster.addresses().of(to);
    {
        let mut shared = world.lock();
        if shared.wires.ends.contains_key(&key) || !shared.wires.dials.insert(key) {
            return;
        }
    }
    let limit = Duration::from_micros(
        world
            .lock()
            .cluster
            .machine(from)
            .dial_timeout(key.2)
            .as_micros(),
    );
    let attempt = attempt(&world, key, address, limit).await;
    if let Attempt::Crossed = attempt {
        // The other side's own attempt brings the connection, or this one has failed.
        world.lock().wires.dials.remove(&key);
        sleep(limit).await;
    }
    let mut shared = world.lock();
    shared.wires.dials.remove(&key);
    if shared.wires.generation(from) != generation || !shared.cluster.machine(from).has_process() {
        return;
    }
    match attempt {
        Attempt::Open(stream) => {
            drop(shared);
            establish(&world, key, from, *stream);
        }
        Attempt::Refused | Attempt::Crossed | Attempt::Silent => {
            if !shared.wires.ends.contains_key(&key) {
                let silent = matches!(attempt, Attempt::Silent);
                let reason = if silent { "timeout" } else { "refused" };
                if shared.cluster.addresses().of(to) == address {
                    shared.tell_down(from, to, channel, reason);
                } else {
                    shared.tell_not_found(from, address, channel);
                }
            }
        }
    }
}

/// Goes on with a call at an instant.
pub(super) async fn continue_call(world: World, id: CallId, at: Instant) {
    sleep_until(at).await;
    world.lock().continue_call(id);
}

/// Waits for an address that no host has, and says to the machine that there is nobody.
pub(super) async fn find_nobody(
    world: World,
    from: Peer,
    address: Peer,
    channel: Channel,
    after: Span,
    generation: u64,
) {
    sleep(Duration::from_micros(after.as_micros())).await;
    let mut shared = world.lock();
    if shared.wires.generation(from) == generation && shared.cluster.machine(from).has_process() {
        shared.tell_not_found(from, address, channel);
    }
}

/// The first packet of an attempt to connect, which is sent again and again.
struct Syn {
    waited: Duration,
    pause: Duration,
}

impl Default for Syn {
    fn default() -> Self {
        Self {
            waited: Duration::ZERO,
            pause: SYN_AGAIN,
        }
    }
}

impl Syn {
    /// Waits until it is sent again. Returns false when the limit has passed.
    async fn sent_again(&mut self, limit: Duration) -> bool {
        let wait = self.pause.min(limit.saturating_sub(self.waited));
        sleep(wait).await;
        self.waited += wait;
        self.pause *= 2;
        self.waited < limit
    }
}

/// Tries to connect to a machine as long as it has this address.
async fn attempt(
    world: &World,
    (from, to, channel): EndKey,
    address: Peer,
    limit: Duration,
) -> Attempt {
    let ports = world.lock().cluster.ports(from, channel);
    // A closed port is waited for as the process does that dials it.
    for port in ports {
        let passes = || {
            let shared = world.lock();
            let is_there = shared.cluster.addresses().of(to) == address;
            is_there && shared.passes_to(from, to, Some(*port)) && shared.passes(to, from)
        };
        let mut syn = Syn::default();
        let mut limit = limit;
        while !passes() {
            {
                let shared = world.lock();
                let now = shared.now();
                if shared.cluster.links().rejects(from, to, *port, now)
                    && shared.cluster.machine(to).is_powered()
                {
                    return Attempt::Refused;
                }
            }
            if syn.waited.is_zero() {
                let mut shared = world.lock();
                let now = shared.now();
                if let Some(closed) = shared.cluster.waits_for_port(from, to, channel, *port, now) {
                    limit = Duration::from_micros(closed.as_micros());
                    shared.tell_waits(from, to, channel, *port);
                }
            }
            if !syn.sent_again(limit).await {
                return Attempt::Silent;
            }
        }
    }
    let passes = || {
        let shared = world.lock();
        let mut ports = ports.iter();
        let is_there = shared.cluster.addresses().of(to) == address;
        is_there
            && ports.all(|port| shared.passes_to(from, to, Some(*port)))
            && shared.passes(to, from)
    };
    let mut syn = Syn::default();
    let stream = loop {
        // madsim would refuse at once, or, with one way cut, connect without a handshake.
        if passes() {
            if world.lock().wires.ends.contains_key(&(from, to, channel)) {
                // The other side has opened one meanwhile.
                return Attempt::Refused;
            }
            match TcpStream::connect(SocketAddr::new(ip(to), PORT)).await {
                Ok(stream) => break stream,
                Err(_) if passes() => return Attempt::Refused,
                // The way was cut while the packet was on it: for TCP it is lost, and is sent again.
                Err(_) => {}
            }
        }
        if !syn.sent_again(limit).await {
            return Attempt::Silent;
        }
    };
    let mut introduction = Box::pin(introduce(stream, from, channel));
    let key = (from, to, channel);
    world.lock().wires.answering.insert(key);
    let answer = timeout(limit, introduction.as_mut()).await;
    world.lock().wires.answering.remove(&key);
    match answer {
        Err(_) => {
            let world = world.clone();
            madsim::task::spawn(async move {
                let port = (channel == Channel::Group).then_some(Port::Group);
                linger(&world, from, to, port).await;
                drop(introduction);
            });
            Attempt::Silent
        }
        Ok(Ok((stream, ACCEPTED))) => Attempt::Open(Box::new(stream)),
        Ok(Ok((_, CROSSED))) => Attempt::Crossed,
        Ok(_) => Attempt::Refused,
    }
}

/// Sends the header over a new connection, and returns the connection with the answer.
async fn introduce(
    mut stream: TcpStream,
    from: Peer,
    channel: Channel,
) -> io::Result<(TcpStream, u8)> {
    stream.write_all(&[from.0, channel_byte(channel)]).await?;
    stream.flush().await?;
    let answer = stream.read_u8().await?;
    Ok((stream, answer))
}

/// Takes the connections that others open to a machine.
pub(super) async fn listen(world: World, me: Peer) {
    let listener = TcpListener::bind(SocketAddr::new(ip(me), PORT))
        .await
        .expect("invariant: the host is new and its port is free");
    while let Ok((stream, _)) = listener.accept().await {
        madsim::task::spawn(accept(world.clone(), me, stream));
    }
}

async fn accept(world: World, me: Peer, mut stream: TcpStream) {
    let mut header = [0; 2];
    if stream.read_exact(&mut header).await.is_err() {
        return;
    }
    let from = Peer(header[0]);
    let channel = match header[1] {
        0 => Channel::Group,
        1 => Channel::Transfer,
        _ => Channel::Script,
    };
    let key = (me, from, channel);
    let answer = {
        let shared = world.lock();
        let now = shared.now();
        let own = shared.wires.ends.get(&key).is_some_and(|end| {
            end.dialled.0 == me && now.saturating_sub(end.dialled.1) < SIMULTANEOUS
        });
        if !shared.cluster.accepts(me, from, channel) {
            REFUSED
        } else if me < from && (own || shared.wires.answering.contains(&key)) {
            CROSSED
        } else {
            ACCEPTED
        }
    };
    if stream.write_all(&[answer]).await.is_err() || stream.flush().await.is_err() {
        return;
    }
    if answer == ACCEPTED {
        establish(&world, key, from, stream);
    }
}

/// A machine's end of a new connection; an older one to the same peer is gone.
fn establish(world: &World, key: EndKey, dialler: Peer, stream: TcpStream) {
    let (read, write) = tokio::io::split(stream);
    let (outgoing, frames) = unbounded_channel();
    let mut shared = world.lock();
    let (me, peer, channel) = key;
    if shared.wires.ends.contains_key(&key) {
        shared.wires.close(key);
        shared.tell_down(me, peer, channel, "reset");
    }
    shared.wires.last_serial += 1;
    let serial = shared.wires.last_serial;
    let host = &shared.hosts[place(me)];
    let reader = host
        .spawn(read_frames(world.clone(), key, serial, read))
        .abort_handle();
    host.spawn(write_frames(
        world.clone(),
        key,
        dialler == me,
        frames,
        write,
    ));
    let dialled = (dialler, shared.now());
    shared.wires.ends.insert(
        key,
        End {
            serial,
            dialled,
            outgoing,
            reader,
        },
    );
    shared.tell_up(me, peer, channel, dialler == me);
}

async fn read_frame(stream: &mut ReadHalf<TcpStream>) -> io::Result<Vec<u8>> {
    let length = stream.read_u32().await?;
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

async fn read_frames(world: World, key: EndKey, serial: u64, mut stream: ReadHalf<TcpStream>) {
    let (me, peer, channel) = key;
    let mine = |end: Option<&End>| end.is_some_and(|end| end.serial == serial);
    while let Ok(bytes) = read_frame(&mut stream).await {
        let frame = Frame::decode(&bytes).expect("invariant: what a machine sends is a frame");
        let mut shared = world.lock();
        if !mine(shared.wires.ends.get(&key)) {
            return;
        }
        shared.deliver(me, peer, frame);
    }
    let mut shared = world.lock();
    if mine(shared.wires.ends.get(&key)) {
        shared.wires.ends.remove(&key);
        shared.tell_down(me, peer, channel, "closed");
    }
}

async fn write_frames(
    world: World,
    key: EndKey,
    is_opener: bool,
    mut frames: UnboundedReceiver<Parcel>,
    mut stream: WriteHalf<TcpStream>,
) {
    let (from, to, channel) = key;
    while let Some(parcel) = frames.recv().await {
        let at = world.lock().instant(parcel.at);
        sleep_until(at).await;
        if !opens(&world, key, &parcel).await {
            return;
        }
        let bytes = parcel.bytes;
        let length = u32::try_from(bytes.len()).expect("invariant: a frame is small");
        let written = async {
            stream.write_u32(length).await?;
            stream.write_all(&bytes).await?;
            stream.flush().await
        };
        if written.await.is_err() {
            return;
        }
    }
    let port = (is_opener && channel == Channel::Group).then_some(Port::Group);
    linger(&world, from, to, port).await;
}

/// Waits until the last packet of an end that has been closed gets through. madsim would show the close to the peer
/// even over a cut.
async fn linger(world: &World, from: Peer, to: Peer, port: Option<Port>) {
    while !world.lock().passes_to(from, to, port) {
        sleep(LINGER).await;
    }
}

/// Waits until the port of a frame is open. Returns false when the connection has been given up.
///
/// madsim's links know no ports: what goes to a closed one is not written.
async fn opens(world: &World, key: EndKey, parcel: &Parcel) -> bool {
    let (from, to, channel) = key;
    let closed = |port: Port| world.lock().cluster.links().is_closed(from, to, port);
    let Some(port) = parcel.port else {
        return true;
    };
    let mut waited = Duration::ZERO;
    while closed(port) {
        let limit = parcel.stall.map(|stall| stall.after().as_micros());
        if limit.is_some_and(|limit| waited >= Duration::from_micros(limit)) {
            if let Some(Stall::Known(_)) = parcel.stall {
                let mut shared = world.lock();
                shared.wires.close(key);
                shared.tell_down(from, to, channel, "timeout");
            }
            return false;
        }
        sleep(LINGER).await;
        waited += LINGER;
    }
    true
}
