//! The first two lines: ours made, the peer's read.
//!
//! ```text
//! aemp;1;NODE;AUTH,AUTH…;FRAMING,FRAMING…;key=value;key=value…
//! NONCE
//! ```

use std::collections::BTreeMap;

use super::error::{HandshakeError, excerpt, first_field};
use super::fields::{escape, unescape};
use super::sub_protocol;
use super::upgrade::Offer;
use super::{Carrier, HandshakeConfig};

/// The one version there is.
const VERSION: u32 = 1;

/// What the peer said about itself. All fields are unescaped.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PeerGreeting {
    /// The protocol: `aemp`, or `aemp-NAME` for a sub-protocol.
    pub protocol: String,
    /// The protocol's version, 1.
    pub version: u32,
    /// Who speaks: valid as a node ID, and not our own.
    pub node_id: String,
    /// The authentication methods that the peer accepts, best first, known here or not.
    pub auth: Vec<String>,
    /// The framings that the peer reads, best first, known here or not.
    pub framings: Vec<String>,
    /// Whatever else there is, by key; of repeated keys the last.
    pub keys: BTreeMap<String, String>,
}

impl PeerGreeting {
    /// What tells the peer's process from earlier ones of the same node ID, if it says.
    #[must_use]
    pub fn instance(&self) -> Option<&str> {
        self.key("inst")
    }

    /// Which implementation the peer is, if it says.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        self.key("provider")
    }

    /// The name of the sub-protocol that the peer asks for, if it does.
    #[must_use]
    pub fn sub_protocol(&self) -> Option<&str> {
        sub_protocol::name_in(&self.protocol)
    }

    /// Whether the peer takes large packets in chunks.
    #[must_use]
    pub fn takes_chunks(&self) -> bool {
        self.key("chunk") == Some("1")
    }

    /// Our own address as the peer sees it, if it says.
    #[must_use]
    pub fn seen_address(&self) -> Option<&str> {
        self.key("peeraddr")
    }

    /// Whether the peer has a certificate, and wants TLS with it.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.key("tls").is_some_and(|version| version.starts_with("1."))
    }

    /// Whether the peer can do TLS without certificates.
    #[must_use]
    pub fn has_stls(&self) -> bool {
        self.key("stls") == Some("1")
    }

    /// Any key of the greeting.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&str> {
        self.keys.get(name).map(String::as_str)
    }

    /// Reads the first line of a greeting to a node of this configuration.
    pub(super) fn decode(line: &[u8], config: &HandshakeConfig) -> Result<Self, HandshakeError> {
        let not_aemp = || HandshakeError::NotAemp { line: first_field(line) };
        let protocol = line.split(|byte| *byte == b';').next().unwrap_or_default();
        if protocol != b"aemp" && !protocol.starts_with(b"aemp-") {
            return Err(not_aemp());
        }
        let text = std::str::from_utf8(line)
            .map_err(|_| HandshakeError::Utf8 { line: super::Line::Greeting })?;
        let fields = text.split(';').map(field).collect::<Result<Vec<_>, _>>()?;
        if let Some(name) = sub_protocol::name_in(&fields[0])
            && !config.understands(name)
        {
            return Err(HandshakeError::SubProtocol { name: name.to_owned() });
        }
        let [protocol, version, node_id, auth, framings, keys @ ..] = fields.as_slice() else {
            return Err(HandshakeError::Truncated { line: excerpt(line) });
        };
        if version.parse() != Ok(VERSION) {
            return Err(HandshakeError::Version { version: excerpt(version.as_bytes()) });
        }
        if !is_node_id(node_id) {
            return Err(HandshakeError::NodeId { node_id: excerpt(node_id.as_bytes()) });
        }
        Ok(Self {
            protocol: protocol.clone(),
            version: VERSION,
            node_id: node_id.clone(),
            auth: list(auth),
            framings: list(framings),
            keys: keys
                .iter()
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
        })
    }
}

