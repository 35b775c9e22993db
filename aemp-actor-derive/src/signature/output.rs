//! What a handler or an init function returns.

use quote::ToTokens;
use syn::{Path, ReturnType, Type, TypeParamBound};

use super::types::{Obstacle, SelfType, bare, is_named, is_unit, obstacle, type_arguments};
use crate::diagnostic::Errors;

/// A result, with `Result<_, Die>` taken apart.
pub(crate) struct Output {
    /// The value, if it is not `()`; with `Self` replaced.
    pub(crate) value: Option<Type>,
    /// Whether an error kills the port.
    pub(crate) fallible: bool,
}

impl Output {
    /// Reads a return type. `what` names the value in texts; `local` as in
    /// [`Reading`](super::Reading).
    pub(crate) fn read(
        output: &ReturnType,
        self_type: Option<&Type>,
        (what, local): (&str, bool),
        errors: &mut Errors,
    ) -> Self {
        let ReturnType::Type(_, ty) = output else {
            return Self { value: None, fallible: false };
        };
        if !local && is_shortened(ty) {
            let text = "results are known by their spelling: write the error, too, as in \
                        `Result<T, Die>`";
            errors.at(ty, text);
            return Self::unknown(false);
        }
        let (value, fallible) = match or_die(ty) {
            Some(value) => (value, true),
            None => (&**ty, false),
        };
        if is_unit(value) || matches!(bare(value), Type::Never(_)) {
            return Self { value: None, fallible };
        }
        if refuse(value, what, local, errors) {
            return Self::unknown(fallible);
        }
        let value = match self_type {
            Some(room) => SelfType(room).replaced_in(value),
            None => value.clone(),
        };
        Self { value: Some(value), fallible }
    }

    /// The same for a handler that answers later, through a `Reply<answer>`: it returns nothing.
    pub(crate) fn later(self, answer: Type, what: (&str, bool), errors: &mut Errors) -> Self {
        if let Some(value) = &self.value {
            let text = "a handler that takes a `Reply` answers through that: return nothing or \
                        `Result<(), Die>`";
            errors.at(value, text);
        }
        if refuse(&answer, what.0, what.1, errors) {
            return Self::unknown(self.fallible);
        }
        Self { value: Some(answer), fallible: self.fallible }
    }

    /// The same for a handler that returns nothing and is a request all the same: it answers that it is done.
    pub(crate) fn request(&mut self, word: &Path, errors: &mut Errors) {
        if self.value.is_some() {
            errors.at(word, "it has an answer, and so is a request already: take this away");
        }
        self.value.get_or_insert_with(|| syn::parse_quote!(()));
    }

    /// What stands for an answer of a wrong type, which was reported.
    fn unknown(fallible: bool) -> Self {
        Self { value: Some(syn::parse_quote!(())), fallible }
    }
}

/// The `T` of a `Result<T, Die>`.
fn or_die(ty: &Type) -> Option<&Type> {
    match type_arguments(ty)[..] {
        [value, error] if is_named(ty, "Result") && is_named(error, "Die") => Some(value),
        _ => None,
    }
}

/// Whether the type is an alias of `Result` with the error left out.
fn is_shortened(ty: &Type) -> bool {
    is_named(ty, "Result") && type_arguments(ty).len() == 1
}

/// Reports a type that cannot be returned, and says whether it did.
fn refuse(ty: &Type, what: &str, local: bool, errors: &mut Errors) -> bool {
    match obstacle(ty, local) {
        Some(Obstacle::Borrow(at, Some(owned))) => {
            errors.at(at, format!("{what} owns its data: write `{owned}`"));
        }
        Some(Obstacle::Borrow(at, None)) => {
            errors.at(at, format!("{what} owns its data: use a type without a lifetime"));
        }
        Some(Obstacle::ImplTrait(at)) if is_future(ty) => {
            errors.at(at, "write `async fn` and the type of the result");
        }
        Some(Obstacle::ImplTrait(at)) => {
            errors.at(at, format!("{what} has a type with a name: write that, not `impl`"));
        }
        None => return false,
    }
    true
}

/// Whether the type is `impl Future<..>`.
fn is_future(ty: &Type) -> bool {
    let Type::ImplTrait(ty) = bare(ty) else { return false };
    ty.bounds.iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            bound.path.segments.last().is_some_and(|segment| segment.ident == "Future")
        }
        other => other.to_token_stream().to_string() == "Future",
    })
}
