//! All hosts and connections of a network, and what reading and writing does.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::io::ReadBuf;
use tokio::time::Instant;

use super::connection::{Connection, End, Side};
use super::counts::FaultCounts;
use super::journal::Journal;
use super::pipe::{Found, Mark, Pipe};
use super::way::Way;
use crate::random::Random;

/// Within this an end learns that its connection was cut.
const NOTICE: Duration = Duration::from_millis(300);

/// An unlucky end needs this long.
const LATE_NOTICE: Duration = Duration::from_secs(5);

/// What became of a read.
pub(super) enum Reading {
    Done(io::Result<()>),
    /// To be tried again when woken, or then.
    Wait(Option<Instant>),
}

/// What became of a write.
pub(super) enum Writing {
    Done(io::Result<usize>),
    /// To be tried again when woken, or then.
    Wait(Option<Instant>),
}

/// The simulated network: its hosts, connections, faults and clock. Always locked as a whole; whoever
/// is to be woken is woken after unlocking.
pub(super) struct State {
    pub(super) random: Random,
    pub(super) hosts: BTreeMap<String, Host>,
    /// Directions that differ from `normal`.
    pub(super) ways: BTreeMap<(String, String), Way>,
    pub(super) normal: Way,
    pub(super) connections: BTreeMap<u64, Connection>,
    pub(super) next_connection: u64,
    /// Bytes that a direction of a new connection holds.
    pub(super) window: usize,
    /// Whether reads and writes take random parts.
    pub(super) chopping: bool,
    pub(super) counts: FaultCounts,
    pub(super) journal: Journal,
    pub(super) woken: Vec<Waker>,
}

/// A host: at most one program runs on it.
#[derive(Default)]
pub(super) struct Host {
    /// How many programs have been started.
    pub(super) boots: u64,
    /// Those up to this one have crashed.
    pub(super) dead: u64,
    /// Its machine crashed and has not come back.
    pub(super) silent: bool,
    /// The last program that was noticed to have been started.
    pub(super) back: u64,
    pub(super) listening: Option<Listening>,
    /// A firewall drops what others dial.
    pub(super) drops_dials: bool,
}

/// The listener of a host.
#[derive(Default)]
pub(super) struct Listening {
    pub(super) boot: u64,
    /// Connections that wait to be accepted.
    pub(super) queue: VecDeque<u64>,
    pub(super) waker: Option<Waker>,
}

impl State {
    pub(super) fn new(random: Random, journal: Journal) -> Self {
        Self {
            random,
            hosts: BTreeMap::new(),
            ways: BTreeMap::new(),
            normal: Way::default(),
            connections: BTreeMap::new(),
            next_connection: 1,
            window: 64 << 10,
            chopping: true,
            counts: FaultCounts::default(),
            journal,
            woken: Vec::new(),
        }
    }

    pub(super) fn way(&self, from: &str, to: &str) -> &Way {
        self.ways.get(&(from.to_owned(), to.to_owned())).unwrap_or(&self.normal)
    }

    pub(super) fn way_mut(&mut self, from: &str, to: &str) -> &mut Way {
        let normal = &self.normal;
        self.ways.entry((from.to_owned(), to.to_owned())).or_insert_with(|| normal.clone())
    }

    pub(super) fn host(&mut self, host: &str) -> &mut Host {
        self.hosts.entry(host.to_owned()).or_default()
    }

    pub(super) fn is_silent(&self, host: &str) -> bool {
        self.hosts.get(host).is_some_and(|host| host.silent)
    }

    pub(super) fn latency(&mut self, from: &str, to: &str) -> Duration {
        let latency = self.way(from, to).latency.clone();
        self.random.duration(&latency)
    }

    /// A dial has reached the host `to`: the connection, if somebody listens.
    pub(super) fn knock(&mut self, from: &str, to: &str) -> Option<u64> {
        if self.way(from, to).refusing {
            self.counts.refused_dials += 1;
            self.journal.note(|| format!("{from} dials {to}: refused on purpose"));
            return None;
        }
        let Some(listening) = self.hosts.get_mut(to).and_then(|host| host.listening.as_mut())
        else {
            self.journal.note(|| format!("{from} dials {to}: nobody listens"));
            return None;
        };
        let id = self.next_connection;
        self.next_connection += 1;
        listening.queue.push_back(id);
        self.woken.extend(listening.waker.take());
        let ends = [End::new(from), End::new(to)];
        let pipes = [self.new_pipe(from, to), self.new_pipe(to, from)];
        self.connections.insert(id, Connection { ends, pipes, resets: [false; 2] });
        self.journal.note(|| format!("connection {id} from {from} to {to}"));
        Some(id)
    }

    fn new_pipe(&mut self, from: &str, to: &str) -> Pipe {
        let (window, way) = (self.window, self.way(from, to));
        let (fragile, mut pipe) = (way.fragile, Pipe::new(window, way.held, way.stopped));
        pipe.cut_after = fragile.map(|bytes| self.random.below(bytes + 1));
        pipe
    }

