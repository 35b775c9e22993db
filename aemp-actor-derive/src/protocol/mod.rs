//! `#[protocol]`: the methods of a trait as messages that ports of many types answer.
//!
//! A protocol is what the block of a port is, without the port: the same message enum, decoding,
//! encoding and handle are written for it. What differs is who handles: whatever port implements the
//! trait, which is a method for each message in one form for all.

mod expand;
mod model;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostic::Errors;

/// Expands `#[protocol(options)]` on `item`.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(protocol) = model::Protocol::read(options, item.clone(), &mut errors) else {
        return quote!(#item #errors);
    };
    let output = errors.is_empty().then(|| expand::protocol(&protocol));
    quote!(#output #errors)
}
