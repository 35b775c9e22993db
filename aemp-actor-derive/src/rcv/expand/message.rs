//! The enum of a port's messages: how they lie in its mailbox.

use proc_macro2::TokenStream;
use quote::quote;

use crate::rcv::handler::Handler;
use crate::rcv::model::Actor;

/// Declares the enum: a variant for each message, named as its method, with the arguments and, for
/// a request, the reply port last.
pub(crate) fn declare(actor: &Actor) -> TokenStream {
    let (message, runtime) = (&actor.message, &actor.runtime);
    let (impl_generics, _, where_clause) = actor.generics.split_for_impl();
    let variants = actor.messages().map(|handler| {
        let Handler { name, cfgs, output, .. } = handler;
        let types = handler.arguments().map(|argument| &argument.ty);
        let reply = output.value.iter().map(|ty| quote!(#runtime::__private::Reply<#ty>));
        quote!(#(#cfgs)* #name(#(#types,)* #(#reply)*))
    });
    let params = actor.generics.type_params().map(|param| &param.ident);
    quote! {
        #[doc(hidden)]
        pub enum #message #impl_generics #where_clause {
            #(#variants,)*
            __Never(
                ::core::marker::PhantomData<(#(fn(*const #params),)*)>,
                ::core::convert::Infallible,
            ),
        }
    }
}
