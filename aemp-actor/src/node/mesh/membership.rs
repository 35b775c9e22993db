//! What a node knows of the others, and what it does about it: plain data and decisions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::addresses::readable;
use super::effect::Effect;
use super::heard::{Heard, Sought};
use super::join::Join;
use super::news::News;
use crate::fail_points::fail_point;
use crate::group::GroupTable;
use crate::id::{NodeId, PortName};
use crate::message::shortened;
use crate::reason::{Reason, kind};
use crate::visible::one_line;

/// The nodes that are up, their addresses and groups, and the master.
///
/// 1. `up` has exactly the nodes whose connection is up, each with the number of that connection;
///    news from an older connection is ignored.
/// 2. `groups` has ports of this node and of nodes in `up` only, each as its own node told.
/// 3. The master, if there is one, is in `up`, takes part, and has been asked for news (`seedme1`).
pub(super) struct Membership {
    own: NodeId,
    listeners: Vec<String>,
    pub(super) up: BTreeMap<NodeId, Member>,
    /// Where nodes that are up can be dialled, as they told; an empty list is a private node.
    addresses: BTreeMap<NodeId, Vec<String>>,
    /// Nodes that were reached at the address of a seed.
    seeds: BTreeSet<NodeId>,
    master: Option<NodeId>,
    pub(super) groups: GroupTable,
    heard: Heard,
    sought: Sought,
    /// Seeds of the configuration that are this very node, and how many seeds there are.
    own_seeds: BTreeSet<String>,
    seed_count: usize,
    join: Join,
}

pub(super) struct Member {
    attempt: u64,
    /// It is a node of ours, and knows our transports.
    ours: bool,
    /// Our rendezvous port there, once it was spawned, and unless it died.
    port: Option<PortName>,
    /// We have told it what we know.
    met: bool,
    /// It asked to be told of new nodes.
    wants_news: bool,
    /// It has told all it had to tell at first.
    setup: bool,
    /// It takes no part in the mesh, as far as we know.
    aloof: bool,
    /// Its addresses are about to be told to others.
    announcing: bool,
}

pub(super) type Effects = VecDeque<Effect>;

impl Membership {
    /// Each node may have so many registrations in groups.
    pub(super) fn new(own: NodeId, max_registrations: usize) -> Self {
        Self {
            own,
            listeners: Vec::new(),
            up: BTreeMap::new(),
            addresses: BTreeMap::new(),
            seeds: BTreeSet::new(),
            master: None,
            groups: GroupTable::new(max_registrations),
            heard: Heard::default(),
            sought: Sought::default(),
            own_seeds: BTreeSet::new(),
            seed_count: 0,
            join: Join::new(),
        }
    }

    pub(super) fn set_listeners(&mut self, listeners: Vec<String>) {
        self.listeners = listeners;
    }

    /// So many seeds are configured. Without any there is nothing to wait for.
    pub(super) fn set_seeds(&mut self, count: usize, effects: &mut Effects) {
        self.seed_count = count;
        self.joined_if_alone(effects);
    }

    /// That seed is this very node, or was just now: where all are, there is nothing to wait for.
    pub(super) fn is_own_seed(&mut self, seed: String, is: bool, effects: &mut Effects) {
        if is {
            self.own_seeds.insert(seed);
            self.joined_if_alone(effects);
        } else {
            self.own_seeds.remove(&seed);
        }
    }

    fn joined_if_alone(&mut self, effects: &mut Effects) {
        if self.own_seeds.len() == self.seed_count && self.join.nobody_to_join() {
            effects.push_back(Effect::Joined);
        }
    }

    /// The node was reached at a seed's address.
    pub(super) fn is_seed(&mut self, node: &NodeId, random: f64, effects: &mut Effects) {
        if !self.seeds.insert(node.clone()) {
            return;
        }
        let Some(&Member { setup, aloof, .. }) = self.up.get(node) else { return };
        if aloof {
            return warn_of_seed(node, NO_PART);
        }
        self.seed_up(node, random, effects);
        if setup {
            self.seed_has_told(effects);
        }
    }

