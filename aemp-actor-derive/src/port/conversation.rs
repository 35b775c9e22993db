//! Writes the `Port` impl: the messages of the port's own block, and those of the protocols that it lists.
//!
//! A port without protocols has the message type of its block. With some, its messages are
//! `Either<own, Either<first, Either<second, third>>>`: a message costs no allocation. All that is made
//! of the list stands in the `Listed` impl, so that a port with parameters needs one bound for it.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::PortType;
use super::{expand, protocols};

/// Everything that `derive(Port)` adds.
pub(super) fn port(port: &PortType) -> TokenStream {
    let doc = format!(
        "Handle on a [`{}`], on this node or another: one method for each of its messages.",
        port.name
    );
    let more = [port_ref(port), port_impl(port), protocols::listed(port)].into_iter().collect();
    expand::handle(port, &doc, &more)
}

fn port_ref(port: &PortType) -> TokenStream {
    let (runtime, room) = (&port.runtime, port.port());
    let header = expand::header(port, &port.generics, &quote!(#runtime::PortRef));
    quote! {
        #header {
            type Port = #room;
            fn as_handle(&self) -> &#runtime::Ref<#room> {
                &self.0
            }
        }
    }
}

/// `Port`, with everything taken from the `OneRcvBlock` impl that `#[rcv]` writes, and the protocols.
fn port_impl(port: &PortType) -> TokenStream {
    let PortType { runtime, generics, .. } = port;
    let private = runtime.private();
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (room, handle) = (port.port(), port.handle());
    let rcv = quote!(<Self as #private::OneRcvBlock>);
    let listed = quote!(<Self as #private::Listed>);
    let own = quote! {
        type Msg = #rcv::Msg;
    };
    let ways = (quote!(#rcv::handle(self, __ctx, __msg)), quote!(#rcv::decode(__msg, &[])));
    let encode = quote!(#rcv::encode(__msg, __to));
    let (types, (handle_one, decode), encode, lookup) = match port.protocols.is_empty() {
        true => (own, ways, encode, None),
        false => {
            let either = quote!(#private::Either);
            let handling = quote! {
                async move {
                    match __msg {
                        #either::A(__msg) => #rcv::handle(self, __ctx, __msg).await,
                        #either::B(__msg) => #listed::handle(self, __ctx, __msg).await,
                    }
                }
            };
            // Each tag is that of one protocol, or else of the block, which may take all.
            let decoding = quote! {
                match #listed::decode(__msg) {
                    ::core::result::Result::Ok(__msg) => __msg.map(#either::B),
                    ::core::result::Result::Err(__msg) => {
                        #rcv::decode(__msg, #listed::TAGS).map(#either::A)
                    }
                }
            };
            let encoding = quote! {
                match __msg {
                    #either::A(__msg) => #rcv::encode(__msg, __to),
                    #either::B(__msg) => #listed::encode(__msg, __to),
                }
            };
            let lookup = quote! {
                fn protocol(
                    __port: &#runtime::Ref<Self>,
                    __protocol: ::core::any::TypeId,
                ) -> ::core::option::Option<::std::boxed::Box<dyn ::core::any::Any>> {
                    #listed::protocol(__port, __protocol)
                }
            };
            let types = quote!(type Msg = #either<#rcv::Msg, #listed::Msg>;);
            (types, (handling, decoding), encoding, Some(lookup))
        }
    };
    let own = match port.protocols.is_empty() {
        true => quote!(__msg),
        false => quote!(#private::Either::A(__msg)),
    };
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::OwnMessages for #room #where_clause {
            fn own(__msg: #rcv::Msg) -> <Self as #runtime::Port>::Msg {
                #own
            }
        }
        #[automatically_derived]
        impl #impl_generics #runtime::Port for #room #where_clause {
            #types
            type Ref = #handle;
            const TAGS: &'static [&'static str] = #rcv::TAGS;

            fn handle(
                &mut self,
                __ctx: &mut #runtime::Ctx<Self>,
                __msg: Self::Msg,
            ) -> impl ::core::future::Future<
                Output = ::core::result::Result<(), #runtime::Die>,
            > + ::core::marker::Send {
                #handle_one
            }

            fn decode(
                __msg: #runtime::Message,
            ) -> ::core::result::Result<Self::Msg, #private::BadMessage> {
                #decode
            }

            fn encode(
                __msg: &Self::Msg,
                __to: #private::Encoder<'_>,
            ) -> ::core::result::Result<(), #private::Unencodable> {
                #encode
            }

            fn bad_message(
                &mut self,
                __ctx: &mut #runtime::Ctx<Self>,
                __bad: #private::BadMessage,
            ) -> ::core::result::Result<(), #runtime::Die> {
                #rcv::bad_message(self, __ctx, __bad)
            }

            #lookup
        }
    }
}
