//! The port of a pool.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::builder::Spec;
use super::error::PoolError;
use super::jobs::{JobId, Jobs};
use super::request::{Answer, Job};
use crate::die::Die;
use crate::id::{NodeId, PortId};
use crate::message::{BadMessage, Message};
use crate::node::mesh::GrpMonToken;
use crate::node::{Core, Node};
use crate::panics;
use crate::port::{CallError, Ctx};
use crate::reason::{Reason, kind};
use crate::supervisor::{end_all, is_of_supervision, supervise_far};
use crate::{Port, rcv};

/// How long a worker has to end when the pool does.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// Shares the requests out.
#[derive(Port)]
pub(super) struct PoolPort {
    spec: Spec,
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

type Done = Arc<dyn Fn((PortId, Outcome)) + Send + Sync>;

/// How a worker has ended a request.
type Outcome = Result<Answer, CallError>;

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
    pub(super) fn new(spec: Spec) -> Self {
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

    /// These nodes are to have workers. Those of others end when they have done what they have.
    fn set_nodes(&mut self, ctx: &mut Ctx<Self>, nodes: BTreeSet<NodeId>) {
        self.nodes.retain(|node, _| nodes.contains(node));
        let idle = |worker: &PortId| !nodes.contains(worker.node()) && self.jobs.is_idle(worker);
        let leaving: Vec<PortId> = self.workers.iter().filter(|w| idle(w)).cloned().collect();
        for worker in leaving {
            self.jobs.remove_worker(&worker);
            self.release(ctx, &worker);
        }
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
            let asked = panics::caught(|| (job.work.ask)(ctx.core(), &worker));
            let done = own.done.clone();
            match asked {
                Ok(asked) => {
                    ctx.core().runtime().spawn(async move {
                        let answer = panics::caught_async(async || Ok(asked.await)).await;
                        let bad = |die: Die| {
                            let (target, text) = (worker.clone(), die.to_string());
                            Err(CallError::BadAnswer { target, text })
                        };
                        done((worker.clone(), answer.unwrap_or_else(bad)));
                    });
                }
                // The sender's own fault, and no loss of the worker.
                Err(die) => {
                    let (target, text) = (worker.clone(), die.to_string());
                    done((worker, Err(CallError::Refused { target, text })));
                }
            }
        }
    }

    fn done(&mut self, ctx: &mut Ctx<Self>, worker: PortId, outcome: Outcome) {
        let late = matches!(outcome, Err(CallError::Timeout { .. }));
        // One that forwarded the request lives though that other port has died.
        let dead = matches!(&outcome, Err(CallError::Died { target, .. }) if *target == worker);
        let leaves = !self.nodes.contains_key(worker.node());
        let job = if late || dead || leaves {
            self.jobs.remove_worker(&worker)
        } else {
            self.jobs.finish(&worker)
        };
        if let Some((id, job)) = job {
            if let Err(CallError::Timeout { after, .. }) = &outcome {
                kill_late(ctx, &worker, *after);
            } else if leaves && !dead {
                self.release(ctx, &worker);
            }
            match outcome {
                Ok(answer) => {
                    self.nodes.entry(worker.node().clone()).and_modify(|failures| *failures = 0);
                    job.end(Ok(answer));
                }
                Err(error) => self.failed(id, job, PoolError::of(worker, error)),
            }
        }
        self.share_out(ctx);
    }

    /// A request has failed: it waits again, if its worker was lost and it may be retried.
    fn failed(&mut self, id: JobId, mut job: Job, error: PoolError) {
        let lost = matches!(error, PoolError::Lost { .. } | PoolError::Timeout { .. });
        match job.work.retries.checked_sub(1) {
            Some(left) if lost => {
                job.work.retries = left;
                self.jobs.add_again(id, job);
            }
            _ => job.end(Err(error)),
        }
    }

    /// A worker of a node that has left the group is needed no more.
    fn release(&mut self, ctx: &Ctx<Self>, worker: &PortId) {
        self.workers.remove(worker);
        let reason = Reason::new(kind::SHUTDOWN, "its node has left the pool");
        end_all(ctx.core(), [(worker.clone(), Some(SHUTDOWN))], &reason);
    }

    fn died(&mut self, ctx: &mut Ctx<Self>, worker: &PortId, reason: &Reason) {
        if let Some((id, job)) = self.jobs.remove_worker(worker) {
            let (worker, reason) = (worker.clone(), reason.clone());
            self.failed(id, job, PoolError::Lost { worker, reason });
            self.share_out(ctx);
        }
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
        let after = job.work.within;
        job.end(Err(PoolError::Timeout { after }));
        if let Some(worker) = worker {
            kill_late(ctx, &worker, after);
        }
    }
}

fn kill_late(ctx: &Ctx<PoolPort>, worker: &PortId, after: Duration) {
    let text = format!("it did not answer a request within {after:?}");
    ctx.kil_now(worker, Reason::new(kind::DIE, text));
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
