//! Questions about types as they are written.

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    ExprPath, GenericArgument, Lifetime, Path, PathArguments, PathSegment, QSelf, Type,
    TypeImplTrait, TypeReference, parse_quote,
};

/// The type without the parentheses and invisible groups around it.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => bare(&inner.elem),
        Type::Group(inner) => bare(&inner.elem),
        other => other,
    }
}

/// The last segment of a type that is a path.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// Whether the type is a path that ends in `name`.
pub(crate) fn is_named(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == name)
}

/// Whether the type is `()`.
pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(bare(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// What a reference refers to, as in `&T` and `&mut T`.
pub(crate) fn borrowed(ty: &Type) -> Option<&Type> {
    match bare(ty) {
        Type::Reference(reference) => Some(&reference.elem),
        _ => None,
    }
}

/// The type arguments of a path's last segment.
pub(crate) fn type_arguments(ty: &Type) -> Vec<&Type> {
    match last_segment(ty).map(|segment| &segment.arguments) {
        Some(PathArguments::AngleBracketed(list)) => list
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// What a handle takes for an argument.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Taken {
    /// The type itself.
    AsItIs,
    /// What converts to it.
    Into,
    /// An `Option` or a `Vec` of what converts to its parts.
    Parts,
}

impl Taken {
    /// What is taken for an argument of this type. (The `Value`s in a `Vec` are of many kinds, each made with
    /// `into()`: they are taken as they are.)
    pub(crate) fn of(ty: &Type) -> Self {
        let only = match last_segment(ty).map(|segment| &segment.arguments) {
            Some(PathArguments::AngleBracketed(list)) if list.args.len() == 1 => type_arguments(ty),
            _ => Vec::new(),
        };
        let is_container = is_named(ty, "Option") || is_named(ty, "Vec");
        match only.first() {
            _ if wants_into(ty) => Self::Into,
            Some(part) if is_container && wants_into(part) && !is_named(part, "Value") => {
                Self::Parts
            }
            _ => Self::AsItIs,
        }
    }
}

/// Whether it is text, an address or a handle, which callers usually have in another form, and nothing else.
/// Handles are known by their names.
fn wants_into(ty: &Type) -> bool {
    const PLAIN: [&str; 5] = ["Bytes", "NodeId", "PortId", "String", "Value"];
    let Some(segment) = last_segment(ty) else { return false };
    if segment.ident.to_string().ends_with("Ref") {
        return true;
    }
    match &segment.arguments {
        PathArguments::None => PLAIN.iter().any(|name| segment.ident == name),
        _ => {
            segment.ident == "Box" && type_arguments(ty).iter().any(|inner| is_named(inner, "str"))
        }
    }
}

/// The first part of a type that cannot be in a message.
pub(crate) enum Obstacle {
    /// A reference or a lifetime; with the type to write instead, when it is plain.
    Borrow(proc_macro2::TokenStream, Option<String>),
    /// `impl Trait`.
    ImplTrait(proc_macro2::TokenStream),
}

/// Looks for what keeps a type out of a message. `'static` is fine when `local`.
pub(crate) fn obstacle(ty: &Type, local: bool) -> Option<Obstacle> {
    let mut search = Search { local, found: None };
    search.visit_type(ty);
    search.found
}

/// Stops at the first obstacle; does not look into signatures of functions and closures.
struct Search {
    local: bool,
    found: Option<Obstacle>,
}

impl<'ast> Visit<'ast> for Search {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        let forever =
            reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static");
        if self.local && forever {
            return visit::visit_type(self, &reference.elem);
        }
        self.found.get_or_insert_with(|| {
            Obstacle::Borrow(reference.to_token_stream(), Some(owned_form(&reference.elem)))
        });
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" {
            let tokens = lifetime.to_token_stream();
            self.found.get_or_insert(Obstacle::Borrow(tokens, None));
        }
    }

    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.found.get_or_insert(Obstacle::ImplTrait(ty.to_token_stream()));
    }

    fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments(
        &mut self,
        _: &'ast syn::ParenthesizedGenericArguments,
    ) {
    }
}

/// The owned type to write for a reference to `ty`.
fn owned_form(ty: &Type) -> String {
    match bare(ty) {
        Type::Slice(slice) => format!("Vec<{}>", text_of(&slice.elem)),
        ty if is_named(ty, "str") => "String".to_owned(),
        ty if is_named(ty, "Path") => "PathBuf".to_owned(),
        ty => text_of(ty),
    }
}

