//! README and guide as doctests: each of their code blocks is compiled, and run where it says
//! what comes out. A part of aemp-example-services while their doctests are built, and never else.

/// See the file.
#[doc = include_str!("../README.md")]
mod readme {}

/// See the file.
#[doc = include_str!("src/introduction.md")]
mod introduction {}

/// See the file.
#[doc = include_str!("src/ports.md")]
mod ports {}

/// See the file.
#[doc = include_str!("src/work.md")]
mod work {}

/// See the file.
#[doc = include_str!("src/protocols.md")]
mod protocols {}

/// See the file.
#[doc = include_str!("src/messages.md")]
mod messages {}

/// See the file.
#[doc = include_str!("src/life-and-death.md")]
mod life_and_death {}

/// See the file.
#[doc = include_str!("src/nodes.md")]
mod nodes {}

/// See the file.
#[doc = include_str!("src/supervision.md")]
mod supervision {}

/// See the file.
#[doc = include_str!("src/mesh.md")]
mod mesh {}

/// See the file.
#[doc = include_str!("src/pools.md")]
mod pools {}

/// See the file.
#[doc = include_str!("src/transports.md")]
mod transports {}

/// See the file.
#[doc = include_str!("src/receive.md")]
mod receive {}

/// See the file.
#[doc = include_str!("src/data.md")]
mod data {}

/// See the file.
#[doc = include_str!("src/tour.md")]
mod tour {}

/// See the file.
#[doc = include_str!("src/operating.md")]
mod operating {}

/// See the file.
#[doc = include_str!("src/scripts.md")]
mod scripts {}

/// See the file.
#[doc = include_str!("src/configuration.md")]
mod configuration {}

/// See the file.
#[doc = include_str!("src/command.md")]
mod command {}

/// See the file.
#[doc = include_str!("src/security.md")]
mod security {}

/// See the file.
#[doc = include_str!("src/getting-started.md")]
mod getting_started {}

/// See the file.
#[doc = include_str!("src/job-queue.md")]
mod job_queue {}

/// See the file.
#[doc = include_str!("src/job-healing.md")]
mod job_healing {}

/// See the file.
#[doc = include_str!("src/job-machines.md")]
mod job_machines {}

/// See the file.
#[doc = include_str!("src/testing.md")]
mod testing {}

/// See the file.
#[doc = include_str!("src/wire-protocol.md")]
mod wire_protocol {}

/// See the file.
#[doc = include_str!("src/migrating-ractor.md")]
mod migrating_ractor {}

/// See the file.
#[doc = include_str!("src/migrating-kameo.md")]
mod migrating_kameo {}

/// See the file.
#[doc = include_str!("src/migrating-actix.md")]
mod migrating_actix {}

/// See the file.
#[doc = include_str!("src/migrating-gen-server.md")]
mod migrating_gen_server {}
