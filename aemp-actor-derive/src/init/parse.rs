//! The options of `#[init]`.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitStr, Token, meta};

use crate::diagnostic::Errors;
use crate::runtime::Runtime;

const NO_NAME: &str = "the name under which other nodes spawn this is missing: write \
                       #[init(\"My::function\")]";
const NO_COLONS: &str = "a name has `::` in it, because node ports take a tag with `::` for a \
                         function and any other for a request: write #[init(\"My::function\")]";

/// What `#[init(..)]` says.
pub(crate) struct Options {
    /// The name to spawn by; empty when that was reported as missing.
    pub(crate) name: String,
    /// `crate = path`
    pub(crate) runtime: Runtime,
}

impl Options {
    /// Reads the options and checks the name.
    pub(crate) fn read(options: TokenStream, errors: &mut Errors) -> Self {
        let mut runtime = Runtime::default();
        let parser = |input: ParseStream<'_>| {
            let name = if input.peek(LitStr) { Some(input.parse::<LitStr>()?) } else { None };
            let comma = input.parse::<Option<Token![,]>>()?;
            if name.is_some() && comma.is_none() && !input.is_empty() {
                return Err(input.error("write a comma between the name and the options"));
            }
            let options = meta::parser(|meta| {
                if meta.path.is_ident("crate") {
                    runtime = Runtime::parse(&meta)?;
                    return Ok(());
                }
                Err(meta.error("write the name, as in \"My::function\", or `crate = path` here"))
            });
            options.parse2(input.parse::<TokenStream>()?)?;
            Ok(name)
        };
        let name = match parser.parse2(options) {
            Ok(Some(name)) => checked(&name, errors),
            Ok(None) => {
                errors.push(syn::Error::new(proc_macro2::Span::call_site(), NO_NAME));
                String::new()
            }
            Err(error) => {
                errors.push(error);
                String::new()
            }
        };
        Self { name, runtime }
    }
}

fn checked(name: &LitStr, errors: &mut Errors) -> String {
    if !name.value().contains("::") {
        errors.at(name, NO_COLONS);
    }
    name.value()
}

/// The error for an item that is not a function.
pub(crate) fn no_function(item: &TokenStream, error: syn::Error) -> syn::Error {
    if syn::parse2::<syn::Item>(item.clone()).is_err() {
        return error;
    }
    let first = item.clone().into_iter().find(|token| {
        // Not an attribute or a visibility, but the word that says what the item is.
        syn::parse2::<Ident>(token.to_token_stream()).is_err()
            && !matches!(token.to_string().as_str(), "#" | "pub")
            && matches!(token, proc_macro2::TokenTree::Ident(_))
    });
    syn::Error::new_spanned(first, "write #[init(\"My::function\")] above a function: `fn`")
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn errors_of(options: TokenStream) -> Vec<String> {
        let mut errors = Errors::default();
        Options::read(options, &mut errors);
        errors.texts()
    }

    #[test]
    fn a_name_with_colons_is_demanded() {
        assert!(errors_of(quote!("Chat::session")).is_empty());
        assert!(errors_of(quote!("Chat::session", crate = crate::rt)).is_empty());
        assert_eq!(errors_of(quote!()), [NO_NAME]);
        assert_eq!(errors_of(quote!(crate = a::b)), [NO_NAME]);
        assert_eq!(errors_of(quote!("session")), [NO_COLONS]);
        assert!(errors_of(quote!("a::b" "c"))[0].contains("comma"));
        assert!(errors_of(quote!("a::b", name = c))[0].contains("`crate = path`"));
    }

    #[test]
    fn only_functions_are_taken() {
        let wrong = || syn::Error::new(proc_macro2::Span::call_site(), "not rust");
        let text = |item| no_function(&item, wrong()).to_string();
        assert!(
            text(quote!(
                pub struct A;
            ))
            .contains("above a function")
        );
        assert_eq!(text(quote!(pub pub)), "not rust");
    }
}
