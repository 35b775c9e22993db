//! Writes what the list of protocols makes of a port: the `Listed` impl, with the sum of their messages, and
//! for each protocol the way from the port to its handle.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Generics, Ident, Path, parse_quote};

use super::model::PortType;
use super::parse::ListedProtocol;
use crate::diagnostic::located;

/// Everything about the protocols of a port; nothing where there are none.
pub(super) fn listed(port: &PortType) -> TokenStream {
    if port.protocols.is_empty() {
        return TokenStream::new();
    }
    let list = List::new(port);
    let declared = list.protocols.iter().map(|protocol| {
        let (alias, path) = (&protocol.alias, protocol.path);
        quote!(#[allow(type_alias_bounds)] type #alias<__T: #path> = __T::__Protocol;)
    });
    let sum = sum(&list);
    let answers = list.protocols.iter().map(|protocol| answers(&list, protocol));
    let methods = methods(&list);
    let unique = port.is_plain().then(|| {
        let check = unique(&list);
        located(quote!(const _: () = #check;), list.protocols.first().map(|first| first.path))
    });
    quote!(#(#declared)* #sum #(#answers)* #methods #unique)
}

/// The protocols of one port.
struct List<'a> {
    port: &'a PortType,
    private: TokenStream,
    /// With the bounds of all protocols.
    generics: Generics,
    protocols: Vec<Listed<'a>>,
}

/// A protocol: its place among the messages.
struct Listed<'a> {
    path: &'a Path,
    /// From any type to the handle: of the protocol the derive knows the trait only.
    alias: Ident,
    handle: TokenStream,
    /// The method of the port's handle that gives that of the protocol.
    method: Option<&'a Ident>,
    /// From a message of it, or a pattern, to one of the sum.
    wrap: Box<dyn Fn(TokenStream) -> TokenStream + 'a>,
}

impl<'a> List<'a> {
    fn new(port: &'a PortType) -> Self {
        let (private, room) = (port.runtime.private(), port.port());
        let last = port.protocols.len() - 1;
        let protocols = Vec::from_iter(port.protocols.iter().enumerate().map(|(index, listed)| {
            let alias = format_ident!("__Protocol{index}");
            let either = quote!(#private::Either);
            let wrap = move |message| {
                let first = if index == last { message } else { quote!(#either::A(#message)) };
                (0..index).fold(first, |inner, _| quote!(#either::B(#inner)))
            };
            let ListedProtocol { path, method } = listed;
            let (handle, method) = (quote!(#alias<#room>), method.as_ref());
            Listed { path, handle, alias, method, wrap: Box::new(wrap) }
        }));
        let mut generics = port.written.clone();
        if !port.is_plain() {
            let clause = generics.make_where_clause();
            clause.predicates.push(parse_quote!(#room: #private::GenericRcvBlock));
            for Listed { handle, .. } in &protocols {
                clause.predicates.push(parse_quote!(#room: #private::Implements<#handle>));
            }
        }
        Self { port, private, generics, protocols }
    }

    fn handles(&self) -> impl DoubleEndedIterator<Item = &TokenStream> {
        self.protocols.iter().map(|protocol| &protocol.handle)
    }
}

/// The messages of all of them.
fn sum(list: &List<'_>) -> TokenStream {
    let List { port, private, generics, protocols } = list;
    let (runtime, room) = (&port.runtime, port.port());
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let types = list.handles().map(|handle| quote!(<#handle as #private::Protocol>::Msg));
    let msg = types.rev().reduce(|all, one| quote!(#private::Either<#one, #all>));
    let handling = protocols.iter().map(|Listed { path, handle, wrap, .. }| {
        let pattern = wrap(quote!(__msg));
        // At the protocol, where the compiler then says that it is not implemented.
        let call =
            quote!(<Self as #private::Implements<#handle>>::handle_protocol(self, __ctx, __msg));
        let call = located(call, path);
        quote!(#pattern => #call.await,)
    });
    let decoding = decoding(list);
    let encoding = protocols.iter().map(|Listed { handle, wrap, .. }| {
        let pattern = wrap(quote!(__msg));
        quote!(#pattern => <#handle as #private::Protocol>::encode(__msg, __to),)
    });
    let (handles, lookup) = (list.handles(), lookup(list));
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::Listed for #room #where_clause {
            type Msg = #msg;
            const TAGS: &'static [&'static [&'static str]] =
                &[#(<#handles as #private::Protocol>::TAGS),*];

            fn handle(
                &mut self,
                __ctx: &mut #runtime::Ctx<Self>,
                __msg: <Self as #private::Listed>::Msg,
            ) -> impl ::core::future::Future<
                Output = ::core::result::Result<(), #runtime::Die>,
            > + ::core::marker::Send
            where
                Self: #runtime::Port,
            {
                async move { match __msg { #(#handling)* } }
            }

            fn decode(
                __msg: #runtime::Message,
            ) -> ::core::result::Result<
                ::core::result::Result<<Self as #private::Listed>::Msg, #private::BadMessage>,
                #runtime::Message,
            > {
                #decoding
            }

            fn encode(
                __msg: &<Self as #private::Listed>::Msg,
                __to: #private::Encoder<'_>,
            ) -> ::core::result::Result<(), #private::Unencodable> {
                match __msg { #(#encoding)* }
            }

            #lookup
        }
    }
}

/// Looks for the protocol that has the tag; gives the message back.
fn decoding(list: &List<'_>) -> TokenStream {
    let List { port, private, protocols, .. } = list;
    let runtime = &port.runtime;
    let decoding = protocols.iter().map(|Listed { handle, wrap, .. }| {
        let wrapped = wrap(quote!(__msg));
        quote! {
            if <#handle as #private::Protocol>::TAGS
                .contains(&#runtime::Message::tag(&__msg))
            {
                let __msg = <#handle as #private::Protocol>::decode(__msg);
                return ::core::result::Result::Ok(__msg.map(|__msg| #wrapped));
            }
        }
    });
    let late = (!port.is_plain()).then(|| unique(list));
    quote! {
        const { #late };
        #(#decoding)*
        ::core::result::Result::Err(__msg)
    }
}

/// How the handle of a protocol finds the port by its ID.
fn lookup(list: &List<'_>) -> TokenStream {
    let (runtime, private, handles) = (&list.port.runtime, &list.private, list.handles());
    quote! {
        fn protocol(
            __port: &#runtime::Ref<Self>,
            __protocol: ::core::any::TypeId,
        ) -> ::core::option::Option<::std::boxed::Box<dyn ::core::any::Any>>
        where
            Self: #runtime::Port,
        {
            #(
                if __protocol == ::core::any::TypeId::of::<#handles>() {
                    let __handle = #private::Recipient::<#handles>::from(__port);
                    return ::core::option::Option::Some(::std::boxed::Box::new(__handle));
                }
            )*
            ::core::option::Option::None
        }
    }
}

/// That the port takes the messages of one protocol, and the way from its handle to that of the protocol.
fn answers(list: &List<'_>, protocol: &Listed<'_>) -> TokenStream {
    let List { port, private, generics, .. } = list;
    let (room, handle, alias) = (port.port(), port.handle(), &protocol.handle);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let message = (protocol.wrap)(quote!(__msg));
    let conversions = [quote!(#handle), quote!(&#handle)].map(|source| {
        quote! {
            #[automatically_derived]
            impl #impl_generics ::core::convert::From<#source> for #alias #where_clause {
                fn from(__handle: #source) -> Self {
                    let __inner = #private::Recipient::<#alias>::from(&__handle.0);
                    ::core::convert::From::from(__inner)
                }
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::Answers<#alias> for #room #where_clause {
            fn message(
                __msg: <#alias as #private::Protocol>::Msg,
            ) -> Self::Msg {
                #private::Either::B(#message)
            }
        }
        #(#conversions)*
    }
}

/// The methods of the port's handle that give those of the protocols.
fn methods(list: &List<'_>) -> TokenStream {
    let (impl_generics, _, where_clause) = list.generics.split_for_impl();
    let handle = list.port.handle();
    let methods = list.protocols.iter().filter_map(|Listed { path, handle, method, .. }| {
        let name = path.segments.last().map(|segment| segment.ident.to_string())?;
        let doc = format!("The handle of the protocol `{name}` on this port.");
        method.map(|method| {
            quote! {
                #[doc = #doc]
                pub fn #method(&self) -> #handle {
                    ::core::convert::From::from(self)
                }
            }
        })
    });
    quote! {
        #[allow(dead_code, private_bounds, private_interfaces, clippy::all, clippy::pedantic)]
        impl #impl_generics #handle #where_clause {
            #(#methods)*
        }
    }
}

/// Fails to compile when two of them, or one and the block, answer the same tag.
fn unique(list: &List<'_>) -> TokenStream {
    let (private, room) = (&list.private, list.port.port());
    let (name, handles) = (list.port.name.to_string(), list.handles());
    quote! {
        #private::demand_unique_tags(&[
            (#name, <#room as #private::OneRcvBlock>::TAGS),
            #((<#handles as #private::Protocol>::NAME, <#handles as #private::Protocol>::TAGS)),*
        ])
    }
}
