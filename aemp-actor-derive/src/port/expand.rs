//! Writes the handle of a port and the `Port` impl.
//!
//! Names that are bound here begin with two underscores, lest the user has a constant of that name:
//! it would be a pattern.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Generics, parse_quote};

use super::model::PortType;
use crate::diagnostic::located;

/// Everything that `derive(Port)` adds.
pub(crate) fn port(port: &PortType) -> TokenStream {
    let handle = handle(port);
    let parts = [
        inherent(port),
        comparisons(port),
        texts(port),
        serde(port),
        from_ids(port),
        into_ids(port),
        port_impl(port),
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
fn handle(port: &PortType) -> TokenStream {
    let PortType { runtime, visibility, name, handle, lints, generics } = port;
    let (room, where_clause) = (port.port(), &generics.where_clause);
    let doc = format!(
        "Handle on a [`{name}`], on this node or another: one method for each of its messages.\n\n\
         Plain data: it serialises as the port ID, and compares, hashes and prints as that."
    );
    quote! {
        #[doc = #doc]
        #(#lints)*
        #[allow(deprecated)]
        #visibility struct #handle #generics (#runtime::Ref<#room>) #where_clause;
    }
}

/// An impl header for the handle, or for another type when given.
fn header(port: &PortType, generics: &Generics, what: &TokenStream) -> TokenStream {
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let handle = port.handle();
    quote!(#[automatically_derived] impl #impl_generics #what for #handle #where_clause)
}

/// `at`, and the way in for what `#[rcv]` writes.
fn inherent(port: &PortType) -> TokenStream {
    let PortType { runtime, name, generics, .. } = port;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (room, handle) = (port.port(), port.handle());
    let doc = format!("The handle on the [`{name}`] with this ID, as seen from `from_node`.");
    quote! {
        #[allow(dead_code, clippy::all, clippy::pedantic)]
        impl #impl_generics #handle #where_clause {
            #[doc = #doc]
            pub fn at(
                from_node: &#runtime::Node,
                port_id: impl ::core::convert::Into<#runtime::PortId>,
            ) -> Self {
                Self(#runtime::Ref::at(from_node, port_id))
            }

            #[doc(hidden)]
            pub fn __ref(&self) -> &#runtime::Ref<#room> {
                &self.0
            }
        }
        #[automatically_derived]
        impl #impl_generics #runtime::PortRef for #handle #where_clause {
            type Port = #room;
            fn as_handle(&self) -> &#runtime::Ref<#room> {
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

/// From an ID or an untyped reference to the handle.
fn from_ids(port: &PortType) -> TokenStream {
    let (runtime, room) = (&port.runtime, port.port());
    let sources =
        [quote!(#runtime::PortId), quote!(&#runtime::PortId), quote!(#runtime::Ref<#room>)];
    sources
        .into_iter()
        .enumerate()
        .map(|(index, source)| {
            let header = header(port, &port.generics, &quote!(::core::convert::From<#source>));
            let inner = if index == 2 {
                quote!(__from)
            } else {
                quote!(::core::convert::From::from(__from))
            };
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
    let (runtime, room, handle) = (&port.runtime, port.port(), port.handle());
    let (impl_generics, _, where_clause) = port.generics.split_for_impl();
    let as_ref =
        header(port, &port.generics, &quote!(::core::convert::AsRef<#runtime::Ref<#room>>));
    quote! {
        #as_ref {
            fn as_ref(&self) -> &#runtime::Ref<#room> {
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

/// `Port`, with everything taken from the `OneRcvBlock` impl that `#[rcv]` writes.
fn port_impl(port: &PortType) -> TokenStream {
    let PortType { runtime, generics, .. } = port;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (room, handle) = (port.port(), port.handle());
    let rcv = quote!(<Self as #runtime::__private::OneRcvBlock>);
    quote! {
        #[automatically_derived]
        impl #impl_generics #runtime::Port for #room #where_clause {
            type Msg = #rcv::Msg;
            type Ref = #handle;
            const TAGS: &'static [&'static str] = #rcv::TAGS;

            fn handle(
                &mut self,
                __ctx: &mut #runtime::Ctx<Self>,
                __msg: #rcv::Msg,
            ) -> impl ::core::future::Future<
                Output = ::core::result::Result<(), #runtime::Die>,
            > + ::core::marker::Send {
                #rcv::handle(self, __ctx, __msg)
            }

            fn decode(
                __msg: #runtime::Message,
            ) -> ::core::result::Result<#rcv::Msg, #runtime::__private::BadMessage> {
                #rcv::decode(__msg)
            }

            fn encode(
                __msg: &#rcv::Msg,
                __to: #runtime::__private::Encoder<'_>,
            ) -> ::core::result::Result<(), #runtime::__private::Unencodable> {
                #rcv::encode(__msg, __to)
            }

            fn bad_message(
                &mut self,
                __ctx: &mut #runtime::Ctx<Self>,
                __bad: #runtime::__private::BadMessage,
            ) -> ::core::result::Result<(), #runtime::Die> {
                #rcv::bad_message(self, __ctx, __bad)
            }

            fn stop_hook() -> ::core::option::Option<#runtime::StopHook<Self>> {
                #rcv::stop_hook()
            }
        }
    }
}
