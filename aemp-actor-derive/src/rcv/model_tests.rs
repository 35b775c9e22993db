use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::*;

fn read(item: TokenStream) -> (Option<Actor>, Vec<String>) {
    let mut errors = Errors::default();
    let block = Block::read(TokenStream::new(), item, &mut errors);
    let actor = block.and_then(|block| Actor::new(&block, &mut errors));
    (actor, errors.texts())
}

fn errors_of(methods: TokenStream) -> Vec<String> {
    read(quote!(impl Room { #methods })).1
}

/// Expects the one error that contains `text`.
fn refused(methods: TokenStream, text: &str) {
    let texts = errors_of(methods.clone());
    assert!(texts.len() == 1 && texts[0].contains(text), "{methods}: {texts:?}");
}

#[test]
fn every_good_form_passes() {
    let texts = errors_of(quote! {
        fn new() -> Self { Self }
        fn a(&mut self) {}
        async fn b(&self, ctx: &mut Ctx<Self>, mut x: u8, _: String) -> Vec<u8> {}
        fn c(self: &mut Self, _ctx: &aemp_actor::Ctx<Self>, rest: Rest) -> Result<(), Die> {}
        fn d<'a>(&'a mut self, r#type: u8) -> Result<u8, MyError> {}
        #[rcv(tag = "AnyEvent::e")] fn e(&mut self) {}
        #[rcv(local)] fn f(&mut self, tx: Sender<u8>, name: &'static str) -> u8 {}
        #[rcv(default)] async fn g(&mut self, ctx: &mut Ctx<Self>, msg: Message) {}
        #[rcv(bad_message)] fn h(&mut self, bad: BadMessage) -> Result<(), Die> {}
        #[rcv(skip)] fn i<T>(self, x: &T) -> &str {}
        #[cfg(a)] fn j(&self) {}
        #[cfg(not(a))] fn j(&self) {}
    });
    assert_eq!(texts, [""; 0]);
}

#[test]
fn results_are_told_apart() {
    let (actor, _) = read(quote! {
        impl Room {
            fn a(&self) {}
            fn b(&self) -> () {}
            fn c(&self) -> Result<(), Die> {}
            fn d(&self) -> Result<u8, aemp_actor::Die> {}
            fn e(&self) -> Result<u8, MyError> {}
            fn f(&self) -> Option<Self> {}
        }
    });
    let outputs: Vec<_> = actor
        .unwrap()
        .handlers
        .iter()
        .map(|handler| {
            let value = handler.output.value.to_token_stream().to_string();
            (value.replace(' ', ""), handler.output.fallible)
        })
        .collect();
    let expected = [
        ("", false),
        ("", false),
        ("", true),
        ("u8", true),
        ("Result<u8,MyError>", false),
        ("Option<Room>", false),
    ];
    assert_eq!(outputs, expected.map(|(value, fallible)| (value.to_owned(), fallible)));
}

#[test]
fn names_of_handles_follow_the_type() {
    let handle = |item| read(item).0.unwrap().handle.to_token_stream().to_string().replace(' ', "");
    assert_eq!(handle(quote!(impl Room {})), "RoomRef");
    assert_eq!(
        handle(quote!(
            impl<T: Send> chat::Room<T> {}
        )),
        "chat::RoomRef<T>"
    );
}

#[test]
fn wrong_receivers_are_refused() {
    refused(
        quote!(
            fn a(self) {}
        ),
        "`&mut self`",
    );
    refused(
        quote!(
            fn a(self: Box<Self>) {}
        ),
        "`&mut self`",
    );
    refused(
        quote!(
            #[rcv(local)]
            fn a(x: u8) {}
        ),
        "`&mut self`",
    );
}

#[test]
fn wrong_words_are_refused() {
    refused(
        quote!(
            unsafe fn a(&self) {}
        ),
        "without `unsafe`",
    );
    refused(
        quote!(
            const fn a(&self) {}
        ),
        "without `const`",
    );
    refused(
        quote!(
            extern "C" fn a(&self) {}
        ),
        "without `extern`",
    );
    refused(
        quote!(
            fn a<T>(&self, x: T) {}
        ),
        "no type parameters",
    );
    refused(
        quote!(
            fn a<const N: usize>(&self, x: [u8; N]) {}
        ),
        "no const parameters",
    );
}

#[test]
fn wrong_arguments_are_refused() {
    refused(
        quote!(
            fn a(&self, x: &str) {}
        ),
        "write `String`",
    );
    refused(
        quote!(
            fn a(&self, x: Vec<&[u8]>) {}
        ),
        "write `Vec<u8>`",
    );
    refused(
        quote!(
            fn a(&self, x: Cow<'_, str>) {}
        ),
        "without a lifetime",
    );
    refused(
        quote!(
            fn a(&self, x: &'static str) {}
        ),
        "write `String`",
    );
    refused(
        quote!(
            fn a(&self, x: impl Into<String>) {}
        ),
        "not `impl`",
    );
    refused(
        quote!(
            fn a(&self, (x, y): (u8, u8)) {}
        ),
        "arguments have names",
    );
    refused(
        quote!(
            fn a(&self, x: u8, ctx: &mut Ctx<Self>) {}
        ),
        "comes first",
    );
    refused(
        quote!(
            fn a(&self, ctx: Ctx<Self>) {}
        ),
        "`&mut Ctx`",
    );
    refused(
        quote!(
            fn a(&self, rest: Rest, x: u8) {}
        ),
        "last argument",
    );
    let many = (0..13).map(|index| quote::format_ident!("x{index}"));
    refused(quote!(fn a(&self, #(#many: u8),*) {}), "more than 12");
}

#[test]
fn wrong_results_are_refused() {
    refused(
        quote!(
            fn a(&self) -> &str {}
        ),
        "write `String`",
    );
    refused(
        quote!(
            fn a(&self) -> Cow<'_, str> {}
        ),
        "without a lifetime",
    );
    refused(
        quote!(
            fn a(&self) -> impl Future<Output = u8> {}
        ),
        "`async fn`",
    );
    refused(
        quote!(
            fn a(&self) -> impl Iterator<Item = u8> {}
        ),
        "not `impl`",
    );
}

#[test]
fn what_is_there_twice_is_refused_at_the_second() {
    refused(
        quote!(
            fn a(&self) {}
            #[rcv(tag = "a")]
            fn b(&self) {}
        ),
        "`a` answers the tag \"a\"",
    );
    let two = quote! {
        #[rcv(default)] fn a(&self, m: Message) {}
        #[rcv(default)] fn b(&self, m: Message) {}
    };
    refused(two, "`a` gets these messages already");
}

#[test]
fn catch_alls_have_one_shape() {
    refused(
        quote!(
            #[rcv(default)]
            fn a(&self) {}
        ),
        "`msg: Message`",
    );
    refused(
        quote!(
            #[rcv(default)]
            fn a(&self, m: u8) {}
        ),
        "`msg: Message`",
    );
    refused(
        quote!(
            #[rcv(default)]
            fn a(&self, m: Message) -> u8 {}
        ),
        "answers nothing",
    );
    refused(
        quote!(
            #[rcv(bad_message)]
            fn a(&self, m: Message) {}
        ),
        "`bad: BadMessage`",
    );
    refused(
        quote!(
            #[rcv(bad_message)]
            async fn a(&self, b: BadMessage) {}
        ),
        "without `async`",
    );
    refused(
        quote!(
            #[rcv(bad_message)]
            fn a(&self, b: BadMessage) -> u8 {}
        ),
        "answers nothing",
    );
}

#[test]
fn stop_hooks_have_one_shape() {
    refused(
        quote!(
            #[rcv(stop)]
            fn a(&mut self) {}
        ),
        "`reason: Reason`",
    );
    refused(
        quote!(
            #[rcv(stop)]
            fn a(&mut self, reason: Reason, more: u8) {}
        ),
        "`undelivered: Undelivered<Self>`",
    );
    refused(
        quote!(
            #[rcv(stop)]
            async fn a(&mut self, reason: Reason) -> u8 {}
        ),
        "answers nothing",
    );
    let two = quote! {
        #[rcv(stop)] fn a(&mut self, reason: Reason) {}
        #[rcv(stop)] async fn b(&mut self, ctx: &mut Ctx<Self>, r: Reason, u: Undelivered<Self>) {}
    };
    refused(two, "`a` is the stop hook already");
}

#[test]
fn options_that_exclude_each_other_are_refused() {
    refused(
        quote!(
            #[rcv(local, skip)]
            fn a(&self) {}
        ),
        "exclude each other",
    );
    refused(
        quote!(
            #[rcv(tag = "b", skip)]
            fn a(&self) {}
        ),
        "no tag of its own",
    );
    refused(
        quote!(
            #[rcv(tag = "b", default)]
            fn a(&self, m: Message) {}
        ),
        "no tag of its own",
    );
}

#[test]
fn types_without_a_name_are_refused() {
    assert!(
        read(quote!(
            impl (u8, u8) {}
        ))
        .1[0]
            .contains("write its name")
    );
    assert!(
        read(quote!(
            impl<'a> Room<'a> {}
        ))
        .1[0]
            .contains("lives on its own")
    );
}

#[test]
fn names_that_handles_have_are_refused() {
    refused(
        quote!(
            fn at(&self) {}
        ),
        "keep the tag with #[rcv(tag = \"at\")]",
    );
}
