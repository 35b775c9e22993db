//! What can go wrong, and how it is made to.

use std::time::Duration;

use tokio::time::Instant;

use super::connection::Side;
use super::network::Network;
use super::state::State;

/// How long a machine that came back takes to answer what was sent to it while it was down: the
/// senders repeat it from time to time.
const REPEATED: Duration = Duration::from_secs(2);

/// How a host crashes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Crash {
    /// The program dies, its system closes its connections: the other ends learn of it.
    Process,
    /// The machine dies: silence, until it is started again.
    Machine,
}

impl Network {
    /// Nothing passes between two hosts any more, in neither direction, until
    /// [`heal`](Self::heal). Bytes wait, as they do with TCP, and dials hang.
    pub fn partition(&self, a: &str, b: &str) {
        self.with(|state| {
            state.counts.partitions += 1;
            state.journal.note(|| format!("partition between {a} and {b}"));
            state.hold(a, b);
            state.hold(b, a);
        });
    }

    /// Nothing passes from one host to another; what goes the other way does.
    pub fn block(&self, from: &str, to: &str) {
        self.with(|state| {
            state.counts.one_way_partitions += 1;
            state.journal.note(|| format!("nothing passes from {from} to {to}"));
            state.hold(from, to);
        });
    }

    /// Ends partitions, refusals, limits, stopped readers, fragility and what [`cut_after`](Self::cut_after)
    /// has not cut yet, everywhere. Connections that are cut stay cut, hosts that crashed stay
    /// down.
    pub fn heal(&self) {
        let ways: Vec<_> = self.with(|state| state.ways.keys().cloned().collect());
        for (from, to) in ways {
            self.heal_way(&from, &to);
        }
    }

    /// The same for two hosts.
    pub fn heal_between(&self, a: &str, b: &str) {
        self.heal_way(a, b);
        self.heal_way(b, a);
    }

    fn heal_way(&self, from: &str, to: &str) {
        self.with(|state| {
            let way = state.way_mut(from, to);
            way.refusing = false;
            way.rate = None;
            way.fragile = None;
            state.release(from, to);
            state.stop(from, to, false);
            state.spare(from, to);
        });
        self.changed().notify_waiters();
    }

    /// Whether dials from one host to another are refused.
    pub fn refuse_dials(&self, from: &str, to: &str, refuse: bool) {
        self.with(|state| state.way_mut(from, to).refusing = refuse);
    }

    /// Dials of a host by others are dropped without an answer, as by a firewall; the host may dial
    /// others. Lasts beyond [`heal`](Self::heal).
    pub fn drop_dials(&self, to: &str, drop: bool) {
        self.with(|state| {
            state.journal.note(|| format!("dials of {to} are dropped: {drop}"));
            state.host(to).drops_dials = drop;
        });
        self.changed().notify_waiters();
    }

    /// At most so many bytes a second pass from one host to another.
    pub fn throttle(&self, from: &str, to: &str, bytes_per_second: Option<usize>) {
        self.with(|state| state.way_mut(from, to).rate = bytes_per_second);
    }

    /// Host `to` does not read what comes from host `from`, until [`heal`](Self::heal): what is
    /// written fills the window, then writers wait.
    pub fn stop_reading(&self, from: &str, to: &str) {
        self.with(|state| {
            state.journal.note(|| format!("{to} does not read what {from} writes"));
            state.stop(from, to, true);
        });
    }

    /// Cuts all connections between two hosts; gives how many there were. Some of what was on its
    /// way still arrives; then both ends see a reset, each at its own time.
    pub fn cut(&self, a: &str, b: &str) -> usize {
        self.with(|state| {
            let cut = state.open_between(a, b);
            for id in &cut {
                state.counts.cuts += 1;
                state.journal.note(|| format!("connection {id} is cut"));
                state.lose_some(*id);
                state.sever(*id);
            }
            cut.len()
        })
    }

    /// Cuts each connection between two hosts when so many more bytes have gone from one to the
    /// other: these arrive, nothing after them does.
    pub fn cut_after(&self, from: &str, to: &str, bytes: usize) {
        self.with(|state| {
            for id in state.open_between(from, to) {
                state.journal.note(|| format!("connection {id} is to be cut in {bytes} bytes"));
                let Some(connection) = state.connections.get_mut(&id) else { continue };
                for side in connection.sides(from, to) {
                    connection.pipes[side].cut_after = Some(bytes);
                }
            }
        });
    }

    /// From now on each new connection is cut, after up to so many bytes from one host to the
    /// other; so that some do not survive their handshake.
    pub fn make_fragile(&self, from: &str, to: &str, bytes: Option<usize>) {
        self.with(|state| state.way_mut(from, to).fragile = bytes);
    }

    /// The program on a host ends without a word, or the whole machine does.
    ///
    /// The node itself is not told: whatever it still does reaches nobody. Drop it, then start
    /// another one with a new [`config`](Self::config) to have the host come back.
    pub fn crash(&self, host: &str, crash: Crash) {
        self.with(|state| {
            state.journal.note(|| format!("{host} crashes: {crash:?}"));
            state.crash(host, crash);
        });
        self.changed().notify_waiters();
    }
}

impl State {
    fn open_between(&self, a: &str, b: &str) -> Vec<u64> {
        let open = self.connections.iter();
        open.filter(|(_, c)| c.joins(a, b) && c.is_open()).map(|(id, _)| *id).collect()
    }

