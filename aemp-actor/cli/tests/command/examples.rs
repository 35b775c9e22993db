//! The guide's examples of the command, replayed; those that need nodes in processes of their own are
//! replayed by the examples' test `guide`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::home::Home;
use crate::support::soon;
use aemp_actor::prelude::*;

/// Long enough that `aemp check` has nothing to say.
const SECRET: &str = "twelve apples, eleven pears and a quince";

/// What the examples talk to.
#[derive(Port)]
struct Calculator;

#[rcv]
impl Calculator {
    fn note(&self, _text: String) {}

    fn add(&self, a: i64, b: i64) -> i64 {
        a + b
    }

    fn sum(&self, numbers: Vec<i64>, options: BTreeMap<String, i64>) -> i64 {
        numbers.iter().sum::<i64>() * options.get("scale").copied().unwrap_or(1)
    }
}

#[init("Demo::counter")]
fn counter(ctx: &mut Init, _start: u64) {
    ctx.rcv_default(|_, _| ());
}

/// Replays a chapter of the guide; `names` are what stands in it, and what is meant.
fn replay(home: &Home, chapter: &str, names: &[(&str, &str)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src").join(chapter);
    let mut text = std::fs::read_to_string(path).unwrap();
    for (shown, meant) in names {
        assert!(text.contains(shown), "{chapter} does not show {shown}");
        text = text.replace(shown, meant);
    }
    let copy = home.folder().join(chapter);
    std::fs::write(&copy, text).unwrap();
    // Where its commands are carried out, for those that make something.
    std::fs::create_dir(copy.with_extension("in")).unwrap();
    let cases = trycmd::TestCases::new();
    cases.register_bin("aemp", Path::new(env!("CARGO_BIN_EXE_aemp")));
    for (name, value) in home.variables() {
        cases.env(name, value);
    }
    cases.case(copy.to_str().unwrap()).run();
}

#[test]
fn the_chapter_on_configuration() {
    let home = Home::new();
    home.run_with("pZ4vQ8mT2xK7cW9rB5nH3jD6", &["setsecret"]).text();
    replay(&home, "configuration.md", &[]);
    let chapter = include_str!("../../../../book/src/configuration.md");
    let shown = chapter.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(home.config(), shown, "the file is what the chapter shows");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chapter_on_the_command() {
    let config = |id| Config::new().nodeid(id).secret(SECRET).bind("127.0.0.1:0");
    let alpha = Node::configure(config("alpha")).await.unwrap();
    let beta = config("beta");
    let beta = Node::configure(beta.seed(&alpha.listeners()[0])).await.unwrap();
    soon("the mesh", beta.joined()).await.unwrap();
    let port = PortId::from(&alpha.port(Calculator));
    alpha.grp_reg("calculators", &port).unwrap();
    // Alpha knows where beta is when it knows of beta's groups.
    let told = beta.grp_reg("told", beta.port_fn(|_, _| ()).id()).unwrap();
    crate::support::until("news of beta", || alpha.grp_get("told").len() == 1).await;
    told.cancel();
    crate::support::until("news of beta", || alpha.grp_get("told").is_empty()).await;
    let home = Home::new().set("AEMP_SEEDS", &alpha.listeners()[0]).set("AEMP_SECRET", SECRET);
    let replayed = tokio::task::spawn_blocking(move || {
        replay(&home, "command.md", &[("alpha#k2wEu4.1", &port.to_string())]);
    });
    replayed.await.unwrap();
}
