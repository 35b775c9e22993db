//! What is wrong with the settings of a profile when they are taken together.

use aemp_transport::Certificates;
use serde_json::Value as Json;

use super::Problem;
use aemp_actor::profile::{Effective, KEYS, Profiles, flag};
use aemp_actor::{Config, ConfigError};

/// Whom a certificate is made out for that all nodes share, as in the Perl implementation.
pub(crate) const SHARED: &str = "AnyEvent::MP";

/// What is wrong with it. What the environment sets is not known here.
pub(crate) fn problems(profiles: &Profiles, name: &str) -> Vec<Problem> {
    let Ok(effective) = profiles.effective(name) else { return Vec::new() };
    let mut found: Vec<Problem> = secretless(name, &effective).into_iter().collect();
    found.extend(certificate(name, &effective));
    found.extend(contradiction(name, &effective));
    found
}

/// A node that talks to others needs a secret.
fn secretless(name: &str, effective: &Effective) -> Option<Problem> {
    let has = |key: &str| effective.values.contains_key(key);
    let secret = effective.values.get("secret");
    let empty = !has("cert") && !has("secrets") && secret.is_none_or(|secret| secret == "");
    let talks = has("binds") || has("seeds");
    (talks && empty).then(|| {
        Problem::warning(
            format!("profile {name:?} has binds or seeds, and no secret"),
            "aemp gensecret, and copy it to all nodes; or set AEMP_SECRET_FILE",
        )
    })
}

/// Whether a certificate is valid, and its own.
fn certificate(name: &str, effective: &Effective) -> Option<Problem> {
    let pem = effective.values.get("cert")?.as_str()?;
    let certificates = Certificates::from_pem(pem).ok()?;
    if let Err(error) = certificates.check(certificates.own_certificate(), &[]) {
        let text = format!("cert: profile {name:?} has a certificate that no node trusts: {error}");
        return Some(Problem::error(text, "aemp gencert makes up another one"));
    }
    let nodeid = effective.values.get("nodeid")?.as_str()?;
    let names = certificates.node_ids();
    let is_plain = !nodeid.contains('%') && !nodeid.ends_with('/');
    if !is_plain || names.iter().any(|other| other == nodeid) {
        return None;
    }
    let is_checked = effective.values.get("check_node_id").is_some_and(|on| flag(on) == Ok(true));
    if !is_checked && names.iter().all(|other| other == SHARED) {
        return None;
    }
    let whom = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
    let text = format!("cert: the certificate is made out for {whom}, and the node is {nodeid}");
    let suggestion = format!("aemp profile {name} gencert makes up one for it");
    Some(if is_checked {
        Problem::error(text, suggestion)
    } else {
        Problem::warning(text, format!("{suggestion}; nodes with check_node_id refuse this one"))
    })
}

/// What a node would say that is started with these settings.
fn contradiction(name: &str, effective: &Effective) -> Option<Problem> {
    let mut config = Config::new();
    for key in KEYS {
        let value = effective.values.get(key.name).unwrap_or(&Json::Null);
        if !value.is_null() && key.set(&mut config, value).is_err() {
            // It was told where it stands.
            return None;
        }
    }
    if !effective.values.contains_key("binds") {
        // As a node with the profile has it.
        config = config.bind("*:*");
    }
    match config.validate() {
        // What is wrong with a seed was told where it stands.
        Ok(_) | Err(ConfigError::NoSecret | ConfigError::NotDialable { setting: "seed", .. }) => {
            None
        }
        Err(error) => Some(Problem::error(
            format!("a node with profile {name:?} does not start: {error}"),
            "change the setting that it names",
        )),
    }
}
