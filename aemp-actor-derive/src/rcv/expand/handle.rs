//! The methods of the handle: one for each message, with its name, arguments and documentation.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::diagnostic::located;
use crate::rcv::handler::{Handler, Kind};
use crate::rcv::model::Actor;
use crate::runtime::Runtime;
use crate::signature::Taken;

/// Writes `impl RoomRef`.
pub(crate) fn methods(actor: &Actor) -> TokenStream {
    let handlers = actor.handlers.iter().filter(|handler| handler.has_tag());
    block(actor, handlers.map(|handler| method(actor, handler)))
}

/// The impl block of the handle around its methods.
pub(crate) fn block(actor: &Actor, methods: impl Iterator<Item = TokenStream>) -> TokenStream {
    let (impl_generics, _, where_clause) = actor.generics.split_for_impl();
    let handle = &actor.handle;
    quote! {
        impl #impl_generics #handle #where_clause {
            #(#methods)*
        }
    }
}

fn method(actor: &Actor, handler: &Handler) -> TokenStream {
    let (message, private) = (&actor.message, actor.runtime.private());
    let (Handler { name, cfgs, visibility, .. }, docs) = (handler, docs(handler));
    let parameters = parameters(&actor.runtime, handler);
    let values = Vec::from_iter(handler.arguments().map(|argument| {
        let name = &argument.name;
        match Taken::of(&argument.ty) {
            Taken::AsItIs => quote!(#name,),
            Taken::Into => quote!(::core::convert::Into::into(#name),),
            Taken::Parts => quote!(#private::IntoArgument::into_argument(#name),),
        }
    }));
    let result = result(actor, handler);
    // Not the caller's: an argument may be called the same.
    let reply = Ident::new("__reply", Span::mixed_site());
    let to = &actor.reference;
    // A port with protocols has other messages, too.
    let into = quote!(::core::convert::Into::into);
    let msg = quote!(#into(#message::#name(#(#values)*)));
    let request = quote!(|#reply| #into(#message::#name(#(#values)* #reply)));
    let body = match (handler.kind, &handler.output.value) {
        (Kind::Local, None) => quote!(#to::tell_local(self.__ref(), #msg)),
        (Kind::Local, Some(_)) => quote!(#to::call_local(self.__ref(), #request)),
        (_, None) => quote!(#to::tell(self.__ref(), #msg)),
        (_, Some(_)) => quote!(#to::call(self.__ref(), #request)),
    };
    // At the answer's type, where the compiler then says that it cannot be deserialised.
    let body = located(body, &handler.output.value);
    quote! {
        #(#cfgs)*
        #docs
        #[track_caller]
        #visibility fn #name(&self, #(#parameters),*) #result {
            #body
        }
    }
}

/// The parameters under their own names.
pub(crate) fn parameters(
    runtime: &Runtime,
    handler: &Handler,
) -> impl Iterator<Item = TokenStream> {
    handler.arguments().map(move |argument| {
        let (name, ty) = (&argument.name, &argument.ty);
        match Taken::of(ty) {
            Taken::AsItIs => quote!(#name: #ty),
            Taken::Into => quote!(#name: impl ::core::convert::Into<#ty>),
            Taken::Parts => quote!(#name: impl #runtime::plumbing::IntoArgument<#ty>),
        }
    })
}

/// What the method of the handle returns.
pub(crate) fn result(actor: &Actor, handler: &Handler) -> TokenStream {
    let runtime = &actor.runtime;
    match (&handler.output.value, handler.kind) {
        (Some(answer), _) => quote!(-> #runtime::Call<#answer>),
        (None, Kind::Local) => quote!(-> ::core::result::Result<(), #runtime::NotLocal>),
        (None, _) => quote!(),
    }
}

/// The documentation of the handler, or a line that says what the method does.
fn docs(handler: &Handler) -> TokenStream {
    let docs = &handler.docs;
    if docs.iter().any(|attribute| attribute.path().is_ident("doc")) {
        return quote!(#(#docs)*);
    }
    let verb = if handler.output.value.is_some() { "Requests" } else { "Sends" };
    let line = format!("{verb} `{}`.", handler.tag.value());
    quote!(#(#docs)* #[doc = #line])
}
