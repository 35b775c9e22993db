//! The lints that an item allows, and so what is made of it.

use syn::{Attribute, parse_quote};

/// Attributes that allow what these allow or expect: what is expected of the item need not be so of
/// what is made of it.
pub(crate) fn allowed(attributes: &[Attribute]) -> impl Iterator<Item = Attribute> {
    let lists = attributes.iter().filter_map(|attribute| attribute.meta.require_list().ok());
    let lists = lists.filter(|list| ["allow", "expect"].iter().any(|n| list.path.is_ident(n)));
    lists.map(|list| &list.tokens).map(|lints| parse_quote!(#[allow(#lints)]))
}
