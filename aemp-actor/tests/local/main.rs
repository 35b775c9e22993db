//! Ports, monitors and timers of one node.

#[path = "../support/mod.rs"]
mod support;

mod after_shutdown;
mod arguments;
mod bounds;
mod by_hand;
mod calls;
mod closures;
mod decoding;
mod drops;
mod groups_typed;
mod handlers;
mod handles;
mod init;
mod kil;
mod large;
mod later_answers;
mod manual;
mod many_deaths;
mod message_log;
mod messages;
mod monitor_ends;
mod monitors;
mod names;
mod order;
mod panics;
mod payloads;
mod places;
mod pools;
mod profiles;
mod protocols;
mod receive;
mod room;
mod runtime_ended;
mod smoke;
mod snd_wait;
mod standby;
mod stopping;
mod stress;
mod supervisors;
mod taps;
mod timers;
mod turns;
mod warnings;
mod work;
