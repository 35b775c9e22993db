//! How much others may take of a node: one row for each limit.

use super::Config;

/// Gives the rows to a macro: documentation, name, default, the least value of the key of a profile, and
/// what the key is for, in a few words. A new limit is a row here, and the code that enforces it.
macro_rules! for_each_limit {
    ($then:ident) => {
        $then! {
            /// Bytes that may wait to be sent to one other node (default 64 MiB); more closes the
            /// connection, and monitors fire with `overflow`.
            max_queue: usize = 64 << 20, least 1024, "bytes that may wait to be sent to one node";

            /// Handshakes that each listener runs at the same time with peers that have not proved themselves.
            /// Default 256. When there are as many, the oldest one of the network that has the most is ended
            /// for one that has fewer, at once; else the oldest of all, when it is 2 seconds old.
            max_handshakes: usize = 256, least 1, "handshakes at a time, for each listener";

            /// Handshakes that each listener runs at the same time with one network: an IPv4 address, or the
            /// first 64 bits of an IPv6 address. Default 64. When there are as many, the oldest one is ended for
            /// one more, if it is 2 seconds old; if not, that one is refused.
            max_handshakes_per_address: usize = 64, least 1,
                "handshakes at a time with one address, or IPv6 /64";

            /// Ports spawned by one other node that may live here at the same time. Default 100,000; one
            /// more dies at once with `overflow`.
            max_spawned: usize = 100_000, least 0, "ports that one other node may have here";

            /// Ports here that one other node may monitor at the same time. Default 1,000,000, at least 1; one
            /// more closes the connection.
            max_monitors: usize = 1_000_000, least 1, "ports that one other node may monitor";

            /// Registrations in groups that one node may have: this one, whose next
            /// [`grp_reg`](crate::Node::grp_reg) is an error, and any other, whose next one closes the
            /// connection. Default 200,000; more are set on all nodes of a mesh, or those with less are lost.
            max_registrations: usize = 200_000, least 0, "registrations of one node in groups";

            /// Data connections to this node that one other node may have asked for at the same time, those
            /// included that have not come yet. Default 256; one more is refused.
            max_data_connections: usize = 256, least 0, "data connections that one other node may have here";
        }
    };
}
pub(crate) use for_each_limit;

macro_rules! define {
    ($($(#[$doc:meta])* $name:ident: usize = $default:expr, least $least:expr, $about:literal;)*) => {
        /// The limits of a node, each with its default.
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct NodeLimits {
            $($(#[$doc])* pub(crate) $name: usize,)*
        }

        impl Default for NodeLimits {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Config {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(mut self, limit: usize) -> Self {
                    // 0 only where to allow nothing at all makes sense.
                    self.node_limits.$name = limit.max(usize::min($least, 1));
                    self
                }
            )*
        }
    };
}
for_each_limit!(define);
