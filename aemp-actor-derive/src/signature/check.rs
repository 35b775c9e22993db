//! Asks the compiler whether a type fits where it is written, at its very tokens.
//!
//! Without this the compiler would find the same mistakes in other places: in generated code, or
//! where a constant is used.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, Generics, Type};

use crate::runtime::Runtime;

/// The questions of one item.
#[derive(Default)]
pub(crate) struct Check(TokenStream);

impl Check {
    /// Asks whether a value of this type can be written into a message.
    pub(crate) fn serialize(&mut self, ty: &Type) {
        self.0.extend(quote!(serialize::<#ty>();));
    }

    /// Asks whether a value of this type can be moved to another port of the node.
    pub(crate) fn local(&mut self, ty: &Type, cfgs: &[Attribute]) {
        self.0.extend(quote!(#(#cfgs)* local::<#ty>();));
    }

    /// Asks whether a type parameter can be of a port, and in its messages.
    pub(crate) fn parameter(&mut self, name: &Ident, is_sent: bool) {
        let question = if is_sent { quote!(message) } else { quote!(local) };
        self.0.extend(quote!(#question::<#name>();));
    }

    /// A function that is never called and compiles when all answers are yes.
    pub(crate) fn expand(&self, runtime: &Runtime, generics: &Generics) -> Option<TokenStream> {
        let questions = &self.0;
        let serde = quote!(#runtime::__private::serde);
        let (impl_generics, _, where_clause) = generics.split_for_impl();
        (!questions.is_empty()).then(|| {
            quote! {
                fn __check #impl_generics () #where_clause {
                    fn serialize<A: #serde::Serialize>() {}
                    fn message<
                        A: ::core::marker::Send + #serde::Serialize + #serde::de::DeserializeOwned + 'static
                    >() {}
                    fn local<A: ::core::marker::Send + 'static>() {}
                    #questions
                }
            }
        })
    }
}
