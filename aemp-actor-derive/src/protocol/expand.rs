//! Writes the trait of a protocol, its messages and its handle.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::Protocol;
use crate::port::expand as handle;
use crate::rcv::expand::{self, conversation, hidden, message};
use crate::rcv::handler::{Handler, Kind};
use crate::rcv::reply_type;

/// Everything that `#[protocol]` makes of the trait.
pub(crate) fn protocol(protocol: &Protocol) -> TokenStream {
    let actor = &protocol.actor;
    let declared = declare(protocol);
    let handle = handle(protocol);
    let (check, message) = (expand::check(actor), message::declare(actor));
    let (messages, handles) = (protocol_impl(protocol), handles_impl(protocol));
    let methods = expand::handle::methods(actor);
    let all = hidden(quote!(#check #message #messages #handles #methods));
    quote!(#declared #handle #all)
}

/// The trait: a method for each message, in one form for all.
fn declare(protocol: &Protocol) -> TokenStream {
    let Protocol { attrs, visibility, name, actor, .. } = protocol;
    let (runtime, private, handle) = (&actor.runtime, actor.runtime.private(), &actor.handle);
    let output = conversation::future_type(runtime);
    let methods = actor.handlers.iter().map(|handler| {
        let Handler { name, cfgs, docs, .. } = handler;
        let arguments = handler.arguments().map(|argument| {
            let (name, ty) = (&argument.name, &argument.ty);
            quote!(#name: #ty)
        });
        let reply = reply_type(runtime, handler);
        quote! {
            #(#cfgs)*
            #(#docs)*
            fn #name(
                &mut self,
                __ctx: &mut #runtime::Ctx<Self>,
                #(#arguments,)*
                __reply: #reply
            ) -> #output;
        }
    });
    let message = format!("`{{Self}}` does not answer the protocol `{name}`");
    let note = format!("write `#[rcv] impl {name} for {{Self}} {{{{ … }}}}`");
    quote! {
        #(#attrs)*
        #[diagnostic::on_unimplemented(message = #message, note = #note)]
        #[allow(private_bounds, private_interfaces, clippy::too_many_arguments)]
        #visibility trait #name: #runtime::Port + #private::Named<#handle> {
            #(#methods)*
        }
    }
}

/// The handle, which sends to any port that answers the protocol.
fn handle(protocol: &Protocol) -> TokenStream {
    let Protocol { name, actor, handle, .. } = protocol;
    let (runtime, private) = (&actor.runtime, actor.runtime.private());
    let doc = format!(
        "Handle on any port that answers the protocol [`{name}`], on this node or another: one \
         method for each message.\n\nMade from the handle of such a port, or from a port ID."
    );
    let inner = &handle.inner;
    let name = &handle.handle;
    let more = quote! {
        #[automatically_derived]
        impl #runtime::ProtocolRef for #name {
            type Protocol = Self;
            fn as_recipient(&self) -> &#private::Recipient<Self> {
                let __inner: &#inner = &self.0;
                __inner
            }
        }
    };
    handle::handle(handle, &doc, &more)
}

/// Decoding and encoding, as for the block of a port.
fn protocol_impl(protocol: &Protocol) -> TokenStream {
    let actor = &protocol.actor;
    let (private, handle, message) = (actor.runtime.private(), &actor.handle, &actor.message);
    let name = protocol.name.to_string();
    let tags = actor.of(Kind::Wire).map(|Handler { cfgs, tag, .. }| quote!(#(#cfgs)* #tag));
    let known = quote!(<Self as #private::Protocol>::TAGS);
    let unknown = quote!(#private::unknown(__msg, #known, &[]));
    let decode = conversation::decode(actor, &TokenStream::new(), &unknown);
    let encode = conversation::encode(actor);
    quote! {
        #[automatically_derived]
        impl #private::Protocol for #handle {
            type Msg = #message;
            const NAME: &'static str = #name;
            const TAGS: &'static [&'static str] = &[#(#tags),*];
            #decode
            #encode
        }
    }
}

/// Handling, by whatever port implements the trait.
fn handles_impl(protocol: &Protocol) -> TokenStream {
    let Protocol { name: protocol, actor, .. } = protocol;
    let (runtime, private) = (&actor.runtime, actor.runtime.private());
    let (handle, message) = (&actor.handle, &actor.message);
    let arms = actor.messages().map(|handler| {
        let Handler { name, cfgs, output, .. } = handler;
        let (pattern, values) = (conversation::pattern(actor, handler), handler.inputs.values());
        let reply = match output.value {
            Some(_) => quote!(__reply),
            None => quote!(#private::NoAnswer),
        };
        quote! {
            #(#cfgs)*
            #pattern => <__P as #protocol>::#name(__port, __ctx, #(#values,)* #reply).await,
        }
    });
    let output = conversation::future_type(runtime);
    quote! {
        #[automatically_derived]
        impl<__P: #protocol> #private::Handles<__P> for #handle {
            fn handle(
                __port: &mut __P,
                __ctx: &mut #runtime::Ctx<__P>,
                __msg: <Self as #private::Protocol>::Msg,
            ) -> #output {
                async move {
                    match __msg {
                        #(#arms)*
                        #message::__Never(_, __never) => match __never {},
                    }
                }
            }
        }
    }
}
