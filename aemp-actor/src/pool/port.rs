//! The port of a pool.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aemp_transport::Value;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

use super::builder::Pool;
use super::error::PoolError;
use super::jobs::{JobId, Jobs};
use super::request::Request;
use crate::id::{NodeId, PortId};
use crate::message::{BadMessage, Message, Rest};
use crate::node::mesh::GrpMonToken;
use crate::node::{Core, Node};
use crate::port::{CallError, Ctx, Timer};
use crate::reason::{Reason, kind};
use crate::supervisor::{end_all, is_of_supervision, supervise_far};
use crate::{Port, rcv};

/// How long a worker has to end when the pool does.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// Shares the requests out.
#[derive(Port)]
pub(super) struct PoolPort {
    spec: Pool,
    jobs: Jobs<Job, PortId>,
    workers: BTreeSet<PortId>,
    /// The nodes of the group, and how often workers of each died in a row.
    nodes: BTreeMap<NodeId, u32>,
    own: Option<Own>,
}

struct Own {
    core: Arc<Core>,
    done: Done,
    group: GrpMonToken,
}

type Done = Arc<dyn Fn((PortId, Result<Rest, CallError>)) + Send + Sync>;

/// A request that waits, or that a worker has.
pub(super) struct Job {
    request: Request,
    sent: Instant,
    reply: oneshot::Sender<Result<Vec<Value>, PoolError>>,
    timer: Option<Timer>,
    /// It takes room in the pool as long as it has no end.
    _room: OwnedSemaphorePermit,
}

impl Job {
    pub(super) fn new(
        request: Request,
        sent: Instant,
        reply: oneshot::Sender<Result<Vec<Value>, PoolError>>,
        room: OwnedSemaphorePermit,
    ) -> Self {
        Self { request, sent, reply, timer: None, _room: room }
    }

    fn end(self, answer: Result<Vec<Value>, PoolError>) {
        if let Some(timer) = &self.timer {
            timer.cancel();
        }
        // Nobody may wait any more.
        self.reply.send(answer).unwrap_or_default();
    }

    /// What is left of its time.
    fn left(&self) -> Duration {
        self.request.within.saturating_sub(self.sent.elapsed())
    }
}

#[rcv]
impl PoolPort {
    #[rcv(default)]
    fn other(&mut self, ctx: &mut Ctx<Self>, message: Message) {
        // Workers need no start: what they are sent waits for it.
        if !is_of_supervision(&message) {
            ctx.refuse(&BadMessage::unknown(message, Self::TAGS));
        }
    }
}

impl PoolPort {
    pub(super) fn new(spec: Pool) -> Self {
        let (workers, nodes) = Default::default();
        Self { spec, jobs: Jobs::new(), workers, nodes, own: None }
    }

    pub(super) fn begin(&mut self, ctx: &mut Ctx<Self>) {
        let core = ctx.core().clone();
        let changed = ctx.psub(|port: &mut Self, ctx, nodes| port.set_nodes(ctx, nodes));
        let group = Node::of_core(&core).grp_mon(&self.spec.group, move |change| {
            changed(change.ports.iter().map(|port| port.node().clone()).collect());
        });
        let done =
            ctx.psub(|port: &mut Self, ctx, (worker, answer)| port.done(ctx, worker, answer));
        self.own = Some(Own { core, done: Arc::new(done), group });
    }

    /// These nodes are to have workers.
    fn set_nodes(&mut self, ctx: &mut Ctx<Self>, nodes: BTreeSet<NodeId>) {
        self.nodes.retain(|node, _| nodes.contains(node));
        for node in nodes {
            if !self.nodes.contains_key(&node) {
                self.nodes.insert(node.clone(), 0);
                self.fill(ctx, &node);
            }
        }
    }

