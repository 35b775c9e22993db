//! How values become settings, where that takes more than a line.

use aemp_transport::{AuthMethod, Certificates, Framing, Require};
use serde::Deserialize;
use serde_json::Value as Json;

use super::addresses::{Missing, complete};
use super::convert;
use super::nodeid::{expand, host_name};
use super::service::Service;
use crate::node::{Access, Config};

pub(super) fn set<T>(value: Result<T, String>, with: impl FnOnce(T)) -> Result<(), String> {
    value.map(with)
}

pub(super) fn nodeid(to: &mut Config, json: &Json) -> Result<(), String> {
    let id = expand(&convert::text(json)?, &host_name(), &*to.chance);
    id.parse::<crate::NodeId>().map_err(|error| error.to_string())?;
    to.nodeid = Some(id);
    Ok(())
}

pub(super) fn binds(to: &mut Config, json: &Json) -> Result<(), String> {
    set(addresses(json, Missing::Any), |binds| to.binds = binds)
}

pub(super) fn seeds(to: &mut Config, json: &Json) -> Result<(), String> {
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

pub(super) fn nodes(to: &mut Config, json: &Json) -> Result<(), String> {
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

/// One, or a list of those that are valid: the first is sent, all are accepted.
pub(super) fn secret(to: &mut Config, json: &Json) -> Result<(), String> {
    let secrets = match json {
        Json::Array(elements) => elements.iter().map(convert::text).collect(),
        one => convert::text(one).map(|text| vec![text]),
    };
    set(secrets, |secrets: Vec<String>| *to = to.clone().secrets(secrets))
}

pub(super) fn cert(to: &mut Config, json: &Json) -> Result<(), String> {
    let certificates = Certificates::from_pem(&convert::text(json)?);
    let certificates = certificates.map_err(|error| error.to_string());
    set(certificates, |certificates| *to = to.clone().certificates(certificates))
}

pub(super) fn require(to: &mut Config, json: &Json) -> Result<(), String> {
    let require = match convert::text(json)?.as_str() {
        "none" => Require::None,
        "encrypted" => Require::Encrypted,
        "certificate" => Require::Certificate,
        other => return Err(format!("none, encrypted or certificate is needed, not {other:?}")),
    };
    *to = to.clone().require(require);
    Ok(())
}

pub(super) fn services(to: &mut Config, json: &Json) -> Result<(), String> {
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
pub(super) fn framing_format(to: &mut Config, json: &Json) -> Result<(), String> {
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
pub(super) fn methods(json: &Json) -> Result<Vec<AuthMethod>, String> {
    let names = convert::texts(json)?;
    let known: Vec<_> = names.iter().filter_map(|name| AuthMethod::from_name(name)).collect();
    if known.is_empty() && !names.is_empty() {
        let all: Vec<_> = AuthMethod::ALL.iter().map(|method| method.name()).collect();
        let (names, all) = (names.join(", "), all.join(", "));
        return Err(format!("none of these is known here: {names}; known are {all}"));
    }
    Ok(known)
}

/// Rules as [`Access`] is written.
pub(super) fn access(to: &mut Config, json: &Json) -> Result<(), String> {
    set(Access::deserialize(json).map_err(|error| error.to_string()), |access| to.access = access)
}

/// What is named is spoken beside TCP, and tried in this order.
pub(super) fn transports(to: &mut Config, json: &Json) -> Result<(), String> {
    let names = convert::texts(json)?;
    for name in &names {
        match name.as_str() {
            "tcp" => {}
            "quic" => *to = with_quic(to.clone())?,
            _ => return Err(format!("there is no transport {name:?}: there are tcp and quic")),
        }
    }
    to.preferred = Some(names);
    Ok(())
}

#[cfg(feature = "quic")]
#[expect(clippy::unnecessary_wraps, reason = "the twin without the feature fails")]
fn with_quic(config: Config) -> Result<Config, String> {
    Ok(config.quic())
}

#[cfg(not(feature = "quic"))]
fn with_quic(_: Config) -> Result<Config, String> {
    Err("this program does not speak quic: build it with the feature quic".to_owned())
}

/// Dials these addresses instead of those set before.
#[cfg(feature = "cli")]
pub(crate) fn set_seeds(to: &mut Config, addresses: &[&str]) -> Result<(), String> {
    seeds(to, &Json::from(addresses))
}
