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

/// What differs between a port with protocols and one without.
struct Parts {
    /// The type of the messages.
    msg: TokenStream,
    handle: TokenStream,
    decode: TokenStream,
    encode: TokenStream,
    /// How the handles of protocols find the port.
    lookup: Option<TokenStream>,
}

/// The messages are those of the block.
fn plain(rcv: &TokenStream) -> Parts {
    Parts {
        msg: quote!(#rcv::Msg),
        handle: quote!(#rcv::handle(self, __ctx, __msg)),
        decode: quote!(#rcv::decode(__msg, &[])),
        encode: quote!(#rcv::encode(__msg, __to)),
        lookup: None,
    }
}

/// The messages are those of the block, and those of protocols.
fn with_protocols(port: &PortType, rcv: &TokenStream) -> Parts {
    let (runtime, private) = (&port.runtime, port.runtime.private());
    let listed = quote!(<Self as #private::Listed>);
    let either = quote!(#private::Either);
    Parts {
        msg: quote!(#either<#rcv::Msg, #listed::Msg>),
        handle: quote! {
            async move {
                match __msg {
                    #either::A(__msg) => #rcv::handle(self, __ctx, __msg).await,
                    #either::B(__msg) => #listed::handle(self, __ctx, __msg).await,
                }
            }
        },
        // Each tag is that of one protocol, or else of the block, which may take all.
        decode: quote! {
            match #listed::decode(__msg) {
                ::core::result::Result::Ok(__msg) => __msg.map(#either::B),
                ::core::result::Result::Err(__msg) => {
                    #rcv::decode(__msg, #listed::TAGS).map(#either::A)
                }
            }
        },
        encode: quote! {
            match __msg {
                #either::A(__msg) => #rcv::encode(__msg, __to),
                #either::B(__msg) => #listed::encode(__msg, __to),
            }
        },
        lookup: Some(quote! {
            fn protocol(
                __port: &#runtime::Ref<Self>,
                __protocol: ::core::any::TypeId,
            ) -> ::core::option::Option<::std::boxed::Box<dyn ::core::any::Any>> {
                #listed::protocol(__port, __protocol)
            }
        }),
    }
}

/// `Port`, with everything taken from the `OneRcvBlock` impl that `#[rcv]` writes, and the protocols.
fn port_impl(port: &PortType) -> TokenStream {
    let PortType { runtime, generics, .. } = port;
    let private = runtime.private();
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (room, handle_type) = (port.port(), port.handle());
    let rcv = quote!(<Self as #private::OneRcvBlock>);
    let parts = if port.protocols.is_empty() { plain(&rcv) } else { with_protocols(port, &rcv) };
    let Parts { msg, handle, decode, encode, lookup } = parts;
    quote! {
        #[automatically_derived]
        impl #impl_generics #runtime::Port for #room #where_clause {
            type Msg = #msg;
            type Ref = #handle_type;
            const TAGS: &'static [&'static str] = #rcv::TAGS;

            fn handle(
                &mut self,
                __ctx: &mut #runtime::Ctx<Self>,
                __msg: #msg,
            ) -> impl ::core::future::Future<
                Output = ::core::result::Result<(), #runtime::Die>,
            > + ::core::marker::Send {
                #handle
            }

            fn decode(
                __msg: #runtime::Message,
            ) -> ::core::result::Result<#msg, #private::BadMessage> {
                #decode
            }

            fn encode(
                __msg: &#msg,
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

            fn stop_hook() -> ::core::option::Option<#runtime::StopHook<Self>> {
                #rcv::stop_hook()
            }

            #lookup
        }
    }
}
