//! The end of a port, before anybody is told of it: its tasks end, then its stop hook runs.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use super::cell::Cell;
use super::context::Ctx;
use super::deadline::Deadline;
use super::definition::Port;
use super::handle::Ref;
use super::in_context::{Stopped, drop_user_data, in_context};
use super::mailbox::Envelope;
use super::outcome::PortFuture;
use super::port_ref::PortRef;
use super::run::{Load, Run};
use super::{reply_cell, tap};
use crate::die::Die;
use crate::message::Message;
use crate::node::Dropped;
use crate::reason::Reason;
use crate::visible::one_line;

/// How long a stop hook may take where nothing else is said ([`PortOptions::handler_timeout`]).
///
/// [`PortOptions::handler_timeout`]: crate::PortOptions::handler_timeout
const HOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// What a port does when it ends, however it ends: with the reason that its monitors will be told, and with
/// the messages that it has not handled. `#[rcv(stop)]` on a method writes one.
///
/// # Guarantees
/// - It runs once, in the port's own task, after the last handler and after the tasks of the port have ended,
///   and before the port's monitors fire. What it sends arrives before they do.
/// - It may await, answer and send. What is sent to the port meanwhile is lost, and counted; timers and
///   monitors that it sets do nothing.
/// - Its failure is logged, and changes nothing: an `Err`, a panic, and that it has not ended within 5 seconds,
///   or the port's `handler_timeout`.
/// - There is none for a port whose init function failed, and none where the runtime has ended.
/// - After a handler that panicked it sees the value as that has left it.
pub type StopHook<P> =
    for<'a> fn(&'a mut P, &'a mut Ctx<P>, Reason, Undelivered<P>) -> PortFuture<'a>;

/// The messages that a port which ends has not handled, in their order. What is dropped with it is lost, and
/// counted; who waits for an answer to it is told that the port died.
pub struct Undelivered<P: Port> {
    cell: Arc<Cell<P>>,
    messages: Vec<Envelope<P>>,
}

impl<P: Port> Undelivered<P> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Sends them to another port of this type, in their order. Requests are answered by that one, whose
    /// callers wait on.
    ///
    /// Messages marked `local`, and requests of callers on this node, go to ports of this node only; for
    /// others they count as lost, and so does code that was to run in the port that ended (of `psub`, `peval`).
    pub fn forward(mut self, to: &impl PortRef<Port = P>) {
        let to = to.as_handle();
        for envelope in std::mem::take(&mut self.messages) {
            if forward(to, envelope).is_err() {
                self.cell.core.count_dropped(Dropped::DeadPort, 1);
            }
        }
    }

    /// Copies of them as untyped messages; of those marked `local`, and of values that cannot be serialised,
    /// there is none.
    pub fn to_messages(&self) -> Vec<Message> {
        let messages: Vec<Message> = self.messages.iter().filter_map(tap::message_of).collect();
        for reply in messages.iter().filter_map(reply_cell::late_reply) {
            reply_cell::is_given(&reply, &self.cell);
        }
        messages
    }
}

fn forward<P: Port>(to: &Ref<P>, envelope: Envelope<P>) -> Result<(), ()> {
    match (envelope, to.cell()) {
        // Code that is to run in the port that ended.
        (Envelope::Call(_), _) => return Err(()),
        (envelope, Some(cell)) => cell.push(envelope),
        (Envelope::Untyped(message), None) => to.core().ok_or(())?.snd(&to.id(), &*message),
        (Envelope::Typed(msg), None) => to.try_tell(&msg).map_err(drop)?,
        _ => return Err(()),
    }
    Ok(())
}

impl<P: Port> Drop for Undelivered<P> {
    fn drop(&mut self) {
        self.cell.core.count_dropped(Dropped::DeadPort, self.messages.len());
        for envelope in std::mem::take(&mut self.messages) {
            drop_user_data(&self.cell, envelope);
        }
    }
}

impl<P: Port> fmt::Debug for Undelivered<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Undelivered({} messages of {})", self.len(), self.cell.id())
    }
}

impl<P: Port> Cell<P> {
    /// Whether there is something to do before the port dies.
    pub(super) fn has_to_wind_up(&self) -> bool {
        P::stop_hook().is_some() || self.has_tasks()
    }

    /// Takes out what has not been handled: from now on it does not count as waiting, and no more comes.
    fn take_undelivered(
        self: &Arc<Self>,
        run: &Run,
        mut messages: Vec<Envelope<P>>,
    ) -> Undelivered<P> {
        let mut queue = Vec::new();
        let mut mailbox = self.mailbox.lock();
        mailbox.extras.get_or_insert_default().stopping = true;
        mailbox.take(run, Load::default(), &mut queue);
        run.set_left(Load::default());
        drop(mailbox);
        messages.extend(queue);
        let (messages, control): (Vec<_>, Vec<_>) =
            messages.into_iter().partition(|envelope| envelope.load().messages > 0);
        control.into_iter().for_each(|envelope| drop_user_data(self, envelope));
        Undelivered { cell: self.clone(), messages }
    }
}

/// Ends the tasks of a port that dies, and runs its stop hook. `run` is that of its handlers, which have ended.
pub(super) async fn wind_up<P: Port>(
    cell: &Arc<Cell<P>>,
    run: &Run,
    reason: &Reason,
    value: &mut Option<P>,
    unhandled: &mut Vec<Envelope<P>>,
) {
    cell.end_tasks().await;
    let (Some(hook), Some(value)) = (P::stop_hook(), value) else { return };
    let undelivered = cell.take_undelivered(run, std::mem::take(unhandled));
    let limit = cell.handler_timeout().unwrap_or(HOOK_TIMEOUT);
    let mut deadline = Deadline::new(cell.core.timers(), Instant::now(), limit);
    let mut ctx = Ctx::new(cell.clone());
    let code = async {
        let mut code = hook(value, &mut ctx, reason.clone(), undelivered);
        poll_fn(|cx| match code.as_mut().poll(cx) {
            Poll::Pending => {
                deadline.poll(cx).map(|()| Err(Die::new(format!("did not end within {limit:?}"))))
            }
            ended => ended,
        })
        .await
    };
    let mut code = pin!(Some(code));
    let own_run = Run::default();
    let failed = match in_context(cell, &own_run, code.as_mut()).await {
        Ok(Ok(())) | Err(Stopped::Aborted) => return,
        Ok(Err(die)) | Err(Stopped::Failed(die)) => die,
    };
    let (id, text) = (cell.id(), failed.to_string());
    tracing::error!(target: "aemp", "the stop hook of port {}: {}", one_line(&id.to_string()), one_line(&text));
}
