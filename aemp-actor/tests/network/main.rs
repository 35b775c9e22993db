//! Nodes that are connected: messages, requests, monitors and faults between them.

#[path = "../support/mod.rs"]
mod support;

mod access;
mod bad_handshakes;
mod bad_packets;
mod crossing;
mod data_bad_peers;
mod data_connections;
mod data_copy;
mod ending_threads;
mod fall;
mod framings;
mod group_confirmed;
mod groups_typed;
mod handles_of_nodes;
mod hang_up;
mod introspection;
mod large_messages;
mod log_lines;
mod matrix;
mod names;
mod pools;
mod protocols;
mod pubsub;
mod receive_holes;
mod reconnect;
mod refused_messages;
mod requests;
mod requests_between_nodes;
mod script;
mod services;
mod session_replay;
mod sim;
mod slow_ways;
mod spawn_requests;
mod supervision;
mod twins;
mod two_nodes;
mod values;
