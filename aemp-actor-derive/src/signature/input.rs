//! The parameters after `self`: a context, arguments, and what is left.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{Attribute, Pat, PatType, Type};

use super::types::{Obstacle, SelfType, borrowed, is_named, obstacle, type_arguments};
use crate::diagnostic::Errors;

/// As many arguments as a message may have; tag and reply port come on top, and serde knows tuples
/// of up to sixteen.
const MOST: usize = 12;

/// One argument of a message.
pub(crate) struct Argument {
    /// The name as it stands in the source, or one made up for `_`.
    pub(crate) name: Ident,
    /// The name for texts: what is missing, what came instead.
    pub(crate) label: String,
    /// The type, with `Self` replaced.
    pub(crate) ty: Type,
}

/// The parameters of a handler or an init function, sorted.
#[derive(Default)]
pub(crate) struct Inputs {
    /// Whether the context is passed on, as the first parameter.
    pub(crate) context: bool,
    /// The arguments in order, without `rest`.
    pub(crate) arguments: Vec<Argument>,
    /// The last argument, if it takes all that is left of the message.
    pub(crate) rest: Option<Argument>,
    /// The `T` of the `Reply<T>` at the end, through which the request is answered.
    pub(crate) reply: Option<Type>,
}

/// How to read parameters: what differs between the macros and between kinds of messages.
pub(crate) struct Reading<'a> {
    /// The last name of the context's type.
    pub(crate) context: &'a str,
    /// Whether the message stays on the node, where `'static` references are fine.
    pub(crate) local: bool,
    /// What `Self` stands for.
    pub(crate) self_type: Option<&'a Type>,
    /// Whether `'static` references are fine for another reason.
    pub(crate) lenient: bool,
    /// Whether a last parameter `Reply<T>` is the caller's.
    pub(crate) replies: bool,
}

impl Reading<'_> {
    /// Sorts the parameters. Those that are wrong are reported and kept, for the stub.
    pub(crate) fn read<'p>(
        &self,
        parameters: impl Iterator<Item = &'p PatType>,
        errors: &mut Errors,
    ) -> Inputs {
        let mut parameters = parameters.peekable();
        let mut inputs = Inputs::default();
        if parameters.peek().is_some_and(|first| self.is_context(&first.ty)) {
            inputs.context = true;
            parameters.next();
        }
        while let Some(parameter) = parameters.next() {
            if let Some(answer) = self.reply(&parameter.ty) {
                if parameters.peek().is_some() {
                    let text =
                        "the request is answered through `Reply`: make it the last parameter";
                    errors.at(&parameter.ty, text);
                }
                inputs.reply = Some(answer);
                continue;
            }
            let argument = self.argument(parameter, inputs.arguments.len(), errors);
            if !self.local && is_named(&argument.ty, "Rest") {
                if parameters.peek().is_none_or(|next| self.reply(&next.ty).is_some()) {
                    inputs.rest = Some(argument);
                    continue;
                }
                errors.at(&parameter.ty, "`Rest` takes what is left: make it the last argument");
            }
            if inputs.arguments.len() == MOST {
                let text = format!("more than {MOST} arguments: put some of them into a struct");
                errors.at(parameter, text);
            }
            inputs.arguments.push(argument);
        }
        inputs
    }

    /// The `T` of a `Reply<T>`, with `Self` replaced.
    fn reply(&self, ty: &Type) -> Option<Type> {
        let [answer] = type_arguments(ty)[..] else { return None };
        let replace = |room| SelfType(room).replaced_in(answer);
        (self.replies && is_named(ty, "Reply"))
            .then(|| self.self_type.map_or_else(|| answer.clone(), replace))
    }

    /// Whether the type is the context behind a reference.
    fn is_context(&self, ty: &Type) -> bool {
        borrowed(ty).is_some_and(|inner| is_named(inner, self.context))
    }

    fn argument(&self, parameter: &PatType, index: usize, errors: &mut Errors) -> Argument {
        let name = name_of(&parameter.pat, index, errors);
        refuse_cfg(parameter, errors);
        self.refuse(&parameter.ty, index, errors);
        let label = name.unraw().to_string().trim_start_matches('_').to_owned();
        let ty = match self.self_type {
            Some(room) => SelfType(room).replaced_in(&parameter.ty),
            None => (*parameter.ty).clone(),
        };
        Argument { name, label, ty }
    }

    /// Reports a type that no message can carry.
    fn refuse(&self, ty: &Type, index: usize, errors: &mut Errors) {
        let context = self.context;
        if is_named(ty, context) {
            let text = format!(
                "the context is borrowed: write `&mut {context}` here; a type of your own needs \
                 another name"
            );
            return errors.at(ty, text);
        }
        if index == 0 && borrowed(ty).is_some_and(is_of_self) {
            let text = format!("the context is known by its name: write `&mut {context}<Self>`");
            return errors.at(ty, text);
        }
        if self.is_context(ty) {
            return errors.at(ty, "the context comes first: move it before the arguments");
        }
        match obstacle(ty, self.local || self.lenient) {
            Some(Obstacle::Borrow(at, Some(owned))) => {
                errors.at(at, format!("messages own their data: write `{owned}`"));
            }
            Some(Obstacle::Borrow(at, None)) => {
                errors.at(at, "messages own their data: use a type without a lifetime");
            }
            Some(Obstacle::ImplTrait(at)) => {
                errors.at(at, "arguments are plain data: write the type itself, not `impl`");
            }
            None => {}
        }
    }
}

/// Whether the type is one of the port, as a context is: `Context<Self>`.
fn is_of_self(ty: &Type) -> bool {
    type_arguments(ty).iter().any(|argument| is_named(argument, "Self"))
}

/// Reports an argument that may not be there: both ends have to agree on what is sent.
fn refuse_cfg(parameter: &PatType, errors: &mut Errors) {
    let is_cfg = |attribute: &&Attribute| {
        ["cfg", "cfg_attr"].iter().any(|name| attribute.path().is_ident(name))
    };
    if let Some(attribute) = parameter.attrs.iter().find(is_cfg) {
        let text = "arguments are always there: write two functions, each under its `#[cfg(..)]`";
        errors.at(attribute, text);
    }
}

/// The name that a pattern gives; other patterns than names are reported.
fn name_of(pattern: &Pat, index: usize, errors: &mut Errors) -> Ident {
    match pattern {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => {
            return name.ident.clone();
        }
        Pat::Wild(_) => {}
        other => errors.at(
            other,
            "arguments have names, which callers and error texts use: write a name here and take \
             the value apart in the body",
        ),
    }
    // Not the user's: another argument may be called the same.
    format_ident!("arg{index}", span = Span::mixed_site())
}
