//! Who takes part: a file for each.

pub(crate) mod aemp;
mod aemp_remote;
mod channel;
#[cfg(feature = "peers")]
mod crates;
#[cfg(not(feature = "peers"))]
#[path = "crates_absent.rs"]
mod crates;
mod erlang;
mod nats;
mod raw;

use crate::contender::Contender;

/// Known, and not measured.
const OTHERS: [Contender; 1] = [Contender {
    name: "Ergo",
    local: None,
    remote: None,
    absent: || Some("it is for programs in Go, and none is written here".to_owned()),
}];

/// Ours, by whose name ratios are told.
pub(crate) const OURS: &str = "aemp";

/// Ours, spoken to by ID.
pub(crate) const BY_ID: &str = "aemp, by ID";

/// All, present or not, in the order of the tables.
pub(crate) fn all() -> Vec<&'static Contender> {
    let lists: [&'static [Contender]; 7] =
        [&aemp::ALL, &channel::ALL, &raw::ALL, &crates::ALL, &erlang::ALL, &nats::ALL, &OTHERS];
    lists.into_iter().flatten().collect()
}

/// The one of this name.
pub(crate) fn named(name: &str) -> Option<&'static Contender> {
    all().into_iter().find(|contender| contender.name == name)
}

/// Says this if no such program is installed.
fn missing(program: &str, text: &str) -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|directory| directory.join(program).is_file());
    (!found).then(|| text.to_owned())
}
