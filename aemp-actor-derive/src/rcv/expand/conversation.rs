//! The `OneRcvBlock` impl: handling, decoding and encoding messages.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Attribute;

use crate::diagnostic::located;
use crate::rcv::handler::{Handler, Kind};
use crate::rcv::model::Actor;
use crate::runtime::Runtime;

/// Writes `impl OneRcvBlock for Room`.
pub(crate) fn rcv_impl(actor: &Actor) -> TokenStream {
    let Actor { runtime, port, message, generics, .. } = actor;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, arguments, _) = generics.split_for_impl();
    let tags = actor.of(Kind::Wire).map(|Handler { cfgs, tag, .. }| quote!(#(#cfgs)* #tag));
    let handle = handle(actor);
    let unknown = quote! {
        #runtime::__private::unknown(
            __msg,
            <Self as #runtime::__private::OneRcvBlock>::TAGS,
            __more,
        )
    };
    let more = quote!(, __more: &[&'static [&'static str]]);
    let decode = decode(actor, &more, &unknown);
    let encode = encode(actor);
    let bad_message = bad_message(actor);
    let stop_hook = stop_hook(actor);
    quote! {
        #[automatically_derived]
        impl #impl_generics #runtime::__private::OneRcvBlock for #port #where_clause {
            type Msg = #message #arguments;
            const TAGS: &'static [&'static str] = &[#(#tags),*];
            #handle
            #decode
            #encode
            #bad_message
            #stop_hook
        }
    }
}

/// For the handle of a port with parameters: that it can be a port, with the bounds of the block. (A block
/// for a name alone may be of one, whose parameters have defaults.)
pub(crate) fn generic(actor: &Actor) -> TokenStream {
    let Actor { runtime, port, generics, .. } = actor;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    // At the port, where the compiler then says that it cannot be sent.
    located(
        quote! {
            #[automatically_derived]
            impl #impl_generics #runtime::__private::GenericRcvBlock for #port #where_clause {}
        },
        port,
    )
}

