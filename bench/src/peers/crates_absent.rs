//! Other crates, without the feature `peers`: their names, and why they are not there.

use crate::contender::Contender;

const fn absent(name: &'static str) -> Contender {
    Contender {
        name,
        local: None,
        remote: None,
        absent: || Some("built without the feature `peers`".to_owned()),
    }
}

pub(super) const ALL: [Contender; 6] = [
    absent("kanal channel"),
    absent("actix"),
    absent("kameo"),
    absent("murmer"),
    absent("ractor"),
    absent("xtra"),
];
