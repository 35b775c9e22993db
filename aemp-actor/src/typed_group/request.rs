//! A request to one member of a group, which may be given to another one.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use super::group::Group;
use super::handle::{self, Handle};
use crate::group::Pick;
use crate::id::PortId;
use crate::node::Asked;
use crate::port::{Call, CallError, DEFAULT_TIMEOUT};

/// A request to one member of a group, and the answer to come: await it. See [`Group::request`].
///
/// There is always a deadline, 30 seconds after the call unless [`timeout`](Self::timeout) says otherwise.
///
/// # Cancel safety
/// Dropping it abandons the answer, not the request; nobody else is asked.
#[must_use = "the request was sent, but its answer is lost unless it is awaited"]
pub struct GroupRequest<H, F, T> {
    group: Group<H>,
    how: Pick,
    send: F,
    begun: Instant,
    timeout: Duration,
    retries: u32,
    tried: Vec<PortId>,
    /// `None`: there was no member.
    attempt: Option<Attempt<T>>,
}

/// One member that was asked.
struct Attempt<T> {
    asked: Asked,
    call: Call<T>,
    /// When, from the beginning on.
    after: Duration,
    /// Whether the deadline of all is also that of the call.
    limited: bool,
}

impl<H, F, T> GroupRequest<H, F, T>
where
    H: Handle,
    F: Fn(&H) -> Call<T>,
{
    pub(super) fn new(group: Group<H>, how: Pick, send: F) -> Self {
        let mut request = Self {
            group,
            how,
            send,
            begun: Instant::now(),
            timeout: DEFAULT_TIMEOUT,
            retries: 0,
            tried: Vec::new(),
            attempt: None,
        };
        request.attempt = request.ask();
        request
    }

    /// Asks a member that was not asked before.
    fn ask(&self) -> Option<Attempt<T>> {
        let after = self.begun.elapsed();
        let core = self.group.core();
        let asked = Asked::begin(core, self.group.name(), self.how, &self.tried)?;
        let call = (self.send)(&handle::bound(core, asked.port().clone()));
        Some(Attempt { asked, call, after, limited: false })
    }

    /// What is left when an attempt has failed: another one, or the error.
    fn failed(&mut self, error: CallError) -> Result<(), CallError> {
        if let Some(attempt) = self.attempt.take() {
            attempt.asked.failed();
            self.tried.push(attempt.asked.port().clone());
        }
        if self.retries == 0 || !is_lost(&error) || self.begun.elapsed() >= self.timeout {
            return Err(error);
        }
        self.retries -= 1;
        self.attempt = self.ask();
        if self.attempt.is_some() { Ok(()) } else { Err(error) }
    }
}

impl<H, F, T> GroupRequest<H, F, T> {
    /// Sets the deadline for all attempts together, counted from when the request was sent. (What `send` sets with
    /// [`Call::timeout`] is that of each.)
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many other members are asked, one after the other and each once, when who was asked has died, dropped
    /// the request, or given no answer within the deadline of an attempt. When there is no other one, the last
    /// error is given.
    ///
    /// The request may then be carried out more than once: only for those to which that makes no difference.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }
}

/// Whether another member may do better.
fn is_lost(error: &CallError) -> bool {
    use CallError::{Died, Dropped, Timeout};
    matches!(error, Died { .. } | Dropped { .. } | Timeout { .. })
}

// Nothing of it is pinned.
impl<H, F, T> Unpin for GroupRequest<H, F, T> {}

impl<H, F, T> Future for GroupRequest<H, F, T>
where
    H: Handle,
    F: Fn(&H) -> Call<T>,
{
    type Output = Result<T, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let timeout = self.timeout;
            let Some(Attempt { call, after, limited, .. }) = &mut self.attempt else {
                let group = self.group.name().to_owned();
                return Poll::Ready(Err(CallError::NoMember { group }));
            };
            if !std::mem::replace(limited, true) {
                call.limit(timeout.saturating_sub(*after));
            }
            match ready!(Pin::new(call).poll(cx)) {
                Ok(answer) => {
                    self.attempt = None;
                    return Poll::Ready(Ok(answer));
                }
                Err(error) => {
                    if let Err(error) = self.failed(error) {
                        return Poll::Ready(Err(error));
                    }
                }
            }
        }
    }
}

impl<H, F, T> fmt::Debug for GroupRequest<H, F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, how, retries, .. } = self;
        write!(f, "GroupRequest({group:?} by {how:?}, {retries} retries)")
    }
}