    /// A connection is up, to a node of `ours` or of another kind.
    pub(super) fn node_up(&mut self, node: &NodeId, attempt: u64, ours: bool) {
        let member = Member {
            attempt,
            ours,
            port: None,
            met: false,
            wants_news: false,
            setup: false,
            aloof: false,
            announcing: false,
        };
        self.heard.remove(node);
        self.up.insert(node.clone(), member);
    }

    /// The node takes part in the mesh: tells it what we know, once, through `port`, our
    /// rendezvous port there.
    pub(super) fn meet_node(
        &mut self,
        node: &NodeId,
        attempt: u64,
        port: PortName,
        random: f64,
        effects: &mut Effects,
    ) {
        let Some(member) = self.up.get_mut(node).filter(|m| m.attempt == attempt && !m.met) else {
            return;
        };
        member.met = true;
        member.aloof = false;
        member.port = Some(port.clone());
        let listeners = readable(&self.listeners, member.ours);
        effects.push_back(Effect::Meet { node: node.clone(), attempt, port });
        self.tell(node, News::addr(&listeners), effects);
        self.tell_nodes(node, effects);
        let own_groups = self.groups.of_node(&self.own);
        if !own_groups.is_empty() {
            self.tell(node, News::set(&own_groups), effects);
        }
        self.tell(node, vec!["setup".into()], effects);
        if self.seeds.contains(node) {
            self.seed_up(node, random, effects);
        }
        self.choose_master(random, effects);
    }

    /// The nodes that were told what there is, and are told what changes.
    pub(super) fn told(&self) -> impl Iterator<Item = &NodeId> {
        self.up.iter().filter(|(_, member)| member.met).map(|(node, _)| node)
    }

    /// The connection is down.
    pub(super) fn node_down(
        &mut self,
        node: &NodeId,
        attempt: u64,
        random: f64,
        effects: &mut Effects,
    ) {
        if self.up.get(node).is_none_or(|member| member.attempt != attempt) {
            return;
        }
        self.up.remove(node);
        let addresses = self.addresses.remove(node);
        if !fail_point!(KeepGroups) {
            self.groups.node_down(node);
            self.groups_changed(effects);
        }
        self.choose_master(random, effects);
        self.ask_for(node, effects);
        self.settled(node, effects);
        if addresses.is_some_and(|addresses| !addresses.is_empty()) {
            self.miss(node, true, effects);
        }
    }

    fn ask_for(&self, node: &NodeId, effects: &mut Effects) {
        if let Some(master) = &self.master {
            self.tell(master, vec!["find".into(), node.as_str().into()], effects);
        }
    }

    /// Has the node sought, unless it is already; it was `met`, or only heard of.
    fn miss(&mut self, node: &NodeId, met: bool, effects: &mut Effects) {
        if self.sought.add(node, met) {
            effects.push_back(Effect::Seek { node: node.clone() });
        }
    }

    /// Asks the master where a missing node is; false when it is missing no more.
    pub(super) fn seek(&mut self, node: &NodeId, effects: &mut Effects) -> bool {
        if self.up.contains_key(node) {
            self.sought.remove(node);
            return false;
        }
        self.ask_for(node, effects);
        true
    }

    /// The node was sought for long enough.
    pub(super) fn stop_seeking(&mut self, node: &NodeId) {
        self.sought.remove(node);
    }

    /// The node takes no part in the mesh, or may not: nothing is to be waited for.
    pub(super) fn takes_no_part(
        &mut self,
        node: &NodeId,
        attempt: u64,
        random: f64,
        effects: &mut Effects,
    ) {
        let member = self.up.get(node).filter(|m| m.attempt == attempt && !m.met);
        if member.is_some() {
            self.is_aloof(node, Some(NO_PART), random, effects);
        }
    }

    /// Our rendezvous port on a node died: it does not take part.
    pub(super) fn port_lost(
        &mut self,
        node: &NodeId,
        attempt: u64,
        (reason, random): (&Reason, f64),
        effects: &mut Effects,
    ) {
        if let Some(member) = self.up.get_mut(node).filter(|member| member.attempt == attempt) {
            member.port = None;
            let is_refusal = matches!(reason.kind(), kind::ACCESS_DENIED | kind::DIE);
            self.is_aloof(node, is_refusal.then(|| reason.text()).as_deref(), random, effects);
        }
    }

