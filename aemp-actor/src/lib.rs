//! aemp-actor
