//! A request to a pool.

use std::time::Duration;

use aemp_transport::{Value, to_values};
use serde::Serialize;

/// A request, with its deadline and what becomes of it when its worker is lost.
#[derive(Clone, Debug)]
#[must_use = "it is not sent yet"]
pub struct Request {
    pub(super) values: Vec<Value>,
    pub(super) within: Duration,
    pub(super) retries: u32,
}

impl Request {
    /// A request with this message, usually a tuple that begins with the tag; to be answered within 30
    /// seconds, and reported when its worker is lost.
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    pub fn new(msg: impl Serialize) -> Self {
        let values = to_values(&msg).expect("a request to a pool serialises");
        Self { values, within: Duration::from_secs(30), retries: 0 }
    }

    /// How long it may wait and be worked on, all together.
    pub fn within(mut self, deadline: Duration) -> Self {
        self.within = deadline;
        self
    }

    /// How often it is given to another worker when one is lost. It may then be carried out more than once.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }
}