    pub(super) fn read(
        &mut self,
        id: u64,
        side: Side,
        buf: &mut ReadBuf<'_>,
        cx: &mut Context<'_>,
    ) -> Reading {
        let Some(connection) = self.connections.get_mut(&id) else {
            return Reading::Done(Err(io::ErrorKind::NotConnected.into()));
        };
        if connection.ends[side].crashed {
            return Reading::Done(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let pipe = &mut connection.pipes[1 - side];
        match pipe.find(Instant::now()) {
            Found::Bytes(ready) => {
                let bytes = part(&mut self.random, self.chopping, ready.min(buf.remaining()));
                pipe.take(buf.initialize_unfilled_to(bytes));
                buf.advance(bytes);
                self.woken.extend(pipe.writer.take());
                self.journal.note(|| format!("connection {id}: side {side} reads {bytes}"));
                Reading::Done(Ok(()))
            }
            Found::Mark(Mark::Eof) => Reading::Done(Ok(())),
            Found::Mark(Mark::Reset) => Reading::Done(Err(io::ErrorKind::ConnectionReset.into())),
            Found::Nothing(until) => {
                self.counts.stopped_reads += u64::from(pipe.stopped && pipe.has_unread());
                pipe.reader = Some(cx.waker().clone());
                Reading::Wait(until)
            }
        }
    }

    pub(super) fn write(
        &mut self,
        id: u64,
        side: Side,
        buf: &[u8],
        cx: &mut Context<'_>,
    ) -> Writing {
        let now = Instant::now();
        let Some(connection) = self.connections.get_mut(&id) else {
            return Writing::Done(Err(io::ErrorKind::NotConnected.into()));
        };
        if connection.ends[side].crashed {
            return Writing::Done(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if connection.pipes[1 - side].is_reset(now) {
            return Writing::Done(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let pipe = &mut connection.pipes[side];
        let room = pipe.room();
        if room == 0 {
            self.counts.full_windows += 1;
            pipe.writer = Some(cx.waker().clone());
            return Writing::Wait(connection.pipes[1 - side].reset_arrives());
        }
        let bytes = part(&mut self.random, self.chopping, room.min(buf.len()));
        let cut = pipe.cut_after.filter(|left| bytes >= *left && bytes > 0);
        let passed = cut.unwrap_or(bytes);
        pipe.cut_after = pipe.cut_after.map(|left| left - passed);
        let (from, to) = connection.way(side);
        let way = self.ways.get(&(from.to_owned(), to.to_owned())).unwrap_or(&self.normal);
        let latency = way.draw(&mut self.random);
        self.counts.throttled_writes += u64::from(way.rate.is_some());
        let pipe = &mut connection.pipes[side];
        for piece in buf[..passed].chunks(way.at_once()) {
            pipe.push(piece, now + latency, way.passing(piece.len()));
        }
        self.woken.extend(pipe.reader.take());
        if cut.is_some() {
            self.counts.cuts_at_byte += 1;
            self.journal.note(|| format!("connection {id} is cut at a byte of side {side}"));
            self.sever(id);
        } else {
            self.answer_deaf(id, side);
        }
        Writing::Done(Ok(bytes))
    }

    /// Both ends will learn, each at its own time, that the connection is broken.
    pub(super) fn sever(&mut self, id: u64) {
        let now = Instant::now();
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let unlucky = self.random.below(10);
        for side in 0..2 {
            let longest = if unlucky == side { LATE_NOTICE } else { NOTICE };
            connection.reset(side, now + self.random.duration(&(Duration::ZERO..=longest)));
        }
        self.woken.extend(connection.wakers());
    }

    /// Something was written where nobody is: the system there answers with a reset.
    pub(super) fn answer_deaf(&mut self, id: u64, side: Side) {
        let Some(connection) = self.connections.get(&id) else { return };
        if !connection.is_deaf(side) || connection.resets[side] || connection.pipes[side].held {
            return;
        }
        let (from, to) = connection.way(side);
        let (from, to) = (from.to_owned(), to.to_owned());
        let round_trip = self.latency(&from, &to) + self.latency(&to, &from);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.reset(side, Instant::now() + round_trip);
            self.woken.extend(connection.wakers());
        }
    }

    /// One end has written everything.
    pub(super) fn end(&mut self, id: u64, side: Side) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.ends[side].crashed || connection.pipes[side].seal.is_some() {
            return;
        }
        let (from, to) = connection.way(side);
        let way = self.ways.get(&(from.to_owned(), to.to_owned())).unwrap_or(&self.normal);
        let latency = way.draw(&mut self.random);
        connection.pipes[side].end(Mark::Eof, Instant::now() + latency);
        self.woken.extend(connection.pipes[side].reader.take());
        self.journal.note(|| format!("connection {id}: side {side} ends"));
    }

    pub(super) fn writer_gone(&mut self, id: u64, side: Side) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.ends[side].writer_gone = true;
            self.closed(id, side);
        }
    }

    pub(super) fn reader_gone(&mut self, id: u64, side: Side) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.ends[side].reader_gone = true;
            self.closed(id, side);
        }
    }

    /// A half is gone; if it was the second one the system closes the connection: with a reset,
    /// when something came that was not read.
    fn closed(&mut self, id: u64, side: Side) {
        let now = Instant::now();
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.is_over() {
            self.connections.remove(&id);
            self.journal.note(|| format!("connection {id} is gone"));
            return;
        }
        let end = &connection.ends[side];
        if !end.is_gone() || end.crashed {
            return;
        }
        self.journal.note(|| format!("connection {id}: side {side} closes"));
        let told = connection.resets[1 - side];
        if connection.pipes[1 - side].has_unread() && !told {
            let pipe = &mut connection.pipes[side];
            let kept = self.random.below(pipe.pieces() + 1);
            pipe.lose_flying(now, kept);
            connection.reset(1 - side, now + self.random.duration(&(Duration::ZERO..=NOTICE)));
        }
        self.woken.extend(connection.wakers());
    }
}

/// All of the bytes, or a random part of them.
fn part(random: &mut Random, chopping: bool, bytes: usize) -> usize {
    if chopping && bytes > 1 && random.percent(30) { random.within(1..=bytes) } else { bytes }
}
