//! Writes what `#[rcv]` adds to an impl block.
//!
//! Everything goes into an unnamed constant, so that nothing of it can be named or clash: the
//! `message` enum, the `conversation` (the `OneRcvBlock` impl), the methods of the `handle`, and questions
//! to the compiler about the types. Where something was wrong, the `stub` stands in for all that.

pub(crate) mod conversation;
pub(crate) mod handle;
pub(crate) mod message;
pub(crate) mod stub;

use proc_macro2::TokenStream;
use quote::quote;

use super::bounds::Unknown;
use super::handler::Kind;
use super::model::Actor;
use crate::signature::Check;

/// Everything that `#[rcv]` adds.
pub(crate) fn actor(actor: &Actor) -> TokenStream {
    let message = message::declare(actor);
    let conversation = conversation::rcv_impl(actor);
    let generic = conversation::generic(actor);
    let handle = handle::methods(actor);
    let check = check(actor);
    hidden(quote!(#check #message #conversation #generic #handle))
}

/// An unnamed constant around generated items, which no lint has to like.
pub(crate) fn hidden(items: TokenStream) -> TokenStream {
    quote! {
        #[allow(
            dead_code,
            deprecated,
            missing_docs,
            non_camel_case_types,
            non_snake_case,
            private_bounds,
            private_interfaces,
            unreachable_code,
            unreachable_patterns,
            unreachable_pub,
            unused_mut,
            unused_variables,
            clippy::all,
            clippy::pedantic
        )]
        const _: () = {
            #items
        };
    }
}

/// Asks about parameters, and about the types of local messages; those of others are checked as they are
/// encoded.
pub(crate) fn check(actor: &Actor) -> Option<TokenStream> {
    let mut check = Check::default();
    for Unknown { name, is_sent } in &actor.unknown {
        check.parameter(name, *is_sent);
    }
    for handler in actor.of(Kind::Local) {
        let types = handler.arguments().map(|argument| &argument.ty);
        for ty in types.chain(&handler.output.value) {
            check.local(ty, &handler.cfgs);
        }
    }
    check.expand(&actor.runtime, &actor.written)
}
