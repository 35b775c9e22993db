//! What a seed decides before anything happens.

use std::ops::RangeInclusive;
use std::time::Duration;

use aemp_actor::fail_points::{Mutation, bound};
use aemp_actor::sim::Random;
use aemp_actor::{Config, PortOptions};

/// A kind of fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fault {
    Cut,
    CutAfter,
    Fragile,
    Partition,
    Block,
    StopReading,
    Throttle,
    Refuse,
    Latency,
    CrashProcess,
    CrashMachine,
    Shutdown,
}

const ALL_FAULTS: [Fault; 12] = [
    Fault::Cut,
    Fault::CutAfter,
    Fault::Fragile,
    Fault::Partition,
    Fault::Block,
    Fault::StopReading,
    Fault::Throttle,
    Fault::Refuse,
    Fault::Latency,
    Fault::CrashProcess,
    Fault::CrashMachine,
    Fault::Shutdown,
];

/// The hosts that there may be.
const HOSTS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// What the seed of a run decides: its hosts, and what happens to them.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) hosts: Vec<&'static str>,
    /// How many of them, from the first, others can dial; the rest are private, and connected to these.
    public: usize,
    /// Whether the private hosts listen all the same, where nobody gets through.
    pub(super) firewalled: bool,
    /// Steps of the program.
    pub(super) steps: usize,
    /// Pauses between steps.
    pub(super) pause: RangeInclusive<Duration>,
    pub(super) latency: RangeInclusive<Duration>,
    pub(super) window: usize,
    pub(super) faults: Vec<Fault>,
    /// Pauses between faults.
    pub(super) calm: RangeInclusive<Duration>,
    pub(super) monitor_timeout: Duration,
    pub(super) connect_timeout: Duration,
    connect_interval: Duration,
    pub(super) seeds: Seeds,
    pub(super) max_queue: Option<usize>,
    pub(super) max_messages: Option<usize>,
    /// After a fault everything has been noticed, told and made anew within this.
    pub(super) healing: Duration,
    /// Where nothing is wrong everything happens within this.
    pub(super) quiet: Duration,
    /// All hosts that come back come back within this.
    pub(super) repaired: Duration,
    /// Whether two nodes are parted in the end, when nobody has anything to say.
    pub(super) separation: bool,
    /// Whether nodes that cannot dial each other are connected through a third.
    relay: bool,
    /// Whether ports run on several threads, and what happens at the same time may be logged in
    /// any order.
    pub(super) threaded: bool,
}

impl Plan {
    pub(super) fn draw(random: &mut Random) -> Self {
        let millis = Duration::from_millis;
        let slow = *random.pick(&[2, 20, 100]).unwrap_or(&2);
        let pause = *random.pick(&[30, 150, 400]).unwrap_or(&100);
        let calm = *random.pick(&[300, 1000, 5000]).unwrap_or(&2000);
        let monitor_timeout = millis(random.within(1000..=8000) as u64);
        let connect_timeout = millis(random.within(1000..=8000) as u64);
        let hosts = HOSTS[..random.within(2..=5)].to_vec();
        Self {
            public: hosts.len(),
            firewalled: false,
            hosts,
            steps: random.within(60..=200),
            pause: Duration::ZERO..=millis(pause),
            latency: Duration::ZERO..=millis(slow),
            // Together with the latency it limits how fast a queue drains.
            window: *random.pick(&[500, 4000, 64 << 10]).unwrap_or(&4000),
            faults: draw_faults(random),
            calm: millis(50)..=millis(calm),
            monitor_timeout,
            connect_timeout,
            connect_interval: millis(random.within(100..=2000) as u64),
            seeds: draw_seeds(random),
            max_queue: random.percent(10).then(|| random.within(5_000..=100_000)),
            max_messages: random.percent(12).then(|| random.within(5..=50)),
            // A cut end may learn of it after 5 seconds; a queue of slow answers drains meanwhile.
            healing: monitor_timeout.mul_f64(1.5) + connect_timeout + Duration::from_secs(10),
            quiet: Duration::from_secs(5),
            // A shutdown may take 20 seconds, and a host be down for another 30.
            repaired: Duration::from_secs(50),
            separation: false,
            relay: true,
            threaded: false,
        }
        .with_private_hosts(random)
        .with_separation(random)
    }

    /// In some runs there are hosts that nobody can dial.
    fn with_private_hosts(mut self, random: &mut Random) -> Self {
        if self.hosts.len() > 2 && !self.are_strangers() && random.percent(40) {
            self.public = random.within(1..=self.hosts.len() - 2);
            // Every way is twice as long, and there is one more to go.
            let longer = self.connect_timeout.max(Duration::from_secs(4));
            self.healing += longer - self.connect_timeout;
            self.connect_timeout = longer;
            self.firewalled = random.percent(50);
        }
        self
    }

