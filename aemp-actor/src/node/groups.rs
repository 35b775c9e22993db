//! Groups, on the handle of a node.

use std::sync::Arc;

use serde::Serialize;

use super::core::Core;
use super::handle::Node;
use super::mesh::{GroupError, GroupEvents, GrpMonToken, GrpToken, Unread};
use crate::group::{GroupChange, Pick};
use crate::id::PortId;
use crate::message::FromArgs;
use crate::port::{Call, CallError};

/// Groups: ports under a name that every node of the mesh can look up.
impl Node {
    /// Makes a port of this node (or its node port) a member of a group, which every node of the
    /// mesh can look up. It is one until it dies, its node goes down, or the token is cancelled;
    /// it may be in many groups.
    ///
    /// # Errors
    /// When the port is of another node, or a member already; when this node has too many
    /// registrations ([`Config::max_registrations`](crate::Config::max_registrations)), or the name
    /// of the group is longer than 256 bytes.
    ///
    /// # Example
    ///
    /// ```
    /// use aemp_actor::{Pick, prelude::*};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let node = Node::local(); // or any node of the network
    /// let adder = node.port_fn(|ctx, msg| -> Result<(), Die> {
    ///     let (a, b, reply): (i64, i64, PortId) = msg.args()?;
    ///     ctx.snd(&reply, (a + b,));
    ///     Ok(())
    /// });
    /// node.grp_reg("adders", &adder)?;
    ///
    /// let members = node.grp_wait("adders").await; // there may be none yet
    /// assert_eq!(members, [adder.id()]);
    /// let answer = node.grp_cal("adders", Pick::RoundRobin, ("add", 2, 3)).await;
    /// let (sum,): (i64,) = answer.expect("the group has a member")?;
    /// assert_eq!(sum, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn grp_reg(
        &self,
        group: impl AsRef<str>,
        port: impl Into<PortId>,
    ) -> Result<GrpToken, GroupError> {
        self.core().network().mesh().register(self.core(), group.as_ref(), &port.into())
    }

    /// The members of a group, sorted, as far as this node has been told: of this node, and of
    /// the nodes that are connected.
    pub fn grp_get(&self, group: impl AsRef<str>) -> Vec<PortId> {
        self.core().network().mesh().groups(|groups| groups.members(group.as_ref())).to_vec()
    }

    /// The names of all groups that have members.
    pub fn groups(&self) -> Vec<String> {
        let names = self.core().network().mesh().groups(crate::group::GroupTable::names);
        names.iter().map(ToString::to_string).collect()
    }

    /// Calls `f` with each change of a group, in order. The first call, soon, is with the members
    /// there are, as if all of them had been added; there is none while the group is empty.
    ///
    /// `f` runs in the task that noticed the change and must be quick.
    pub fn grp_mon(
        &self,
        group: impl AsRef<str>,
        f: impl Fn(&GroupChange) + Send + Sync + 'static,
    ) -> GrpMonToken {
        self.core().network().mesh().monitor(self.core(), group.as_ref(), Arc::new(f))
    }

    /// The changes of a group as a stream of events, until this node is shut down.
    pub fn grp_events(&self, group: impl AsRef<str>) -> GroupEvents {
        let unread = Arc::new(Unread::new(self.core().ended()));
        let adding = unread.clone();
        let token = self.grp_mon(group, move |change| adding.push(change));
        GroupEvents::new(unread, token)
    }

    /// Waits until a group has a member, and gives its members; none when this node is shut down.
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub async fn grp_wait(&self, group: impl AsRef<str>) -> Vec<PortId> {
        let mut events = self.grp_events(group.as_ref());
        while let Some(change) = events.next().await {
            if !change.ports.is_empty() {
                return change.ports.to_vec();
            }
        }
        Vec::new()
    }

    /// Chooses one member of a group.
    pub fn grp_pick(&self, group: impl AsRef<str>, how: Pick) -> Option<PortId> {
        self.core().network().mesh().pick(self.core(), group.as_ref(), how)
    }

    /// Sends a message to one member of a group, and says to which; `None`, and nothing is sent,
    /// when there is none.
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    #[track_caller]
    pub fn grp_snd(
        &self,
        group: impl AsRef<str>,
        how: Pick,
        msg: impl Serialize,
    ) -> Option<PortId> {
        let port = self.grp_pick(group, how)?;
        self.snd(&port, msg);
        Some(port)
    }

    /// Sends a message to all members of a group, and says how many there were.
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    #[track_caller]
    pub fn grp_snd_all(&self, group: impl AsRef<str>, msg: impl Serialize) -> usize {
        let members = self.grp_get(group);
        for port in &members {
            self.snd(port, &msg);
        }
        members.len()
    }

    /// Sends a request to one member of a group; a failure is remembered for
    /// [`Pick::LeastRecentlyFailed`]. `None` when the group is empty. ([`Group::request`](crate::Group::request) is
    /// typed, and can ask another member when one is lost.)
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    pub async fn grp_cal<R: FromArgs>(
        &self,
        group: impl AsRef<str>,
        how: Pick,
        msg: impl Serialize,
    ) -> Option<Result<R, CallError>> {
        let asked = Asked::begin(self.core(), group.as_ref(), how, &[])?;
        let call: Call<R> = self.cal(asked.port(), msg);
        let answer = call.await;
        if answer.is_err() {
            asked.failed();
        }
        Some(answer)
    }

    /// Work given to the port failed: it is avoided by [`Pick::LeastRecentlyFailed`].
    pub fn grp_failed(&self, port: impl Into<PortId>) {
        self.core().network().mesh().failed(port.into());
    }
}

/// A member of a group that was chosen for a request: it has one more until this is dropped.
pub(crate) struct Asked {
    core: Arc<Core>,
    port: PortId,
}

impl Asked {
    /// Chooses a member that is none of those that were tried; `None` when there is no other.
    pub(crate) fn begin(
        core: &Arc<Core>,
        group: &str,
        how: Pick,
        tried: &[PortId],
    ) -> Option<Self> {
        let port = core.network().mesh().begin_request(core, group, (how, tried))?;
        Some(Self { core: core.clone(), port })
    }

    pub(crate) fn port(&self) -> &PortId {
        &self.port
    }

    /// The request has failed.
    pub(crate) fn failed(&self) {
        self.core.network().mesh().failed(self.port.clone());
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.core.network().mesh().request_ended(&self.port);
    }
}
