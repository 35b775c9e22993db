//! The options of `derive(Port)`, in `#[port(..)]`.

use quote::format_ident;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, Path, Token};

use crate::diagnostic::Errors;
use crate::runtime::Runtime;

/// What `#[port(..)]` says.
#[derive(Default)]
pub(crate) struct Options {
    /// `crate = path`
    pub(crate) runtime: Runtime,
    /// `handle = Name`
    pub(crate) handle: Option<Ident>,
    /// `protocols(Name, ..)`
    pub(crate) protocols: Vec<ListedProtocol>,
}

/// A protocol in the list: `Screen`, `Screen as display` or `Screen as _`.
pub(crate) struct ListedProtocol {
    /// The trait.
    pub(crate) path: Path,
    /// The method of the port's handle that gives that of the protocol, if there is to be one.
    pub(crate) method: Option<Ident>,
}

impl Parse for ListedProtocol {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path = input.call(Path::parse_mod_style)?;
        if input.parse::<Option<Token![as]>>()?.is_none() {
            let method = path.segments.last().map(|segment| method_name(&segment.ident));
            return Ok(Self { path, method });
        }
        if input.parse::<Option<Token![_]>>()?.is_some() {
            return Ok(Self { path, method: None });
        }
        Ok(Self { path, method: Some(input.parse()?) })
    }
}

/// The name of a trait as that of a method: `OnTime` as `on_time`.
fn method_name(name: &Ident) -> Ident {
    let text = Vec::from_iter(name.unraw().to_string().chars());
    let mut method = String::new();
    for (index, letter) in text.iter().enumerate() {
        let is_after = |at: usize, is: fn(char) -> bool| text.get(at).is_some_and(|c| is(*c));
        let begins = letter.is_uppercase()
            && index > 0
            && (!is_after(index - 1, char::is_uppercase)
                || is_after(index + 1, char::is_lowercase));
        if begins && !method.ends_with('_') {
            method.push('_');
        }
        method.extend(letter.to_lowercase());
    }
    match &*method {
        // Every handle has the first; the others cannot be raw.
        "at" | "crate" | "self" | "super" => format_ident!("{method}_", span = name.span()),
        _ => syn::parse_str::<Ident>(&method)
            .map(|mut method| {
                method.set_span(name.span());
                method
            })
            .unwrap_or_else(|_| Ident::new_raw(&method, name.span())),
    }
}

impl Options {
    /// Reads all `#[port(..)]` among the attributes.
    pub(crate) fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut options = Self::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("port")) {
            let result = attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("crate") {
                    options.runtime = Runtime::parse(&meta)?;
                } else if meta.path.is_ident("handle") {
                    options.handle = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("protocols") {
                    let list;
                    syn::parenthesized!(list in meta.input);
                    let paths = list.parse_terminated(ListedProtocol::parse, Token![,])?;
                    options.protocols.extend(paths);
                } else {
                    return Err(meta.error(
                        "write `handle = Name`, `protocols(Name, ..)` or `crate = path` here",
                    ));
                }
                Ok(())
            });
            errors.keep(result);
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn protocols_have_a_method_unless_told_otherwise() {
        let method = |listed: ListedProtocol| listed.method.map(|method| method.to_string());
        for (listed, name) in [
            (parse_quote!(Screen), Some("screen")),
            (parse_quote!(screens::OnTime), Some("on_time")),
            (parse_quote!(HTTPFrontEnd2), Some("http_front_end2")),
            (parse_quote!(snake_Case), Some("snake_case")),
            (parse_quote!(Type), Some("r#type")),
            (parse_quote!(At), Some("at_")),
            (parse_quote!(Screen as display), Some("display")),
            (parse_quote!(Screen as _), None),
        ] {
            assert_eq!(method(listed).as_deref(), name);
        }
        assert!(syn::parse_str::<ListedProtocol>("Screen as").is_err());
    }
}
