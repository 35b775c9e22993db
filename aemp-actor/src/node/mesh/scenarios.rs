//! What [`Membership`] decides, step by step: tests only.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::effect::Effect;
use super::membership::Membership;
use super::news::News;
use crate::group::Refused;
use crate::id::{NodeId, PortId};
use crate::message::Message;
use crate::reason::Reason;

/// So many registrations a node may have.
const LIMIT: usize = 2;

/// The membership of node `m`, and what it wants done.
struct Scenario {
    membership: Membership,
    effects: VecDeque<Effect>,
}

fn id(node: &str) -> NodeId {
    NodeId::from(node)
}

fn addresses(of: &str) -> Vec<String> {
    vec![format!("{of}:4040")]
}

impl Scenario {
    fn new() -> Self {
        let mut membership = Membership::new(id("m"), LIMIT);
        membership.set_listeners(addresses("m"));
        Self { membership, effects: VecDeque::new() }
    }

    /// Carries out what is to be done: as lines.
    fn done(&mut self) -> Vec<String> {
        self.effects.drain(..).map(line).collect()
    }

    /// The node comes up, and takes part: connection number 1.
    fn up(&mut self, node: &str) {
        self.membership.node_up(&id(node), 1, true);
        self.membership.meet_node(&id(node), 1, node.into(), 0.0, &mut self.effects);
    }

    fn down(&mut self, node: &str) -> Vec<String> {
        self.membership.node_down(&id(node), 1, 0.0, &mut self.effects);
        self.done()
    }

    fn told(&mut self, by: &str, news: News) -> Vec<String> {
        self.membership.received(&id(by), 1, news, &mut self.effects);
        self.done()
    }

    /// The node comes up, takes part, and says where it listens.
    fn whole(&mut self, node: &str) {
        self.up(node);
        self.told(node, News::Addr(addresses(node)));
    }

    /// The addresses of the node are told to those who want news.
    fn announced(&mut self, node: &str) -> Vec<String> {
        self.membership.announce(&id(node), &mut self.effects);
        self.done()
    }

    fn seed(&mut self, node: &str) {
        self.membership.is_seed(&id(node), 0.0, &mut self.effects);
    }

    fn group(&self) -> Vec<String> {
        self.membership.groups().members("g").iter().map(ToString::to_string).collect()
    }
}

fn line(effect: Effect) -> String {
    match effect {
        Effect::Meet { node, .. } => format!("meet {node}"),
        Effect::Tell { node, message, .. } => {
            format!("tell {node} {}", Message::from_values(message).tag())
        }
        Effect::Located { node, addresses } => format!("located {node} {}", addresses.join(",")),
        Effect::Announce { node } => format!("announce {node}"),
        Effect::Dial { node, told_by, .. } => format!("dial {node} of {told_by}"),
        Effect::Seek { node } => format!("seek {node}"),
        Effect::Exceeded { node, attempt, .. } => format!("exceeded {node} {attempt}"),
        Effect::Changed(change) => {
            format!("group {} +{} -{}", change.group, change.added.len(), change.removed.len())
        }
        Effect::Monitor { .. } => "monitor".into(),
        Effect::Then(_) => "then".into(),
        Effect::Joined => "joined".into(),
    }
}

#[test]
fn a_node_that_comes_up_is_told_what_is_known() {
    let mut m = Scenario::new();
    m.whole("a");
    let port = PortId::from("m#1");
    m.membership.register("g", &port, &mut m.effects).unwrap();
    m.done();
    m.up("b");
    let told = m.done();
    assert_eq!(told, ["meet b", "tell b addr", "tell b nodes", "tell b set", "tell b setup"]);
    m.membership.meet_node(&id("b"), 1, "b".into(), 0.0, &mut m.effects);
    assert_eq!(m.done(), [""; 0], "once for each connection");
    m.membership.meet_node(&id("b"), 2, "b".into(), 0.0, &mut m.effects);
    assert_eq!(m.done(), [""; 0], "no such connection");
}

#[test]
fn who_asks_for_news_is_told_of_all_nodes_and_of_new_ones() {
    let mut m = Scenario::new();
    m.whole("a");
    m.whole("b");
    m.done();
    assert_eq!(m.told("b", News::SeedMe(true)), ["tell b nodes"]);
    assert_eq!(m.told("b", News::SeedMe(true)), [""; 0], "it did already");
    assert_eq!(m.announced("a"), ["tell b nodes"]);
    assert_eq!(m.announced("b"), [""; 0], "b's own");
    assert_eq!(m.announced("stranger"), [""; 0], "not up");
    m.told("b", News::SeedMe(false));
    assert_eq!(m.announced("a"), [""; 0], "nobody wants news any more");
    m.told("b", News::SeedMe(true));
    m.down("a");
    assert_eq!(m.announced("a"), [""; 0], "news that is old");
}

#[test]
fn addresses_that_change_are_announced_once_for_all_changes_of_a_while() {
    let mut m = Scenario::new();
    m.up("a");
    m.done();
    let moves = |m: &mut Scenario, to| m.told("a", News::Addr(addresses(to)));
    assert_eq!(moves(&mut m, "a"), ["located a a:4040", "announce a"]);
    assert_eq!(moves(&mut m, "a"), [""; 0], "known");
    assert_eq!(moves(&mut m, "b"), ["located a b:4040"], "to be announced already");
    assert_eq!(m.announced("a"), [""; 0], "nobody wants news");
    assert_eq!(moves(&mut m, "a"), ["located a a:4040", "announce a"]);
}

