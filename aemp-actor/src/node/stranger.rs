//! What an anonymous peer may do: nothing but show that it is alive.

use super::config::Config;
use super::inbound::Origin;
use crate::message::Message;

/// Whether a message of that connection to the port of this name is taken.
pub(super) fn may_send(config: &Config, origin: &Origin, port: &str, message: &Message) -> bool {
    if origin.trusted || config.anonymous_access {
        return true;
    }
    port.is_empty() && is_sign_of_life(origin, message)
}

/// Empty messages, and the question for one.
fn is_sign_of_life(origin: &Origin, message: &Message) -> bool {
    match message.tag() {
        "" => true,
        "snd" => message.values().is_ok_and(|values| {
            let [_, to, text] = values.as_slice() else { return false };
            to.as_str() == Some(origin.peer.id().as_str()) && text.as_str() == Some("")
        }),
        _ => false,
    }
}
