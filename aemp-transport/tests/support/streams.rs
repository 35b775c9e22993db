//! Streams whose two ends greet each other.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{
    Address, BoxStream, EstablishError, Established, HandshakeConfig, Tcp, Transport, establish,
};
use tokio::io::{AsyncRead, AsyncReadExt};

/// How long anything may take on a very busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// The two ends of a TCP connection on loopback.
pub(crate) async fn tcp() -> (BoxStream, BoxStream) {
    let any: Address = "127.0.0.1:0".parse().expect("an address");
    let mut listener = Tcp.bind(&any).await.expect("bound");
    let address = listener.local_addresses().remove(0);
    let (near, far) = tokio::join!(Tcp.dial(&address), listener.accept());
    (near.expect("dialled"), far.expect("accepted"))
}

/// Has two nodes greet each other over these streams.
pub(crate) async fn greet_over(
    streams: (BoxStream, BoxStream),
    alpha: HandshakeConfig,
    beta: HandshakeConfig,
) -> (Result<Established, EstablishError>, Result<Established, EstablishError>) {
    let (near, far) = streams;
    tokio::join!(
        establish(near, Arc::new(alpha), LIMIT, |_| true),
        establish(far, Arc::new(beta), LIMIT, |_| true),
    )
}

/// Has two nodes greet each other over loopback.
pub(crate) async fn greet(
    alpha: HandshakeConfig,
    beta: HandshakeConfig,
) -> (Result<Established, EstablishError>, Result<Established, EstablishError>) {
    greet_over(tcp().await, alpha, beta).await
}

/// So many lines, with their endings, and not a byte more.
pub(crate) async fn lines<R: AsyncRead + Unpin + ?Sized>(reader: &mut R, count: usize) -> Vec<u8> {
    let mut lines = Vec::new();
    while lines.iter().filter(|byte| **byte == b'\n').count() < count {
        lines.push(reader.read_u8().await.expect("a line"));
    }
    lines
}
