//! How often what went wrong.

/// Faults that hit something, by kind: a cut counts when a connection broke, a refused dial when
/// somebody dialled.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct FaultCounts {
    /// Connections cut at once.
    pub cuts: u64,
    /// Connections cut after a certain byte.
    pub cuts_at_byte: u64,
    /// Partitions in both directions.
    pub partitions: u64,
    /// Partitions in one direction.
    pub one_way_partitions: u64,
    /// Dials that hung, because of a partition or a crashed machine.
    pub hung_dials: u64,
    /// Dials that were refused on purpose.
    pub refused_dials: u64,
    /// Writes that were slowed down.
    pub throttled_writes: u64,
    /// Reads that had to wait because the reader was stopped.
    pub stopped_reads: u64,
    /// Writes that had to wait because the window was full.
    pub full_windows: u64,
    /// Processes that crashed.
    pub process_crashes: u64,
    /// Machines that crashed.
    pub machine_crashes: u64,
    /// Hosts that came back after a crash.
    pub restarts: u64,
}

impl FaultCounts {
    /// The counts with their names, in a fixed order.
    pub fn by_name(&self) -> [(&'static str, u64); 12] {
        [
            ("cuts", self.cuts),
            ("cuts at a byte", self.cuts_at_byte),
            ("partitions", self.partitions),
            ("one-way partitions", self.one_way_partitions),
            ("hung dials", self.hung_dials),
            ("refused dials", self.refused_dials),
            ("throttled writes", self.throttled_writes),
            ("stopped reads", self.stopped_reads),
            ("full windows", self.full_windows),
            ("process crashes", self.process_crashes),
            ("machine crashes", self.machine_crashes),
            ("restarts", self.restarts),
        ]
    }

    /// Adds those of another network.
    pub fn add(&mut self, other: &Self) {
        self.cuts += other.cuts;
        self.cuts_at_byte += other.cuts_at_byte;
        self.partitions += other.partitions;
        self.one_way_partitions += other.one_way_partitions;
        self.hung_dials += other.hung_dials;
        self.refused_dials += other.refused_dials;
        self.throttled_writes += other.throttled_writes;
        self.stopped_reads += other.stopped_reads;
        self.full_windows += other.full_windows;
        self.process_crashes += other.process_crashes;
        self.machine_crashes += other.machine_crashes;
        self.restarts += other.restarts;
    }
}
