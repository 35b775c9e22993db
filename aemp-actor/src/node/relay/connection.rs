//! A relayed connection: its exchange, and the link to its hub.

use std::io;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use aemp_transport::{LinkSender, Liveness, Order, Reach, SendError};
use bytes::Bytes;
use parking_lot::Mutex;
use smol_str::SmolStr;
use tokio::time::Instant;

use super::exchange::{Exchange, Over, ProtocolError};
use super::packet::{FUNCTION, Word};
use super::pulse::Pulse;
use super::{CHUNK, WINDOW};
use crate::id::NodeId;
use crate::node::Config;

/// Names a relayed connection of this node.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Key {
    pub(super) hub: NodeId,
    pub(super) node: NodeId,
    pub(super) name: SmolStr,
}

/// The connection to the hub that a relayed one goes by.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) attempt: u64,
    pub(super) link: LinkSender,
    pub(super) reach: Reach,
    /// The most bytes in one message, so that the queue for the hub can hold it.
    pub(super) chunk: usize,
    monitor_timeout: Duration,
}

impl Way {
    pub(super) fn new(attempt: u64, link: LinkSender, config: &Config) -> Self {
        let max_queue = config.node_limits.max_queue;
        Self {
            attempt,
            link,
            reach: config.relay_reach,
            // Leaves room for base64, the rest of the message, and others.
            chunk: CHUNK.min(max_queue / 16).max(1),
            monitor_timeout: config.monitor_timeout,
        }
    }
}

/// One end of a relayed connection. Locked for moments; packets are queued under the lock, so that they
/// are in the order of their numbers.
pub(super) struct Connection {
    own: NodeId,
    key: Key,
    way: Way,
    state: Mutex<State>,
}

struct State {
    exchange: Exchange,
    pulse: Pulse,
    /// Who waits for bytes, or the answer to `open`.
    reader: Option<Waker>,
    /// Who waits for credit.
    writer: Option<Waker>,
}

/// What became of a packet.
pub(super) enum Sent {
    Done,
    /// There is no room for so many bytes in the queue for the hub.
    NoRoom(usize),
    /// The connection to the hub is gone.
    Lost,
}

impl Connection {
    pub(super) fn dialled(own: &NodeId, key: Key, way: Way) -> Self {
        Self::new(own, key, way, Exchange::dialled())
    }

    pub(super) fn accepted(own: &NodeId, key: Key, way: Way, window: u64) -> Self {
        Self::new(own, key, way, Exchange::accepted(window))
    }

