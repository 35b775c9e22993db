//! What a node runs from the beginning: the services of its configuration.

use std::sync::Arc;

use super::config::ConfigError;
use super::config::Service;
use super::functions::{FunctionCall, is_init};
use super::handle::Node;
use crate::id::PortId;
use crate::message::Message;
use crate::reason::Reason;
use crate::visible::one_line;

/// Registers the functions of the configuration, which services may name.
///
/// # Errors
/// When a service names none of this program.
pub(crate) fn prepare(node: &Node) -> Result<(), ConfigError> {
    let config = node.core().config();
    for (name, function) in &config.functions {
        node.core().functions().register(name.clone(), function.clone());
    }
    match config.services.iter().find(|service| !is_known(node, service)) {
        Some(service) => Err(ConfigError::NoService { name: service.name.clone() }),
        None => Ok(()),
    }
}

fn is_known(node: &Node, service: &Service) -> bool {
    is_init(&service.name)
        || node.core().builtins().is_service(&service.name)
        || node.core().functions().find(&service.name).is_some()
}

/// Spawns init functions and calls registered functions, in order.
pub(crate) fn start(node: &Node) {
    for service in &node.core().config().services {
        if is_init(&service.name) {
            spawn(node, service);
        } else {
            call(node, service);
        }
    }
}

fn spawn(node: &Node, service: &Service) {
    let port = node.spawn(node.id(), &service.name, &service.args);
    let (name, core) = (service.name.clone(), Arc::downgrade(node.core()));
    node.mon(&port, move |reason: Reason| {
        if core.upgrade().is_none_or(|core| core.is_closed()) {
            return;
        }
        if reason.is_normal() {
            tracing::info!(target: "aemp", "service {name} has ended");
        } else {
            let reason = reason.to_string();
            tracing::error!(target: "aemp", "service {name} ended: {}", one_line(&reason));
        }
    });
}

fn call(node: &Node, service: &Service) {
    let mut values = vec![service.name.as_str().into()];
    values.extend(service.args.iter().cloned());
    let Some(function) = node.core().functions().find(&service.name) else {
        // One that every node has.
        return node.snd(PortId::of_node(node.id()), values);
    };
    let (own, message) = (node.clone(), Message::from_values(values));
    node.core().user_code(&format!("service {}", service.name), || {
        function(FunctionCall { node: own, from: None, message });
    });
}
