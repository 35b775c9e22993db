//! From the elements of a message to the parameters of a handler: where that is lenient, and what
//! is said where it is not.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aemp_actor::prelude::*;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Point {
    x: i32,
    #[serde(default)]
    label: String,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
enum Shape {
    Dot,
    Circle(f64),
}

/// Answers what it understood.
#[derive(Port)]
struct Echo;

#[rcv(strict)]
impl Echo {
    fn number(&self, n: i64) -> i64 {
        n
    }
    fn small(&self, n: u8) -> u8 {
        n
    }
    fn float(&self, n: f64) -> f64 {
        n
    }
    fn text(&self, text: String) -> String {
        text
    }
    fn truth(&self, truth: bool) -> bool {
        truth
    }
    fn options(&self, a: u8, b: Option<u8>, c: Option<bool>) -> (u8, Option<u8>, Option<bool>) {
        (a, b, c)
    }
    fn nested(&self, list: Vec<u32>, map: BTreeMap<String, bool>) -> (Vec<u32>, usize) {
        (list, map.into_values().filter(|set| *set).count())
    }
    fn point(&self, point: Point) -> Point {
        point
    }
    fn shape(&self, shape: Shape) -> Shape {
        shape
    }
    fn port(&self, port: PortId) -> PortId {
        port
    }
    fn any(&self, value: Value) -> Value {
        value
    }
    fn nothing(&self) -> bool {
        true
    }
}

/// Sends the message to a new port, and gives its answer.
async fn understood<T>(message: impl Serialize) -> T
where
    (T,): aemp_actor::FromArgs,
{
    let node = Node::local();
    let echo = node.port(Echo);
    let (answer,) = node.cal::<(T,)>(&echo, message).await.unwrap();
    answer
}

/// Sends the message to a new port, and gives the text it dies with.
async fn refused(message: impl Serialize) -> String {
    let node = Node::local();
    let echo = node.port(Echo);
    let (tell, told) = oneshot::channel();
    node.mon(&echo, move |reason: Reason| drop(tell.send(reason)));
    node.snd(&echo, message);
    let reason = tokio::time::timeout(Duration::from_secs(60), told).await;
    let reason = reason.expect("the port dies").unwrap();
    assert_eq!(reason.kind(), "die");
    reason.text()
}

