//! Somebody in the middle of a connection.

use aemp_transport::BoxStream;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy_bidirectional};

use super::streams::{lines, tcp};

/// Two connections, `near` and `far` being the ends that the nodes hold, and what is between.
pub(crate) struct Middle {
    pub(crate) near: BoxStream,
    pub(crate) far: BoxStream,
    pub(crate) to_near: BoxStream,
    pub(crate) to_far: BoxStream,
}

impl Middle {
    pub(crate) async fn new() -> Self {
        let ((near, to_near), (to_far, far)) = tokio::join!(tcp(), tcp());
        Self { near, far, to_near, to_far }
    }
}

/// Which way something goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    ToFar,
    ToNear,
}

/// Passes the greetings on as `edit` makes them; gives what the near and the far node sent.
pub(crate) async fn pass_greetings(
    to_near: &mut BoxStream,
    to_far: &mut BoxStream,
    edit: impl Fn(Way, String) -> String,
) -> (String, String) {
    let (near, far) = tokio::join!(lines(to_near, 2), lines(to_far, 2));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let (near, far) = (text(near), text(far));
    let (one, two) = (edit(Way::ToFar, near.clone()), edit(Way::ToNear, far.clone()));
    to_far.write_all(one.as_bytes()).await.expect("written");
    to_near.write_all(two.as_bytes()).await.expect("written");
    (near, far)
}

/// Passes on whatever comes, until both ends are gone.
pub(crate) async fn pass<A, B>(mut to_near: A, mut to_far: B)
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let _ = copy_bidirectional(&mut to_near, &mut to_far).await;
}
