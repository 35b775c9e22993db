//! The server: a node with a room.

use std::time::Duration;

use aemp_actor::prelude::*;

use crate::room::{Room, RoomRef};

/// What the server's node is called; clients know it by this name.
pub(crate) const NODE: &str = "chat";

/// The name of the function that tells where the room is.
pub(crate) const WHERE: &str = "Chat::room";

/// How long the clients may take to be told that the server stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// Runs until it is interrupted. A new secret is printed, for clients.
///
/// # Errors
/// When it cannot listen, or the room dies.
pub(crate) async fn run(bind: String, secret: String, is_new: bool) -> Result<(), String> {
    let config = Config::new().nodeid(NODE).bind(bind).secret(secret.as_str());
    let node = Node::configure(config).await.map_err(|error| error.to_string())?;
    let room: RoomRef = node.port(Room::default());
    let id = room.id();
    node.register(WHERE, move |call| match call.message.arg::<PortId>(0) {
        Ok(client) => call.node.snd(client, (&id,)),
        Err(error) => eprintln!("asked for the room: {error}"),
    });
    let listeners = node.listeners();
    println!("listening on {}", listeners.join(" "));
    if let (true, Some(address)) = (is_new, listeners.first()) {
        println!("AEMP_SECRET={secret} cargo run --example chat -- client NICK --seed {address}");
    }
    let (died, death) = tokio::sync::oneshot::channel();
    node.mon(&room, move |reason| drop(died.send(reason)));
    tokio::select! {
        reason = death => match reason {
            Ok(reason) => Err(format!("the room has died: {reason}")),
            Err(_) => Err("the room has died".to_owned()),
        },
        stopped = node.shutdown_on_signal(FAREWELL) => stopped.map_err(|error| error.to_string()),
    }
}
