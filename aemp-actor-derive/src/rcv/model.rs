//! A port as its `#[rcv]` block describes it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Generics, Ident, Path, PathArguments, Type};

use super::bounds::{self, Unknown};
use super::handler::{Handler, Kind};
use super::parse::Block;
use crate::diagnostic::Errors;
use crate::runtime::Runtime;

/// A port: its type, its handle, its messages.
pub(crate) struct Actor {
    /// Where the runtime is.
    pub(crate) runtime: Runtime,
    /// The type of the impl block.
    pub(crate) port: Type,
    /// The type of the handle.
    pub(crate) handle: Path,
    /// The type of what is inside the handle.
    pub(crate) reference: TokenStream,
    /// The enum of the messages.
    pub(crate) message: Ident,
    /// A message that it does not understand kills the port.
    pub(crate) strict: bool,
    /// The parameters and bounds of the impl block, and so of all that is written.
    pub(crate) generics: Generics,
    /// The parameters whose bounds the compiler is asked about.
    pub(crate) unknown: Vec<Unknown>,
    /// The parameters as they were written, for that.
    pub(crate) written: Generics,
    /// The handlers in the order of the source.
    pub(crate) handlers: Vec<Handler>,
}

impl Actor {
    /// Makes the model, or none where no stub could be of use; what else is wrong is reported and
    /// left in, for the stub.
    pub(crate) fn new(block: &Block, errors: &mut Errors) -> Option<Self> {
        let port = (*block.item.self_ty).clone();
        let path = path_of(&port, errors)?;
        if block.item.generics.lifetimes().next().is_some() {
            for lifetime in block.item.generics.lifetimes() {
                errors.at(lifetime, "a port lives on its own: own the data, without a lifetime");
            }
            return None;
        }
        let name = path.segments.last().map(|segment| segment.ident.unraw());
        let message = format_ident!("__{}Msg", name.unwrap_or_else(|| format_ident!("Port")));
        let handlers = block
            .methods
            .iter()
            .filter_map(|(method, options)| {
                let around = (&*method.attrs, &method.vis);
                Handler::new(around, &method.sig, options, (&port, false), errors)
            })
            .collect::<Vec<_>>();
        let mut generics = block.item.generics.clone();
        let sent = sent(&handlers);
        let runtime = &block.runtime;
        let unknown =
            bounds::demand(&mut generics, sent, &quote!(#runtime::__private::serde), errors);
        let actor = Self {
            runtime: block.runtime.clone(),
            reference: quote!(#runtime::Ref),
            handle: handle_of(path, block.handle.clone()),
            port,
            message,
            strict: block.strict.is_some(),
            generics,
            unknown,
            written: block.item.generics.clone(),
            handlers,
        };
        actor.refuse_twice(errors);
        if let (Some(strict), Some(handler)) = (&block.strict, actor.of(Kind::BadMessage).next()) {
            let text = format!("`{}` decides what becomes of bad messages: keep one", handler.name);
            errors.at(strict, text);
        }
        Some(actor)
    }

    /// The handlers that are messages: all but those of bad messages, and of the end.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &Handler> {
        let is_message = |kind| !matches!(kind, Kind::BadMessage | Kind::Stop);
        self.handlers.iter().filter(move |handler| is_message(handler.kind))
    }

    /// The handlers of one kind: more than one only where `cfg` keeps them apart.
    pub(crate) fn of(&self, kind: Kind) -> impl Iterator<Item = &Handler> {
        self.handlers.iter().filter(move |handler| handler.kind == kind)
    }

    /// Reports tags and catch-alls that there are two of, unless `cfg` keeps them apart.
    pub(crate) fn refuse_twice(&self, errors: &mut Errors) {
        for (index, second) in self.handlers.iter().enumerate() {
            let clashes = |first: &&Handler| {
                (first.cfgs.is_empty() || second.cfgs.is_empty())
                    && match second.kind {
                        Kind::Default | Kind::BadMessage | Kind::Stop => first.kind == second.kind,
                        _ => first.has_tag() && first.tag.value() == second.tag.value(),
                    }
            };
            let Some(first) = self.handlers[..index].iter().find(clashes) else { continue };
            match second.kind {
                Kind::Wire | Kind::Local => errors.at(
                    &second.tag,
                    format!(
                        "`{}` answers the tag \"{}\" already: give this one another tag",
                        first.name,
                        first.tag.value()
                    ),
                ),
                Kind::Stop => errors.at(
                    &second.name,
                    format!("`{}` is the stop hook already: keep one of the two", first.name),
                ),
                _ => errors.at(
                    &second.name,
                    format!("`{}` gets these messages already: keep one of the two", first.name),
                ),
            }
        }
    }
}

/// The types in messages that can come from other nodes.
pub(super) fn sent(handlers: &[Handler]) -> impl Iterator<Item = &Type> + Clone {
    let wire = handlers.iter().filter(|handler| handler.kind == Kind::Wire);
    wire.flat_map(|handler| {
        let arguments = handler.inputs.arguments.iter().map(|argument| &argument.ty);
        arguments.chain(&handler.output.value)
    })
}

/// The path of the type; a port has a name.
fn path_of(port: &Type, errors: &mut Errors) -> Option<Path> {
    match port {
        Type::Path(ty) if ty.qself.is_none() => Some(ty.path.clone()),
        Type::Group(group) => path_of(&group.elem, errors),
        other => {
            errors.at(other, "a port is a struct or an enum of your own: write its name here");
            None
        }
    }
}

/// The path of the handle, with the arguments of the port.
fn handle_of(mut port: Path, renamed: Option<Path>) -> Path {
    let Some(last) = port.segments.last_mut() else { return port };
    match renamed {
        None => {
            last.ident = format_ident!("{}Ref", last.ident.unraw(), span = last.ident.span());
            port
        }
        Some(mut handle) => {
            let arguments = std::mem::replace(&mut last.arguments, PathArguments::None);
            if let Some(last) = handle.segments.last_mut().filter(|last| last.arguments.is_none()) {
                last.arguments = arguments;
            }
            handle
        }
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