/// Checks that the text names everything.
fn names(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

#[tokio::test]
async fn digits_in_a_string_are_a_number() {
    assert_eq!(understood::<i64>(("number", "-17")).await, -17);
    assert_eq!(understood::<u8>(("small", "255")).await, 255);
    assert_eq!(understood::<f64>(("float", "1.5")).await, 1.5);
    assert_eq!(understood::<f64>(("float", 2)).await, 2.0);
    assert_eq!(understood::<i64>(("number", 3.0)).await, 3);
    let nested: (Vec<u32>, usize) = understood(("nested", ["1", "2"], [("a", 1)].as_map())).await;
    assert_eq!(nested, (vec![1, 2], 1));
}

#[tokio::test]
async fn a_number_is_a_string() {
    assert_eq!(understood::<String>(("text", 17)).await, "17");
    assert_eq!(understood::<String>(("text", -1.5)).await, "-1.5");
    let point: Point = understood(("point", HashMap::from([("x", "4"), ("label", "5")]))).await;
    assert_eq!(point, Point { x: 4, label: "5".into() });
}

#[tokio::test]
async fn zero_and_one_are_booleans() {
    assert!(understood::<bool>(("truth", 1)).await);
    assert!(!understood::<bool>(("truth", 0)).await);
    assert!(understood::<bool>(("truth", "1")).await);
    assert!(!understood::<bool>(("truth", "")).await);
    assert!(understood::<bool>(("truth", true)).await);
}

#[tokio::test]
async fn missing_trailing_options_are_none() {
    type Options = (u8, Option<u8>, Option<bool>);
    assert_eq!(understood::<Options>(("options", 1)).await, (1, None, None));
    assert_eq!(understood::<Options>(("options", 1, 2)).await, (1, Some(2), None));
    assert_eq!(understood::<Options>(("options", 1, ())).await, (1, None, None));
    assert_eq!(understood::<Options>(("options", 1, (), 1)).await, (1, None, Some(true)));
}

#[tokio::test]
async fn surplus_arguments_are_ignored() {
    assert!(understood::<bool>(("nothing", 1, "two", [3])).await);
    assert_eq!(understood::<i64>(("number", 1, "two")).await, 1);
    assert_eq!(understood::<i64>(("number", 1, [[()]])).await, 1);
}

#[tokio::test]
async fn other_types_arrive_as_they_are() {
    assert_eq!(understood::<Shape>(("shape", Shape::Dot)).await, Shape::Dot);
    assert_eq!(understood::<Shape>(("shape", Shape::Circle(0.5))).await, Shape::Circle(0.5));
    assert_eq!(understood::<PortId>(("port", "a#b")).await, "a#b");
    let values = [Value::from(1), Value::from("1"), Value::from(true), Value::Null];
    for value in values {
        assert_eq!(understood::<Value>(("any", &value)).await, value, "nothing is converted");
    }
}

#[tokio::test]
async fn wrong_types_kill_with_the_tag_the_expected_and_the_given() {
    let text = refused(("number", "seventeen")).await;
    names(&text, &["\"number\"", "argument 1 (n)", "i64", r#"["number","seventeen"]"#]);
    names(&refused(("text", [1])).await, &["\"text\"", "(text)", "a string", r#"["text",[1]]"#]);
    names(&refused(("options", 1, "x")).await, &["argument 2 (b)", "u8", r#""x""#]);
    names(&refused(("point", HashMap::from([("y", 1)]))).await, &["(point)", "`x`"]);
    names(&refused(("shape", "Square")).await, &["(shape)", "Square", "Dot", "Circle"]);
    names(&refused(("port", "no port")).await, &["(port)", "no port"]);
}

#[tokio::test]
async fn nothing_else_is_forgiven() {
    names(&refused(("small", 256)).await, &["(n)", "256", "u8"]);
    names(&refused(("small", -1)).await, &["(n)", "-1", "u8"]);
    names(&refused(("small", "256")).await, &["(n)", "u8"]);
    names(&refused(("number", 1.5)).await, &["1.5", "i64"]);
    names(&refused(("number", "")).await, &["i64"]);
    names(&refused(("number", " 1")).await, &["i64"]);
    names(&refused(("number", "1x")).await, &["i64"]);
    names(&refused(("number", true)).await, &["boolean", "i64"]);
    names(&refused(("number", ())).await, &["i64"]);
    names(&refused(("truth", 2)).await, &["2", "boolean"]);
    names(&refused(("truth", "yes")).await, &["yes", "boolean"]);
    names(&refused(("truth", "true")).await, &["true", "boolean"]);
    names(&refused(("text", true)).await, &["boolean", "a string"]);
    names(&refused(("text", ())).await, &["a string"]);
    names(&refused(("nested", 1, ())).await, &["argument 1 (list)", "sequence"]);
}

#[tokio::test]
async fn missing_arguments_are_named() {
    names(&refused(("number",)).await, &["argument 1 (n) is missing", r#"["number"]"#]);
    names(&refused(("nested", [1])).await, &["argument 2 (map) is missing"]);
}

#[tokio::test]
async fn unknown_tags_are_named_with_the_known_ones() {
    names(&refused(("nonesuch", 1)).await, &["\"nonesuch\"", "number, small", r#"["nonesuch",1]"#]);
    names(&refused(("Number", 1)).await, &["\"Number\""]);
    names(&refused(()).await, &["\"\"", "[]"]);
    names(&refused(([1], 1)).await, &["\"\"", "[[1],1]"]);
}

#[tokio::test]
async fn long_messages_are_shortened_in_texts() {
    for letter in ["x", "ü"] {
        let long = letter.repeat(100_000);
        let text = refused(("number", &long)).await;
        names(&text, &["(n)", "i64", "bytes"]);
        assert!(text.len() < 2000, "a text of {} bytes", text.len());
        let text = refused((&long, 1)).await;
        names(&text, &["number, small", "bytes"]);
        assert!(text.len() < 2000, "a text of {} bytes", text.len());
        let error = Message::new(&(&long, &long)).unwrap().arg::<u8>(0).unwrap_err().to_string();
        names(&error, &["u8", "bytes"]);
        assert!(error.len() < 2000, "a text of {} bytes", error.len());
    }
}

#[tokio::test]
async fn answers_are_read_with_the_same_rules() {
    let node = Node::local();
    let echo = node.port(Echo);
    assert_eq!(node.cal::<(String,)>(&echo, ("number", 5)).await, Ok(("5".to_owned(),)));
    assert_eq!(node.cal::<(i64,)>(&echo, ("text", "5")).await, Ok((5,)));
    assert_eq!(node.cal::<(i64, Option<u8>)>(&echo, ("number", 5)).await, Ok((5, None)));
    assert_eq!(node.cal::<()>(&echo, ("number", 5)).await, Ok(()));
    let error = node.cal::<(i64,)>(&echo, ("text", "x")).await.unwrap_err();
    assert!(matches!(error, CallError::BadAnswer { .. }), "{error}");
    names(&error.to_string(), &[&PortId::from(&echo).to_string(), "i64", "x"]);
    let error = node.cal::<(i64, u8)>(&echo, ("number", 5)).await.unwrap_err();
    names(&error.to_string(), &["argument 2 is missing"]);
}

/// Pairs as a map.
trait AsMap {
    fn as_map(&self) -> BTreeMap<&str, i32>;
}

impl AsMap for [(&str, i32)] {
    fn as_map(&self) -> BTreeMap<&str, i32> {
        self.iter().copied().collect()
    }
}
