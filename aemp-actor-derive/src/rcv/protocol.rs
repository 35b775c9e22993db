//! `#[rcv] impl Screen for Terminal`: the methods that answer the messages of a protocol.
//!
//! They are as free as those of the port's own block: with or without the context, `async`, failing,
//! answering later. So they stand in an impl block of the type, under names that nobody else uses, and
//! the trait's methods, which all have one form, call them.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Ident, ImplItem, ItemImpl, Path};

use super::bounds;
use super::expand::{conversation, hidden};
use super::handler::{Handler, Kind};
use super::model::sent;
use super::parse::{Block, Options};
use crate::diagnostic::{Errors, located};
use crate::runtime::Runtime;

const NO_OPTIONS: &str =
    "the protocol says what is sent: write the option above the method of the trait";

/// Traits that come to mind. Of others the compiler says that they lack what a protocol has.
const NO_PROTOCOLS: [&str; 9] =
    ["Clone", "Debug", "Default", "Display", "Drop", "From", "Future", "Iterator", "Port"];

/// Writes the block anew, as two.
pub(super) fn expand(block: Block, mut errors: Errors) -> TokenStream {
    let Block { runtime, handle, strict, mut item, methods } = block;
    let Some((protocol, _)) = item.trait_.clone() else { return quote!(#item #errors) };
    if NO_PROTOCOLS.iter().any(|name| protocol.is_ident(name)) {
        let text = "messages are a port's own methods, or those of a trait with #[protocol]: this is \
                    none";
        errors.at(&protocol, text);
        return quote!(#item #errors);
    }
    for option in [handle, strict].into_iter().flatten() {
        errors.at(option, "this is an option of the port's own block: write it there");
    }
    let port = (*item.self_ty).clone();
    let names = protocol.segments.iter().map(|segment| segment.ident.unraw().to_string());
    let name = Vec::from_iter(names).join("_");
    let mut handlers = Vec::new();
    for (method, options) in &methods {
        refuse(options, &mut errors);
        let around = (&*method.attrs, &method.vis);
        // Whether nothing is an answer is seen at the method, as its other answers are.
        let own = Options { request: options.request.clone(), ..Options::default() };
        let mut handler = Handler::new(around, &method.sig, &own, (&port, true), &mut errors);
        if let Some(handler) = &mut handler {
            handler.method = method_name(&name, &handler.name);
        }
        handlers.extend(handler);
    }
    let serde = quote!(#runtime::__private::serde);
    bounds::demand(&mut item.generics, sent(&handlers), &serde, &mut errors);
    if !errors.is_empty() {
        let stub = quote!(::core::future::pending());
        let answers = handlers.iter().map(|handler| answer(&runtime, handler, &stub));
        item.items = answers.map(ImplItem::Verbatim).collect();
        return quote!(#item #errors);
    }
    let own = own_methods(&mut item, &handlers);
    let answers = handlers.iter().map(|handler| {
        let body = conversation::finish(handler);
        let body = conversation::future(&runtime, &body, handler.is_async);
        answer(&runtime, handler, &body)
    });
    item.items.extend(answers.map(ImplItem::Verbatim));
    let listed = listed(&runtime, &item, &protocol);
    quote!(#own #[allow(deprecated, clippy::all, clippy::pedantic)] #item #listed)
}

/// Reports options: they are the protocol's.
fn refuse(options: &Options, errors: &mut Errors) {
    let Options { tag, local, request: _, default, bad_message, skip, stop } = options;
    let words = [local, default, bad_message, skip, stop].into_iter().flatten();
    words.for_each(|word| errors.at(word, NO_OPTIONS));
    if let Some(tag) = tag {
        errors.at(tag, NO_OPTIONS);
    }
}

fn method_name(protocol: &str, method: &Ident) -> Ident {
    format_ident!("__{protocol}_{}", method.unraw(), span = method.span())
}

/// Takes the handlers out of the block, into one of the type itself.
fn own_methods(item: &mut ItemImpl, handlers: &[Handler]) -> TokenStream {
    let mut methods = Vec::new();
    item.items.retain_mut(|part| {
        let ImplItem::Fn(method) = part else { return true };
        let ours = handlers.iter().find(|handler| handler.name == method.sig.ident);
        if let Some(handler) = ours {
            method.sig.ident = handler.method.clone();
            methods.push(method.clone());
        }
        ours.is_none()
    });
    let (attrs, port) = (&item.attrs, &item.self_ty);
    let (impl_generics, _, where_clause) = item.generics.split_for_impl();
    quote! {
        #(#attrs)*
        #[allow(non_snake_case)]
        impl #impl_generics #port #where_clause {
            #(#methods)*
        }
    }
}

/// The method of the trait.
fn answer(runtime: &Runtime, handler: &Handler, body: &TokenStream) -> TokenStream {
    let Handler { name, cfgs, inputs, .. } = handler;
    let values = inputs.values();
    let types = handler.arguments().map(|argument| &argument.ty);
    let reply = reply_type(runtime, handler);
    let output = conversation::future_type(runtime);
    let ctx = located(quote!(__ctx: &mut #runtime::Ctx<Self>), name);
    quote! {
        #(#cfgs)*
        #[allow(unused_variables)]
        fn #name(&mut self, #ctx, #(#values: #types,)* __reply: #reply) -> #output {
            #body
        }
    }
}

/// The last parameter of the trait's method: how the message is answered.
pub(crate) fn reply_type(runtime: &Runtime, handler: &Handler) -> TokenStream {
    debug_assert!(matches!(handler.kind, Kind::Wire | Kind::Local));
    match &handler.output.value {
        Some(answer) => located(quote!(#runtime::__private::Reply<#answer>), answer),
        None => located(quote!(#runtime::__private::NoAnswer), &handler.name),
    }
}

/// Says that the port implements the protocol, and asks the compiler whether the port lists it, at the
/// name of that.
fn listed(runtime: &Runtime, item: &ItemImpl, protocol: &Path) -> TokenStream {
    let private = runtime.private();
    let port = &item.self_ty;
    let (impl_generics, _, where_clause) = item.generics.split_for_impl();
    let output = conversation::future_type(runtime);
    // At the trait, where the compiler then says that it is no protocol.
    let handle = located(quote!(type __Handle<__T: #protocol> = __T::__Protocol;), protocol);
    let question = located(quote!(listed::<#port, __Handle<#port>>();), protocol);
    hidden(quote! {
        #[allow(type_alias_bounds)]
        #handle
        #[automatically_derived]
        impl #impl_generics #private::Implements<__Handle<#port>> for #port #where_clause {
            fn handle_protocol(
                &mut self,
                __ctx: &mut #runtime::Ctx<Self>,
                __msg: <__Handle<#port> as #private::Protocol>::Msg,
            ) -> #output
            where
                Self: #runtime::Port,
            {
                <__Handle<#port> as #private::Handles<Self>>::handle(self, __ctx, __msg)
            }
        }
        fn __listed #impl_generics () #where_clause {
            fn listed<P: #private::Answers<H>, H: #private::Protocol>() {}
            #question
        }
    })
}
