//! A type that is to be a port.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Generics, Ident, Visibility, parse_quote};

use super::parse::{ListedProtocol, Options};
use crate::diagnostic::Errors;
use crate::lints::allowed;
use crate::runtime::Runtime;

/// The type, its handle, and what is known of both.
pub(crate) struct PortType {
    /// Where the runtime is.
    pub(crate) runtime: Runtime,
    /// The visibility of the type, and so of its handle.
    pub(crate) visibility: Visibility,
    /// The name of the type.
    pub(crate) name: Ident,
    /// The name of the handle.
    pub(crate) handle: Ident,
    /// The lints that the type allows, and so its handle.
    pub(crate) lints: Vec<Attribute>,
    /// The parameters and bounds of the type. With parameters, also that the type has messages: the
    /// bounds of the `#[rcv]` block may be stricter than those of the type, and nothing here
    /// holds where they do not. Without, the compiler says in plain words that `#[rcv]` is missing.
    pub(crate) generics: Generics,
    /// The same as they were written.
    pub(crate) written: Generics,
    /// The reference inside the handle.
    pub(crate) inner: TokenStream,
    /// The protocols that it answers.
    pub(crate) protocols: Vec<ListedProtocol>,
}

impl PortType {
    /// Makes the model, or none where no stub could be of use.
    pub(crate) fn new(item: &DeriveInput, options: Options, errors: &mut Errors) -> Option<Self> {
        if let Data::Union(union) = &item.data {
            errors.at(union.union_token, "a port is a struct or an enum: write `struct` here");
            return None;
        }
        let mut lifetimes = item.generics.lifetimes().peekable();
        if lifetimes.peek().is_some() {
            for lifetime in lifetimes {
                errors.at(lifetime, "a port lives on its own: own the data, without a lifetime");
            }
            return None;
        }
        let Options { runtime, handle, protocols } = options;
        let name = item.ident.clone();
        let handle =
            handle.unwrap_or_else(|| format_ident!("{}Ref", name.unraw(), span = name.span()));
        let mut generics = item.generics.clone();
        if !generics.params.is_empty() {
            let (_, arguments, _) = item.generics.split_for_impl();
            let mut bound = quote!(#runtime::__private::GenericRcvBlock);
            if !protocols.is_empty() {
                bound.extend(quote!(+ #runtime::__private::Listed));
            }
            let bound = parse_quote!(#name #arguments: #bound);
            generics.make_where_clause().predicates.push(bound);
        }
        let (_, arguments, _) = item.generics.split_for_impl();
        Some(Self {
            inner: quote!(#runtime::Ref<#name #arguments>),
            protocols,
            written: item.generics.clone(),
            runtime,
            visibility: item.vis.clone(),
            name,
            handle,
            lints: allowed(&item.attrs).collect(),
            generics,
        })
    }

    /// Whether it has no parameters.
    pub(crate) fn is_plain(&self) -> bool {
        self.generics.params.is_empty()
    }

    /// The type with its arguments, as in `Room<T>`.
    pub(crate) fn port(&self) -> TokenStream {
        let (name, (_, arguments, _)) = (&self.name, self.generics.split_for_impl());
        quote!(#name #arguments)
    }

    /// The handle with its arguments, as in `RoomRef<T>`.
    pub(crate) fn handle(&self) -> TokenStream {
        let (name, (_, arguments, _)) = (&self.handle, self.generics.split_for_impl());
        quote!(#name #arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors_of(item: DeriveInput) -> Vec<String> {
        let mut errors = Errors::default();
        let options = Options::read(&item.attrs, &mut errors);
        PortType::new(&item, options, &mut errors);
        errors.texts()
    }

    #[test]
    fn unions_and_lifetimes_are_refused() {
        assert_eq!(errors_of(parse_quote!(union A { a: u8 })).len(), 1);
        assert_eq!(
            errors_of(parse_quote!(
                struct A<'a, 'b>(&'a &'b u8);
            ))
            .len(),
            2
        );
        assert_eq!(
            errors_of(parse_quote!(
                enum A<T> {
                    B(T),
                }
            ))
            .len(),
            0
        );
    }

    #[test]
    fn options_are_checked() {
        assert_eq!(
            errors_of(parse_quote!(
                #[port(handle = Door)]
                struct A;
            ))
            .len(),
            0
        );
        assert_eq!(
            errors_of(parse_quote!(
                #[port(crate = crate::rt)]
                struct A;
            ))
            .len(),
            0
        );
        assert_eq!(
            errors_of(parse_quote!(
                #[port(name = Door)]
                struct A;
            )),
            ["write `handle = Name`, `protocols(Name, ..)` or `crate = path` here"]
        );
    }
}
