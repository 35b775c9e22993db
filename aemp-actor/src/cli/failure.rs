//! How a command fails.

use std::process::ExitCode;

use crate::config::ProfileError;
use crate::id::PortId;
use crate::reason::{Reason, kind};

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
            kind::TRANSPORT_ERROR | kind::AUTH_ERROR => {
                Self::Failed(format!("no such node, or it cannot be reached: {}", reason.text()))
            }
            kind::NO_SUCH_PORT => Self::Failed(format!("no such port: {port}")),
            _ => Self::Failed(format!("{port} died: {reason}")),
        }
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
