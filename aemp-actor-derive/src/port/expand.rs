//! Writes the handle of a port, or of a protocol: plain data around a reference.
//!
//! Names that are bound here begin with two underscores, lest the user has a constant of that name:
//! it would be a pattern.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Generics, parse_quote};

use super::model::PortType;
use crate::diagnostic::located;

/// The handle, and `more` that is not to be named.
pub(crate) fn handle(port: &PortType, doc: &str, more: &TokenStream) -> TokenStream {
    let handle = declare(port, doc);
    let parts = [
        inherent(port),
        comparisons(port),
        texts(port),
        serde(port),
        from_ids(port),
        into_ids(port),
        more.clone(),
    ];
    // The port may be deprecated; what uses the handle is warned there.
    let all = quote! {
        #handle
        #[allow(deprecated)]
        const _: () = {
            #(#parts)*
        };
    };
    // At the name of the type, so that a missing `#[rcv]` is reported there.
    located(all, &port.name)
}

/// The handle itself.
fn declare(port: &PortType, doc: &str) -> TokenStream {
    let PortType { visibility, handle, inner, lints, generics, .. } = port;
    let where_clause = &generics.where_clause;
    let doc = format!(
        "{doc}\n\nPlain data: it serialises as the port ID, and compares, hashes and prints as that."
    );
    quote! {
        #[doc = #doc]
        #(#lints)*
        #[allow(deprecated)]
        #visibility struct #handle #generics (#inner) #where_clause;
    }
}

/// An impl header for the handle, or for another type when given.
pub(super) fn header(port: &PortType, generics: &Generics, what: &TokenStream) -> TokenStream {
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let handle = port.handle();
    quote!(#[automatically_derived] impl #impl_generics #what for #handle #where_clause)
}

/// `at`, and the way in for what the macros write.
fn inherent(port: &PortType) -> TokenStream {
    let PortType { runtime, name, inner, generics, .. } = port;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let handle = port.handle();
    let doc = format!("The handle on the [`{name}`] with this ID, as seen from `from_node`.");
    quote! {
        #[allow(dead_code, clippy::all, clippy::pedantic)]
        impl #impl_generics #handle #where_clause {
            #[doc = #doc]
            pub fn at(
                from_node: &#runtime::Node,
                port_id: impl ::core::convert::Into<#runtime::PortId>,
            ) -> Self {
                Self(<#inner>::at(from_node, port_id))
            }

            #[doc(hidden)]
            pub fn __ref(&self) -> &#inner {
                &self.0
            }
        }
    }
}

/// Clone, equality, order and hash: those of the ID.
fn comparisons(port: &PortType) -> TokenStream {
    let impl_of = |what: TokenStream| header(port, &port.generics, &what);
    let clone = impl_of(quote!(::core::clone::Clone));
    let partial_eq = impl_of(quote!(::core::cmp::PartialEq));
    let eq = impl_of(quote!(::core::cmp::Eq));
    let partial_ord = impl_of(quote!(::core::cmp::PartialOrd));
    let ord = impl_of(quote!(::core::cmp::Ord));
    let hash = impl_of(quote!(::core::hash::Hash));
    quote! {
        #clone {
            fn clone(&self) -> Self {
                Self(::core::clone::Clone::clone(&self.0))
            }
        }
        #partial_eq {
            fn eq(&self, __other: &Self) -> bool {
                ::core::cmp::PartialEq::eq(&self.0, &__other.0)
            }
        }
        #eq {}
        #partial_ord {
            fn partial_cmp(&self, __other: &Self) -> ::core::option::Option<::core::cmp::Ordering> {
                ::core::option::Option::Some(::core::cmp::Ord::cmp(self, __other))
            }
        }
        #ord {
            fn cmp(&self, __other: &Self) -> ::core::cmp::Ordering {
                ::core::cmp::Ord::cmp(&self.0, &__other.0)
            }
        }
        #hash {
            fn hash<__H: ::core::hash::Hasher>(&self, __state: &mut __H) {
                ::core::hash::Hash::hash(&self.0, __state)
            }
        }
    }
}

/// Debug and Display.
fn texts(port: &PortType) -> TokenStream {
    ["Debug", "Display"]
        .into_iter()
        .map(|name| {
            let name = quote::format_ident!("{name}");
            let header = header(port, &port.generics, &quote!(::core::fmt::#name));
            quote! {
                #header {
                    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                        ::core::fmt::#name::fmt(&self.0, __f)
                    }
                }
            }
        })
        .collect()
}

/// The handle travels as its ID.
fn serde(port: &PortType) -> TokenStream {
    let runtime = &port.runtime;
    let serde = quote!(#runtime::__private::serde);
    let mut with_de = port.generics.clone();
    with_de.params.insert(0, parse_quote!('de));
    let serialize = header(port, &port.generics, &quote!(#serde::Serialize));
    let deserialize = header(port, &with_de, &quote!(#serde::Deserialize<'de>));
    quote! {
        #serialize {
            fn serialize<__S: #serde::Serializer>(
                &self,
                __serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                #serde::Serialize::serialize(&self.0, __serializer)
            }
        }
        #deserialize {
            fn deserialize<__D: #serde::Deserializer<'de>>(
                __deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                ::core::result::Result::map(#serde::Deserialize::deserialize(__deserializer), Self)
            }
        }
    }
}

/// From an ID, a reference or a borrowed handle to the handle.
fn from_ids(port: &PortType) -> TokenStream {
    let (runtime, inner, handle) = (&port.runtime, &port.inner, port.handle());
    let convert = quote!(::core::convert::From::from(__from));
    let sources = [
        (quote!(#runtime::PortId), convert.clone()),
        (quote!(&#runtime::PortId), convert),
        (inner.clone(), quote!(__from)),
        (quote!(&#handle), quote!(::core::clone::Clone::clone(&__from.0))),
    ];
    sources
        .into_iter()
        .map(|(source, inner)| {
            let header = header(port, &port.generics, &quote!(::core::convert::From<#source>));
            quote! {
                #header {
                    fn from(__from: #source) -> Self {
                        Self(#inner)
                    }
                }
            }
        })
        .collect()
}

/// From the handle to its ID and to the reference in it.
fn into_ids(port: &PortType) -> TokenStream {
    let (runtime, inner, handle) = (&port.runtime, &port.inner, port.handle());
    let (impl_generics, _, where_clause) = port.generics.split_for_impl();
    let as_ref = header(port, &port.generics, &quote!(::core::convert::AsRef<#inner>));
    quote! {
        #as_ref {
            fn as_ref(&self) -> &#inner {
                &self.0
            }
        }
        #[automatically_derived]
        impl #impl_generics ::core::convert::From<#handle> for #runtime::PortId #where_clause {
            fn from(__handle: #handle) -> Self {
                ::core::convert::From::from(__handle.0)
            }
        }
        #[automatically_derived]
        impl #impl_generics ::core::convert::From<&#handle> for #runtime::PortId #where_clause {
            fn from(__handle: &#handle) -> Self {
                ::core::convert::From::from(&__handle.0)
            }
        }
    }
}
