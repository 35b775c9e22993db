//! Async closures in port context: the port awaits them as it does its handlers, and handles nothing else
//! meanwhile.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::closure::FnPort;
use super::context::Ctx;
use super::definition::Port;
use super::mailbox::Task;
use super::outcome::{Outcome, Ran};
use super::timer::Timer;
use crate::id::PortId;
use crate::node::MonToken;
use crate::reason::Reason;

impl<P: Port> Ctx<P> {
    /// [`mon`](Self::mon) with an async closure, which the port awaits.
    pub fn mon_async<R, F>(&self, port: impl Into<PortId>, f: F) -> MonToken
    where
        F: AsyncFnOnce(&mut P, &mut Ctx<P>, Reason) -> R
            + for<'a> AsyncCodeOf<'a, P, Reason>
            + Send
            + 'static,
    {
        self.mon_task(port, move |reason| {
            Box::new(move |port, ctx| Ran::later(f(port, ctx, reason)))
        })
    }

    /// [`after`](Self::after) with an async closure, which the port awaits.
    pub fn after_async<R, F>(&self, delay: Duration, f: F) -> Timer
    where
        F: AsyncFnOnce(&mut P, &mut Ctx<P>) -> R + for<'a> AsyncCode<'a, P> + Send + 'static,
    {
        Timer::of_port(self.cell(), delay, Box::new(move |port, ctx| Ran::later(f(port, ctx))))
    }

    /// [`psub`](Self::psub) with an async closure, which the port awaits. Each call runs a clone of it: what
    /// calls are to share belongs in the port, or in an `Arc`.
    pub fn psub_async<A, R, F>(&self, f: F) -> impl Fn(A) + Clone + Send + Sync + use<P, A, R, F>
    where
        A: Send + 'static,
        F: AsyncFnOnce(&mut P, &mut Ctx<P>, A) -> R
            + for<'a> AsyncCodeOf<'a, P, A>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        self.psub_task(Arc::new(move |args| -> Task<P> {
            let f = f.clone();
            Box::new(move |port, ctx| Ran::later(f(port, ctx, args)))
        }))
    }
}

/// An async closure that runs once in the context of a port `P`, and can be sent between threads while it
/// waits: what [`Ctx::after_async`] and its like take. Nothing implements it by hand.
pub trait AsyncCode<'a, P: 'a>: FnOnce(&'a mut P, &'a mut Ctx<P>) -> Self::Future
where
    P: Port,
{
    /// What it awaits.
    type Future: Future<Output = Self::Outcome> + Send + 'a;
    /// What it returns.
    type Outcome: Outcome;
}

impl<'a, P, F, Fut, R> AsyncCode<'a, P> for F
where
    P: Port,
    F: FnOnce(&'a mut P, &'a mut Ctx<P>) -> Fut,
    Fut: Future<Output = R> + Send + 'a,
    R: Outcome,
{
    type Future = Fut;
    type Outcome = R;
}

/// The same, with an argument: what [`Ctx::mon_async`] and [`Ctx::psub_async`] take.
pub trait AsyncCodeOf<'a, P: 'a, A>: FnOnce(&'a mut P, &'a mut Ctx<P>, A) -> Self::Future
where
    P: Port,
{
    /// What it awaits.
    type Future: Future<Output = Self::Outcome> + Send + 'a;
    /// What it returns.
    type Outcome: Outcome;
}

impl<'a, P, A, F, Fut, R> AsyncCodeOf<'a, P, A> for F
where
    P: Port,
    F: FnOnce(&'a mut P, &'a mut Ctx<P>, A) -> Fut,
    Fut: Future<Output = R> + Send + 'a,
    R: Outcome,
{
    type Future = Fut;
    type Outcome = R;
}

/// The same, for the handlers of a closure port: what [`Ctx::rcv_async`] and its like take.
pub trait AsyncHandler<'a, A>: FnOnce(&'a mut Ctx<FnPort>, A) -> Self::Future {
    /// What it awaits.
    type Future: Future<Output = Self::Outcome> + Send + 'a;
    /// What it returns.
    type Outcome: Outcome;
}

impl<'a, A, F, Fut, R> AsyncHandler<'a, A> for F
where
    F: FnOnce(&'a mut Ctx<FnPort>, A) -> Fut,
    Fut: Future<Output = R> + Send + 'a,
    R: Outcome,
{
    type Future = Fut;
    type Outcome = R;
}
