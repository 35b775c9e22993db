//! One method of a port that gets messages.

use syn::{
    Attribute, FnArg, Generics, Ident, LitStr, Receiver, ReceiverKind, Signature, Type, Visibility,
    ext::IdentExt,
};

use super::parse::Options;
use crate::diagnostic::Errors;
use crate::signature::{Argument, Inputs, Output, Reading, borrowed, is_named, refuse_qualifiers};

/// What kind of messages a handler gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Those of its tag, from anywhere.
    Wire,
    /// Those of its tag, from this node, as values.
    Local,
    /// Those of any other tag.
    Default,
    /// Those that could not be understood.
    BadMessage,
    /// None: it runs when the port ends.
    Stop,
}

/// A method that gets messages.
pub(crate) struct Handler {
    /// The method of the handle, and the variant of the message enum.
    pub(crate) name: Ident,
    /// The method that is called.
    pub(crate) method: Ident,
    /// Who may call the method of the handle.
    pub(crate) visibility: Visibility,
    /// The tag that the messages begin with.
    pub(crate) tag: LitStr,
    /// What kind of messages it gets.
    pub(crate) kind: Kind,
    /// When it exists at all; carried over to all that is written for it.
    pub(crate) cfgs: Vec<Attribute>,
    /// Its documentation and deprecation, for the method of the handle.
    pub(crate) docs: Vec<Attribute>,
    /// Whether it is awaited.
    pub(crate) is_async: bool,
    /// What it takes after `self`.
    pub(crate) inputs: Inputs,
    /// What it returns, or what it answers with later.
    pub(crate) output: Output,
    /// Whether it answers later, through a `Reply`.
    pub(crate) later: bool,
    /// Its own parameters: lifetimes, or what was reported and only the stub repeats.
    pub(crate) generics: Generics,
}

impl Handler {
    /// Reads a method, unless it is a helper and gets no messages. `lenient`: that of a protocol,
    /// which has said what can be sent.
    pub(crate) fn new(
        (attrs, visibility): (&[Attribute], &Visibility),
        signature: &Signature,
        options: &Options,
        (self_type, lenient): (&Type, bool),
        errors: &mut Errors,
    ) -> Option<Self> {
        let kind = kind_of(options, errors);
        let (Some(kind), Some(receiver)) = (kind, signature.receiver()) else {
            if let (Some(kind), None) = (kind, signature.receiver()) {
                refuse_without_self(kind, options, signature, errors);
            }
            return None;
        };
        refuse_qualifiers(signature, "a handler", errors);
        refuse_owned_self(receiver, errors);
        let local = matches!(kind, Kind::Local | Kind::Stop);
        let reading =
            Reading { context: "Ctx", local, self_type: Some(self_type), lenient, replies: true };
        let mut inputs = reading.read(parameters(signature), errors);
        let what = ("an answer", local || lenient);
        let mut output = Output::read(&signature.output, Some(self_type), what, errors);
        let reply = inputs.reply.take();
        let later = reply.is_some();
        if let Some(answer) = reply {
            output = output.later(answer, what, errors);
        }
        if let Some(word) = &options.request {
            output.request(word, errors);
        }
        let handler = Self {
            name: signature.ident.clone(),
            method: signature.ident.clone(),
            visibility: visibility.clone(),
            tag: options.tag.clone().unwrap_or_else(|| tag_of(&signature.ident)),
            kind,
            cfgs: attributes(attrs, &["cfg"]),
            docs: attributes(attrs, &["doc", "deprecated"]),
            is_async: signature.asyncness.is_some(),
            inputs,
            output,
            later,
            generics: signature.generics.clone(),
        };
        handler.check_kind(signature, errors);
        Some(handler)
    }

