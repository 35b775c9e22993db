//! Services: functions that a node runs as soon as it is set up.

use serde_json::Value as Json;

use aemp_transport::Value;

/// An init function to spawn, or a registered function to call, with arguments.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) args: Vec<Value>,
}

impl Service {
    pub(crate) fn new(name: impl Into<String>, args: Vec<Value>) -> Self {
        Self { name: name.into(), args }
    }

    /// Reads `"NAME"` or `["NAME", ARGUMENT…]`.
    pub(crate) fn from_json(json: &Json) -> Result<Self, String> {
        let wrong = || format!("a service is \"NAME\" or [\"NAME\", ARGUMENT…], not {json}");
        match json {
            Json::String(name) if !name.is_empty() => Ok(Self::new(name, Vec::new())),
            Json::Array(parts) => {
                let (name, args) = parts.split_first().ok_or_else(wrong)?;
                let name = name.as_str().filter(|name| !name.is_empty()).ok_or_else(wrong)?;
                let args = aemp_transport::to_values(args).map_err(|error| error.to_string())?;
                Ok(Self::new(name, args))
            }
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_with_and_without_arguments() {
        let service = |json| Service::from_json(&json);
        assert_eq!(service(json!("A::b")), Ok(Service::new("A::b", Vec::new())));
        let args = vec![Value::Int(1), Value::from("x")];
        assert_eq!(service(json!(["A::b", 1, "x"])), Ok(Service::new("A::b", args)));
        assert!(service(json!([])).is_err());
        assert!(service(json!([1])).is_err());
        assert!(service(json!({})).is_err());
    }
}
