//! The bounds that the type parameters of a port need.
//!
//! Only what is certain is reported: a parameter with a bound that is not known here may have all it
//! needs through that. Whether it has is asked of the compiler once, at the parameter; what is generated
//! takes it for granted, or each missing bound would be told many times.

use proc_macro2::TokenStream;
use syn::{
    GenericParam, Generics, Ident, Type, TypeParam, TypeParamBound, WherePredicate, parse_quote,
};

use crate::diagnostic::Errors;
use crate::signature::{bare, is_named, last_segment, type_arguments};

/// Traits that bring none of what a port needs.
const KNOWN: [&str; 13] = [
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Display",
    "Eq",
    "Hash",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Sized",
    "Sync",
    "Unpin",
];

/// Types that can be serialised when what is in them can.
const CONTAINERS: [&str; 9] =
    ["BTreeMap", "BTreeSet", "Box", "HashMap", "HashSet", "Option", "Result", "Vec", "VecDeque"];

/// Reports the bounds that are missing; the generics get those that any port needs, for the stub, and
/// those of the parameters that are given back, which the compiler has to be asked about. `sent` are the
/// types in messages that can come from other nodes; `serde` is where its traits are.
pub(super) fn demand<'a>(
    generics: &mut Generics,
    sent: impl Iterator<Item = &'a Type> + Clone,
    serde: &TokenStream,
    errors: &mut Errors,
) -> Vec<Unknown> {
    let mut incomplete = Vec::new();
    let mut unknown = Vec::new();
    for parameter in generics.type_params() {
        let is_sent = sent.clone().any(|ty| contains(ty, &parameter.ident));
        let Some(found) = Found::of(parameter, generics) else {
            unknown.push(Unknown { name: parameter.ident.clone(), is_sent });
            continue;
        };
        let missing = found.missing(is_sent);
        if !missing.is_empty() {
            let (name, missing) = (&parameter.ident, missing.join(" + "));
            let why = "ports move between threads, and messages to other nodes";
            errors.at(name, format!("{why}: write `{name}: {missing}`"));
            incomplete.push(name.clone());
        }
    }
    for parameter in &mut generics.params {
        let GenericParam::Type(parameter) = parameter else { continue };
        let unknown = unknown.iter().find(|unknown| unknown.name == parameter.ident);
        if unknown.is_some() || incomplete.contains(&parameter.ident) {
            parameter.bounds.push(parse_quote!(::core::marker::Send));
            parameter.bounds.push(parse_quote!('static));
        }
        if unknown.is_some_and(|unknown| unknown.is_sent) {
            parameter.bounds.push(parse_quote!(#serde::Serialize));
            parameter.bounds.push(parse_quote!(#serde::de::DeserializeOwned));
        }
    }
    unknown
}

/// A parameter that may have the bounds that it needs through a bound that is not known here.
pub(crate) struct Unknown {
    pub(crate) name: Ident,
    /// Whether a message that can come from other nodes holds it.
    pub(crate) is_sent: bool,
}

/// What the bounds of one parameter say.
#[derive(Default)]
struct Found {
    send: bool,
    forever: bool,
    serialize: bool,
    deserialize: bool,
}

impl Found {
    /// `None`: there is a bound that may bring anything.
    fn of(parameter: &TypeParam, generics: &Generics) -> Option<Self> {
        let mut found = Self::default();
        let predicates = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
        let elsewhere = predicates.filter_map(|predicate| match predicate {
            WherePredicate::Type(of) if is_parameter(&of.bounded_ty, &parameter.ident) => {
                Some(&of.bounds)
            }
            _ => None,
        });
        for bound in elsewhere.chain([&parameter.bounds]).flatten() {
            found.add(bound)?;
        }
        Some(found)
    }

    fn add(&mut self, bound: &TypeParamBound) -> Option<()> {
        match bound {
            TypeParamBound::Lifetime(lifetime) => self.forever |= lifetime.ident == "static",
            TypeParamBound::Trait(bound) => match &*bound.path.segments.last()?.ident.to_string() {
                "Send" => self.send = true,
                "Serialize" => self.serialize = true,
                "Deserialize" | "DeserializeOwned" => self.deserialize = true,
                name if KNOWN.contains(&name) => {}
                _ => return None,
            },
            _ => return None,
        }
        Some(())
    }

    fn missing(&self, is_sent: bool) -> Vec<&'static str> {
        let needed = [
            (self.send, "Send"),
            (self.serialize || !is_sent, "serde::Serialize"),
            (self.deserialize || !is_sent, "serde::de::DeserializeOwned"),
            (self.forever, "'static"),
        ];
        needed.iter().filter(|(there, _)| !there).map(|(_, bound)| *bound).collect()
    }
}

fn is_parameter(ty: &Type, name: &Ident) -> bool {
    matches!(bare(ty), Type::Path(path) if path.qself.is_none() && path.path.is_ident(name))
}

/// Whether the type can be serialised only when the parameter can.
fn contains(ty: &Type, name: &Ident) -> bool {
    match bare(ty) {
        Type::Array(array) => contains(&array.elem, name),
        Type::Tuple(tuple) => tuple.elems.iter().any(|ty| contains(ty, name)),
        ty if is_parameter(ty, name) => true,
        ty => {
            last_segment(ty).is_some()
                && CONTAINERS.iter().any(|container| is_named(ty, container))
                && type_arguments(ty).iter().any(|ty| contains(ty, name))
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn told(generics: &Generics, sent: &[Type]) -> Vec<String> {
        let mut errors = Errors::default();
        demand(&mut generics.clone(), sent.iter(), &quote!(serde), &mut errors);
        errors.texts().iter().map(|text| text.rsplit_once(": write ").unwrap().1.into()).collect()
    }

    #[test]
    fn what_is_certainly_missing_is_told_once_for_each_parameter() {
        let all = "`T: Send + serde::Serialize + serde::de::DeserializeOwned + 'static`";
        let sent = [parse_quote!(Vec<(u8, T)>)];
        assert_eq!(told(&parse_quote!(<T>), &sent), [all]);
        assert_eq!(
            told(&parse_quote!(<T: Clone, U>), &[]),
            ["`T: Send + 'static`", "`U: Send + 'static`"]
        );
        let most: Generics = parse_quote!(<T: Send + Serialize + for<'de> Deserialize<'de>>);
        assert_eq!(told(&most, &sent), ["`T: 'static`"]);
        let mut elsewhere: Generics = parse_quote!(<T>);
        elsewhere.where_clause = Some(parse_quote!(where T: Send, T: 'static));
        assert_eq!(told(&elsewhere, &[]), [""; 0]);
    }

    #[test]
    fn what_may_be_there_is_left_to_the_compiler() {
        assert_eq!(told(&parse_quote!(<T: Job>), &[parse_quote!(T)]), [""; 0]);
        let some: Generics = parse_quote!(<T: Send + 'static, const N: usize>);
        // The handle of a port travels as an ID.
        assert_eq!(
            told(&some, &[parse_quote!(StoreRef<T>), parse_quote!(PhantomData<T>)]),
            [""; 0]
        );
        assert_eq!(told(&some, &[parse_quote!(Option<[T; 3]>)]).len(), 1);
    }
}