    /// The directions from one host to another of all connections.
    fn sides(&self, from: &str, to: &str) -> Vec<(u64, Side)> {
        let all = self.connections.iter();
        all.flat_map(|(id, c)| c.sides(from, to).map(|side| (*id, side))).collect()
    }

    fn hold(&mut self, from: &str, to: &str) {
        self.way_mut(from, to).held = true;
        for (id, side) in self.sides(from, to) {
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.pipes[side].hold(Instant::now());
            }
        }
    }

    fn release(&mut self, from: &str, to: &str) {
        self.way_mut(from, to).held = false;
        for (id, side) in self.sides(from, to) {
            let latency = self.latency(from, to);
            let Some(connection) = self.connections.get_mut(&id) else { continue };
            if connection.pipes[side].held {
                connection.pipes[side].release(Instant::now() + latency);
                let written = connection.pipes[side].pieces() > 0;
                self.woken.extend(connection.wakers());
                if written {
                    self.answer_deaf(id, side);
                }
            }
        }
    }

    /// Takes back what was to be cut, and has bytes that were slowed down go on at full speed.
    fn spare(&mut self, from: &str, to: &str) {
        for (id, side) in self.sides(from, to) {
            let latency = self.latency(from, to);
            let Some(connection) = self.connections.get_mut(&id) else { continue };
            connection.pipes[side].cut_after = None;
            connection.pipes[side].hasten(Instant::now() + latency);
            self.woken.extend(connection.wakers());
        }
    }

    fn stop(&mut self, from: &str, to: &str, stopped: bool) {
        self.way_mut(from, to).stopped = stopped;
        for (id, side) in self.sides(from, to) {
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.pipes[side].stopped = stopped;
                self.woken.extend(connection.wakers());
            }
        }
    }

    fn lose_some(&mut self, id: u64) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        for pipe in &mut connection.pipes {
            let kept = self.random.below(pipe.pieces() + 1);
            pipe.lose_flying(Instant::now(), kept);
        }
    }

    fn crash(&mut self, host: &str, crash: Crash) {
        let entry = self.host(host);
        entry.dead = entry.boots;
        entry.silent = crash == Crash::Machine;
        entry.listening = None;
        match crash {
            Crash::Process => self.counts.process_crashes += 1,
            Crash::Machine => self.counts.machine_crashes += 1,
        }
        let here = self.connections.iter().flat_map(|(id, connection)| {
            let sides = (0..2).filter(|side| connection.ends[*side].host == host);
            sides.map(|side| (*id, side))
        });
        for (id, side) in here.collect::<Vec<_>>() {
            match crash {
                Crash::Process => self.process_gone(id, side),
                Crash::Machine => self.machine_gone(id, side),
            }
        }
    }

    fn process_gone(&mut self, id: u64, side: Side) {
        let now = Instant::now();
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let already = std::mem::replace(&mut connection.ends[side].crashed, true);
        if already || connection.ends[side].is_gone() {
            return;
        }
        connection.ends[side].forgotten = true;
        let (from, to) = connection.way(side);
        let (from, to) = (from.to_owned(), to.to_owned());
        let latency = self.latency(&from, &to);
        let reset = self.random.percent(50);
        if let Some(connection) = self.connections.get_mut(&id) {
            if reset || connection.pipes[1 - side].has_unread() {
                connection.reset(1 - side, now + latency);
            } else {
                connection.pipes[side].end(super::pipe::Mark::Eof, now + latency);
            }
            self.woken.extend(connection.wakers());
        }
    }

    fn machine_gone(&mut self, id: u64, side: Side) {
        let now = Instant::now();
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if !std::mem::replace(&mut connection.ends[side].crashed, true) {
            // What has left the machine may still arrive, a part of it.
            let kept = self.random.below(connection.pipes[side].pieces() + 1);
            connection.pipes[side].lose_flying(now, kept);
            connection.pipes[side].seal = Some(super::pipe::Seal::Silent);
            connection.pipes[1 - side].silence(now);
            self.woken.extend(connection.wakers());
        }
    }

    /// A program listens on the host, or dials: its machine is there, and knows nothing of old
    /// connections.
    pub(super) fn comes_back(&mut self, host: &str, boot: u64) {
        let entry = self.host(host);
        if boot <= entry.dead || std::mem::replace(&mut entry.back, boot) == boot {
            return;
        }
        let was_down = entry.dead > 0 && entry.dead + 1 >= entry.boots;
        entry.silent = false;
        self.counts.restarts += u64::from(was_down);
        for connection in self.connections.values_mut() {
            for side in 0..2 {
                let end = &mut connection.ends[side];
                if end.host != host || !end.crashed || end.forgotten {
                    continue;
                }
                end.forgotten = true;
                connection.pipes[side].seal = None;
                connection.pipes[1 - side].seal = None;
                if connection.pipes[1 - side].unconfirmed > 0 {
                    let repeated = self.random.duration(&(Duration::ZERO..=REPEATED));
                    connection.reset(1 - side, Instant::now() + repeated);
                    self.woken.extend(connection.wakers());
                }
            }
        }
        self.journal.note(|| format!("{host} is there"));
    }

    /// The listener of that program is gone, and with it whoever waits to be accepted.
    pub(super) fn stops_listening(&mut self, host: &str, boot: u64) {
        let entry = self.host(host);
        let Some(listening) = entry.listening.take_if(|listening| listening.boot == boot) else {
            return;
        };
        for id in listening.queue {
            self.end(id, 1);
            self.reader_gone(id, 1);
            self.writer_gone(id, 1);
        }
    }
}
