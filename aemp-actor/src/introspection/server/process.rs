//! What the system says of this process.

use std::fs;
use std::time::Duration;

use crate::introspection::ProcessInfo;

/// Ticks of a second in `/proc/PID/stat`: the same on all Linux systems.
const TICKS: u32 = 100;

/// `None` where there is no `/proc`.
pub(super) fn info() -> Option<ProcessInfo> {
    let resident = resident(&fs::read_to_string("/proc/self/status").ok()?)?;
    let cpu = cpu(&fs::read_to_string("/proc/self/stat").ok()?)?;
    Some(ProcessInfo { pid: std::process::id(), resident, cpu })
}

/// From the line `VmRSS:   123 kB`.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// From the fields `utime` and `stime`, 14 and 15; the name, field 2, may hold anything.
fn cpu(stat: &str) -> Option<Duration> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    let (user, system) = (ticks()?, ticks()?);
    Some(Duration::from_secs(1) * user / TICKS + Duration::from_secs(1) * system / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_system_writes() {
        assert_eq!(resident("Name:\tx\nVmRSS:\t    2048 kB\nThreads: 1\n"), Some(2 << 20));
        assert_eq!(resident("Name:\tx\n"), None);
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 94 0 0 0 150 25 0 0 20 0 1 0 3 4 5";
        assert_eq!(cpu(stat), Some(Duration::from_millis(1750)));
        assert_eq!(cpu("7 (a) S"), None);
    }
}
