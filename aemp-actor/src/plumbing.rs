//! What signatures of this crate name, and few programs do: the traits behind closures and init functions, and what
//! a port that is written without the macros needs ([`Encoder`], [`Unencodable`]).

pub use crate::port::{
    AsyncCode, AsyncCodeOf, AsyncHandler, Balanced, Condition, Encoder, InitFn, InitOutput,
    IntoArgument, OfPorts, OfProtocols, Outcome, PortFuture, Unencodable,
};
pub use crate::typed_group::Handle;