    /// In some runs two nodes that others keep together are parted; in most of these they are not
    /// connected through the others, and have to find each other later.
    fn with_separation(mut self, random: &mut Random) -> Self {
        self.separation = self.hosts.len() > 2 && self.seeds != Seeds::None && random.percent(20);
        self.relay = !self.separation || self.public < self.hosts.len() || random.percent(25);
        self
    }

    /// Where a bug of bounds is planted there are low bounds.
    pub(super) fn with_bounds_for(mut self, mutation: Option<Mutation>) -> Self {
        match mutation {
            Some(Mutation::UnboundedWaiting | Mutation::UnboundedQueue) => {
                self.max_queue = self.max_queue.or(Some(10_000));
            }
            Some(Mutation::UnboundedMailbox | Mutation::EarlyOverflow) => {
                self.max_messages = self.max_messages.or(Some(20));
            }
            _ => {}
        }
        self
    }

    /// Whether the two can only talk through a third.
    pub(super) fn is_relayed(&self, a: &str, b: &str) -> bool {
        self.is_private(a) && self.is_private(b)
    }

    /// The hosts that others can dial.
    pub(super) fn public(&self) -> &[&'static str] {
        &self.hosts[..self.public]
    }

    /// Whether a node on that host listens.
    pub(super) fn listens(&self, host: &str) -> bool {
        self.firewalled || !self.is_private(host)
    }

    pub(super) fn is_private(&self, host: &str) -> bool {
        self.hosts[self.public..].contains(&host)
    }

    /// Adds the plan's settings to those of a node.
    pub(super) fn settle(
        &self,
        host: &str,
        mut config: Config,
        address: impl Fn(&str) -> String,
    ) -> Config {
        let dialled = if self.firewalled { &self.hosts } else { self.public() };
        let others = dialled.iter().filter(|other| **other != host);
        for other in others.filter(|_| !self.are_strangers()) {
            config = config.node(*other, address(other));
        }
        config = config.seeds(self.seeds_of(host).into_iter().map(&address));
        if let Some(bytes) = self.max_queue {
            config = config.max_queue(bound(Mutation::UnboundedQueue, bytes));
        }
        if let Some(messages) = self.max_messages {
            let messages = bound(Mutation::EarlyOverflow, messages);
            let messages = bound(Mutation::UnboundedMailbox, messages);
            config = config.port_options(PortOptions::new().max_messages(messages));
        }
        let millis = usize::try_from(self.monitor_timeout.as_millis()).unwrap_or(usize::MAX);
        let millis = bound(Mutation::LateNotice, millis);
        config
            .relay(self.relay)
            .monitor_timeout(Duration::from_millis(millis as u64))
            .connect_timeout(self.connect_timeout)
            .connect_interval(self.connect_interval)
    }

    /// Whether queues or mailboxes are short.
    pub(super) fn is_tight(&self) -> bool {
        self.max_queue.is_some() || self.max_messages.is_some()
    }

    /// Whether nodes know nothing of each other but their seeds, and hear of the rest: until they
    /// have, they cannot speak to each other, and whatever happens anywhere may be in the way.
    pub(super) fn are_strangers(&self) -> bool {
        matches!(self.seeds, Seeds::One | Seeds::Common)
    }

    /// The plan for real connections between two nodes, of which so many are cut.
    pub(super) fn real(random: &mut Random) -> Self {
        let millis = Duration::from_millis;
        Self {
            hosts: HOSTS[..2].to_vec(),
            public: 2,
            steps: usize::MAX,
            pause: Duration::ZERO..=millis(1),
            faults: Vec::new(),
            monitor_timeout: millis(10_000),
            connect_timeout: millis(2000),
            connect_interval: millis(50),
            seeds: Seeds::Before,
            max_queue: None,
            max_messages: None,
            healing: millis(4000),
            quiet: millis(2000),
            repaired: millis(1000),
            threaded: true,
            ..Self::draw(random)
        }
    }
}

/// Which nodes keep connected to which.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Seeds {
    /// Nobody: nodes that know each other dial when they have something to say.
    None,
    /// Each to the host before it; they know each other besides.
    Before,
    /// All to the first, which is told its own address. Nobody knows anybody else.
    One,
    /// Two networks, that are joined by a common seed. Nobody knows anybody else.
    Common,
}

fn draw_seeds(random: &mut Random) -> Seeds {
    let all = [Seeds::None, Seeds::Before, Seeds::Before, Seeds::One, Seeds::Common];
    random.pick(&all).copied().unwrap_or(Seeds::None)
}

/// None, one, some or all of the kinds.
fn draw_faults(random: &mut Random) -> Vec<Fault> {
    match random.below(10) {
        0 => Vec::new(),
        1..=3 => random.pick(&ALL_FAULTS).copied().into_iter().collect(),
        4..=6 => ALL_FAULTS.into_iter().filter(|_| random.percent(40)).collect(),
        _ => ALL_FAULTS.to_vec(),
    }
}
