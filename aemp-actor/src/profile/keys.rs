//! The keys of a profile: one entry for each, and how it becomes a setting.

use std::path::Path;
use std::time::Duration;

use aemp_transport::{AuthMethod, Framing};
use serde_json::Value as Json;

use super::addresses::{Missing, complete};
use super::{convert, lookup, reading, security};
use crate::node::{Config, Service, expand, for_each_limit, host_name, is_announceable};

/// What a value looks like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// One text.
    Text,
    /// The text of a PEM file.
    Pem,
    /// A list of texts.
    List,
    /// A list of which an element may be a list itself.
    Services,
    /// Names and their values.
    Table,
    /// Seconds.
    Seconds,
    /// A number from 0.
    Count,
    /// 1 or 0.
    Flag,
}

/// A key of a profile.
#[derive(Clone, Copy)]
pub struct Key {
    /// Its name in the file.
    pub name: &'static str,
    /// What its value looks like.
    pub kind: Kind,
    /// What it is for, in a few words.
    pub about: &'static str,
    /// Makes it a setting.
    pub(super) apply: fn(&mut Config, &Json) -> Result<(), String>,
}

impl Key {
    /// The key of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name || key.former_name() == Some(name))
    }

    /// The name that it had before, which is understood as well.
    pub fn former_name(&self) -> Option<&'static str> {
        (self.name == "max_bytes").then_some("max_octets")
    }

    /// The environment variable that overrides it.
    pub fn variable(&self) -> String {
        variable_of(self.name)
    }

    /// The variable that did before, and still does.
    pub fn former_variable(&self) -> Option<String> {
        self.former_name().map(variable_of)
    }

    /// Whether its value is to be kept from other people.
    pub fn is_private(&self) -> bool {
        matches!(self.name, "secret" | "secrets" | "cert")
    }

    /// Reads the text of an environment variable or an argument: JSON if it looks like it, else as
    /// this kind of value is written.
    pub fn read(&self, text: &str) -> Result<Json, String> {
        if let Some(json) = convert::json(text)? {
            return Ok(json);
        }
        Ok(match self.kind {
            Kind::List | Kind::Services => Json::from(convert::parts(text)),
            Kind::Table => return Err(format!("an object is needed: {{\"NAME\": …}}, not {text}")),
            // As the Perl implementation writes it, for which any other text is true.
            Kind::Flag => match convert::flag(&Json::from(text)) {
                Ok(flag) => Json::from(u8::from(flag)),
                Err(_) => Json::from(text),
            },
            Kind::Seconds | Kind::Count => serde_json::from_str::<serde_json::Number>(text)
                .map_or_else(|_| Json::from(text), Json::Number),
            Kind::Text | Kind::Pem => Json::from(text),
        })
    }

    /// Reads a file that an environment variable names. An end of line at its end does not count;
    /// each line of a list is an element.
    pub fn read_file(&self, path: &Path) -> Result<Json, String> {
        let text = reading::read_text(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        self.read_text(&text, &path.display().to_string())
    }

    /// The same for a text that came from there.
    pub fn read_text(&self, text: &str, from: &str) -> Result<Json, String> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.is_empty() {
            return Err(format!("{from} is empty"));
        }
        match self.kind {
            Kind::List if !text.starts_with('[') => {
                Ok(text.lines().flat_map(convert::parts).collect())
            }
            Kind::List => self.read(text),
            _ => Ok(Json::from(text)),
        }
    }

    /// What one element of it is called, in commands that add or remove one.
    pub fn element(&self) -> Option<&'static str> {
        match (self.kind, self.name) {
            (Kind::List, "framing_format") => Some("framing"),
            (Kind::List, "auth_offer") => Some("offer"),
            (Kind::List, "auth_accept") => Some("accept"),
            (Kind::List, "announce") => Some("announced"),
            // There is a key `secret`.
            (Kind::List, "secrets") => Some("valid_secret"),
            (Kind::List | Kind::Services, name) | (Kind::Table, name @ "nodes") => {
                name.strip_suffix('s')
            }
            _ => None,
        }
    }

    /// Makes a value a setting, instead of what was set before.
    ///
    /// # Errors
    /// What is wrong with the value.
    pub fn set(&self, config: &mut Config, value: &Json) -> Result<(), String> {
        (self.apply)(config, value)
    }

    /// Whether the value can be a setting.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, value: &Json) -> Result<(), String> {
        (self.apply)(&mut Config::new(), value)
    }
}

fn variable_of(name: &str) -> String {
    format!("AEMP_{}", name.to_uppercase())
}

/// Makes one entry.
const fn key(
    name: &'static str,
    kind: Kind,
    about: &'static str,
    apply: fn(&mut Config, &Json) -> Result<(), String>,
) -> Key {
    Key { name, kind, about, apply }
}

