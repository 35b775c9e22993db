//! The `Rcv` impl: handling, decoding and encoding messages.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::message::never;
use crate::rcv::handler::{Handler, Kind};
use crate::rcv::model::Actor;

/// Writes `impl Rcv for Room`.
pub(crate) fn rcv_impl(actor: &Actor) -> TokenStream {
    let Actor { runtime, port, message, generics, .. } = actor;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, arguments, _) = generics.split_for_impl();
    let tags = actor.of(Kind::Wire).map(|Handler { cfgs, tag, .. }| quote!(#(#cfgs)* #tag));
    let handle = handle(actor);
    let decode = decode(actor);
    let encode = encode(actor);
    let bad_message = bad_message(actor);
    quote! {
        #[automatically_derived]
        impl #impl_generics #runtime::__private::Rcv for #port #where_clause {
            type Msg = #message #arguments;
            const TAGS: &'static [&'static str] = &[#(#tags),*];
            #handle
            #decode
            #encode
            #bad_message
        }
    }
}

/// Calls the method of the message, and answers.
fn handle(actor: &Actor) -> TokenStream {
    let (runtime, never) = (&actor.runtime, never(actor));
    let arms = actor.messages().map(|handler| handle_arm(actor, handler));
    quote! {
        async fn handle(
            &mut self,
            ctx: &mut #runtime::Ctx<Self>,
            msg: Self::Msg,
        ) -> ::core::result::Result<(), #runtime::Die> {
            match msg {
                #(#arms)*
                #never
            }
            ::core::result::Result::Ok(())
        }
    }
}

fn handle_arm(actor: &Actor, handler: &Handler) -> TokenStream {
    let (runtime, cfgs) = (&actor.runtime, &handler.cfgs);
    let pattern = pattern(actor, handler);
    let call = call(handler, &values(handler));
    match handler.output.value {
        Some(_) => quote! {
            #(#cfgs)*
            #pattern => {
                let answer = #call;
                #runtime::__private::Reply::answer(reply, ctx, answer);
            }
        },
        None => quote!(#(#cfgs)* #pattern => { #call; }),
    }
}

