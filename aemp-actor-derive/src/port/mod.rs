//! `derive(Port)`: the handle of a port, and the port's messages taken over from `#[rcv]`.

mod conversation;
pub(crate) mod expand;
mod model;
mod parse;
mod protocols;

pub(crate) use model::PortType;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::diagnostic::Errors;

/// Expands `#[derive(Port)]` on `item`.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let port = errors
        .keep(syn::parse2::<DeriveInput>(item))
        .and_then(|item| {
            let options = parse::Options::read(&item.attrs, &mut errors);
            model::PortType::new(&item, options, &mut errors)
        })
        .map(|port| conversation::port(&port));
    quote!(#port #errors)
}
