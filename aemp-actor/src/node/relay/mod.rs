//! Relayed connections: two nodes of which neither can dial the other talk through a third, the
//! hub, that both are connected to.
//!
//! A relayed connection is an ordinary one over another kind of stream. Handshake, framing,
//! heartbeat, arbiter, monitors and groups know nothing of it; the nodes prove themselves to each
//! other, not to the hub. The bytes of the stream travel in messages, which each side has the hub
//! pass on with the request `snd`, that every AEMP node understands:
//!
//! ```text
//!   A ── snd B aemp::relay A CONN … ──▶ hub ── aemp::relay A CONN … ──▶ B
//!   A ◀── aemp::relay B CONN … ── hub ◀── snd A aemp::relay B CONN … ── B
//! ```
//!
//! Each message is a call of the function `aemp::relay` at the node port:
//!
//! ```text
//!   aemp::relay FROM CONN KIND SEQ WHAT
//!     FROM  the node that speaks
//!     CONN  the connection: up to 64 bytes, drawn by the node that dials
//!     SEQ   counts the messages of this side on this connection, from 0
//!
//!   KIND    WHAT     meaning
//!   open    WINDOW   dials; up to WINDOW bytes may be on their way to me
//!   accept  WINDOW   the answer
//!   data    BASE64   the next bytes, at most 4 KiB of them from us; no padding
//!   ack     TOTAL    so many bytes were taken by my reader, since the beginning
//!   end              no more data from me
//!   alive   ASK      a sign of life; with ASK 1 a question for one
//!   close   TEXT     the connection is gone; an empty TEXT is its orderly end
//!                    (in place of accept it says no: the other side, or the hub for it;
//!                    CAUSE may follow then, `unknown`: the hub is not connected to the
//!                    node, or `crowded`: too many handshakes are unfinished there)
//!
//!   open ─▶                     ◀─ accept
//!   data, ack … ─▶              ◀─ data, ack …
//!   end ─▶ … close ─▶           ◀─ … end, close
//! ```
//!
//! The bytes are written in base64, since most are encrypted and nearly all hubs speak JSON, in which
//! half of all bytes take two to six; so a message takes the same whatever it says. Numbers may
//! arrive as texts.
//!
//! 1. **No silent hole.** A SEQ that is not the next one, more bytes than the window holds, or a
//!    message that is not in its place ends the connection on both sides (`close` and `alive` are
//!    taken with any SEQ; `alive` does not count). Nothing after a hole is given to the reader.
//! 2. **Bounded.** A side holds at most [`WINDOW`] bytes that its reader has not taken, and has
//!    at most so many on their way, which is what each relayed connection can add to the queues
//!    of the hub, in either direction, in base64; for a moment twice that, since the hub may
//!    still count what was read already as being written. What does not fit into the queue for
//!    the hub waits. Handshakes of relayed connections are bounded as those
//!    of a listener are, in all and by FROM.
//! 3. **One hub, one connection to it.** A relayed connection belongs to the connection to its hub
//!    that it began on, falls with it at once, and never goes through a relayed connection itself.
//! 4. **A hub of ours helps.** It passes messages on in the name of the node that sent them only,
//!    keeps none for a node that is not connected, and says `close` in that node's name: at once
//!    when a message comes for it, and when it goes down, to those who had opened a connection.
//!    Behind a hub of another make the heartbeat, end to end, finds out.
//!
//! 5. **Signs of life do not wait behind data.** `alive` goes ahead of all that waits, in the queues of
//!    both sides and of a hub of ours. That a `data` is coming is a sign of its speaker before it is
//!    whole (see [`signs`]), and its receiver says now and then that it is; a hub of ours does the
//!    same for both. So a connection is alive as long as any byte of it moves, however slowly; what
//!    else comes from the hub is no sign of the other side. Behind a hub of another make one message
//!    has to pass, and what waits there before it, within `monitor_timeout`. A hub that lies can
//!    hide that a node is gone, not speak for it.
//!
//! Who dials: a node without listeners that hears of another one without, or any node that hears of one
//! whose addresses are all of transports that it does not have (see [`approach`]); a node without
//! listeners that has something to send to a node of which no address is known; and any node whose dials
//! of the addresses of another one fail (see [`fallback`]). A visitor (the command `aemp`) leaves
//! nodes without an ID of their own alone until it has something to send. When both dial, the arbiter of
//! the two decides, as between any two connections. A relayed connection stays for as long as its hub
//! does: a direct one does not replace it, since what is on its way would be lost, and monitors fire.
//! Only one to a seed is ended when the seed can be dialled again (`mesh/seeding`): nodes that are
//! connected through a third cannot be the hub of others for each other.

mod approach;
mod connection;
mod dial;
mod exchange;
mod fallback;
#[cfg(any(test, fuzzing))]
mod fuzz;
mod hub;
mod hubs;
mod packet;
mod pulse;
mod receive;
mod routes;
mod signs;
mod stream;
mod table;

pub(crate) use approach::{approach, is_wanted};
pub(crate) use dial::dial;
pub(crate) use fallback::fall_back;
#[cfg(fuzzing)]
pub use fuzz::relay as fuzz_relay;
pub(crate) use hub::{is_unknown, node_down, pass};
pub(crate) use hubs::{RELAY_LIMIT, addresses};
pub(crate) use receive::BUILTIN;
pub(crate) use signs::{Reported, partial};
pub(crate) use table::Relays;

/// Bytes that may be on their way to a reader that has not taken them.
const WINDOW: u64 = 256 << 10;

/// The most bytes in one message: so few that a sign of life, which waits for the message that is
/// being written, gets through on a slow way.
const CHUNK: usize = 4 << 10;