/// Calls the method of the message, and answers: at once where no handler waits, so that nothing of
/// the message has to be kept in a future.
fn handle(actor: &Actor) -> TokenStream {
    let (runtime, message) = (&actor.runtime, &actor.message);
    let arms = actor.messages().map(|handler| handle_arm(actor, handler));
    let body = quote! {
        match __msg {
            #(#arms)*
            #message::__Never(_, __never) => match __never {},
        }
    };
    let parameters = quote!(&mut self, __ctx: &mut #runtime::Ctx<Self>, __msg: Self::Msg);
    let body = future(runtime, &body, actor.messages().any(|handler| handler.is_async));
    let output = future_type(runtime);
    // At the port, where the compiler then says that it is none.
    let head = located(quote!(fn handle(#parameters) -> #output), &actor.port);
    quote!(#head { #body })
}

/// What handling a message gives.
pub(crate) fn future_type(runtime: &Runtime) -> TokenStream {
    let result = quote!(::core::result::Result<(), #runtime::Die>);
    quote!(impl ::core::future::Future<Output = #result> + ::core::marker::Send)
}

/// Runs `body`, with `?` in it, in a future, or at once where nothing waits.
pub(crate) fn future(runtime: &Runtime, body: &TokenStream, waits: bool) -> TokenStream {
    let body = quote!(#body ::core::result::Result::Ok(()));
    if waits {
        quote!(async move { #body })
    } else {
        let result = quote!(::core::result::Result<(), #runtime::Die>);
        quote!(::core::future::ready((move || -> #result { #body })()))
    }
}

/// The arm that calls the method of one message.
fn handle_arm(actor: &Actor, handler: &Handler) -> TokenStream {
    let cfgs = &handler.cfgs;
    let pattern = pattern(actor, handler);
    let finish = finish(handler);
    quote!(#(#cfgs)* #pattern => { #finish })
}

/// Calls the method with the values of the message, and answers, or lets it answer later.
pub(crate) fn finish(handler: &Handler) -> TokenStream {
    let mut values = handler.inputs.values();
    if handler.later {
        values.push(format_ident!("__reply"));
    }
    let call = call(handler, &values);
    match handler.output.value {
        None => quote!(#call;),
        Some(_) if handler.later => quote! {
            let __reply = __reply.later(__ctx);
            let __handling = __reply.in_handler();
            #call;
            __handling.ended();
        },
        Some(_) => quote! {
            let __answer = #call;
            __reply.answer_in(__ctx, __answer);
        },
    }
}

/// `Self::say(self, ctx, a0).await?`
fn call(handler: &Handler, values: &[Ident]) -> TokenStream {
    call_on(&format_ident!("self"), handler, values)
}

fn call_on(port: &Ident, handler: &Handler, values: &[Ident]) -> TokenStream {
    let name = &handler.method;
    let context = handler.inputs.context.then(|| quote!(__ctx,));
    let wait = handler.is_async.then(|| quote!(.await));
    let or_die = handler.output.fallible.then(|| quote!(?));
    quote!(Self::#name(#port, #context #(#values),*) #wait #or_die)
}

/// From the bytes of a message to its values; `unknown` is what is wrong with one of another tag.
pub(crate) fn decode(actor: &Actor, more: &TokenStream, unknown: &TokenStream) -> TokenStream {
    let runtime = &actor.runtime;
    let arms = actor.handlers.iter().filter_map(|handler| {
        let (tag, cfgs) = (&handler.tag, &handler.cfgs);
        let value = match handler.kind {
            Kind::Wire => decode_wire(actor, handler),
            Kind::Local => quote! {
                ::core::result::Result::Err(#runtime::__private::BadMessage::local_only(__msg))
            },
            Kind::Default | Kind::BadMessage | Kind::Stop => return None,
        };
        Some(quote!(#(#cfgs)* #tag => { #value }))
    });
    let message = &actor.message;
    let default = actor.of(Kind::Default).map(|Handler { name, cfgs, .. }| {
        quote!(#(#cfgs)* _ => ::core::result::Result::Ok(#message::#name(__msg)),)
    });
    quote! {
        fn decode(
            __msg: #runtime::Message
            #more
        ) -> ::core::result::Result<Self::Msg, #runtime::__private::BadMessage> {
            match #runtime::Message::tag(&__msg) {
                #(#arms)*
                #(#default)*
                _ => ::core::result::Result::Err(#unknown),
            }
        }
    }
}

fn decode_wire(actor: &Actor, handler: &Handler) -> TokenStream {
    let (runtime, message) = (&actor.runtime, &actor.message);
    let Handler { name, inputs, output, .. } = handler;
    let (values, decoding) = (inputs.values(), inputs.decoding(runtime, output.value.is_some()));
    // At the type, where the compiler then says that it cannot be serialised.
    let reply = output
        .value
        .iter()
        .map(|ty| located(quote!(#runtime::__private::Reply::<#ty>::to_asker(__reply)), ty));
    quote! {
        #decoding
        ::core::result::Result::Ok(#message::#name(#(#values,)* #(#reply)*))
    }
}

/// From the values of a message to its bytes.
pub(crate) fn encode(actor: &Actor) -> TokenStream {
    let (runtime, message) = (&actor.runtime, &actor.message);
    let arms = actor.messages().map(|handler| {
        let (cfgs, message, name) = (&handler.cfgs, &actor.message, &handler.name);
        let pattern = pattern(actor, handler);
        let tag = &handler.tag;
        match handler.kind {
            Kind::Local => quote!(#(#cfgs)* #message::#name(..) => __to.local_only(#tag),),
            Kind::Default => {
                let values = handler.inputs.values();
                quote!(#(#cfgs)* #pattern => __to.forward(#(#values),*),)
            }
            _ => {
                let value = encode_wire(actor, handler);
                quote!(#(#cfgs)* #pattern => { #value })
            }
        }
    });
    quote! {
        fn encode(
            __msg: &Self::Msg,
            __to: #runtime::__private::Encoder<'_>,
        ) -> ::core::result::Result<(), #runtime::__private::Unencodable> {
            match __msg {
                #(#arms)*
                #message::__Never(_, __never) => match *__never {},
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
    let rest = inputs.rest.iter().map(|_| quote!(__rest)).collect::<TokenStream>();
    let reply = output.value.iter().map(|_| quote!(__reply)).collect::<TokenStream>();
    let write = match (rest.is_empty(), reply.is_empty()) {
        (true, _) => quote!(message(&(#tag, #(#fixed,)* #reply))),
        (false, true) => quote!(message_rest(&(#tag, #(#fixed,)*), __rest)),
        (false, false) => quote!(message_rest_reply(&(#tag, #(#fixed,)*), __rest, __reply)),
    };
    let runtime = &actor.runtime;
    let rest_param = inputs.rest.iter().map(|_| quote!(__rest: &#runtime::Rest,));
    let answer = output.value.iter().map(|_| format_ident!("R"));
    let reply_param = output.value.iter().map(|_| quote!(__reply: &#private::Reply<R>,));
    quote! {
        fn write<#(#params: #private::serde::Serialize,)* #(#answer)*>(
            __to: #private::Encoder<'_>,
            #(#fixed: &#params,)*
            #(#rest_param)*
            #(#reply_param)*
        ) -> ::core::result::Result<(), #private::Unencodable> {
            __to.#write
        }
        write::<#(#types),*>(__to, #(#values,)* #reply)
    }
}

/// Calls the method for bad messages, if there is one; two of them are kept apart by `cfg`, and so
/// are then the functions written here. A strict port dies of them.
fn bad_message(actor: &Actor) -> TokenStream {
    let runtime = &actor.runtime;
    let function = |cfgs: &[Attribute], body: TokenStream| {
        quote! {
            #(#cfgs)*
            fn bad_message(
                &mut self,
                __ctx: &mut #runtime::Ctx<Self>,
                __bad: #runtime::__private::BadMessage,
            ) -> ::core::result::Result<(), #runtime::Die> {
                #body
            }
        }
    };
    if actor.strict {
        let die = quote!(::core::result::Result::Err(::core::convert::From::from(__bad)));
        return function(&[], die);
    }
    let functions = actor.of(Kind::BadMessage).map(|handler| {
        let call = call(handler, &[format_ident!("__bad")]);
        function(&handler.cfgs, quote!(#call; ::core::result::Result::Ok(())))
    });
    functions.collect()
}

/// Calls the method for the end of the port, if there is one.
fn stop_hook(actor: &Actor) -> TokenStream {
    let runtime = &actor.runtime;
    let hooks = actor.of(Kind::Stop).map(|handler| {
        let names = [format_ident!("__reason"), format_ident!("__undelivered")];
        let values = &names[..handler.inputs.arguments.len().min(2)];
        let call = call_on(&format_ident!("__self"), handler, values);
        let cfgs = &handler.cfgs;
        quote! {
            #(#cfgs)*
            fn stop_hook() -> ::core::option::Option<#runtime::StopHook<Self>>
            where
                Self: #runtime::Port,
            {
                ::core::option::Option::Some(|__self, __ctx, __reason, __undelivered| {
                    ::std::boxed::Box::pin(async move {
                        #call;
                        ::core::result::Result::Ok(())
                    })
                })
            }
        }
    });
    hooks.collect()
}

/// The variant with its values bound.
pub(crate) fn pattern(actor: &Actor, handler: &Handler) -> TokenStream {
    let (message, name) = (&actor.message, &handler.name);
    let values = handler.inputs.values();
    let reply = handler.output.value.iter().map(|_| format_ident!("__reply"));
    quote!(#message::#name(#(#values,)* #(#reply)*))
}
