//! Looking into nodes: what they tell, whom they tell, and what they make of nonsense.

use std::time::Duration;

use crate::support::{RawPeer, SECRET, config, for_each_pair, log, sink, soon, tcp_node, until};
use aemp_actor::introspection::{
    FunctionKind, GroupQuery, IntrospectError, PortOrder, PortQuery, PortState,
};
use aemp_actor::prelude::*;
use aemp_actor::{Access, Config, Rights};
use serde_json::json;

#[derive(Port)]
struct Idle;

#[rcv]
impl Idle {
    fn count(&self) -> u32 {
        1
    }
}

#[init("Introspection::idle")]
fn idle() -> Idle {
    Idle
}

#[tokio::test]
async fn a_node_tells_of_itself() {
    for_each_pair(async |one, two| {
        one.register("Mine::function", |_| ());
        for asking in [&one, &two] {
            let info = asking.introspect(&one).info().await.unwrap();
            assert_eq!(info.node, *one.id());
            assert_eq!(info.software, "aemp-actor");
            assert_eq!(info.version, env!("CARGO_PKG_VERSION"));
            assert_eq!(info.introspection, [1]);
            assert_eq!(info.listeners, one.listeners());
            assert!(info.ports >= 1 && !info.watched, "{info:?}");
            let process = info.process.expect("this is Linux");
            assert_eq!(process.pid, std::process::id());
            assert!(process.resident > 1 << 20, "{process:?}");

            let functions = asking.introspect(&one).functions().await.unwrap();
            for (name, kind) in [
                ("Mine::function", FunctionKind::Function),
                ("Introspection::idle", FunctionKind::Init),
                ("aemp::info", FunctionKind::Builtin),
                ("AnyEvent::MP::LogCatcher::connect", FunctionKind::Builtin),
            ] {
                let found = functions.iter().find(|function| function.name == name).unwrap();
                assert_eq!((found.kind, found.allowed), (kind, true));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn ports_are_told_of_by_name_and_page() {
    let node = Node::local();
    let mut names: Vec<String> = (0..25).map(|_| node.port(Idle).id().port().to_owned()).collect();
    names.sort();
    let look = node.introspect(&node);
    let mut seen = Vec::new();
    let mut query = PortQuery::new().pattern("*Idle").limit(10);
    loop {
        let page = look.ports(query.clone()).await.unwrap();
        assert!(page.total >= 25);
        assert!(page.ports.len() <= 10);
        assert_eq!(page.more, 25 - (seen.len() + page.ports.len()) as u64);
        assert!(page.ports.iter().all(|port| port.kind.ends_with("introspection::Idle")));
        seen.extend(page.ports.into_iter().map(|port| port.name));
        match page.next {
            Some(next) => query = query.after(next),
            None => break,
        }
    }
    assert_eq!(seen, names);
    let one = look.ports(PortQuery::new().pattern(&names[3])).await.unwrap();
    assert_eq!(one.ports.len(), 1);
    assert_eq!(one.ports[0].name, names[3]);
}

#[tokio::test]
async fn well_known_names_are_told_of_and_match() {
    let node = Node::local();
    let (named, other) = (node.port(Idle), node.port(Idle));
    node.name(&named, "metrics").unwrap();
    node.name(&named, "config/store").unwrap();
    let look = node.introspect(&node);
    let all = look.ports(PortQuery::new().pattern("*Idle")).await.unwrap().ports;
    let names = |id: PortId| &all.iter().find(|port| port.name == id.port()).unwrap().names;
    assert_eq!(*names(named.id()), ["config/store", "metrics"]);
    assert!(names(other.id()).is_empty());
    let found = look.ports(PortQuery::new().pattern("config/*")).await.unwrap().ports;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].name, named.id().port());
    named.kil(());
    let (tell, told) = tokio::sync::oneshot::channel();
    named.mon(move |reason: Reason| drop(tell.send(reason)));
    soon("the end", told).await.unwrap();
    let found = look.ports(PortQuery::new().pattern("metrics")).await.unwrap().ports;
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn ports_are_told_of_by_what_waits() {
    let node = Node::local();
    let busy = node.port_fn(|_, _| ()).id();
    let held = node.port_async(|mut me| async move {
        me.get::<()>("never").await?;
        Ok(())
    });
    for n in 0..7 {
        node.snd(&held, ("unread", n));
    }
    node.snd(&busy, ("handled",));
    let _guard = node.mon(&busy, |_| ()).guard();
    let look = node.introspect(&node);
    let of = async |id: &PortId| {
        let page = look.ports(PortQuery::new().pattern(id.port())).await.unwrap();
        page.ports.into_iter().next().unwrap()
    };
    soon("both to have run", async {
        loop {
            let (busy, held) = (of(&busy).await, of(&held.id()).await);
            if busy.handled == 1 && busy.waiting == 0 && held.state == PortState::Idle {
                break;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let (one, two) = (of(&busy).await, of(&held.id()).await);
    assert_eq!((one.kind.as_str(), one.watchers, one.waiting), ("closure", 1, 0));
    assert_eq!((two.kind.as_str(), two.waiting, two.handled), ("receiving", 7, 7));
    assert!(two.bytes > 0);
    let fullest = look.ports(PortQuery::new().order(PortOrder::Waiting).limit(1)).await.unwrap();
    assert_eq!(fullest.ports[0].name, held.id().port());
    assert_eq!((fullest.more, fullest.next), (fullest.total - 1, None));
}

#[tokio::test]
async fn messages_are_counted() {
    let node = Node::local();
    let port = node.port(Idle);
    for _ in 0..100 {
        port.count().await.unwrap();
    }
    let look = node.introspect(&node);
    soon("the count", async {
        while look.info().await.unwrap().handled < 100 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn many_ports_are_looked_at_beside_other_work() {
    let one = tcp_node("many").await;
    let ports: Vec<_> = (0..12_000).map(|_| one.port(Idle)).collect();
    let two = Node::configure(config("asking").seed(&one.listeners()[0])).await.unwrap();
    for order in [PortOrder::Name, PortOrder::Handled] {
        let query = PortQuery::new().pattern("*Idle").order(order).limit(20_000);
        let page = soon("the ports", two.introspect(&one).ports(query)).await.unwrap();
        assert_eq!(page.ports.len(), 10_000, "a page is bounded");
        assert!(page.total >= 12_000);
        assert_eq!(page.more, 2000, "and says what it leaves out");
    }
    assert_eq!(ports.len(), 12_000);
}

#[tokio::test]
async fn groups_are_told_of() {
    for_each_pair(async |one, two| {
        let member = sink(&one);
        let _token = one.grp_reg("alpha group", &member.id).unwrap();
        let _other = one.grp_reg("beta group", &member.id).unwrap();
        until("the news", || two.groups().len() == 2).await;
        let page = one.introspect(&two).groups(GroupQuery::new().pattern("alpha*")).await.unwrap();
        assert_eq!((page.total, page.groups.len(), page.next), (2, 1, None));
        let group = &page.groups[0];
        assert_eq!((group.name.as_str(), group.members), ("alpha group", 1));
        assert_eq!(group.ports, std::slice::from_ref(&member.id));
        let first = one.introspect(&two).groups(GroupQuery::new().limit(1)).await.unwrap();
        assert_eq!((first.more, first.next.as_deref()), (1, Some("alpha group")));
        let rest = GroupQuery::new().after("alpha group");
        let rest = one.introspect(&two).groups(rest).await.unwrap();
        assert_eq!((rest.groups[0].name.as_str(), rest.next), ("beta group", None));
    })
    .await;
}

#[tokio::test]
async fn nonsense_is_answered_with_a_text() {
    let node = tcp_node("sane").await;
    let mut peer = RawPeer::log_in(&node, "mad").await;
    for (question, answer) in [
        (
            json!(["", "aemp::info", 7, "mad#r"]),
            json!(["r", "error", "version 7 of aemp::info is not known here, only 1", [1]]),
        ),
        (
            json!(["", "aemp::ports", "x", "mad#r"]),
            json!(["r", "error", r#"version "x" of aemp::ports is not known here, only 1"#, [1]]),
        ),
        (
            json!(["", "aemp::groups", "mad#r"]),
            json!(["r", "error", "version null of aemp::groups is not known here, only 1", [1]]),
        ),
        (
            json!(["", "aemp::tap", "1", "sane#nobody", "mad#r"]),
            json!(["r", "error", "there is no port sane#nobody"]),
        ),
        (
            json!(["", "aemp::tap", 1, "else#where", "mad#r"]),
            json!(["r", "error", "port else#where is of another node"]),
        ),
        (
            json!(["", "aemp::tap", 1, "sane", "mad#r"]),
            json!(["r", "error", "the node port has no mailbox that could be tapped"]),
        ),
        (
            json!(["", "aemp::restart", 1, "mad#r"]),
            json!([
                "r",
                "error",
                "node sane does not run under a watchdog that would start it again (aemp run)"
            ]),
        ),
    ] {
        peer.packet(question).await;
        assert_eq!(peer.next().await, answer);
    }
    for query in [json!(3), json!({"limit": "x"}), json!({"limits": 3}), json!({"order": "size"})] {
        peer.packet(json!(["", "aemp::ports", 1, query, "mad#r"])).await;
        let answer = peer.next().await;
        assert_eq!(answer[1], "error", "{query}: {answer}");
        assert!(answer[2].as_str().unwrap().starts_with("argument 1: "), "{answer}");
    }
    // Nobody to answer to.
    for question in [
        json!(["", "aemp::info"]),
        json!(["", "aemp::info", 1]),
        json!(["", "aemp::info", 1, "mad"]),
        json!(["", "aemp::info", 1, "sane#"]),
        json!(["", "aemp::info", 1, {}]),
    ] {
        peer.packet(question).await;
    }
    peer.packet(json!(["", "snd", "mad", "still here"])).await;
    assert_eq!(peer.next().await, json!(["", "still here"]));
}

#[tokio::test]
async fn every_builtin_is_listed_and_carried_out() {
    const BUILTINS: [&str; 16] = [
        "AnyEvent::MP::DataConn::_connect",
        "AnyEvent::MP::DataConn::_expect",
        "AnyEvent::MP::Global::connect",
        "AnyEvent::MP::LogCatcher::catch",
        "AnyEvent::MP::LogCatcher::connect",
        "AnyEvent::Watchdog::restart",
        "aemp::deaths",
        "aemp::functions",
        "aemp::groups",
        "aemp::info",
        "aemp::ports",
        "aemp::relay",
        "aemp::restart",
        "aemp::stop",
        "aemp::supervise",
        "aemp::tap",
    ];
    log::start();
    let node = tcp_node("builtin").await;
    let functions = node.introspect(&node).functions().await.unwrap();
    let builtins = functions.iter().filter(|function| function.kind == FunctionKind::Builtin);
    let names: Vec<&str> = builtins.map(|function| &*function.name).collect();
    assert_eq!(names, BUILTINS);
    let mut peer = RawPeer::log_in(&node, "curious").await;
    for name in BUILTINS {
        // What they make of nonsense shows that they are there.
        let tag = format!("[{name:?}");
        if name.ends_with("Global::connect") {
            peer.packet(json!(["", "AnyEvent::MP::_spawn", "curious/1", name, 7])).await;
            continue;
        }
        peer.packet(json!(["", name])).await;
        let line = log::expect(&["request of node curious: ", &tag]).await;
        assert!(!line.contains("is registered here"), "{line}");
    }
    peer.packet(json!(["", "mon1", "curious/1"])).await;
    let answer = peer.next().await;
    assert!(answer[1] == "kil0" && !answer.to_string().contains("no init function"), "{answer}");
}

#[tokio::test]
async fn what_may_not_be_run_is_listed_as_such() {
    let access =
        Access::default().rule("guest*", Rights::all().functions(["aemp::f*"]).join(false));
    let host = Node::configure(config("strict").access(access)).await.unwrap();
    let guest = Config::new().nodeid("guest").secret(SECRET).seed(host.listeners().remove(0));
    let guest = Node::configure(guest).await.unwrap();
    let functions = guest.introspect(&host).functions().await.unwrap();
    let allowed: Vec<&str> =
        functions.iter().filter(|function| function.allowed).map(|f| &*f.name).collect();
    let data = ["AnyEvent::MP::DataConn::_connect", "AnyEvent::MP::DataConn::_expect"];
    assert_eq!(allowed, [&data[..], &["aemp::functions"]].concat());
}

#[tokio::test]
async fn times_are_told_in_seconds() {
    for_each_pair(async |one, two| {
        soon("an answer", two.ping(&one, Duration::from_secs(60))).await.unwrap();
        let (_, info): (String, serde_json::Value) =
            one.cal(&two, ("aemp::info", 1)).await.unwrap();
        let peer = &info["peers"][0];
        for time in [&info["uptime"], &peer["round_trip"]["last"], &peer["round_trip"]["smoothed"]]
        {
            assert!(time.as_f64().is_some_and(|time| (0.0..60.0).contains(&time)), "{info}");
        }
        assert!(peer["connection"]["since"].as_f64().is_some_and(|since| since > 1.7e9), "{info}");
    })
    .await;
}

#[tokio::test]
async fn who_may_not_ask_is_told_so_at_once() {
    let access = Access::default().rule("guest*", Rights::all().functions(["aemp::info"]));
    let host = Node::configure(config("host").access(access)).await.unwrap();
    let seed = host.listeners().remove(0);
    let guest = Config::new().nodeid("guest").secret(SECRET).seed(seed);
    let guest = Node::configure(guest).await.unwrap();
    assert_eq!(guest.introspect(&host).info().await.unwrap().node, *host.id());
    for error in [
        guest.introspect(&host).ports(PortQuery::new()).await.unwrap_err(),
        guest.introspect(&host).functions().await.unwrap_err(),
        guest.introspect(&host).restart().await.unwrap_err(),
        guest.introspect(&host).stop().await.unwrap_err(),
        guest.introspect(&host).deaths().await.map(|_| ()).unwrap_err(),
    ] {
        assert!(matches!(error, IntrospectError::Unanswered { .. }), "{error}");
    }
    let nobody = guest.introspect("nobody").timeout(Duration::from_millis(50));
    let error = nobody.info().await.unwrap_err();
    assert!(
        matches!(error, IntrospectError::Timeout { .. } | IntrospectError::Down { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_program_says_how_it_is_restarted() {
    for_each_pair(async |one, two| {
        let (sender, mut asked) = tokio::sync::mpsc::unbounded_channel();
        one.on_restart(move || {
            let _ = sender.send(());
        });
        assert!(two.introspect(&one).info().await.unwrap().watched);
        two.introspect(&one).restart().await.unwrap();
        soon("the restart", asked.recv()).await.unwrap();
        let error = one.introspect(&two).restart().await.unwrap_err();
        assert!(matches!(error, IntrospectError::Refused { .. }), "{error}");
        assert!(error.to_string().contains("does not run under a watchdog"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_program_says_how_it_is_stopped() {
    for_each_pair(async |one, two| {
        let (sender, mut asked) = tokio::sync::mpsc::unbounded_channel();
        one.on_stop(move || {
            let _ = sender.send(());
        });
        two.introspect(&one).stop().await.unwrap();
        soon("the end", asked.recv()).await.unwrap();
        let error = one.introspect(&two).stop().await.unwrap_err();
        assert!(matches!(error, IntrospectError::Refused { .. }), "{error}");
        assert!(error.to_string().contains("Node::on_stop"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn deaths_are_told_with_their_reasons() {
    for_each_pair(async |one, two| {
        let since = std::time::SystemTime::now() - Duration::from_secs(1);
        let [bad, well] = [(); 2].map(|()| one.port(Idle).id());
        let spawned = one.spawn(&one, "Introspection::gone", ());
        let watched = [bad.clone(), well.clone(), spawned.clone()];
        let ends = watched.map(|port| crate::support::death(&one, &port));
        one.kil(&bad, ("broken", "out of paper"));
        one.kil(&well, ());
        for end in ends {
            soon("the death", end.reason()).await;
        }
        let deaths = two.introspect(&one).deaths().await.unwrap();
        // Those before them are of others who use these nodes.
        let of = |port: &PortId| deaths.last.iter().find(|death| death.name == port.port());
        let death = of(&bad).unwrap();
        assert_eq!(death.reason, "broken: out of paper");
        assert!(death.kind.ends_with("introspection::Idle"), "{death:?}");
        assert!(death.at > since, "{death:?}");
        assert_eq!(of(&well), None, "a normal end is none to look into");
        let death = of(&spawned).unwrap();
        assert!(death.kind == "unknown" && death.reason.contains("no init function"), "{death:?}");
        assert_eq!(deaths.total, deaths.last.len() as u64);
        let info = two.introspect(&one).info().await.unwrap();
        assert!(info.time > since, "{info:?}");
    })
    .await;
}

#[tokio::test]
async fn reserved_names_cannot_be_registered() {
    for name in ["aemp::info", "aemp::mine", "AnyEvent::MP::LogCatcher::connect"] {
        let node = Node::local();
        let register = std::panic::AssertUnwindSafe(|| node.register(name, |_| ()));
        let panic = std::panic::catch_unwind(register).unwrap_err();
        let text = panic.downcast_ref::<String>().unwrap();
        assert!(text.contains(name), "{text}");
    }
}

#[tokio::test]
async fn any_node_can_ask_with_cal() {
    for_each_pair(async |one, two| {
        let (ok, info): (String, aemp_actor::introspection::NodeInfo) =
            two.cal(&one, ("aemp::info", 1)).await.unwrap();
        assert_eq!((ok.as_str(), &info.node), ("ok", one.id()));
    })
    .await;
}
