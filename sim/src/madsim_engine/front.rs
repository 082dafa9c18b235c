//! The operator and the clients as hosts of their own, and what serves them on the nodes' hosts.
//!
//! A request is a connection to the node: the request as one block, its answer as another, and a single
//! byte in between for Ctrl-C. The operator comes by an administrative network, as `ssh` does, and a client
//! by that of the application: partitions between nodes cut neither.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use madsim::net::{TcpListener, TcpStream};
use seatrial_node::Peer;
use seatrial_scenarios::{Output, Progress, Request, RequestId};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, oneshot};

use super::wire;
use super::world::World;

/// The port for the operator's commands.
pub(super) const SSH: u16 = 22;
/// The port for clients' statements.
pub(super) const SQL: u16 = 3306;
/// The byte that stands for Ctrl-C.
const INTERRUPT: u8 = 3;
/// The exit code of `ssh` when it loses its connection.
const SSH_FAILED: i32 = 255;

/// The operator's address.
pub(super) const OPERATOR: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 1, 1));
/// The clients' address.
pub(super) const CLIENTS: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 1, 2));

/// A request on its way to a node's host.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Call {
    /// Its number.
    pub(super) id: RequestId,
    /// The request itself.
    pub(super) request: Request,
}

/// Makes a request on the operator's or the clients' host, and takes down its answer.
pub(super) async fn make(call: Call, world: World, peer: Peer, interrupt: Arc<Notify>) {
    let (port, lost) = match &call.request {
        Request::Operator { .. } => (SSH, Progress::Done(connection_closed())),
        Request::Client { .. } => (SQL, Progress::Unknown),
    };
    let address = SocketAddr::new(wire::ip(peer), port);
    let answer = exchange(&call, address, interrupt).await;
    world.lock().answered(call.id, answer.unwrap_or(lost));
}

fn connection_closed() -> Output {
    Output {
        stderr: "ssh: connection closed by remote host\n".to_owned(),
        exit: SSH_FAILED,
        ..Output::default()
    }
}

async fn exchange(call: &Call, address: SocketAddr, interrupt: Arc<Notify>) -> Option<Progress> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let bytes = postcard::to_stdvec(call).expect("invariant: a request is plain data");
    write_block(&mut stream, &bytes).await?;
    let (mut read, mut write) = tokio::io::split(stream);
    let ctrl_c = madsim::task::spawn(async move {
        interrupt.notified().await;
        // A connection that is gone needs no Ctrl-C any more.
        let _ = write.write_all(&[INTERRUPT]).await;
        let _ = write.flush().await;
        // The connection stays open for the answer.
        std::future::pending::<()>().await;
    });
    let answer = read_block(&mut read).await;
    ctrl_c.abort();
    postcard::from_bytes(&answer?).ok()
}

/// Takes the connections to a node's host, for the operator or for clients.
pub(super) async fn serve(world: World, me: Peer, port: u16) {
    let listener = TcpListener::bind(SocketAddr::new(wire::ip(me), port))
        .await
        .expect("invariant: the host is new and its port is free");
    while let Ok((stream, _)) = listener.accept().await {
        madsim::task::spawn(answer(world.clone(), me, stream));
    }
}

async fn answer(world: World, me: Peer, mut stream: TcpStream) {
    let Some(bytes) = read_block(&mut stream).await else {
        return;
    };
    let call: Call =
        postcard::from_bytes(&bytes).expect("invariant: the other side has encoded a request");
    let (sender, ended) = oneshot::channel();
    world.lock().begin(&call, me, sender);
    let (mut read, mut write) = tokio::io::split(stream);
    let waiting = world.clone();
    let ctrl_c = madsim::task::spawn(async move {
        if read.read_u8().await.is_ok() {
            waiting.lock().ctrl_c(call.id, me);
        }
        // Both halves make the connection: this one stays until the answer is written.
        std::future::pending::<()>().await;
    });
    if let Ok(progress) = ended.await {
        let bytes = postcard::to_stdvec(&progress).expect("invariant: an answer is plain data");
        // The other side may be gone. Then nothing waits for the answer.
        let _ = write_block(&mut write, &bytes).await;
    }
    ctrl_c.abort();
}

async fn write_block<W: AsyncWriteExt + Unpin>(stream: &mut W, bytes: &[u8]) -> Option<()> {
    let length = u32::try_from(bytes.len()).expect("invariant: a block is small");
    stream.write_u32(length).await.ok()?;
    stream.write_all(bytes).await.ok()?;
    stream.flush().await.ok()
}

async fn read_block<R: AsyncReadExt + Unpin>(stream: &mut R) -> Option<Vec<u8>> {
    let length = stream.read_u32().await.ok()?;
    let mut bytes = vec![0; length as usize];
    stream.read_exact(&mut bytes).await.ok()?;
    Some(bytes)
}