    /// Nothing is to be expected of the node; `why` is said of a seed.
    fn is_aloof(&mut self, node: &NodeId, why: Option<&str>, random: f64, effects: &mut Effects) {
        if let Some(member) = self.up.get_mut(node) {
            member.aloof = true;
        }
        if let Some(why) = why.filter(|_| self.seeds.contains(node)) {
            warn_of_seed(node, why);
        }
        self.choose_master(random, effects);
        self.settled(node, effects);
    }

    /// A message came to the rendezvous port of a node here.
    pub(super) fn received(
        &mut self,
        node: &NodeId,
        attempt: u64,
        news: News,
        effects: &mut Effects,
    ) {
        let Some(member) = self.up.get_mut(node).filter(|member| member.attempt == attempt) else {
            return;
        };
        match news {
            News::Addr(addresses) if self.addresses.get(node) == Some(&addresses) => {}
            News::Addr(addresses) => {
                self.addresses.insert(node.clone(), addresses.clone());
                effects.push_back(Effect::Located { node: node.clone(), addresses });
                if !std::mem::replace(&mut member.announcing, true) {
                    effects.push_back(Effect::Announce { node: node.clone() });
                }
            }
            News::Nodes(nodes) => self.heard_of(nodes, node, effects),
            News::Set(groups) => {
                let set = groups.and_then(|mut groups| {
                    groups.values_mut().for_each(|ports| ports.retain(|port| port.node() == node));
                    self.groups.set(node, &groups)
                });
                self.registered(node, attempt, set, effects);
            }
            News::Registered(group, port) if port.node() == node => {
                let added = self.groups.add(&group, port);
                self.registered(node, attempt, added, effects);
            }
            News::Unregistered(group, port) if port.node() == node => {
                self.groups.remove(&group, &port);
                self.groups_changed(effects);
            }
            News::Registered(_, port) | News::Unregistered(_, port) => {
                let port = port.to_string();
                let port = shortened(&port);
                let port = one_line(&port);
                tracing::warn!(target: "aemp", "node {node} speaks for port {port}: ignored");
            }
            News::Setup => {
                member.setup = true;
                self.set_up(node, effects);
            }
            News::SeedMe(wants) => {
                let wanted = std::mem::replace(&mut member.wants_news, wants);
                if wants && !wanted {
                    self.tell_nodes(node, effects);
                }
            }
            News::Find(other) => {
                if let Some((other, known)) = self.addresses.get_key_value(&other) {
                    self.tell_of(node, [(other, known.as_slice())], effects);
                }
            }
        }
    }

    /// The addresses of a node, as they are now, are to be told to those who want news.
    pub(super) fn announce(&mut self, node: &NodeId, effects: &mut Effects) {
        let Some(member) = self.up.get_mut(node) else { return };
        member.announcing = false;
        let Some(addresses) = self.addresses.get(node) else { return };
        let others = self.up.iter().filter(|(other, member)| member.wants_news && *other != node);
        for (other, _) in others {
            self.tell_of(other, [(node, addresses.as_slice())], effects);
        }
    }

    /// A node that was heard of cannot be reached, unless it has just come up.
    pub(super) fn given_up(&mut self, node: &NodeId, effects: &mut Effects) {
        // Also one without addresses: it is to be reached through a hub.
        if self.leave_alone(node, effects) {
            self.miss(node, false, effects);
        }
    }

    /// A node that was heard of is not connected to: it is not looked for either, and whatever changes about
    /// it is told. Says whether it was heard of, and is not up.
    pub(super) fn leave_alone(&mut self, node: &NodeId, effects: &mut Effects) -> bool {
        if self.up.contains_key(node) {
            return false;
        }
        self.settled(node, effects);
        self.heard.remove(node)
    }

    fn heard_of(
        &mut self,
        nodes: BTreeMap<NodeId, Vec<String>>,
        told_by: &NodeId,
        effects: &mut Effects,
    ) {
        let mut left_out = 0;
        for (node, addresses) in nodes {
            if node == self.own || self.up.contains_key(&node) {
                continue;
            }
            if !self.heard.add(&node, told_by) {
                left_out += 1;
                continue;
            }
            self.join.named(&node);
            let told_by = told_by.clone();
            effects.push_back(Effect::Dial { node, addresses, told_by });
        }
        if left_out > 0 {
            tracing::warn!(
                target: "aemp",
                "node {told_by} tells of too many nodes: {left_out} are left out"
            );
        }
    }

