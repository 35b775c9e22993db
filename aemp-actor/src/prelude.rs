//! What most programs need: `use aemp_actor::prelude::*;`.

pub use crate::{
    BadMessage, Call, CallError, Config, Ctx, Die, FnPort, Init, InitFunction, Kil, Me, Message,
    Node, NodeEvent, NodeId, Port, PortId, PortRef, ProtocolRef, Reason, Reply, Rest, Snd, Value,
    die, init, protocol, rcv,
};
