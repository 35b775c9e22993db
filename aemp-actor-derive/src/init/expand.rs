//! Writes the constant that stands for an init function.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Generics;

use super::model::InitFunction;
use crate::signature::Check;

/// The constant, with the function, its decoding form and its registration inside.
pub(crate) fn constant(init: &InitFunction) -> TokenStream {
    let InitFunction { name, runtime, function, .. } = init;
    let (port, types) = (port(init), init.types());
    let run = run(init);
    let mut check = Check::default();
    init.types().for_each(|ty| check.wire(ty, &[]));
    let check = check.expand(runtime, &Generics::default());
    declare(
        init,
        &quote! {
            #function
            #run
            #[allow(dead_code)]
            #check
            #runtime::__private::inventory::submit! {
                #runtime::__private::InitEntry::new::<#port>(#name, __run)
            }
            #runtime::InitFn::<(#(#types,)*), #port>::new(#name, __run)
        },
    )
}

/// The same constant for a function that is wrong; it starts nothing.
pub(crate) fn stub(init: &InitFunction) -> TokenStream {
    let InitFunction { name, runtime, function, .. } = init;
    declare(
        init,
        &quote! {
            #[allow(dead_code)]
            #function
            #runtime::InitFn::new(#name, |_, _| ::core::unimplemented!())
        },
    )
}

/// The constant around `body`.
fn declare(init: &InitFunction, body: &TokenStream) -> TokenStream {
    let InitFunction { runtime, visibility, attributes, function, .. } = init;
    let (port, types) = (port(init), init.types());
    let name = &function.sig.ident;
    quote! {
        #(#attributes)*
        #[allow(dead_code, non_upper_case_globals)]
        #visibility const #name: #runtime::InitFn<(#(#types,)*), #port> = {
            #body
        };
    }
}

/// The port that the function returns, or the one whose handlers it set.
fn port(init: &InitFunction) -> TokenStream {
    let runtime = &init.runtime;
    match &init.output.value {
        Some(port) => quote!(#port),
        None => quote!(#runtime::FnPort),
    }
}

/// The function as nodes call it: with a message.
fn run(init: &InitFunction) -> TokenStream {
    let InitFunction { runtime, function, inputs, output, .. } = init;
    let (port, types, name) = (port(init), init.types(), &function.sig.ident);
    let labels = inputs.arguments.iter().map(|argument| &argument.label);
    let values: Vec<_> =
        (0..inputs.arguments.len()).map(|index| format_ident!("a{index}")).collect();
    let (decode, binding, rest) = match inputs.rest {
        None => ("args", quote!((#(#values,)*)), None),
        Some(_) => ("args_rest", quote!(((#(#values,)*), rest)), Some(quote!(rest))),
    };
    let decode = format_ident!("{decode}");
    let context = inputs.context.then(|| quote!(init,));
    let wait = function.sig.asyncness.map(|_| quote!(.await));
    let or_die = output.fallible.then(|| quote!(?));
    let call = quote!(#name(#context #(#values,)* #rest) #wait #or_die);
    let result = match output.value {
        Some(_) => quote!(::core::result::Result::Ok(#call)),
        None => quote! {
            #call;
            ::core::result::Result::Ok(#runtime::__private::closure_port(init))
        },
    };
    quote! {
        #[allow(deprecated, unreachable_code, clippy::all, clippy::pedantic)]
        fn __run(
            init: &mut #runtime::Init,
            msg: #runtime::Message,
        ) -> #runtime::__private::InitFuture<'_, #port> {
            ::std::boxed::Box::pin(async move {
                let #binding =
                    #runtime::__private::#decode::<(#(#types,)*)>(&msg, &[#(#labels),*])?;
                #result
            })
        }
    }
}
