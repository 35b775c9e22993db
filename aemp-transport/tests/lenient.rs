//! What lenient decoding forgives, and what it does not, from values and from JSON.

use std::collections::BTreeMap;
use std::fmt::Debug;

use aemp_transport::{Lenient, Value, ValueError};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;

fn value<T: DeserializeOwned>(value: impl Into<Value>) -> Result<T, ValueError> {
    T::deserialize(Lenient(&value.into()))
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    T::deserialize(Lenient(&mut serde_json::Deserializer::from_str(text)))
}

/// The same from a value and from its JSON.
fn both<T: DeserializeOwned + Debug + PartialEq>(text: &str, expected: T) {
    assert_eq!(json::<T>(text).expect(text), expected, "{text}");
    let parsed: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(value::<T>(parsed).expect(text), expected, "{text} as a value");
}

fn neither<T: DeserializeOwned + Debug>(text: &str, error: &str) {
    let parsed: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(value::<T>(parsed).expect_err(text).to_string(), error);
    let text = json::<T>(text).expect_err(text).to_string();
    assert!(text.starts_with(error), "{text}");
}

#[test]
fn numbers_accept_strings_of_digits() {
    both("\"12\"", 12_u8);
    both("\"-12\"", -12_i64);
    both("\"18446744073709551615\"", u64::MAX);
    both("3.0", 3_i32);
    both("-3.0", -3_i8);
    both("\"2.5\"", 2.5_f64);
    both("\"12\"", 12.0_f32);
    both("\"1e3\"", 1000.0_f64);
    both("\"inf\"", f64::INFINITY);
    both("\"-inf\"", f64::NEG_INFINITY);
    assert!(value::<f64>("NaN").expect("NaN").is_nan());
}

#[test]
fn other_things_are_no_numbers() {
    neither::<u64>("\"abc\"", "invalid type: string \"abc\", expected u64");
    neither::<u64>("\"\"", "invalid type: string \"\", expected u64");
    neither::<u64>("\" 1\"", "invalid type: string \" 1\", expected u64");
    neither::<u64>("\"1.5\"", "invalid type: string \"1.5\", expected u64");
    neither::<u64>("1.5", "invalid type: floating point `1.5`, expected u64");
    neither::<u8>("\"256\"", "invalid value: integer `256`, expected u8");
    neither::<u64>("\"-1\"", "invalid value: integer `-1`, expected u64");
    neither::<u64>("true", "invalid type: boolean `true`, expected u64");
    neither::<u64>("[1]", "invalid type: sequence, expected u64");
    neither::<f64>("\"1,5\"", "invalid type: string \"1,5\", expected f64");
    assert_eq!(
        value::<u64>(Value::Null).expect_err("null").to_string(),
        "invalid type: unit value, expected u64"
    );
}

#[test]
fn strings_accept_numbers_and_bytes() {
    both("12", "12".to_owned());
    both("-1", "-1".to_owned());
    both("2.5", "2.5".to_owned());
    both("3.0", "3".to_owned());
    both("1e20", "1e+20".to_owned());
    both("7", '7');
    assert_eq!(value(Bytes::from_static(b"a\xe9")), Ok("aé".to_owned()));
    neither::<String>("true", "invalid type: boolean `true`, expected a string");
    neither::<String>("[\"a\"]", "invalid type: sequence, expected a string");
    assert!(value::<String>(Value::Null).is_err());
}

#[test]
fn booleans_accept_what_perl_calls_so() {
    both("1", true);
    both("0", false);
    both("\"1\"", true);
    both("\"0\"", false);
    both("\"\"", false);
    neither::<bool>("2", "invalid type: integer `2`, expected a boolean");
    neither::<bool>("\"true\"", "invalid type: string \"true\", expected a boolean");
    assert_eq!(value(Bytes::from_static(b"1")), Ok(true));
}

#[test]
fn bytes_accept_narrow_strings_and_lists() {
    both("\"a\u{ff}\\u0000\"", Bytes::from_static(b"a\xff\x00"));
    both("[1,\"2\",255]", Bytes::from_static(b"\x01\x02\xff"));
    assert_eq!(value(Bytes::from_static(b"\xff")), Ok(Bytes::from_static(b"\xff")));
    neither::<Bytes>(
        "\"\u{100}\"",
        "invalid value: string \"\u{100}\", expected bytes (characters up to U+00FF)",
    );
    assert!(value::<Bytes>(vec![Value::from(256)]).is_err());
}

