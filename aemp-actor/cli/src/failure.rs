//! How a command fails.

use std::process::ExitCode;

use aemp_actor::PortId;
use aemp_actor::log::one_line;
use aemp_actor::profile::ProfileError;
use aemp_actor::{Reason, kind};

/// Why a command did not do what it should: a text for people, and an exit code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Failed(String),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Timeout(String),
    #[error("{0}")]
    Network(String),
    #[error("{0}")]
    Config(String),
    /// Everything was said already.
    #[error("")]
    Said(u8),
}

impl Failure {
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Timeout(_) => 3,
            Self::Network(_) => 4,
            Self::Config(_) => 5,
            Self::Said(code) => *code,
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    /// A port died that something was wanted of.
    pub(crate) fn died(port: &PortId, reason: &Reason) -> Self {
        match reason.kind() {
            kind::TRANSPORT_ERROR | kind::AUTH_ERROR => Self::unreachable(reason),
            kind::NO_SUCH_PORT => Self::Failed(format!("no such port: {port}")),
            _ => Self::Failed(format!("{port} died: {}", one_line(&reason.to_string()))),
        }
    }

    /// There is no connection to a node: it is silent where it should be, or it is not there.
    pub(crate) fn unreachable(reason: &Reason) -> Self {
        let text = reason.text();
        let shown = one_line(&text);
        if reason.is_timeout() {
            return Self::Timeout(format!("the node does not answer: {shown}"));
        }
        if reason.is_unknown_node() {
            return Self::Failed(shown.into_owned());
        }
        Self::Failed(format!("no such node, or it cannot be reached: {shown}"))
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Busy { .. } => Self::Timeout(error.to_string()),
            _ => Self::Config(error.to_string()),
        }
    }
}
