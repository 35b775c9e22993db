//! A function that starts a port.

use syn::{Attribute, FnArg, ItemFn, Type, Visibility};

use super::parse::Options;
use crate::diagnostic::Errors;
use crate::lints::allowed;
use crate::runtime::Runtime;
use crate::signature::{Inputs, Output, Reading, is_unit, refuse_qualifiers};

/// The function, its name on the network, and what it takes and returns.
pub(crate) struct InitFunction {
    /// The name to spawn by.
    pub(crate) name: String,
    /// Where the runtime is.
    pub(crate) runtime: Runtime,
    /// The visibility of the function, and so of the constant.
    pub(crate) visibility: Visibility,
    /// What goes to the constant: documentation, deprecation, `cfg`.
    pub(crate) attributes: Vec<Attribute>,
    /// The function, to be put into the constant.
    pub(crate) function: ItemFn,
    /// What it takes.
    pub(crate) inputs: Inputs,
    /// What it returns.
    pub(crate) output: Output,
}

impl InitFunction {
    /// Makes the model; what is wrong is reported and left in, for the stub.
    pub(crate) fn new(options: Options, mut function: ItemFn, errors: &mut Errors) -> Self {
        refuse_self(&mut function, errors);
        let signature = &function.sig;
        refuse_qualifiers(signature, "an init function", errors);
        let parameters = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(parameter) => Some(parameter),
            FnArg::Receiver(_) => None,
        });
        let reading = Reading {
            context: "Init",
            local: false,
            self_type: None,
            lenient: false,
            replies: false,
        };
        let inputs = reading.read(parameters, errors);
        let output = Output::read(&signature.output, None, ("a port", false), errors);
        let moved = |attribute: &Attribute| {
            ["cfg", "deprecated", "doc"].iter().any(|name| attribute.path().is_ident(name))
        };
        let lints = Vec::from_iter(allowed(&function.attrs));
        let (mut attributes, kept): (Vec<_>, _) = function.attrs.into_iter().partition(moved);
        attributes.extend(lints);
        function.attrs = kept;
        let visibility = std::mem::replace(&mut function.vis, Visibility::Inherited);
        let Options { name, runtime } = options;
        Self { name, runtime, visibility, attributes, function, inputs, output }
    }

    /// The port that the function returns; none when it is the one whose handlers it set.
    pub(crate) fn port(&self) -> Option<&Type> {
        // A result that was refused stands as `()`, which is no port.
        self.output.value.as_ref().filter(|ty| !is_unit(ty))
    }

    /// The types of the arguments that callers give; what `Rest` takes is not among them.
    pub(crate) fn types(&self) -> impl Iterator<Item = &Type> {
        self.inputs.arguments.iter().map(|argument| &argument.ty)
    }
}

/// Reports `self` and takes it off, because the compiler would report it again.
fn refuse_self(function: &mut ItemFn, errors: &mut Errors) {
    if let Some(receiver) = function.sig.receiver() {
        errors.at(receiver, "the port is made here: return it instead of taking `self`");
        function.sig.inputs =
            std::mem::take(&mut function.sig.inputs).into_iter().skip(1).collect();
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use syn::parse_quote;

    use super::*;

    fn errors_of(function: ItemFn) -> Vec<String> {
        let mut errors = Errors::default();
        let options = Options::read(quote!("A::b"), &mut errors);
        InitFunction::new(options, function, &mut errors);
        errors.texts()
    }

    #[test]
    fn all_good_forms_pass() {
        for function in [
            parse_quote!(
                fn a() -> P {
                    P
                }
            ),
            parse_quote!(
                pub async fn a(ctx: &mut Init, b: String) -> Result<P, Die> {
                    P
                }
            ),
            parse_quote!(
                fn a(ctx: &mut aemp_actor::Init, (b): u8, rest: Rest) {}
            ),
        ] {
            let texts = errors_of(function);
            assert!(texts.is_empty() || texts[0].contains("names"), "{texts:?}");
        }
    }

    #[test]
    fn every_mistake_is_reported() {
        let texts = errors_of(parse_quote! {
            const unsafe extern "C" fn a<T>(self, b: &str, ctx: &mut Init) -> impl Port {}
        });
        let parts = ["`const`", "`unsafe`", "`extern`", "type parameters", "`self`", "`String`"];
        for part in parts.into_iter().chain(["comes first", "not `impl`"]) {
            assert!(texts.iter().any(|text| text.contains(part)), "{part} in {texts:?}");
        }
        assert_eq!(texts.len(), 8, "{texts:?}");
    }
}
