//! Asks the compiler whether the types of a message fit, at the very tokens of each type.
//!
//! Without this the compiler would find the same mistakes in the generated code, inside a tuple, and
//! point at the attribute.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Type};

use crate::runtime::Runtime;

/// The questions of one item.
#[derive(Default)]
pub(crate) struct Check(TokenStream);

impl Check {
    /// Asks whether a value of this type can be sent to another node and received there.
    pub(crate) fn wire(&mut self, ty: &Type, cfgs: &[Attribute]) {
        self.ask(&quote!(wire), ty, cfgs);
    }

    /// Asks whether a value of this type can be moved to another port of the node.
    pub(crate) fn local(&mut self, ty: &Type, cfgs: &[Attribute]) {
        self.ask(&quote!(local), ty, cfgs);
    }

    fn ask(&mut self, question: &TokenStream, ty: &Type, cfgs: &[Attribute]) {
        self.0.extend(quote_spanned!(ty.span()=> #(#cfgs)* #question::<#ty>();));
    }

    /// A function that is never called and compiles when all answers are yes.
    pub(crate) fn expand(&self, runtime: &Runtime, generics: &syn::Generics) -> TokenStream {
        let (impl_generics, _, where_clause) = generics.split_for_impl();
        let questions = &self.0;
        quote! {
            fn __check #impl_generics () #where_clause {
                fn wire<__T>()
                where
                    __T: #runtime::__private::serde::Serialize
                        + #runtime::__private::serde::de::DeserializeOwned
                        + ::core::marker::Send
                        + 'static,
                {}
                fn local<__T: ::core::marker::Send + 'static>() {}
                #questions
            }
        }
    }
}