/// A type as one would write it; tokens alone print with spaces between them.
fn text_of(ty: &Type) -> String {
    let text = ty.to_token_stream().to_string();
    [(" :: ", "::"), (" < ", "<"), (" >", ">"), (" ,", ","), ("& ", "&")]
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
}

/// Writes the type of the impl block for `Self`, for use where `Self` is something else.
pub(crate) struct SelfType<'a>(pub(crate) &'a Type);

impl SelfType<'_> {
    /// A copy of `ty` without `Self`.
    pub(crate) fn replaced_in(&mut self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        self.visit_type_mut(&mut ty);
        ty
    }

    /// Turns `Self::rest` into `<Room>::rest`.
    fn qualify(&self, qself: &mut Option<QSelf>, path: &mut Path) {
        if qself.is_none() && path.segments.len() > 1 && path.segments[0].ident == "Self" {
            let ty = self.0;
            let rest = path.segments.iter().skip(1);
            let qualified: ExprPath = parse_quote!(<#ty>::#(#rest)::*);
            (*qself, *path) = (qualified.qself, qualified.path);
        }
    }
}

impl VisitMut for SelfType<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::Path(path) = ty {
            if path.qself.is_none() && path.path.is_ident("Self") {
                *ty = self.0.clone();
                return;
            }
            self.qualify(&mut path.qself, &mut path.path);
        }
        visit_mut::visit_type_mut(self, ty);
    }

    fn visit_expr_path_mut(&mut self, path: &mut ExprPath) {
        self.qualify(&mut path.qself, &mut path.path);
        visit_mut::visit_expr_path_mut(self, path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(ty: Type) -> String {
        let room: Type = parse_quote!(Room<T>);
        text_of(&SelfType(&room).replaced_in(&ty))
    }

    #[test]
    fn self_is_replaced_at_any_depth() {
        assert_eq!(replaced(parse_quote!(Self)), "Room<T>");
        assert_eq!(replaced(parse_quote!(Vec<Ref<Self>>)), "Vec<Ref<Room<T>>>");
        assert_eq!(replaced(parse_quote!(Option<Self::Item>)), "Option<< Room<T>>::Item>");
        assert_eq!(replaced(parse_quote!([u8; Self::N])), "[u8 ;<Room<T>>::N]");
    }

    #[test]
    fn borrows_are_found_at_any_depth() {
        for ty in ["&str", "Option<&str>", "Cow<'_, str>", "(u8, &'a [u8])", "&'static str"] {
            let ty: Type = syn::parse_str(ty).unwrap();
            assert!(matches!(obstacle(&ty, false), Some(Obstacle::Borrow(..))), "{}", text_of(&ty));
        }
        for ty in ["String", "Box<dyn Fn(&str) -> &str + Send>", "fn(&u8)", "Vec<(u8, ())>"] {
            let ty: Type = syn::parse_str(ty).unwrap();
            assert!(obstacle(&ty, false).is_none(), "{}", text_of(&ty));
        }
        assert!(obstacle(&parse_quote!(&'static str), true).is_none());
        assert!(obstacle(&parse_quote!(&str), true).is_some());
    }

    #[test]
    fn the_owned_form_is_what_one_would_write() {
        assert_eq!(owned_form(&parse_quote!(str)), "String");
        assert_eq!(owned_form(&parse_quote!([u8])), "Vec<u8>");
        assert_eq!(owned_form(&parse_quote!(HashMap<String, u8>)), "HashMap<String, u8>");
    }

    #[test]
    fn only_text_addresses_and_handles_are_converted() {
        let taken = |ty| Taken::of(&syn::parse_str(ty).unwrap());
        for ty in [
            "String",
            "std::string::String",
            "PortId",
            "NodeId",
            "Bytes",
            "Value",
            "Box<str>",
            "RoomRef",
            "chat::RoomRef<u8>",
            "Ref<Self>",
        ] {
            assert_eq!(taken(ty), Taken::Into, "{ty}");
        }
        for ty in [
            "Option<String>",
            "std::vec::Vec<chat::RoomRef<u8>>",
            "Option<Box<str>>",
            "Vec<PortId>",
        ] {
            assert_eq!(taken(ty), Taken::Parts, "{ty}");
        }
        for ty in [
            "u8",
            "Box<u8>",
            "Value<u8>",
            "(String,)",
            "Option<u8>",
            "Option<Vec<String>>",
            "Vec<Value>",
            "heapless::Vec<String, 8>",
            "HashSet<String>",
        ] {
            assert_eq!(taken(ty), Taken::AsItIs, "{ty}");
        }
    }
}
