//! The chance of a simulated node: seeded, with a time of day that follows the virtual clock.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::Nonces;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::node::Environment;
use crate::random::Random;

/// The time of day at which every simulation begins, since 1970.
const BEGIN: Duration = Duration::from_secs(1_000_000_000);

/// As many letters as there are in the base64 text of a real nonce.
const NONCE: usize = 88;

pub(super) struct Seeded {
    random: Mutex<Random>,
    begun: Instant,
}

impl Seeded {
    pub(super) fn new(random: Random, begun: Instant) -> Self {
        Self { random: Mutex::new(random), begun }
    }
}

impl Environment for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        let mut random = self.random.lock();
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&random.number().to_le_bytes()[..chunk.len()]);
        }
    }

    fn time_of_day(&self) -> Duration {
        BEGIN + self.begun.elapsed()
    }

    fn nonces(self: Arc<Self>) -> Nonces {
        Nonces::from_fn(move || {
            let environment: &dyn Environment = &*self;
            environment.text(NONCE)
        })
    }
}
