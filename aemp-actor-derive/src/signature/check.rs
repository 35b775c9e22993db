//! Asks the compiler whether a type fits where it is written, at its very tokens.
//!
//! Without this the compiler would find the same mistakes in other places: in generated code, or
//! where a constant is used.

use proc_macro2::TokenStream;
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

    /// A function that is never called and compiles when all answers are yes.
    pub(crate) fn expand(&self, runtime: &Runtime, generics: &Generics) -> Option<TokenStream> {
        let questions = &self.0;
        let (impl_generics, _, where_clause) = generics.split_for_impl();
        (!questions.is_empty()).then(|| {
            quote! {
                fn __check #impl_generics () #where_clause {
                    fn serialize<A: #runtime::__private::serde::Serialize>() {}
                    fn local<A: ::core::marker::Send + 'static>() {}
                    #questions
                }
            }
        })
    }
}
