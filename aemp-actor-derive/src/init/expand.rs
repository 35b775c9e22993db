//! Writes the function that stands for an init function.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Generics;

use super::model::InitFunction;
use crate::diagnostic::located;
use crate::signature::Check;

/// A function of the same name that gives the `InitFn`: with the user's function, its decoding form and its registration inside.
pub(crate) fn stand_in(init: &InitFunction) -> TokenStream {
    let InitFunction { name, runtime, function, .. } = init;
    let (init_fn, run) = (init_fn(init), run(init));
    let mut check = Check::default();
    init.types().for_each(|ty| check.serialize(ty));
    let check = check.expand(runtime, &Generics::default());
    let value = located(quote!(#runtime::__private::InitFn::new(#name, __run)), init.port());
    declare(
        init,
        &init_fn,
        &quote! {
            #function
            #run
            #check
            static __INIT: #init_fn = #value;
            #runtime::__private::inventory::submit! {
                #runtime::__private::InitEntry::new(&__INIT)
            }
            #value
        },
    )
}

/// The same for a function that is wrong; it starts nothing.
pub(crate) fn stub(init: &InitFunction) -> TokenStream {
    let InitFunction { name, runtime, function, .. } = init;
    let port = port(init);
    declare(
        init,
        &quote!(#runtime::__private::InitFn<(), #port>),
        &quote! {
            #function
            #runtime::__private::InitFn::new(#name, |_, _| ::core::unreachable!())
        },
    )
}

/// The function around `body`.
fn declare(init: &InitFunction, init_fn: &TokenStream, body: &TokenStream) -> TokenStream {
    let InitFunction { visibility, attributes, function, .. } = init;
    let name = &function.sig.ident;
    quote! {
        #(#attributes)*
        #[allow(dead_code)]
        #visibility fn #name() -> #init_fn {
            #body
        }
    }
}

/// What it gives.
fn init_fn(init: &InitFunction) -> TokenStream {
    let InitFunction { runtime, .. } = init;
    let (port, types) = (port(init), init.types());
    // At the port, where the compiler then says that it is none.
    located(quote!(#runtime::__private::InitFn<(#(#types,)*), #port>), init.port())
}

/// The port that the function returns, or the one whose handlers it set.
fn port(init: &InitFunction) -> TokenStream {
    let runtime = &init.runtime;
    match init.port() {
        Some(port) => quote!(#port),
        None => quote!(#runtime::FnPort),
    }
}

/// The function as nodes call it: with a message.
fn run(init: &InitFunction) -> TokenStream {
    let InitFunction { runtime, function, inputs, .. } = init;
    let (port, name) = (port(init), &function.sig.ident);
    let (decoding, values) = (inputs.decoding(runtime, false), inputs.values());
    let context = inputs.context.then(|| quote!(__init,));
    let wait = function.sig.asyncness.map(|_| quote!(.await));
    let head = quote! {
        fn __run(
            __init: &mut #runtime::Init,
            __msg: #runtime::Message,
        ) -> #runtime::__private::InitFuture<'_, #port>
    };
    let call = quote!(#name(#context #(#values),*) #wait);
    let into_port = quote!(#runtime::__private::InitOutput::into_port(#call, __init));
    let (head, into_port) = (located(head, init.port()), located(into_port, init.port()));
    quote! {
        #[allow(deprecated, unreachable_code, clippy::all, clippy::pedantic)]
        #head {
            ::std::boxed::Box::pin(async move {
                #decoding
                #into_port
            })
        }
    }
}