#[derive(Debug, Deserialize, PartialEq)]
struct Inner {
    number: u32,
    text: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Wrapped(u16);

#[derive(Debug, Deserialize, PartialEq)]
enum Choice {
    Bare,
    One(u8),
    Two(u8, String),
    Named { inner: Inner },
}

#[test]
fn leniency_goes_all_the_way_down() {
    both(r#"{"number":"1","text":2}"#, Inner { number: 1, text: Some("2".to_owned()) });
    both(r#"["1",null]"#, Inner { number: 1, text: None });
    both(r#"{"number":"1"}"#, Inner { number: 1, text: None });
    both(r#"["1",2,"3"]"#, vec![Wrapped(1), Wrapped(2), Wrapped(3)]);
    both(r#"["1",2]"#, (1_u8, "2".to_owned()));
    both(r#"{"1":"2"}"#, BTreeMap::from([(1_u8, Some(2_u8))]));
    both(r#"{"true":1}"#, BTreeMap::from([(true, true)]));
    both(r#"{"7":1}"#, BTreeMap::from([(Wrapped7(7), 1_u8)]));
    both(
        r#"["Bare",{"One":"1"},{"Two":["2",3]},{"Named":{"inner":{"number":"4"}}}]"#,
        vec![
            Choice::Bare,
            Choice::One(1),
            Choice::Two(2, "3".to_owned()),
            Choice::Named { inner: Inner { number: 4, text: None } },
        ],
    );
    assert_eq!(value(Bytes::from_static(b"Bare")), Ok(Choice::Bare));
}

#[derive(Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
struct Wrapped7(u8);

#[test]
fn wrong_variants_are_named() {
    let expected = "unknown variant `Other`, expected one of `Bare`, `One`, `Two`, `Named`";
    neither::<Choice>("\"Other\"", expected);
    neither::<Choice>("{\"Other\":1}", expected);
    assert!(json::<Choice>("\"One\"").is_err());
    assert!(json::<Choice>("[]").is_err());
    assert!(json::<Choice>("{\"One\":1,\"Bare\":null}").is_err());
}

#[test]
fn without_leniency_nothing_is_converted() {
    assert!(aemp_transport::from_value::<u8>("1".into()).is_err());
    assert!(aemp_transport::from_value::<String>(1.into()).is_err());
    assert_eq!(aemp_transport::from_value(1.into()), Ok(1_u8));
    let map = Value::Map(BTreeMap::from([("1".to_owned(), true.into())]));
    assert_eq!(aemp_transport::from_value(map), Ok(BTreeMap::from([(Wrapped7(1), true)])));
}

#[test]
fn keys_are_the_json_of_what_is_no_text() {
    let map = |keys: [&'static str; 2]| BTreeMap::from(keys.map(|key| (Some(key.to_owned()), 1)));
    both(r#"{"null":1}"#, BTreeMap::from([(None::<u8>, 1)]));
    both(r#"{"[1,\"2\"]":1}"#, BTreeMap::from([((1, 2), 1)]));
    both(r#"{"[[[1,true]],null]":1}"#, BTreeMap::from([((vec![Some((1, true))], ()), 1)]));
    // As others would write them, who know nothing of JSON in keys.
    both(r#"{"abc":1,"007":1}"#, map(["abc", "007"]));
    both(r#"{"7":1,"\"8\"":1}"#, map(["7", "8"]));
    let text = "invalid type: string \"a\", expected a sequence";
    neither::<BTreeMap<(u16, u16), u8>>(r#"{"a":1}"#, text);
}

#[test]
fn a_null_in_a_some_is_wrapped() {
    both("null", None::<Option<u8>>);
    both("5", Some(Some(5)));
    both(r#"{"Some":null}"#, Some(None::<u8>));
    both(r#"{"Some":null}"#, Some(()));
    both(r#"{"Some":{"Some":null}}"#, Some(Some(())));
    both(r#"{"Some":null}"#, Some(Value::Null));
    // A map of that look, where a map is wanted, and what is no null.
    both(r#"{"Some":null}"#, Some(BTreeMap::from([("Some".to_owned(), None::<u8>)])));
    both(r#"{"Some":5}"#, Some(Some(BTreeMap::from([("Some".to_owned(), 5)]))));
    both(
        r#"{"Some":null,"a":5}"#,
        Some(BTreeMap::from([("Some", None), ("a", Some(5))].map(owned))),
    );
    let map = BTreeMap::from([("Some", None), ("a", Some(5))].map(owned));
    both(r#"{"Some":null,"a":5}"#, Some(Some(map)));
    neither::<Option<()>>(r#"{"Some":5}"#, "invalid type: map, expected unit");
    neither::<Option<()>>("[]", "invalid type: sequence, expected unit");
}

fn owned((name, value): (&str, Option<u8>)) -> (String, Option<u8>) {
    (name.to_owned(), value)
}
