//! The options of `derive(Port)`, in `#[port(..)]`.

use syn::{Attribute, Ident, Path};

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
    pub(crate) protocols: Vec<Path>,
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
                    let paths = list.parse_terminated(Path::parse_mod_style, syn::Token![,])?;
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
