//! The words before `fn` that a message handler or an init function cannot have.

use syn::{Safety, Signature};

use crate::diagnostic::Errors;

/// Reports `const`, `unsafe`, `extern` and generic parameters other than lifetimes.
pub(crate) fn refuse_qualifiers(signature: &Signature, what: &str, errors: &mut Errors) {
    if let Some(word) = &signature.constness {
        errors.at(word, format!("{what} runs when a message comes: write it without `const`"));
    }
    if let Safety::Unsafe(word) = &signature.safety {
        errors.at(word, format!("{what} is called by the port: write it without `unsafe`"));
    }
    if let Some(word) = &signature.abi {
        errors.at(word, format!("{what} is called by the port: write it without `extern`"));
    }
    for param in signature.generics.type_params() {
        errors.at(param, format!("{what} has no type parameters: write the type itself"));
    }
    for param in signature.generics.const_params() {
        errors.at(param, format!("{what} has no const parameters: write the value itself"));
    }
}
