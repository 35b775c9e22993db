//! Which addresses a node is told.

use aemp_transport::{Address, Scheme};

/// What a node is told of `addresses`: one of ours all of them, any other only those that it can
/// read, `HOST:PORT`. (Those of transports that the Perl implementation does not have look to it
/// like host names.)
pub(super) fn readable(addresses: &[String], by_ours: bool) -> Vec<String> {
    if by_ours {
        return addresses.to_vec();
    }
    let known = addresses.iter().filter_map(|text| text.parse::<Address>().ok());
    let plain = known.filter(|address| address.scheme() == Scheme::Tcp);
    plain.map(|address| address.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::super::effect::Effect;
    use super::super::membership::Membership;
    use super::super::news::News;
    use super::*;
    use crate::id::NodeId;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn others_are_told_what_they_can_read() {
        let all = texts(&["quic:h:1", "h:2", "tcp:h:3", "mem:x", "what is this?"]);
        assert_eq!(readable(&all, true), all);
        assert_eq!(readable(&all, false), ["h:2", "h:3"]);
        assert_eq!(readable(&texts(&["quic:h:1"]), false), [""; 0], "a private node, to them");
    }

    /// What a node that came up is told, in all the ways that there are.
    fn told(ours: bool) -> Vec<String> {
        let (other, node) = (NodeId::from("other"), NodeId::from("node"));
        let mut mesh = Membership::new(NodeId::from("own"), 10);
        let mut effects = VecDeque::new();
        mesh.set_listeners(texts(&["own:1", "quic:own:2"]));
        mesh.node_up(&other, 1, true);
        let known = texts(&["quic:other:3", "other:4"]);
        mesh.received(&other, 1, News::Addr(known.clone()), &mut effects);
        mesh.node_up(&node, 2, ours);
        mesh.meet_node(&node, 2, "port".into(), 0.0, &mut effects);
        mesh.received(&node, 2, News::SeedMe(true), &mut effects);
        mesh.received(&node, 2, News::Find(other.clone()), &mut effects);
        mesh.announce(&other, &mut effects);
        let messages = effects.into_iter().filter_map(|effect| match effect {
            Effect::Tell { node: to, message, .. } if to == node => Some(format!("{message:?}")),
            _ => None,
        });
        messages.filter(|text| text.contains("own:1") || text.contains("other:4")).collect()
    }

    #[test]
    fn a_node_of_another_kind_never_sees_our_transports() {
        let (to_ours, to_others) = (told(true), told(false));
        assert_eq!((to_ours.len(), to_others.len()), (5, 5), "{to_ours:?} {to_others:?}");
        assert!(to_ours.iter().all(|text| text.contains("quic:")), "{to_ours:?}");
        assert!(to_others.iter().all(|text| !text.contains("quic")), "{to_others:?}");
    }
}
