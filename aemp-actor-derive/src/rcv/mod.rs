//! `#[rcv]`: the methods of an impl block as the messages of a port.

mod bounds;
pub(crate) mod expand;
pub(crate) mod handler;
pub(crate) mod model;
pub(crate) mod parse;
mod protocol;

pub(crate) use protocol::reply_type;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostic::Errors;

/// Expands `#[rcv(options)]` on `item`.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(block) = parse::Block::read(options, item.clone(), &mut errors) else {
        return quote!(#item #errors);
    };
    if block.item.trait_.is_some() {
        return protocol::expand(block, errors);
    }
    let actor = model::Actor::new(&block, &mut errors);
    let item = &block.item;
    let output = actor.map(|actor| match errors.is_empty() {
        true => expand::actor(&actor),
        false => expand::stub::actor(&actor),
    });
    quote!(#item #output #errors)
}