/// `Self::say(self, ctx, a0).await?`
fn call(handler: &Handler, values: &[Ident]) -> TokenStream {
    let name = &handler.name;
    let context = handler.inputs.context.then(|| quote!(ctx,));
    let wait = handler.is_async.then(|| quote!(.await));
    let or_die = handler.output.fallible.then(|| quote!(?));
    quote!(Self::#name(self, #context #(#values),*) #wait #or_die)
}

/// From the octets of a message to its values.
fn decode(actor: &Actor) -> TokenStream {
    let runtime = &actor.runtime;
    let arms = actor.handlers.iter().filter_map(|handler| {
        let (tag, cfgs) = (&handler.tag, &handler.cfgs);
        let value = match handler.kind {
            Kind::Wire => decode_wire(actor, handler),
            Kind::Local => quote! {
                ::core::result::Result::Err(#runtime::__private::BadMessage::local_only(msg))
            },
            Kind::Default | Kind::BadMessage => return None,
        };
        Some(quote!(#(#cfgs)* #tag => { #value }))
    });
    let message = &actor.message;
    let default = actor.of(Kind::Default).map(|Handler { name, cfgs, .. }| {
        quote!(#(#cfgs)* _ => ::core::result::Result::Ok(#message::#name(msg)),)
    });
    quote! {
        fn decode(
            msg: #runtime::Message,
        ) -> ::core::result::Result<Self::Msg, #runtime::__private::BadMessage> {
            match #runtime::Message::tag(&msg) {
                #(#arms)*
                #(#default)*
                _ => ::core::result::Result::Err(
                    #runtime::__private::BadMessage::unknown(
                        msg,
                        <Self as #runtime::__private::Rcv>::TAGS,
                    ),
                ),
            }
        }
    }
}

fn decode_wire(actor: &Actor, handler: &Handler) -> TokenStream {
    let (runtime, message, name) = (&actor.runtime, &actor.message, &handler.name);
    let values = values(handler);
    let fixed = &values[..handler.inputs.arguments.len()];
    let types = handler.inputs.arguments.iter().map(|argument| &argument.ty);
    let labels = handler.inputs.arguments.iter().map(|argument| &argument.label);
    let (function, binding, reply) = match (&handler.inputs.rest, &handler.output.value) {
        (None, None) => ("args", quote!((#(#fixed,)*)), None),
        (Some(_), None) => ("args_rest", quote!(((#(#fixed,)*), rest)), None),
        (None, Some(_)) => ("args_reply", quote!(((#(#fixed,)*), reply)), Some(())),
        (Some(_), Some(_)) => ("args_rest_reply", quote!(((#(#fixed,)*), rest, reply)), Some(())),
    };
    let function = format_ident!("{function}");
    let reply = reply.map(|()| quote!(#runtime::__private::Reply::port(reply)));
    quote! {
        let #binding = #runtime::__private::#function::<(#(#types,)*)>(&msg, &[#(#labels),*])?;
        ::core::result::Result::Ok(#message::#name(#(#values,)* #reply))
    }
}

/// From the values of a message to its octets.
fn encode(actor: &Actor) -> TokenStream {
    let (runtime, never) = (&actor.runtime, never(actor));
    let arms = actor.messages().map(|handler| {
        let (cfgs, message, name) = (&handler.cfgs, &actor.message, &handler.name);
        let pattern = pattern(actor, handler);
        let tag = &handler.tag;
        match handler.kind {
            Kind::Local => quote!(#(#cfgs)* #message::#name(..) => to.local_only(#tag),),
            Kind::Default => {
                let values = values(handler);
                quote!(#(#cfgs)* #pattern => to.forward(#(#values),*),)
            }
            _ => {
                let value = encode_wire(handler);
                quote!(#(#cfgs)* #pattern => #value,)
            }
        }
    });
    quote! {
        fn encode(
            msg: &Self::Msg,
            to: #runtime::__private::Encoder<'_>,
        ) -> ::core::result::Result<(), #runtime::__private::Unencodable> {
            match msg {
                #(#arms)*
                #never
            }
        }
    }
}

fn encode_wire(handler: &Handler) -> TokenStream {
    let tag = &handler.tag;
    let values = values(handler);
    let fixed = &values[..handler.inputs.arguments.len()];
    match (&handler.inputs.rest, &handler.output.value) {
        (None, None) => quote!(to.message(&(#tag, #(#fixed,)*))),
        (None, Some(_)) => quote!(to.message(&(#tag, #(#fixed,)* reply))),
        (Some(_), None) => quote!(to.message_rest(&(#tag, #(#fixed,)*), rest)),
        (Some(_), Some(_)) => quote!(to.message_rest_reply(&(#tag, #(#fixed,)*), rest, reply)),
    }
}

/// Calls the method for bad messages, if there is one; two of them are kept apart by `cfg`, and so
/// are then the functions written here.
fn bad_message(actor: &Actor) -> TokenStream {
    let runtime = &actor.runtime;
    let functions = actor.of(Kind::BadMessage).map(|handler| {
        let cfgs = &handler.cfgs;
        let call = call(handler, &[format_ident!("bad")]);
        quote! {
            #(#cfgs)*
            fn bad_message(
                &mut self,
                ctx: &mut #runtime::Ctx<Self>,
                bad: #runtime::__private::BadMessage,
            ) -> ::core::result::Result<(), #runtime::Die> {
                #call;
                ::core::result::Result::Ok(())
            }
        }
    });
    functions.collect()
}

/// The variant with its values bound.
fn pattern(actor: &Actor, handler: &Handler) -> TokenStream {
    let (message, name) = (&actor.message, &handler.name);
    let values = values(handler);
    let reply = handler.output.value.iter().map(|_| format_ident!("reply"));
    quote!(#message::#name(#(#values,)* #(#reply)*))
}

/// Names for the values of a message, whatever the method calls them.
fn values(handler: &Handler) -> Vec<Ident> {
    let fixed = (0..handler.inputs.arguments.len()).map(|index| format_ident!("a{index}"));
    fixed.chain(handler.inputs.rest.iter().map(|_| format_ident!("rest"))).collect()
}
