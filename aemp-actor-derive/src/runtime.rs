//! Where the generated code finds `aemp_actor`: `::aemp_actor` unless `crate = path` says otherwise.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::meta::ParseNestedMeta;
use syn::{Path, parse_quote};

/// The path of the runtime crate; writes itself where it is quoted.
#[derive(Clone)]
pub(crate) struct Runtime(Path);

impl Runtime {
    /// Reads the value of a `crate = path` option.
    pub(crate) fn parse(meta: &ParseNestedMeta<'_>) -> syn::Result<Self> {
        meta.value()?.call(Path::parse_mod_style).map(Self)
    }

    /// The module with what only generated code needs.
    pub(crate) fn private(&self) -> TokenStream {
        quote!(#self::__private)
    }
}

impl Default for Runtime {
    fn default() -> Self {
        Self(parse_quote!(::aemp_actor))
    }
}

impl ToTokens for Runtime {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
