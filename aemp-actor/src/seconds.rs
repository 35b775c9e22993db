//! Times as they are told: seconds, as a float.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer};

pub(crate) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(time.as_secs_f64())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(from)?;
    Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
}

/// A moment: seconds since the beginning of 1970, exact to the millisecond. A float has no room for
/// more than six digits behind the point, so these are read back as they were.
pub(crate) mod since_1970 {
    use std::time::{Duration, SystemTime};

    use serde::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        super::serialize(&milliseconds(since), to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
        let since = super::deserialize(from)?;
        let time = SystemTime::UNIX_EPOCH.checked_add(milliseconds(since));
        time.ok_or_else(|| serde::de::Error::custom("a moment after the end of time"))
    }

    /// The nearest whole number of them.
    fn milliseconds(time: Duration) -> Duration {
        let half = Duration::from_micros(500);
        let rounded = time.saturating_add(half);
        rounded.saturating_sub(Duration::from_nanos(u64::from(rounded.subsec_nanos() % 1_000_000)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    struct Times {
        #[serde(with = "super")]
        took: Duration,
        #[serde(with = "super::since_1970")]
        at: SystemTime,
    }

    #[test]
    fn times_are_seconds() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_007);
        let times = Times { took: Duration::from_micros(1500), at };
        let json = serde_json::to_string(&times).unwrap();
        assert_eq!(json, r#"{"took":0.0015,"at":1800000000.007}"#);
        assert_eq!(serde_json::from_str::<Times>(&json).unwrap(), times);
        let whole = r#"{"took":2,"at":1}"#;
        assert_eq!(serde_json::from_str::<Times>(whole).unwrap().took, Duration::from_secs(2));
        for wrong in [r#"{"took":-1,"at":1}"#, r#"{"took":1,"at":1e19}"#, r#"{"took":"x","at":1}"#]
        {
            assert!(serde_json::from_str::<Times>(wrong).is_err(), "{wrong}");
        }
    }
}
