//! Errors are shown by their texts also where Rust asks for their `Debug` form: `main` prints that of the error
//! which it returns, and `unwrap` that of the one it finds. Who reads it is told what is wrong, and what to do.

use std::fmt;

use crate::introspection::IntrospectError;
use crate::pool::PoolError;
use crate::supervisor::{NotRunning, SupervisorError};
use crate::{
    ArgError, CallError, ConfigError, DataConnError, GroupError, GroupWaitError, JoinError,
    NameError, NotLocal, ParseNodeIdError, PevalError, PingError, ProfileError, RcvError,
    ReceiveError, SeedError, SndWaitError,
};

macro_rules! debug_as_text {
    ($($error:ty,)+) => {
        $(
            impl fmt::Debug for $error {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    fmt::Display::fmt(self, f)
                }
            }
        )+
    };
}

debug_as_text! {
    ArgError,
    CallError,
    ConfigError,
    DataConnError,
    GroupError,
    GroupWaitError,
    IntrospectError,
    JoinError,
    NameError,
    NotLocal,
    NotRunning,
    ParseNodeIdError,
    PevalError,
    PingError,
    PoolError,
    ProfileError,
    RcvError,
    ReceiveError,
    SeedError,
    SndWaitError,
    SupervisorError,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_main_prints_is_what_a_person_is_told() {
        let error: Box<dyn std::error::Error> = ConfigError::NoSecret.into();
        let printed = format!("{error:?}");
        assert!(printed.starts_with("secret: a node with binds or seeds needs"), "{printed}");
        let error = CallError::NoMember { group: "workers".to_owned() };
        assert_eq!(format!("{error:?}"), "group \"workers\" has no member");
    }
}
