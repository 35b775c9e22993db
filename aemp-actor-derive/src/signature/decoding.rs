//! From a message to the arguments of a function.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::input::Inputs;
use crate::runtime::Runtime;

impl Inputs {
    /// Names for the values in generated code, whatever the parameters are called. As all names that
    /// are bound there they begin with two underscores: a constant of the user's that is called the
    /// same would be a pattern, and `#[init]` makes constants with the names of functions.
    pub(crate) fn values(&self) -> Vec<Ident> {
        let fixed = (0..self.arguments.len()).map(|index| format_ident!("__a{index}"));
        fixed.chain(self.rest.iter().map(|_| format_ident!("__rest"))).collect()
    }

    /// Binds the values, and `reply` if asked to, from `&__msg`; with `?` on a message of another
    /// shape.
    ///
    /// The types pass through a function of their own, one by one: of a type that cannot be
    /// deserialised the compiler then speaks once, where the user wrote it.
    pub(crate) fn decoding(&self, runtime: &Runtime, reply: bool) -> TokenStream {
        let values = &self.values()[..self.arguments.len()];
        let params: Vec<_> =
            (0..self.arguments.len()).map(|index| format_ident!("A{index}")).collect();
        let types = self.arguments.iter().map(|argument| &argument.ty);
        let labels = self.arguments.iter().map(|argument| &argument.label);
        let port = quote!(::core::option::Option<#runtime::__private::Asker>);
        let (function, output, binding) = match (self.rest.is_some(), reply) {
            (false, false) => ("args", quote!((#(#params,)*)), quote!((#(#values,)*))),
            (true, false) => (
                "args_rest",
                quote!(((#(#params,)*), #runtime::Rest)),
                quote!(((#(#values,)*), __rest)),
            ),
            (false, true) => {
                ("args_reply", quote!(((#(#params,)*), #port)), quote!(((#(#values,)*), __reply)))
            }
            (true, true) => (
                "args_rest_reply",
                quote!(((#(#params,)*), #runtime::Rest, #port)),
                quote!(((#(#values,)*), __rest, __reply)),
            ),
        };
        let function = format_ident!("{function}");
        let private = quote!(#runtime::__private);
        let bounds = quote! {
            #private::serde::de::DeserializeOwned + ::core::marker::Send + 'static
        };
        quote! {
            fn args<#(#params: #bounds),*>(
                __msg: &#runtime::Message,
            ) -> ::core::result::Result<#output, #private::BadMessage> {
                #private::#function::<(#(#params,)*)>(__msg, &[#(#labels),*])
            }
            let #binding = args::<#(#types),*>(&__msg)?;
        }
    }
}
