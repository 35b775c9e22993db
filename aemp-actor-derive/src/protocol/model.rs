//! A protocol as its trait describes it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::{
    Attribute, Generics, Ident, ItemTrait, ReceiverKind, Signature, TraitItem, TraitItemFn,
    Visibility, meta, parse_quote,
};

use crate::diagnostic::Errors;
use crate::lints::allowed;
use crate::port::PortType;
use crate::rcv::handler::{Handler, Kind};
use crate::rcv::model::Actor;
use crate::rcv::parse::Options;
use crate::runtime::Runtime;

/// The trait, its handle and its messages.
pub(crate) struct Protocol {
    /// The documentation and the lints of the trait.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: Ident,
    /// Its messages, and the methods of its handle.
    pub(crate) actor: Actor,
    /// Its handle.
    pub(crate) handle: PortType,
}

impl Protocol {
    /// Reads the trait, or reports that it is none.
    pub(crate) fn read(
        options: TokenStream,
        item: TokenStream,
        errors: &mut Errors,
    ) -> Option<Self> {
        let Ok(item) = syn::parse2::<ItemTrait>(item.clone()) else {
            let first = item.into_iter().next();
            errors.at(first, "write #[protocol] above a trait: `trait Screen { fn show(&self); }`");
            return None;
        };
        let (runtime, handle) = read_options(options, errors);
        refuse_extras(&item, errors);
        let name = item.ident.unraw();
        let handle = handle.unwrap_or_else(|| format_ident!("{name}Ref", span = item.ident.span()));
        let mut handlers = Vec::new();
        for part in item.items {
            match part {
                TraitItem::Fn(method) => handlers.extend(message(method, &handle, errors)),
                other => errors.at(other, "a protocol has messages only: write methods here"),
            }
        }
        let reference = quote!(#runtime::__private::Recipient);
        let actor = Actor {
            runtime: runtime.clone(),
            port: parse_quote!(#handle),
            handle: handle.clone().into(),
            reference: reference.clone(),
            message: format_ident!("__{name}Msg"),
            strict: false,
            generics: Generics::default(),
            unknown: Vec::new(),
            written: Generics::default(),
            handlers,
        };
        actor.refuse_twice(errors);
        let handle = PortType {
            runtime,
            visibility: item.vis.clone(),
            name: item.ident.clone(),
            inner: quote!(#reference<#handle>),
            handle,
            lints: allowed(&item.attrs).collect(),
            generics: Generics::default(),
            written: Generics::default(),
            protocols: Vec::new(),
        };
        Some(Self { attrs: item.attrs, visibility: item.vis, name: item.ident, actor, handle })
    }
}

fn read_options(options: TokenStream, errors: &mut Errors) -> (Runtime, Option<Ident>) {
    let (mut runtime, mut handle) = (Runtime::default(), None);
    let parser = meta::parser(|meta| {
        if meta.path.is_ident("crate") {
            runtime = Runtime::parse(&meta)?;
        } else if meta.path.is_ident("handle") {
            handle = Some(meta.value()?.parse()?);
        } else {
            return Err(meta.error("write `handle = Name` or `crate = path` here"));
        }
        Ok(())
    });
    errors.keep(parser.parse2(options));
    (runtime, handle)
}

/// Reports what a protocol cannot have.
fn refuse_extras(item: &ItemTrait, errors: &mut Errors) {
    if !item.generics.params.is_empty() {
        let text = "a protocol has no parameters: write the types, and a protocol for each";
        errors.at(&item.generics.params, text);
    }
    if let Some(clause) = &item.generics.where_clause {
        errors.at(clause, "a protocol has no bounds: whatever port answers it may implement it");
    }
    if !item.supertraits.is_empty() {
        let text = "a protocol stands for itself: let the port list the other protocol, too";
        errors.at(&item.supertraits, text);
    }
}

/// A message: what a handle is told, which says nothing of how a port answers.
fn message(mut method: TraitItemFn, handle: &Ident, errors: &mut Errors) -> Option<Handler> {
    let options = Options::take(&mut method.attrs, errors);
    let words = [&options.default, &options.bad_message, &options.skip];
    for word in words.into_iter().flatten() {
        errors.at(
            word,
            "a protocol has messages only: write `tag = \"text\"`, `local` or `request` here",
        );
    }
    if let Some(body) = &method.default {
        errors.at(body, "a protocol says what is sent, and the port what it does: write `;` here");
    }
    let signature = &method.sig;
    if let Some(word) = &signature.asyncness {
        let text = "how it is answered is the port's affair, whose method may be `async`: write it \
                    without, here";
        errors.at(word, text);
    }
    refuse_receiver(signature, errors);
    let around = (&*method.attrs, &parse_quote!(pub));
    let handler =
        Handler::new(around, signature, &options, (&parse_quote!(#handle), false), errors)?;
    if handler.inputs.context {
        let context = signature.inputs.iter().nth(1);
        errors.at(
            context,
            "the context is the port's affair, whose method may take it: leave it out",
        );
    }
    if handler.later {
        let text = "how it is answered is the port's affair, whose method may take a `Reply`: write \
                    the answer behind `->`";
        errors.at(signature.inputs.last(), text);
    }
    if handler.output.fallible {
        let text =
            "whether the port dies of it is the port's affair: write the answer without `Die`";
        errors.at(&signature.output, text);
    }
    (handler.kind != Kind::Default && handler.kind != Kind::BadMessage).then_some(handler)
}

/// Reports every `self` but `&self`: a caller has a handle.
fn refuse_receiver(signature: &Signature, errors: &mut Errors) {
    let text = "a message is sent by a handle: write `&self` first; the port's method may take \
                `&mut self`";
    match signature.receiver() {
        None => errors.at(&signature.ident, text),
        Some(receiver) => {
            if !matches!(receiver.kind, ReceiverKind::Reference(_, _, None)) {
                errors.at(receiver, text);
            }
        }
    }
}