/// Our own greeting, its lines without their endings.
pub(super) fn encode(config: &HandshakeConfig, carrier: &Carrier) -> String {
    let offer = Offer::of(config, carrier);
    let names = |names: Vec<&str>| names.join(",");
    let mut line = format!(
        "aemp{};{VERSION};{};{};{};inst={}",
        config.ask.as_ref().map(|asked| format!("-{}", asked.name)).unwrap_or_default(),
        escape(&config.node_id),
        names(config.accepted().map(|method| method.name()).collect()),
        names(config.framings.iter().map(|framing| framing.name()).collect()),
        escape(&config.instance),
    );
    if config.chunk {
        line.push_str(";chunk=1");
    }
    if let Some(address) = &carrier.peer_address {
        line.push_str(";peeraddr=");
        line.push_str(&escape(address));
    }
    line.push_str(";provider=");
    line.push_str(&escape(&config.provider));
    if offer.secret {
        line.push_str(";stls=1");
    }
    if offer.certificates {
        line.push_str(";tls=1.0");
    }
    for (key, value) in config.ask.iter().flat_map(|asked| &asked.keys) {
        line.push_str(&format!(";{key}={}", escape(value)));
    }
    line
}

fn field(raw: &str) -> Result<String, HandshakeError> {
    unescape(raw).ok_or_else(|| HandshakeError::Escape { field: excerpt(raw.as_bytes()) })
}

fn list(field: &str) -> Vec<String> {
    field.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// A node ID of a node that can be talked to: the protocol's characters, and not empty.
fn is_node_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::super::SubProtocol;
    use super::*;

    #[test]
    fn reads_a_greeting_of_the_reference() {
        let line = b"aemp;1;send;tls_md6_64_256,hmac_md6_64_256,tls_anon,cleartext;json,storable;\
                     peeraddr=127.0.0.1:4050;provider=AE-1.30";
        let config = HandshakeConfig::new("x", "x");
        let peer = PeerGreeting::decode(line, &config).expect("valid");
        assert_eq!(peer.node_id, "send");
        assert_eq!(peer.auth, ["tls_md6_64_256", "hmac_md6_64_256", "tls_anon", "cleartext"]);
        assert_eq!(peer.framings, ["json", "storable"]);
        assert_eq!(peer.seen_address(), Some("127.0.0.1:4050"));
        assert_eq!(peer.provider(), Some("AE-1.30"));
        assert_eq!(peer.instance(), None);
        assert!(!peer.takes_chunks());
    }

    #[test]
    fn reads_what_it_writes() {
        let mut config = HandshakeConfig::new("a/b", "x");
        config.provider = "50%;=x".to_owned();
        let carrier = Carrier::within_process(Some("[::1]:4040".to_owned()));
        let line = encode(&config, &carrier);
        assert!(!line.contains("tls="), "nobody to hide from");
        let peer = PeerGreeting::decode(line.as_bytes(), &config).expect("valid");
        assert_eq!(peer.node_id, "a/b");
        assert_eq!(peer.provider(), Some("50%;=x"));
        assert!(peer.takes_chunks());
        assert_eq!(peer.seen_address(), Some("[::1]:4040"));
        assert_eq!(peer.instance(), Some(config.instance.as_str()));
    }

    #[test]
    fn sub_protocols_are_read_by_those_who_serve_or_ask_for_them() {
        let mut asking = HandshakeConfig::new("a", "x");
        let keys = vec![("id".to_owned(), "7;8".to_owned())];
        asking.ask = Some(SubProtocol { name: "data".to_owned(), keys });
        let line = encode(&asking, &Carrier::within_process(None));
        assert!(line.starts_with("aemp-data;1;a;"), "{line}");
        let mut serving = HandshakeConfig::new("b", "x");
        let error = PeerGreeting::decode(line.as_bytes(), &serving).expect_err("not served");
        assert_eq!(error, HandshakeError::SubProtocol { name: "data".to_owned() });
        serving.serves = vec!["data".to_owned()];
        let peer = PeerGreeting::decode(line.as_bytes(), &serving).expect("served");
        assert_eq!((peer.sub_protocol(), peer.key("id")), (Some("data"), Some("7;8")));
        assert!(PeerGreeting::decode(line.as_bytes(), &asking).is_ok(), "asked for by both");
        assert!(PeerGreeting::decode(b"aemp-other;1;c;x;json", &asking).is_err());
    }
}
