//! What a node runs from the beginning: the services of its configuration.

use super::config::ConfigError;
use super::functions::is_init;
use super::handle::Node;
use crate::config::Service;
use crate::id::PortId;
use crate::introspection;
use crate::reason::Reason;

/// Whether all services can be run.
pub(crate) fn check(node: &Node) -> Result<(), ConfigError> {
    match node.core().config().services.iter().find(|service| !is_known(node, service)) {
        Some(service) => Err(ConfigError::NoService { name: service.name.clone() }),
        None => Ok(()),
    }
}

fn is_known(node: &Node, service: &Service) -> bool {
    is_init(&service.name)
        || is_module(service)
        || introspection::find(&service.name).is_some()
        || node.core().functions().find(&service.name).is_some()
}

/// `Some::Module::` makes the reference load a module; here they are all there.
fn is_module(service: &Service) -> bool {
    service.name.ends_with("::")
}

/// Spawns init functions and calls registered functions, in order.
pub(crate) fn start(node: &Node) {
    for service in &node.core().config().services {
        if is_init(&service.name) {
            let port = node.spawn(node.id(), &service.name, &service.args);
            let (name, closed) = (service.name.clone(), std::sync::Arc::downgrade(node.core()));
            node.mon(&port, move |reason: Reason| {
                if closed.upgrade().is_some_and(|core| !core.is_closed()) {
                    tracing::error!(target: "aemp", "service {name} ended: {reason}");
                }
            });
        } else if !is_module(service) {
            let mut call = vec![service.name.as_str().into()];
            call.extend(service.args.iter().cloned());
            node.snd(PortId::of_node(node.id()), call);
        }
    }
}
