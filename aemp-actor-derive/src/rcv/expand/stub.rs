//! What stands in for a port whose `#[rcv]` block is wrong: all names are there, so that the errors
//! reported are the only ones.

use proc_macro2::TokenStream;
use quote::quote;

use super::{conversation, handle, hidden};
use crate::rcv::handler::Handler;
use crate::rcv::model::Actor;

/// An `OneRcvBlock` impl without messages and a handle with all methods.
pub(crate) fn actor(actor: &Actor) -> TokenStream {
    let Actor { runtime, port, generics, .. } = actor;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let handlers =
        actor.handlers.iter().filter(|handler| handler.has_tag() && !handler.is_name_taken());
    let handle = handle::block(actor, handlers.map(|handler| method(actor, handler)));
    let generic = conversation::generic(actor);
    hidden(quote! {
        impl #impl_generics #runtime::__private::OneRcvBlock for #port #where_clause {
            type Msg = ::core::convert::Infallible;
            const TAGS: &'static [&'static str] = &[];

            async fn handle(
                &mut self,
                _: &mut #runtime::Ctx<Self>,
                __msg: Self::Msg,
            ) -> ::core::result::Result<(), #runtime::Die> {
                match __msg {}
            }

            fn decode(
                __msg: #runtime::Message,
                _: &[&'static [&'static str]],
            ) -> ::core::result::Result<Self::Msg, #runtime::__private::BadMessage> {
                ::core::unreachable!()
            }

            fn encode(
                __msg: &Self::Msg,
                _: #runtime::__private::Encoder<'_>,
            ) -> ::core::result::Result<(), #runtime::__private::Unencodable> {
                match *__msg {}
            }
        }
        #generic
        #handle
    })
}

/// A method of the handle without a body.
fn method(actor: &Actor, handler: &Handler) -> TokenStream {
    let Handler { name, cfgs, generics, visibility, .. } = handler;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let parameters = handle::parameters(&actor.runtime, handler);
    let result = handle::result(actor, handler);
    quote! {
        #(#cfgs)*
        #visibility fn #name #impl_generics (&self, #(#parameters),*) #result #where_clause {
            ::core::unreachable!()
        }
    }
}