    /// All arguments, `rest` included.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &Argument> {
        self.inputs.arguments.iter().chain(&self.inputs.rest)
    }

    /// Whether the handler has a tag of its own.
    pub(crate) fn has_tag(&self) -> bool {
        matches!(self.kind, Kind::Wire | Kind::Local)
    }

    /// Whether every handle has a function of this name.
    pub(crate) fn is_name_taken(&self) -> bool {
        ["at", "__ref"].contains(&self.name.unraw().to_string().as_str())
    }

    /// Checks what only some kinds of handlers demand.
    fn check_kind(&self, signature: &Signature, errors: &mut Errors) {
        match self.kind {
            Kind::Wire | Kind::Local => {
                if self.is_name_taken() {
                    let text = format!(
                        "every handle has a function `{0}` already: rename the method and keep \
                         the tag with #[rcv(tag = \"{0}\")]",
                        self.name
                    );
                    errors.at(&self.name, text);
                }
            }
            Kind::Default => {
                self.demand_one("Message", "the whole message: write `msg: Message`", errors);
                self.refuse_answer("a default handler", signature, errors);
            }
            Kind::BadMessage => {
                self.demand_one("BadMessage", "what went wrong: write `bad: BadMessage`", errors);
                self.refuse_answer("a handler of bad messages", signature, errors);
                if let Some(word) = &signature.asyncness {
                    let text =
                        "a handler of bad messages decides at once: write it without `async`";
                    errors.at(word, text);
                }
            }
            Kind::Stop => {
                self.demand_end(errors);
                self.refuse_answer("a stop hook", signature, errors);
            }
        }
    }

    /// Reports any arguments other than the reason, and what was not delivered.
    fn demand_end(&self, errors: &mut Errors) {
        let names = ["Reason", "Undelivered"];
        let mut arguments = self.arguments();
        let first = arguments.next();
        let second = arguments.next();
        let fits = |argument: Option<&Argument>, name| {
            argument.is_none_or(|argument| is_named(&argument.ty, name))
        };
        if first.is_none()
            || !fits(first, names[0])
            || !fits(second, names[1])
            || arguments.next().is_some()
        {
            let text = "a stop hook gets why the port ends: write `reason: Reason`, and after it, to have \
                        what was not handled, `undelivered: Undelivered<Self>`";
            errors.at(&self.name, text);
        }
    }

    /// Reports any arguments other than one of the type `name`.
    fn demand_one(&self, name: &str, text: &str, errors: &mut Errors) {
        let mut arguments = self.arguments();
        match (arguments.next(), arguments.next()) {
            (Some(only), None) if is_named(&only.ty, name) => {}
            (Some(only), None) => errors.at(&only.ty, format!("this handler gets {text}")),
            _ => errors.at(&self.name, format!("this handler gets one argument, {text}")),
        }
    }

    /// Reports an answer where nobody asked.
    fn refuse_answer(&self, what: &str, signature: &Signature, errors: &mut Errors) {
        let text = format!("{what} answers nothing: return `Result<(), Die>` or nothing");
        if self.later {
            errors.at(signature.inputs.last(), text);
        } else if self.output.value.is_some() {
            errors.at(&signature.output, text);
        }
    }
}

/// What kind of handler the options ask for; none with `skip`.
fn kind_of(options: &Options, errors: &mut Errors) -> Option<Kind> {
    let kinds = [
        (&options.skip, None),
        (&options.default, Some(Kind::Default)),
        (&options.bad_message, Some(Kind::BadMessage)),
        (&options.stop, Some(Kind::Stop)),
        (&options.local, Some(Kind::Local)),
    ];
    let mut named = kinds.iter().filter_map(|(word, kind)| word.as_ref().map(|word| (word, *kind)));
    let Some((_, kind)) = named.next() else { return Some(Kind::Wire) };
    for (word, _) in named {
        let text =
            "`skip`, `default`, `bad_message`, `stop` and `local` exclude each other: keep one";
        errors.at(word, text);
    }
    if let (Some(tag), None | Some(Kind::Default | Kind::BadMessage | Kind::Stop)) =
        (&options.tag, kind)
    {
        errors.at(tag, "this method answers no tag of its own: take the option away");
    }
    kind
}

/// Reports options on a function that is no method; without options it is a helper.
fn refuse_without_self(kind: Kind, options: &Options, signature: &Signature, errors: &mut Errors) {
    if kind != Kind::Wire || options.tag.is_some() {
        errors.at(&signature.ident, "a handler runs in its port: write `&mut self` first");
    }
}

/// Reports every `self` but `&self` and `&mut self`.
fn refuse_owned_self(receiver: &Receiver, errors: &mut Errors) {
    let is_self = |ty: &Type| is_named(ty, "Self");
    let is_borrowed = match &receiver.kind {
        ReceiverKind::Reference(..) => true,
        ReceiverKind::Typed(_, ty) => borrowed(ty).is_some_and(is_self),
        _ => false,
    };
    if !is_borrowed {
        errors.at(receiver, "a port outlives its handlers: write `&mut self` or `&self`");
    }
}

/// The parameters after `self`.
fn parameters(signature: &Signature) -> impl Iterator<Item = &syn::PatType> {
    signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(parameter) => Some(parameter),
        FnArg::Receiver(_) => None,
    })
}

/// The method's name as a tag.
fn tag_of(name: &Ident) -> LitStr {
    LitStr::new(&name.unraw().to_string(), name.span())
}

/// The attributes of a method that have one of these names.
fn attributes(attrs: &[Attribute], names: &[&str]) -> Vec<Attribute> {
    let wanted = |attribute: &&Attribute| names.iter().any(|name| attribute.path().is_ident(name));
    attrs.iter().filter(wanted).cloned().collect()
}
