//! The commands that look into nodes and operate them.

mod bench;
mod counted;
mod deaths;
mod every;
mod info;
mod log;
mod ports;
mod restart;
mod stop;
mod supervisors;
mod tap;

pub(crate) use bench::bench;
pub(crate) use deaths::deaths;
pub(crate) use info::{functions, info, json};
pub(crate) use log::log;
use ports::short_kind;
pub(crate) use ports::{SortPorts, Wanted, ports};
pub(crate) use restart::restart;
pub(crate) use stop::stop;
pub(crate) use supervisors::supervisors;
pub(crate) use tap::tap;

use crate::{Failure, NetworkConnection};
use aemp_actor::introspection::{Introspect, IntrospectError};
use aemp_actor::log::one_line;

impl NetworkConnection {
    /// Looks into a node, within the time that the command has.
    pub(crate) fn look(&self, node: &str) -> Result<Introspect, Failure> {
        let node = self.node_id(node)?;
        Ok(self.node.introspect(node).timeout(self.left()))
    }
}

impl From<IntrospectError> for Failure {
    fn from(error: IntrospectError) -> Self {
        match &error {
            IntrospectError::Timeout { .. } => Self::Timeout(error.to_string()),
            IntrospectError::Down { reason, .. } => Self::unreachable(reason),
            _ => Self::Failed(one_line(&error.to_string()).into_owned()),
        }
    }
}

/// A number of bytes for people.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["", "K", "M", "G", "T"];
    let mut scaled = number as f64;
    let mut unit = 0;
    while scaled >= 1024.0 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    if unit == 0 || scaled >= 100.0 {
        format!("{scaled:.0}{}", UNITS[unit])
    } else {
        format!("{scaled:.1}{}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn bytes_for_people() {
        assert_eq!(bytes(0), "0");
        assert_eq!(bytes(1023), "1023");
        assert_eq!(bytes(1024), "1.0K");
        assert_eq!(bytes(200 << 20), "200M");
        assert_eq!(bytes(u64::MAX), "16777216T");
    }
}
