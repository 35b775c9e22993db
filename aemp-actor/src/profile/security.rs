//! How the keys that are about security and transports become settings.

use aemp_transport::{Certificates, Require};
use serde_json::Value as Json;

use super::convert;
use crate::node::{Access, Config};

pub(super) fn cert(to: &mut Config, json: &Json) -> Result<(), String> {
    let certificates =
        Certificates::from_pem(&convert::text(json)?).map_err(|error| error.to_string())?;
    *to = to.clone().certificates(certificates);
    Ok(())
}

pub(super) fn secrets(to: &mut Config, json: &Json) -> Result<(), String> {
    *to = to.clone().secrets(convert::texts(json)?);
    Ok(())
}

pub(super) fn require(to: &mut Config, json: &Json) -> Result<(), String> {
    let require = match convert::text(json)?.as_str() {
        "none" => Require::None,
        "encrypted" => Require::Encrypted,
        "certificate" => Require::Certificate,
        other => {
            return Err(format!("none, encrypted or certificate is needed, not {other:?}"));
        }
    };
    *to = to.clone().require(require);
    Ok(())
}

pub(super) fn access(to: &mut Config, json: &Json) -> Result<(), String> {
    if !json.is_object() {
        return Err(format!("an object with rules is needed, not {json}"));
    }
    let access: Access = serde_json::from_value(json.clone()).map_err(|error| error.to_string())?;
    *to = to.clone().access(access);
    Ok(())
}

/// Names the transports that are switched on, in the order of preference. TCP is always there.
pub(super) fn transports(to: &mut Config, json: &Json) -> Result<(), String> {
    let names = convert::texts(json)?;
    for name in &names {
        match name.as_str() {
            "tcp" => {}
            "quic" => *to = with_quic(to.clone())?,
            other => {
                return Err(format!("there is no transport {other:?}: tcp and quic are known"));
            }
        }
    }
    *to = to.clone().prefer(names);
    Ok(())
}

#[cfg(feature = "quic")]
#[expect(clippy::unnecessary_wraps, reason = "its twin fails")]
fn with_quic(config: Config) -> Result<Config, String> {
    Ok(config.quic())
}

#[cfg(not(feature = "quic"))]
fn with_quic(_: Config) -> Result<Config, String> {
    Err("this program was built without QUIC (feature `quic`)".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::profile::keys::Key;

    #[test]
    fn values_are_checked() {
        let check = |name: &str, value| Key::find(name).expect(name).check(&value);
        assert_eq!(check("require", json!("certificate")), Ok(()));
        assert!(check("require", json!("yes")).unwrap_err().contains("encrypted"));
        assert_eq!(check("transports", json!(["quic", "tcp"])).is_ok(), cfg!(feature = "quic"));
        assert!(check("transports", json!(["pigeon"])).unwrap_err().contains("pigeon"));
        let access = json!({"rules": [{"nodes": "w*", "rights": {"kil": false}}]});
        assert_eq!(check("access", access), Ok(()));
        assert!(check("access", json!({"rule": []})).unwrap_err().contains("unknown field"));
        assert_eq!(check("secrets", json!(["new", "old"])), Ok(()));
    }
}
