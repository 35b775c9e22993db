//! The `Rcv` impl: handling, decoding and encoding messages.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::diagnostic::located;
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
    let (runtime, message) = (&actor.runtime, &actor.message);
    let arms = actor.messages().map(|handler| handle_arm(actor, handler));
    // At the port, where the compiler then says that it is none.
    let head = quote! {
        async fn handle(
            &mut self,
            ctx: &mut #runtime::Ctx<Self>,
            msg: Self::Msg,
        ) -> ::core::result::Result<(), #runtime::Die>
    };
    let head = located(head, &actor.port);
    quote! {
        #head {
            match msg {
                #(#arms)*
                #message::__Never(_, never) => match never {},
            }
            ::core::result::Result::Ok(())
        }
    }
}

fn handle_arm(actor: &Actor, handler: &Handler) -> TokenStream {
    let cfgs = &handler.cfgs;
    let pattern = pattern(actor, handler);
    let call = call(handler, &handler.inputs.values());
    let finish = match (&handler.output.value, handler.kind) {
        (None, _) => quote!(#call;),
        (Some(ty), kind) => {
            let give = match kind {
                Kind::Local => quote!(reply.answer_local(answer)),
                _ => quote!(reply.answer(ctx, answer)),
            };
            // At the type, where the compiler then says that it cannot be serialised.
            let give = located(give, ty);
            quote! {
                let answer = #call;
                #give;
            }
        }
    };
    quote!(#(#cfgs)* #pattern => { #finish })
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
    let (runtime, message) = (&actor.runtime, &actor.message);
    let Handler { name, inputs, output, .. } = handler;
    let (values, decoding) = (inputs.values(), inputs.decoding(runtime, output.value.is_some()));
    let reply =
        output.value.iter().map(|ty| quote!(#runtime::__private::Reply::<#ty>::port(reply)));
    quote! {
        #decoding
        ::core::result::Result::Ok(#message::#name(#(#values,)* #(#reply)*))
    }
}

/// From the values of a message to its octets.
fn encode(actor: &Actor) -> TokenStream {
    let (runtime, message) = (&actor.runtime, &actor.message);
    let arms = actor.messages().map(|handler| {
        let (cfgs, message, name) = (&handler.cfgs, &actor.message, &handler.name);
        let pattern = pattern(actor, handler);
        let tag = &handler.tag;
        match handler.kind {
            Kind::Local => quote!(#(#cfgs)* #message::#name(..) => to.local_only(#tag),),
            Kind::Default => {
                let values = handler.inputs.values();
                quote!(#(#cfgs)* #pattern => to.forward(#(#values),*),)
            }
            _ => {
                let value = encode_wire(actor, handler);
                quote!(#(#cfgs)* #pattern => { #value })
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
                #message::__Never(_, never) => match *never {},
            }
        }
    }
}

/// The types pass through a function of their own, one by one: of a type that cannot be serialised
/// the compiler then speaks once, where the user wrote it.
fn encode_wire(actor: &Actor, handler: &Handler) -> TokenStream {
    let (tag, private) = (&handler.tag, actor.runtime.private());
    let Handler { inputs, output, .. } = handler;
    let values = inputs.values();
    let fixed = &values[..inputs.arguments.len()];
    let params: Vec<_> = (0..fixed.len()).map(|index| format_ident!("A{index}")).collect();
    let types = inputs.arguments.iter().map(|argument| &argument.ty).chain(&output.value);
    let rest = inputs.rest.iter().map(|_| quote!(rest)).collect::<TokenStream>();
    let reply = output.value.iter().map(|_| quote!(reply)).collect::<TokenStream>();
    let write = match (rest.is_empty(), reply.is_empty()) {
        (true, _) => quote!(message(&(#tag, #(#fixed,)* #reply))),
        (false, true) => quote!(message_rest(&(#tag, #(#fixed,)*), rest)),
        (false, false) => quote!(message_rest_reply(&(#tag, #(#fixed,)*), rest, reply)),
    };
    let runtime = &actor.runtime;
    let rest_param = inputs.rest.iter().map(|_| quote!(rest: &#runtime::Rest,));
    let answer = output.value.iter().map(|_| format_ident!("R"));
    let reply_param = output.value.iter().map(|_| quote!(reply: &#private::Reply<R>,));
    quote! {
        fn write<#(#params: #private::serde::Serialize,)* #(#answer)*>(
            to: #private::Encoder<'_>,
            #(#fixed: &#params,)*
            #(#rest_param)*
            #(#reply_param)*
        ) -> ::core::result::Result<(), #private::Unencodable> {
            to.#write
        }
        write::<#(#types),*>(to, #(#values,)* #reply)
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
    let values = handler.inputs.values();
    let reply = handler.output.value.iter().map(|_| format_ident!("reply"));
    quote!(#message::#name(#(#values,)* #(#reply)*))
}
