//! aemp-transport
