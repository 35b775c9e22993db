//! Addresses as the Perl implementation writes them: parts may be left out.

/// The port of seeds that name none.
pub(crate) const DEFAULT_PORT: &str = "4040";

/// What an address without a port means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Missing {
    /// To listen: a free port.
    Any,
    /// To dial: port 4040.
    Default,
}

/// Completes an address: `PORT` is a port of this host, `HOST` and `*` get a port; what names its
/// kind of transport is left alone.
pub(crate) fn complete(text: &str, missing: Missing, host: &str) -> String {
    let text = text.trim();
    let port = match missing {
        Missing::Any => "*",
        Missing::Default => DEFAULT_PORT,
    };
    if text.is_empty() {
        return format!("{host}:{port}");
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("{host}:{text}");
    }
    let bare_v6 = text.parse::<std::net::Ipv6Addr>().is_ok();
    if bare_v6 {
        return format!("[{text}]:{port}");
    }
    let complete = text.contains(':') && !text.ends_with(']');
    if complete { text.to_owned() } else { format!("{text}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_parts_are_filled_in() {
        for (text, listen, dial) in [
            ("*", "*:*", "*:4040"),
            ("*:*", "*:*", "*:*"),
            ("*:4041", "*:4041", "*:4041"),
            ("4041", "h:4041", "h:4041"),
            ("doomed", "doomed:*", "doomed:4040"),
            ("doomed:7", "doomed:7", "doomed:7"),
            ("::1", "[::1]:*", "[::1]:4040"),
            ("[::1]", "[::1]:*", "[::1]:4040"),
            ("[::1]:5", "[::1]:5", "[::1]:5"),
            ("mem:x", "mem:x", "mem:x"),
            ("", "h:*", "h:4040"),
        ] {
            assert_eq!(complete(text, Missing::Any, "h"), listen);
            assert_eq!(complete(text, Missing::Default, "h"), dial);
        }
    }
}
