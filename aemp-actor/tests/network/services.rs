//! What a node runs from the beginning, and how it is told of when that fails.

use std::sync::Arc;

use crate::support::{log, soon};
use aemp_actor::prelude::*;
use aemp_actor::{ConfigError, FunctionCall};
use parking_lot::Mutex;

#[init("Failing::at_once")]
fn at_once(text: String) -> Result<(), Die> {
    Err(die!("no {text} today"))
}

#[init("Failing::later")]
fn later(ctx: &mut Init) {
    drop(ctx.node().grp_reg("failing later", ctx.id()));
    ctx.rcv("fail", |_, (text,): (String,)| {
        assert!(text.is_empty(), "{text}");
    });
    ctx.rcv("stop", |ctx, ()| ctx.stop(()));
}

#[tokio::test]
async fn registered_functions_are_called_with_their_arguments_in_order() {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let function = |calls: &Arc<Mutex<Vec<String>>>| {
        let calls = calls.clone();
        move |call: FunctionCall| {
            assert!(call.from.is_none());
            calls.lock().push(format!("{}: {}", call.node.id(), call.message));
        }
    };
    let config = Config::new()
        .nodeid("alpha")
        .service("Demo::second", (7, "x"))
        .service("Demo::first", ())
        .register("Demo::first", function(&calls))
        .register("Demo::second", |_| panic!("it was replaced"))
        .register("Demo::second", function(&calls));
    let node = Node::configure(config).await.unwrap();
    assert_eq!(*calls.lock(), [r#"alpha: ["Demo::second",7,"x"]"#, r#"alpha: ["Demo::first"]"#]);
    // It can be called like any other.
    node.snd(&node, ("Demo::first", 1));
    node.cal::<(f64,)>(&node, ("time",)).await.unwrap();
    assert_eq!(calls.lock().len(), 3);
}

#[tokio::test]
async fn a_service_that_is_nothing_is_refused_by_name() {
    let config = Config::new().register("Demo::known", |_| ()).service("Demo::unknown", ());
    let error = Node::configure(config).await.unwrap_err();
    assert!(matches!(&error, ConfigError::NoService { name } if name == "Demo::unknown"));
    assert!(error.to_string().contains("no function \"Demo::unknown\""), "{error}");
}

#[test]
#[should_panic(expected = "must contain \"::\"")]
fn a_function_that_nobody_could_call_is_refused() {
    drop(Config::new().register("function", |_| ()));
}

#[tokio::test]
async fn what_fails_is_logged_with_its_name() {
    log::start();
    let config = Config::new()
        .service("Failing::function", ())
        .service("Failing::at_once", ("milk",))
        .service("Failing::later", ())
        .register("Failing::function", |_| panic!("out of order"));
    let node = Node::configure(config).await.unwrap();
    log::expect(&["ERROR", "service Failing::function", "out of order"]).await;
    log::expect(&["ERROR", "service Failing::at_once ended: die: no milk today"]).await;
    let port = soon("the third", node.grp_wait("failing later")).await.remove(0);
    node.snd(&port, ("fail", "on purpose"));
    log::expect(&["ERROR", "service Failing::later ended: ", "on purpose"]).await;
    let again = Node::configure(Config::new().service("Failing::later", ())).await.unwrap();
    let port = soon("another", again.grp_wait("failing later")).await.remove(0);
    again.snd(&port, ("stop",));
    log::expect(&["INFO", "service Failing::later has ended"]).await;
}