/// All keys that a node understands.
pub const KEYS: &[Key] = &concatenated::<{ FIRST.len() + LIMITS.len() + LAST.len() }>();

const fn concatenated<const COUNT: usize>() -> [Key; COUNT] {
    let (parts, mut all) = ([FIRST, LIMITS, LAST], [FIRST[0]; COUNT]);
    let (mut part, mut at) = (0, 0);
    while part < parts.len() {
        let mut index = 0;
        while index < parts[part].len() {
            all[at] = parts[part][index];
            (at, index) = (at + 1, index + 1);
        }
        part += 1;
    }
    all
}

macro_rules! limit_keys {
    ($($(#[$doc:meta])* $name:ident: usize = $default:expr, least $least:expr, $about:literal;)*) => {
        /// The limits of a node.
        const LIMITS: &[Key] = &[$(
            key(stringify!($name), Kind::Count, $about, |to, json| {
                set(convert::count(json, $least), |limit| to.node_limits.$name = limit)
            }),
        )*];
    };
}
for_each_limit!(limit_keys);

/// Those before the limits. Of a number the least is said with which a small network still works. It is 0
/// where to allow nothing at all makes sense.
const FIRST: &[Key] = &[
    key("nodeid", Kind::Text, "the node ID; %n is the host name, %u something unique", nodeid),
    key("binds", Kind::List, "addresses to listen on: HOST:PORT, *:PORT, *", binds),
    key("announce", Kind::List, "addresses to tell others in place of the binds", announce),
    key("seeds", Kind::List, "addresses of nodes to keep connected to", seeds),
    key("secret", Kind::Text, "the secret that all nodes of the network share", secret),
    key("cert", Kind::Pem, "key and certificate, and whom to trust, as PEM", security::cert),
    key("services", Kind::Services, "functions that the node runs, with arguments", services),
    key("monitor_timeout", Kind::Seconds, "how long a silent node counts as alive", |to, json| {
        set(convert::seconds(json, Duration::from_millis(100)), |time| {
            *to = to.clone().monitor_timeout(time)
        })
    }),
    key("connect_interval", Kind::Seconds, "the pause between attempts to connect", |to, json| {
        set(convert::seconds(json, Duration::from_millis(10)), |time| to.connect_interval = time)
    }),
    key("connect_timeout", Kind::Seconds, "how long messages wait for a connection", |to, json| {
        set(convert::seconds(json, Duration::from_millis(10)), |time| {
            to.connect_timeout = Some(time)
        })
    }),
    key("handshake_timeout", Kind::Seconds, "how long a handshake may take", |to, json| {
        set(convert::seconds(json, Duration::from_millis(100)), |time| {
            to.handshake_timeout = Some(time)
        })
    }),
    key("framing_format", Kind::List, "framings to speak, best first", framing_format),
    key("auth_offer", Kind::List, "authentication methods to send, best first", |to, json| {
        set(methods(json), |methods| *to = to.clone().auth_offer(methods))
    }),
    key("auth_accept", Kind::List, "authentication methods to accept, best first", |to, json| {
        set(methods(json), |methods| *to = to.clone().auth_accept(methods))
    }),
    key("secrets", Kind::List, "secrets that are valid, the one to send first", security::secrets),
    key(
        "require",
        Kind::Text,
        "what connections need: none, encrypted, certificate",
        security::require,
    ),
    key("plain_peers", Kind::Flag, "admits plain connections with other hosts", |to, json| {
        set(convert::flag(json), |admit| *to = to.clone().plain_peers(admit))
    }),
    key(
        "stls",
        Kind::Flag,
        "encrypts by the secret where there are no certificates",
        |to, json| set(convert::flag(json), |stls| *to = to.clone().stls(stls)),
    ),
    key("check_node_id", Kind::Flag, "wants node IDs in certificates", |to, json| {
        set(convert::flag(json), |check| *to = to.clone().check_node_id(check))
    }),
    key("anonymous_peers", Kind::Flag, "admits peers that prove nothing", |to, json| {
        set(convert::flag(json), |admit| *to = to.clone().anonymous_peers(admit))
    }),
    key("accept_cleartext", Kind::Flag, "whether peers may send the secret itself", |to, json| {
        set(convert::flag(json), |accept| *to = to.clone().accept_cleartext(accept))
    }),
    key("relay", Kind::Flag, "whether the node talks to others through a third", |to, json| {
        set(convert::flag(json), |relay| to.relay = relay)
    }),
    key("taps", Kind::Flag, "whether others may watch the messages of ports", |to, json| {
        set(convert::flag(json), |allowed| to.taps = allowed)
    }),
    key("access", Kind::Table, "what other nodes may ask of this one", security::access),
    key(
        "transports",
        Kind::List,
        "transports to use, the first to try first",
        security::transports,
    ),
    key(
        "autocork",
        Kind::Flag,
        "the Perl implementation's; here packets always share writes",
        |_, json| convert::flag(json).map(drop),
    ),
    key("nodelay", Kind::Flag, "the Perl implementation's; here it is always on", |_, json| {
        convert::flag(json).map(drop)
    }),
    key("nodes", Kind::Table, "addresses of nodes to dial when needed, by node ID", nodes),
    key("max_packet", Kind::Count, "the longest packet to accept, in bytes", |to, json| {
        set(convert::count(json, 1024), |bytes| to.limits.max_packet = bytes)
    }),
    key("max_depth", Kind::Count, "the deepest nesting to accept", |to, json| {
        set(convert::count(json, 8), |depth| to.limits.max_depth = depth)
    }),
];

/// Those after the limits.
const LAST: &[Key] = &[
    key("max_messages", Kind::Count, "messages that may wait for one port", |to, json| {
        set(convert::count(json, 1), |number| {
            to.port_options = to.port_options.max_messages(number)
        })
    }),
    key("max_bytes", Kind::Count, "bytes of messages that may wait for one port", |to, json| {
        set(convert::count(json, 1), |bytes| to.port_options = to.port_options.max_bytes(bytes))
    }),
];

fn set<T>(value: Result<T, String>, with: impl FnOnce(T)) -> Result<(), String> {
    value.map(with)
}

fn nodeid(to: &mut Config, json: &Json) -> Result<(), String> {
    let id = expand(&convert::text(json)?, &host_name(), &*to.environment);
    id.parse::<crate::NodeId>().map_err(|error| error.to_string())?;
    to.nodeid = Some(id);
    Ok(())
}

fn binds(to: &mut Config, json: &Json) -> Result<(), String> {
    set(addresses(json, Missing::Any), |binds| to.binds = binds)
}

/// Nothing is filled in: what others are to dial is written out.
fn announce(to: &mut Config, json: &Json) -> Result<(), String> {
    let texts = convert::texts(json)?;
    for text in &texts {
        let address: aemp_transport::Address =
            text.parse().map_err(|error: aemp_transport::AddressError| error.to_string())?;
        if !is_announceable(&address) {
            return Err(format!("others cannot dial {address}: write HOST:PORT"));
        }
    }
    to.announce = texts;
    Ok(())
}

fn seeds(to: &mut Config, json: &Json) -> Result<(), String> {
    set(addresses(json, Missing::Default), |seeds| to.seeds = seeds)
}

fn addresses(json: &Json, missing: Missing) -> Result<Vec<String>, String> {
    convert::texts(json)?.iter().map(|text| address(text, missing)).collect()
}

fn address(text: &str, missing: Missing) -> Result<String, String> {
    let address = complete(text, missing, &host_name());
    match address.parse::<aemp_transport::Address>() {
        Ok(_) => Ok(address),
        Err(error) => Err(error.to_string()),
    }
}

fn nodes(to: &mut Config, json: &Json) -> Result<(), String> {
    let table = json.as_object().ok_or_else(|| {
        format!("an object is needed, such as {{\"alpha\": \"host:4040\"}}, not {json}")
    })?;
    for (id, places) in table {
        id.parse::<crate::NodeId>().map_err(|error| error.to_string())?;
        for place in addresses(places, Missing::Default)? {
            to.nodes.push((id.clone(), place));
        }
    }
    Ok(())
}

fn secret(to: &mut Config, json: &Json) -> Result<(), String> {
    set(convert::text(json), |text| *to = to.clone().secret(text))
}

fn services(to: &mut Config, json: &Json) -> Result<(), String> {
    let list = match json {
        Json::Array(elements) => elements.iter().map(Service::from_json).collect(),
        Json::String(text) => {
            Ok(convert::parts(text).iter().map(|name| Service::new(name, Vec::new())).collect())
        }
        other => Err(format!("a list of services is needed, not {other}")),
    };
    set(list, |list: Vec<Service>| to.services = list)
}

/// Names of other implementations' framings are skipped.
fn framing_format(to: &mut Config, json: &Json) -> Result<(), String> {
    let names = convert::texts(json)?;
    let known: Vec<_> = names.iter().filter_map(|name| Framing::from_name(name)).collect();
    if known.is_empty() {
        let all: Vec<_> = Framing::ALL.iter().map(|framing| framing.name()).collect();
        let (names, all) = (names.join(", "), all.join(", "));
        return Err(format!("none of these is known here: {names}; known are {all}"));
    }
    to.framings = known;
    Ok(())
}

/// Names of methods that are not spoken here are skipped.
fn methods(json: &Json) -> Result<Vec<AuthMethod>, String> {
    let names = convert::texts(json)?;
    let known: Vec<_> = names.iter().filter_map(|name| AuthMethod::from_name(name)).collect();
    if known.is_empty() && !names.is_empty() {
        let all: Vec<_> = AuthMethod::ALL.iter().map(|method| method.name()).collect();
        let (names, all) = (names.join(", "), all.join(", "));
        return Err(format!("none of these is known here: {names}; known are {all}"));
    }
    Ok(known)
}

/// Keys of a file that are no settings.
pub fn is_structure(name: &str) -> bool {
    matches!(name, lookup::PROFILE | lookup::PARENT | "version" | "dirty")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(name: &str, value: Json) -> Result<(), String> {
        Key::find(name).expect(name).check(&value)
    }

    #[test]
    fn each_key_refuses_what_makes_no_sense() {
        for key in KEYS {
            assert!(key.check(&json!(null)).is_err(), "{} takes null", key.name);
            assert!(!is_structure(key.name));
        }
        assert!(check("nodeid", json!("a b")).unwrap_err().contains("not a node ID"));
        assert!(check("seeds", json!(["host:x"])).unwrap_err().contains("invalid port"));
        assert!(check("cert", json!("hello")).is_err());
        assert!(check("nodes", json!({"a": "b:c"})).is_err());
        assert!(check("auth_offer", json!(["md5"])).unwrap_err().contains("hmac_sha3_512"));
        assert!(check("framing_format", json!(["storable"])).is_err());
    }

    #[test]
    fn limits_that_make_a_node_useless_are_refused() {
        for (name, value, least) in [
            ("max_packet", json!(1), "at least 1024, not 1"),
            ("max_queue", json!(0), "at least 1024, not 0"),
            ("max_depth", json!("0"), "at least 8, not 0"),
            ("max_messages", json!(0), "at least 1, not 0"),
            ("max_bytes", json!(0), "at least 1, not 0"),
            ("max_monitors", json!(0), "at least 1, not 0"),
            ("max_handshakes", json!(0), "at least 1, not 0"),
            ("max_handshakes_per_address", json!(0), "at least 1, not 0"),
            ("monitor_timeout", json!(0), "at least 0.1 seconds, not 0"),
            ("connect_interval", json!(0), "at least 0.01 seconds, not 0"),
            ("handshake_timeout", json!(0), "at least 0.1 seconds, not 0"),
            ("connect_timeout", json!("0"), "at least 0.01 seconds, not 0"),
        ] {
            assert_eq!(check(name, value), Err(least.to_owned()), "{name}");
        }
        for name in ["max_spawned", "max_data_connections"] {
            assert_eq!(check(name, json!(0)), Ok(()), "{name}: nobody may");
        }
    }

    #[test]
    fn the_reference_s_defaults_are_fine() {
        for (name, value) in [
            ("framing_format", json!(["json", "storable"])),
            ("auth_offer", json!(["tls_md6_64_256", "hmac_md6_64_256"])),
            ("auth_accept", json!(["tls_md6_64_256", "hmac_md6_64_256", "tls_anon", "cleartext"])),
            ("monitor_timeout", json!("30")),
            ("binds", json!(["*"])),
            ("nodelay", json!("1")),
            ("services", json!(["A::b", ["C::d", 1]])),
        ] {
            assert_eq!(check(name, value), Ok(()), "{name}");
        }
    }

    #[test]
    fn lists_have_a_name_for_their_elements() {
        for key in KEYS {
            let list = matches!(key.kind, Kind::List | Kind::Services) || key.name == "nodes";
            assert_eq!(key.element().is_some(), list, "{}", key.name);
            assert!(key.element().is_none_or(|name| Key::find(name).is_none()), "{}", key.name);
        }
    }

    #[test]
    fn texts_are_read_by_kind() {
        let read = |name: &str, text| Key::find(name).expect(name).read(text);
        assert_eq!(read("seeds", "a:1,b:2"), Ok(json!(["a:1", "b:2"])));
        assert_eq!(read("seeds", "[]"), Ok(json!([])));
        assert_eq!(read("monitor_timeout", "2.5"), Ok(json!(2.5)));
        assert_eq!(read("nodeid", "7"), Ok(json!("7")));
        assert_eq!(read("services", r#"["A",["B",1]]"#), Ok(json!(["A", ["B", 1]])));
        assert_eq!(read("stls", "no"), Ok(json!(0)));
        assert_eq!(read("stls", "maybe"), Ok(json!("maybe")));
        assert!(read("seeds", "[1").expect_err("cut").contains("invalid JSON: [1: "));
    }
}
