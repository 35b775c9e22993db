//! Nodes that find each other, relay for each other and keep groups.

#[path = "../support/mod.rs"]
mod support;

mod announce;
mod finding;
mod group_bounds;
mod joining;
mod joining_private;
mod looking;
mod lost_nodes;
mod members;
mod processes;
mod quic_mesh;
mod relay;
mod relay_garbage;
mod relay_loops;
mod relay_sim;
mod seeds;
mod starting;
mod strangers;
mod unreachable;
mod visitors;
