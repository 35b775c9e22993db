//! A group with many members.

use aemp_actor::prelude::*;
use aemp_actor::{GrpToken, Pick};

use super::Cost;
use crate::figures::Figures;
use crate::machine::runtime;
use crate::peers::aemp::Worker;

const GROUP: &str = "members";

/// Changes that are measured: the system counts processor time in hundredths of a second.
const CHANGES: usize = 500_000;

/// The same for picks, which are quicker.
const PICKS: usize = 2_000_000;

pub(super) fn measure(count: usize) -> Figures {
    runtime().block_on(async {
        let node = Node::local();
        let ports: Vec<_> = (0..count).map(|_| node.port(Worker::default())).collect();
        let _tokens: Vec<GrpToken> = ports
            .iter()
            .map(|port| node.grp_reg(GROUP, port).expect("it can be a member"))
            .collect();
        changes(&node, CHANGES / 4);
        let changed = changes(&node, CHANGES);
        picks(&node, PICKS / 4);
        Figures::from([
            ("join and leave".to_owned(), changed),
            ("pick, one after the other".to_owned(), picks(&node, PICKS)),
        ])
    })
}

fn changes(node: &Node, count: usize) -> f64 {
    let one_more = node.port(Worker::default());
    let cost = Cost::start();
    for _ in 0..count {
        node.grp_reg(GROUP, &one_more).expect("it is no member any more").cancel();
    }
    cost.each(count)
}

fn picks(node: &Node, count: usize) -> f64 {
    let cost = Cost::start();
    for _ in 0..count {
        node.grp_pick(GROUP, Pick::RoundRobin).expect("there are members");
    }
    cost.each(count)
}
