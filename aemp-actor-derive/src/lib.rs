//! stub
use proc_macro::TokenStream;
/// stub
#[proc_macro_derive(Port)]
pub fn port(_: TokenStream) -> TokenStream { TokenStream::new() }
/// stub
#[proc_macro_attribute]
pub fn rcv(_: TokenStream, i: TokenStream) -> TokenStream { i }
/// stub
#[proc_macro_attribute]
pub fn init(_: TokenStream, i: TokenStream) -> TokenStream { i }