#[test]
fn who_asks_for_a_node_is_told_where_it_is() {
    let mut m = Scenario::new();
    m.whole("a");
    m.whole("b");
    assert_eq!(m.told("b", News::Find(id("a"))), ["tell b nodes"]);
    assert_eq!(m.told("b", News::Find(id("c"))), [""; 0]);
    m.down("a");
    assert_eq!(m.told("b", News::Find(id("a"))), [""; 0], "forgotten with its connection");
}

#[test]
fn the_master_is_up_and_is_asked_for_a_lost_node() {
    let mut m = Scenario::new();
    m.whole("a");
    m.whole("b");
    // The first that comes is the master, until it is gone.
    let told = m.down("a");
    assert_eq!(told, ["tell b seedme1", "tell b find", "seek a"]);
    assert!(m.membership.seek(&id("a"), &mut m.effects));
    assert_eq!(m.done(), ["tell b find"]);
    m.whole("a");
    m.done();
    assert!(!m.membership.seek(&id("a"), &mut m.effects), "it is back");
    assert_eq!(m.done(), [""; 0]);
    assert!(m.down("a").contains(&"seek a".to_owned()), "sought anew");
}

#[test]
fn a_lost_node_is_sought_once_at_a_time() {
    let mut m = Scenario::new();
    m.whole("a");
    m.whole("b");
    m.down("a");
    m.told("b", News::Nodes(BTreeMap::from([(id("a"), addresses("a"))])));
    m.membership.given_up(&id("a"), &mut m.effects);
    assert_eq!(m.done(), [""; 0], "it is sought already");
    m.membership.stop_seeking(&id("a"));
    assert_eq!(m.told("b", News::Nodes([(id("a"), addresses("a"))].into())), ["dial a of b"]);
    m.membership.given_up(&id("a"), &mut m.effects);
    assert_eq!(m.done(), ["seek a"]);
    m.membership.given_up(&id("stranger"), &mut m.effects);
    assert_eq!(m.done(), [""; 0], "nobody has told of it");
}

#[test]
fn a_private_node_is_not_sought() {
    let mut m = Scenario::new();
    m.whole("a");
    m.up("private");
    m.told("private", News::Addr(Vec::new()));
    assert_eq!(m.down("private"), ["tell a find"]);
}

#[test]
fn a_node_that_is_left_alone_is_not_sought() {
    let mut m = Scenario::new();
    m.whole("a");
    let heard = || News::Nodes([(id("private"), Vec::new())].into());
    for _ in 0..2 {
        assert_eq!(m.told("a", heard()), ["dial private of a"]);
        m.membership.leave_alone(&id("private"), &mut m.effects);
        assert_eq!(m.done(), [""; 0]);
    }
    assert_eq!(m.told("a", heard()), ["dial private of a"]);
    m.membership.given_up(&id("private"), &mut m.effects);
    assert_eq!(m.done(), ["seek private"], "no hub leads to it");
}

#[test]
fn seeds_are_better_masters() {
    let mut m = Scenario::new();
    m.whole("a");
    m.whole("s");
    m.done();
    m.seed("s");
    assert_eq!(m.done(), ["tell a seedme0", "tell s seedme1"]);
    m.seed("s");
    assert_eq!(m.done(), [""; 0], "known");
    let why = (&Reason::new("die", "no"), 0.0);
    m.membership.port_lost(&id("s"), 1, why, &mut m.effects);
    assert_eq!(m.done(), ["tell a seedme1"], "a node that takes no part is no master");
}

#[test]
fn nobody_is_dialled_that_is_up_or_oneself() {
    let mut m = Scenario::new();
    m.whole("a");
    m.whole("b");
    let told = ["m", "a", "c"].map(|node| (id(node), addresses(node)));
    assert_eq!(m.told("b", News::Nodes(told.into())), ["dial c of b"]);
}

#[test]
fn nodes_speak_for_their_own_ports() {
    let mut m = Scenario::new();
    m.whole("a");
    m.whole("b");
    m.membership.groups_mut().watch("g");
    let [own, foreign] = ["a#1", "b#1"].map(PortId::from);
    m.told("a", News::Registered("g".into(), own.clone()));
    m.told("a", News::Registered("g".into(), foreign.clone()));
    assert_eq!(m.group(), ["a#1"]);
    m.told("b", News::Unregistered("g".into(), own.clone()));
    assert_eq!(m.group(), ["a#1"]);
    m.told("b", News::Set(Ok([("g".into(), BTreeSet::from([own, foreign]))].into())));
    assert_eq!(m.group(), ["a#1", "b#1"]);
    assert!(m.down("b").contains(&"group g +0 -1".to_owned()));
    assert_eq!(m.group(), ["a#1"]);
}

#[test]
fn the_connection_of_a_node_that_registers_too_much_is_closed() {
    let mut m = Scenario::new();
    m.whole("a");
    m.done();
    let register = |m: &mut Scenario, port: &str| {
        m.told("a", News::Registered("g".into(), PortId::from(port)))
    };
    for port in ["a#1", "a#1", "a#2"] {
        assert_eq!(register(&mut m, port), [""; 0], "{port}");
    }
    assert_eq!(register(&mut m, "a#3"), ["exceeded a 1"]);
    let refused = Refused::TooMany { limit: LIMIT };
    assert_eq!(m.told("a", News::Set(Err(refused))), ["exceeded a 1"]);
    assert_eq!(m.group(), ["a#1", "a#2"]);
}

#[test]
fn news_of_an_older_connection_is_ignored() {
    let mut m = Scenario::new();
    m.whole("a");
    m.membership.node_up(&id("a"), 2, true);
    m.done();
    assert_eq!(m.told("a", News::Registered("g".into(), PortId::from("a#1"))), [""; 0]);
    assert_eq!(m.down("a"), [""; 0]);
    assert!(m.group().is_empty());
}
