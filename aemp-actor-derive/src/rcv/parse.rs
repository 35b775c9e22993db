//! The options of `#[rcv]`, on the block and on its methods.

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, ImplItem, ImplItemFn, ItemImpl, LitStr, Path, meta};

use crate::diagnostic::Errors;
use crate::runtime::Runtime;

const ON_BLOCK: &str = "write `handle = Name`, `strict` or `crate = path` here";
const ON_METHOD: &str =
    "write `tag = \"text\"`, `local`, `request`, `default`, `bad_message`, `stop` or `skip` here";

/// An impl block under `#[rcv]`.
pub(crate) struct Block {
    /// `crate = path`
    pub(crate) runtime: Runtime,
    /// `handle = Name`
    pub(crate) handle: Option<Path>,
    /// `strict`
    pub(crate) strict: Option<Path>,
    /// The block, with the options taken off its methods.
    pub(crate) item: ItemImpl,
    /// The methods of the block, each with its options.
    pub(crate) methods: Vec<(ImplItemFn, Options)>,
}

/// What `#[rcv(..)]` on a method says; words are kept to point at.
#[derive(Default)]
pub(crate) struct Options {
    /// `tag = "text"`
    pub(crate) tag: Option<LitStr>,
    /// `local`
    pub(crate) local: Option<Path>,
    /// `request`
    pub(crate) request: Option<Path>,
    /// `default`
    pub(crate) default: Option<Path>,
    /// `bad_message`
    pub(crate) bad_message: Option<Path>,
    /// `stop`
    pub(crate) stop: Option<Path>,
    /// `skip`
    pub(crate) skip: Option<Path>,
}

impl Block {
    /// Reads the block and the options, or reports that it is no block.
    pub(crate) fn read(
        options: TokenStream,
        item: TokenStream,
        errors: &mut Errors,
    ) -> Option<Self> {
        let mut item: ItemImpl = match syn::parse2(item.clone()) {
            Ok(item) => item,
            Err(error) => {
                errors.push(no_block(item, error));
                return None;
            }
        };
        let (mut runtime, mut handle, mut strict) = (Runtime::default(), None, None);
        let parser = meta::parser(|meta| {
            if meta.path.is_ident("crate") {
                runtime = Runtime::parse(&meta)?;
            } else if meta.path.is_ident("handle") {
                handle = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("strict") {
                strict = Some(meta.path);
            } else {
                return Err(meta.error(ON_BLOCK));
            }
            Ok(())
        });
        errors.keep(parser.parse2(options));
        let methods = take_methods(&mut item, errors);
        Some(Self { runtime, handle, strict, item, methods })
    }
}

/// The error for an item that is not an impl block, or not even Rust.
fn no_block(item: TokenStream, error: syn::Error) -> syn::Error {
    if let Ok(method) = syn::parse2::<ImplItemFn>(item.clone()) {
        let text = "#[rcv] goes above the impl block that this method is in; there, options on \
                    methods are understood";
        return syn::Error::new_spanned(method.sig.fn_token, text);
    }
    match syn::parse2::<syn::Item>(item.clone()) {
        Ok(_) => {
            let first = item.into_iter().next();
            syn::Error::new_spanned(first, "write #[rcv] above an impl block: `impl Type {..}`")
        }
        Err(_) => error,
    }
}

/// The methods with their options, which are taken off the block.
fn take_methods(item: &mut ItemImpl, errors: &mut Errors) -> Vec<(ImplItemFn, Options)> {
    let mut methods = Vec::new();
    for part in &mut item.items {
        if let ImplItem::Fn(method) = part {
            let options = Options::take(&mut method.attrs, errors);
            methods.push((method.clone(), options));
        }
    }
    methods
}

impl Options {
    /// Takes all `#[rcv(..)]` off the attributes.
    pub(crate) fn take(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Self {
        let mut options = Self::default();
        attributes.retain(|attribute| {
            if is_conditional(attribute) {
                let text = "options do not depend on `cfg`: write two methods, each under its \
                            `#[cfg(..)]` and with its own #[rcv(..)]";
                errors.at(attribute, text);
                return false;
            }
            let name = attribute.path().segments.last();
            let ours = name.is_some_and(|segment| segment.ident == "rcv");
            if ours {
                errors.keep(options.read(attribute));
            }
            !ours
        });
        options
    }

    fn read(&mut self, attribute: &Attribute) -> syn::Result<()> {
        if let syn::Meta::Path(path) = &attribute.meta {
            let text = "a method under #[rcv] is a message without this: take it away";
            return Err(syn::Error::new_spanned(path, text));
        }
        attribute.parse_nested_meta(|meta| {
            let flag = match meta.path.get_ident().map(ToString::to_string).as_deref() {
                Some("tag") => {
                    let value = meta.value()?;
                    let text = |error: syn::Error| {
                        syn::Error::new(error.span(), "a tag is text: write `tag = \"text\"`")
                    };
                    self.tag = Some(value.parse().map_err(text)?);
                    return Ok(());
                }
                Some("local") => &mut self.local,
                Some("request") => &mut self.request,
                Some("default") => &mut self.default,
                Some("bad_message") => &mut self.bad_message,
                Some("stop") => &mut self.stop,
                Some("skip") => &mut self.skip,
                _ => return Err(meta.error(ON_METHOD)),
            };
            *flag = Some(meta.path);
            Ok(())
        })
    }
}

/// Whether it is `#[cfg_attr(.., rcv(..))]`, which is not seen through.
fn is_conditional(attribute: &Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    let Ok(parts) = list.parse_args_with(Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated)
    else {
        return false;
    };
    let is_option = |part: &syn::Meta| {
        part.path().segments.last().is_some_and(|segment| segment.ident == "rcv")
    };
    list.path.is_ident("cfg_attr") && parts.iter().skip(1).any(is_option)
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn errors_of(options: TokenStream, item: TokenStream) -> Vec<String> {
        let mut errors = Errors::default();
        Block::read(options, item, &mut errors);
        errors.texts()
    }

    #[test]
    fn only_impl_blocks_are_taken() {
        let none = TokenStream::new;
        assert!(errors_of(none(), quote!(impl Room {}))[..].is_empty());
        assert!(
            errors_of(
                none(),
                quote!(
                    fn odd(&mut self) {}
                )
            )[0]
            .contains("this method")
        );
        assert!(
            errors_of(
                none(),
                quote!(
                    struct Room;
                )
            )[0]
            .contains("above an impl block")
        );
    }

    #[test]
    fn all_wrong_options_are_reported() {
        let item = quote! {
            impl Room {
                #[rcv(tog = "a")] fn a(&self) {}
                #[rcv] fn b(&self) {}
                #[rcv(tag = 5)] fn c(&self) {}
                #[rcv(tag = "d", local)] fn d(&self) {}
            }
        };
        let texts = errors_of(quote!(name = Door), item);
        assert_eq!(texts.len(), 4, "{texts:?}");
        assert_eq!(texts[0], ON_BLOCK);
        assert_eq!(texts[1], ON_METHOD);
    }

    #[test]
    fn options_are_taken_off_the_methods() {
        let item = quote!(impl Room { #[rcv(skip)] #[inline] fn a(&self) {} });
        let block = Block::read(TokenStream::new(), item, &mut Errors::default()).unwrap();
        assert!(block.methods[0].1.skip.is_some());
        assert_eq!(block.methods[0].0.attrs.len(), 1);
    }
}
