//! Other crates, each used as its documents recommend, with mailboxes without bounds where there is a
//! choice.

mod actix;
mod kameo;
mod kameo_remote;
mod kanal;
mod murmer;
mod murmer_remote;
mod ractor;
mod ractor_remote;
mod xtra;

use crate::contender::Contender;

pub(super) const ALL: [Contender; 6] = [
    Contender::local::<kanal::Channel>("kanal channel"),
    Contender::local::<actix::Actix>("actix"),
    Contender::local::<kameo::Kameo>("kameo").and_remote::<kameo_remote::Swarm>(),
    Contender::local::<murmer::Murmer>("murmer").and_remote::<murmer_remote::Cluster>(),
    Contender::local::<ractor::Ractor>("ractor").and_remote::<ractor_remote::Cluster>(),
    Contender::local::<xtra::Xtra>("xtra"),
];