    fn new(own: &NodeId, key: Key, way: Way, exchange: Exchange) -> Self {
        let pulse = Pulse::new(Instant::now(), way.monitor_timeout);
        let state = Mutex::new(State { exchange, pulse, reader: None, writer: None });
        Self { own: own.clone(), key, way, state }
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    pub(super) fn way(&self) -> &Way {
        &self.way
    }

    /// A packet came; one that breaks a rule ends the connection, on both sides.
    pub(super) fn receive(&self, seq: u64, word: Word) -> Result<(), ProtocolError> {
        let mut state = self.state.lock();
        state.pulse.handle_sign(Instant::now());
        match word {
            Word::Alive { ask: true } => self.give_sign(&mut state, false),
            Word::Data(_) => self.confirm(&mut state),
            _ => {}
        }
        let received = state.exchange.receive(seq, word);
        if let Err(error) = &received {
            let text = error.to_string();
            self.send(&mut state, &Word::Close { text: text.clone(), cause: None });
            state.exchange.end(Over::Broken(text));
        }
        Self::wake(state);
        received
    }

    /// More has come of data that are not whole.
    pub(super) fn arriving(&self) {
        let mut state = self.state.lock();
        state.pulse.handle_sign(Instant::now());
        self.confirm(&mut state);
    }

    /// Tells the other side now and then that its data are coming.
    fn confirm(&self, state: &mut State) {
        if state.pulse.is_due(Instant::now()) {
            self.give_sign(state, false);
        }
    }

    /// Gives a sign of life, which may ask for one. Where the queue for the hub has no room for it, it
    /// is not given: the next one is due soon.
    fn give_sign(&self, state: &mut State, ask: bool) {
        if state.exchange.is_accepted() {
            self.send(state, &Word::Alive { ask });
        }
    }

    /// The connection to the hub is lost, or something else that the other side cannot be told.
    pub(super) fn fail(&self, text: String) {
        let mut state = self.state.lock();
        state.exchange.end(Over::Broken(text));
        Self::wake(state);
    }

    /// Nobody holds the stream any more.
    pub(super) fn drop_stream(&self) {
        let mut state = self.state.lock();
        if state.exchange.over().is_none() {
            // Where there is no room for it, the other side finds out by its heartbeat.
            self.send(&mut state, &Word::Close { text: String::new(), cause: None });
            state.exchange.end(Over::Closed);
        }
    }

    pub(super) fn open(&self) -> Sent {
        self.send(&mut self.state.lock(), &Word::Open { window: WINDOW })
    }

    pub(super) fn accept(&self) -> Sent {
        self.send(&mut self.state.lock(), &Word::Accept { window: WINDOW })
    }

    pub(super) fn end(&self) -> Sent {
        let mut state = self.state.lock();
        if state.exchange.over().is_some() {
            return Sent::Done;
        }
        self.send(&mut state, &Word::End)
    }

    /// Waits for the answer to `open`.
    pub(super) fn poll_accepted(&self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state.lock();
        if state.exchange.is_accepted() {
            return Poll::Ready(Ok(()));
        }
        if let Some(over) = state.exchange.over() {
            return Poll::Ready(Err(error(over)));
        }
        state.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Bytes that came; none at the end.
    pub(super) fn poll_read(&self, cx: &Context<'_>, room: usize) -> Poll<io::Result<Bytes>> {
        let mut state = self.state.lock();
        if let Some(bytes) = state.exchange.read(room) {
            return Poll::Ready(Ok(bytes));
        }
        if state.exchange.is_ended() || room == 0 {
            return Poll::Ready(Ok(Bytes::new()));
        }
        if let Some(over) = state.exchange.over() {
            return Poll::Ready(Err(error(over)));
        }
        state.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Tells the other side of what was read, if that is due.
    pub(super) fn acknowledge(&self) -> Sent {
        let mut state = self.state.lock();
        match state.exchange.ack_due() {
            Some(total) => self.send(&mut state, &Word::Ack { total }),
            None => Sent::Done,
        }
    }

    /// Sends the first of these bytes, as many as may be; gives how many, or what there is no room
    /// for.
    pub(super) fn poll_write(
        &self,
        cx: &Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<Result<usize, usize>>> {
        let mut state = self.state.lock();
        if let Some(over) = state.exchange.over() {
            return Poll::Ready(Err(error(over)));
        }
        let credit = usize::try_from(state.exchange.credit()).unwrap_or(usize::MAX);
        let count = bytes.len().min(credit).min(self.way.chunk);
        if count == 0 && !bytes.is_empty() {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let word = Word::Data(Bytes::copy_from_slice(&bytes[..count]));
        Poll::Ready(match self.send(&mut state, &word) {
            Sent::Done => Ok(Ok(count)),
            Sent::NoRoom(bytes) => Ok(Err(bytes)),
            Sent::Lost => Err(self.lost()),
        })
    }

    pub(super) fn lost(&self) -> io::Error {
        let text = format!("the connection to the hub {} is lost", self.key.hub);
        io::Error::new(io::ErrorKind::ConnectionReset, text)
    }

    /// Queues a packet for the hub.
    fn send(&self, state: &mut State, word: &Word) -> Sent {
        let Key { node, name, .. } = &self.key;
        let seq = state.exchange.next_out();
        let packet = ("snd", node, FUNCTION, &self.own, name.as_str(), word.kind(), seq, word);
        let order = match word {
            Word::Alive { .. } => Order::Urgent,
            _ => Order::Among(""),
        };
        match self.way.link.try_send("", order, &packet) {
            Ok(None) => {
                state.exchange.was_sent(word);
                Sent::Done
            }
            Ok(Some(bytes)) => Sent::NoRoom(bytes),
            Err(SendError::Encode(error)) => {
                tracing::error!(target: "aemp", "a relayed message cannot be encoded: {error}");
                Sent::Lost
            }
            Err(_) => Sent::Lost,
        }
    }

    fn wake(mut state: parking_lot::MutexGuard<'_, State>) {
        let wakers = [state.reader.take(), state.writer.take()];
        drop(state);
        for waker in wakers.into_iter().flatten() {
            waker.wake();
        }
    }
}

impl Liveness for Connection {
    fn last_sign(&self) -> Instant {
        self.state.lock().pulse.last()
    }

    fn ask(&self) {
        self.give_sign(&mut self.state.lock(), true);
    }
}

fn error(over: &Over) -> io::Error {
    match over {
        Over::Closed => io::ErrorKind::ConnectionReset.into(),
        Over::Broken(text) => io::Error::new(io::ErrorKind::ConnectionReset, text.clone()),
        Over::Refused { text, is_unknown } => {
            let said = Refusal { text: text.clone(), is_unknown: *is_unknown };
            io::Error::new(io::ErrorKind::ConnectionRefused, said)
        }
    }
}

/// The other side, or the hub in its name, said no.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(super) struct Refusal {
    text: String,
    /// The hub is not connected to the node.
    pub(super) is_unknown: bool,
}