    /// Starts the workers that a node of the group lacks.
    fn fill(&mut self, ctx: &mut Ctx<Self>, node: &NodeId) {
        if !self.nodes.contains_key(node) {
            return;
        }
        let there = self.workers.iter().filter(|worker| worker.node() == node).count();
        for _ in there..self.spec.per_node {
            let worker = ctx.spawn_on(node, &self.spec.init, &self.spec.args);
            let of = worker.clone();
            ctx.mon(&worker, move |port: &mut Self, ctx, reason| port.died(ctx, &of, &reason));
            if node != ctx.node_id() {
                supervise_far(ctx.core(), &worker, &ctx.id(), Some(SHUTDOWN));
            }
            self.workers.insert(worker.clone());
            self.jobs.add_worker(worker);
        }
        self.share_out(ctx);
    }

    pub(super) fn submit(&mut self, ctx: &mut Ctx<Self>, job: Job) {
        let left = job.left();
        let id = self.jobs.add(job);
        let timer = ctx.after(left, move |port: &mut Self, ctx| port.expire(ctx, id));
        self.jobs.set(id, |job| job.timer = Some(timer));
        self.share_out(ctx);
    }

    fn share_out(&mut self, ctx: &Ctx<Self>) {
        let Some(own) = &self.own else { return };
        while let Some((worker, job)) = self.jobs.poll_begin() {
            let call = ctx.core().cal::<Rest>(worker.clone(), &job.request.values);
            // The deadline is the pool's own: so the end of the call is that of the worker.
            let (call, done) = (call.timeout(Duration::MAX), own.done.clone());
            ctx.core().runtime().spawn(async move { done((worker, call.await)) });
        }
    }

    fn done(&mut self, ctx: &mut Ctx<Self>, worker: PortId, answer: Result<Rest, CallError>) {
        let answer = match answer {
            Ok(Rest(values)) => {
                self.nodes.entry(worker.node().clone()).and_modify(|failures| *failures = 0);
                Ok(values)
            }
            Err(CallError::Died { reason, .. }) => return self.lost(ctx, &worker, &reason),
            Err(error) => {
                Err(PoolError::Refused { worker: worker.clone(), text: error.to_string() })
            }
        };
        if let Some((_, job)) = self.jobs.finish(&worker) {
            job.end(answer);
        }
        self.share_out(ctx);
    }

    /// A worker is gone, and with it perhaps a job.
    fn lost(&mut self, ctx: &mut Ctx<Self>, worker: &PortId, reason: &Reason) {
        let Some((id, mut job)) = self.jobs.remove_worker(worker) else { return };
        if let Some(left) = job.request.retries.checked_sub(1) {
            job.request.retries = left;
            self.jobs.add_again(id, job);
            self.share_out(ctx);
        } else {
            job.end(Err(PoolError::Lost { worker: worker.clone(), reason: reason.clone() }));
        }
    }

    fn died(&mut self, ctx: &mut Ctx<Self>, worker: &PortId, reason: &Reason) {
        self.lost(ctx, worker, reason);
        self.jobs.remove_worker(worker);
        if !self.workers.remove(worker) {
            return;
        }
        let Some(failures) = self.nodes.get_mut(worker.node()) else { return };
        *failures = failures.saturating_add(1);
        let pause = self.spec.backoff.pause(*failures, ctx.core().environment().fraction());
        let node = worker.node().clone();
        ctx.after(pause, move |port: &mut Self, ctx| port.fill(ctx, &node));
    }

    fn expire(&mut self, ctx: &mut Ctx<Self>, id: JobId) {
        let Some((job, worker)) = self.jobs.expire(id) else { return };
        let after = job.request.within;
        job.end(Err(PoolError::Timeout { after }));
        if let Some(worker) = worker {
            let text = format!("it did not answer a request within {after:?}");
            ctx.kil_now(worker, Reason::new(kind::DIE, text));
        }
    }
}

impl Drop for PoolPort {
    fn drop(&mut self) {
        let Some(own) = &self.own else { return };
        own.group.cancel();
        let workers = std::mem::take(&mut self.workers);
        let workers = workers.into_iter().map(|worker| (worker, Some(SHUTDOWN)));
        end_all(&own.core, workers, &Reason::new(kind::SHUTDOWN, "its pool has ended"));
    }
}
