//! aemp-actor-derive
