//! `#[init]`: a function that starts a port, spawnable by name from any node.

mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemFn;

use crate::diagnostic::Errors;

/// Expands `#[init(options)]` on `item`.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = parse::Options::read(options, &mut errors);
    let function = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            errors.push(parse::no_function(&item, error));
            return quote!(#item #errors);
        }
    };
    let init = model::InitFunction::new(options, function, &mut errors);
    let output = if errors.is_empty() { expand::stand_in(&init) } else { expand::stub(&init) };
    quote!(#output #errors)
}
