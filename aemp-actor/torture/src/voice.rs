//! Who speaks: a port in its context, or somebody outside of ports.

use aemp_actor::{Call, MonToken, Node, NodeId, PortId, Reason, Snd, Value};
use serde::Serialize;

use super::ops::Hold;
use super::record::{Form, MonNo, NodeNo, PortNo, Sender, WordNo};
use super::world::World;

/// What both can do. Nothing is logged here.
pub(super) trait Voice {
    fn sender(&self) -> Sender;
    fn on(&self) -> NodeNo;
    fn node(&self) -> Node;
    fn holds(&mut self) -> &mut Hold;
    /// What its next monitor is to do.
    fn form(&self, world: &World) -> Form;
    fn snd(&self, to: &PortId, message: &(impl Serialize + ?Sized));
    fn kil(&self, to: &PortId, reason: Reason);
    fn mon(&self, no: MonNo, target: &PortId, form: Form) -> MonToken;
    fn spawn(&self, host: &NodeId, init: &str, args: (PortNo, WordNo, String)) -> PortId;
    fn cal(&self, to: &PortId, message: &[Value]) -> Call<(u64,)>;
}

/// What a monitor does that tells a port by a message.
pub(super) fn told_by_message(port: PortId, no: MonNo) -> Snd<PortId, (&'static str, MonNo)> {
    Snd(port, ("told", no))
}