    /// The nodes whose addresses are known, but not its own.
    fn tell_nodes(&self, node: &NodeId, effects: &mut Effects) {
        let mut others = self.addresses.iter().filter(|(other, _)| *other != node).peekable();
        if others.peek().is_some() {
            let others = others.map(|(other, known)| (other, known.as_slice()));
            self.tell_of(node, others, effects);
        }
    }

    fn tell_of<'a>(
        &self,
        node: &NodeId,
        others: impl IntoIterator<Item = (&'a NodeId, &'a [String])>,
        effects: &mut Effects,
    ) {
        let ours = self.up.get(node).is_some_and(|member| member.ours);
        let others = others.into_iter().map(|(other, known)| (other, readable(known, ours)));
        self.tell(node, News::nodes(others), effects);
    }

    pub(super) fn tell(
        &self,
        node: &NodeId,
        message: Vec<aemp_transport::Value>,
        effects: &mut Effects,
    ) {
        if let Some(port) = self.up.get(node).and_then(|member| member.port.clone()) {
            effects.push_back(Effect::Tell { node: node.clone(), port, message });
        }
    }

    /// The node has told all it had to tell at first.
    fn set_up(&mut self, node: &NodeId, effects: &mut Effects) {
        if self.seeds.contains(node) {
            self.seed_has_told(effects);
        }
        self.settled(node, effects);
    }

    fn seed_has_told(&mut self, effects: &mut Effects) {
        let up = &self.up;
        let taking_part =
            up.iter().filter(|(_, member)| !member.aloof).map(|(node, _)| node.clone());
        let has_told = |node: &NodeId| up.get(node).is_some_and(|member| member.setup);
        if self.join.seed_has_told(taking_part, has_told) {
            effects.push_back(Effect::Joined);
        }
    }

    /// Joining need not wait for the node any more.
    fn settled(&mut self, node: &NodeId, effects: &mut Effects) {
        if self.join.settled(node) {
            effects.push_back(Effect::Joined);
        }
    }

    /// A seed always beats a node that is none; between seeds chance decides, so that the nodes
    /// spread over them.
    fn seed_up(&mut self, node: &NodeId, random: f64, effects: &mut Effects) {
        let master_is_seed = self.master.as_ref().is_some_and(|m| self.seeds.contains(m));
        let seeds_up = self.up.keys().filter(|node| self.seeds.contains(*node)).count();
        #[expect(clippy::cast_precision_loss)]
        if !master_is_seed || random * (seeds_up as f64) < 1.0 {
            self.set_master(Some(node.clone()), effects);
        }
    }

    fn choose_master(&mut self, random: f64, effects: &mut Effects) {
        let keeps = |master| self.up.get(master).is_some_and(|member: &Member| !member.aloof);
        if self.master.as_ref().is_some_and(keeps) {
            return;
        }
        let seeds: Vec<&NodeId> =
            self.members().filter(|node| self.seeds.contains(*node)).collect();
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        #[expect(clippy::cast_sign_loss)]
        let index = (random * seeds.len() as f64) as usize;
        let chosen = seeds.get(index).copied().or_else(|| self.members().last()).cloned();
        self.set_master(chosen, effects);
    }

    /// The nodes that are up and take part in the mesh.
    fn members(&self) -> impl Iterator<Item = &NodeId> {
        self.up.iter().filter(|(_, member)| member.port.is_some()).map(|(node, _)| node)
    }

    fn set_master(&mut self, master: Option<NodeId>, effects: &mut Effects) {
        if self.master == master {
            return;
        }
        if let Some(old) = self.master.take() {
            self.tell(&old, vec!["seedme0".into()], effects);
        }
        if let Some(new) = &master {
            self.tell(new, vec!["seedme1".into()], effects);
        }
        self.master = master;
    }
}

/// Why nothing is joined through a node that does not say more.
const NO_PART: &str = "it takes no part, or access rights keep the two from joining";

/// Nothing is joined through that seed.
fn warn_of_seed(node: &NodeId, why: &str) {
    let why = shortened(why);
    let why = one_line(&why);
    tracing::warn!(target: "aemp", "seed: the mesh cannot be joined through node {node}: {why}");
}
