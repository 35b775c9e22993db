//! `aemp::functions`.

use super::question::Question;
use crate::introspection::{FunctionInfo, FunctionKind};
use crate::node::init_names;

#[expect(clippy::unnecessary_wraps)]
pub(super) fn answer(question: &Question<'_>) -> Result<(), String> {
    let info = |kind, name: String| {
        let allowed = question.may_run(&name);
        FunctionInfo { name, kind, allowed }
    };
    let inits = init_names().map(|name| info(FunctionKind::Init, name.into()));
    let registered = question.core.functions().names();
    let registered = registered.into_iter().map(|name| info(FunctionKind::Function, name));
    let builtin = question.core.builtins().all(question.rights()).map(|(name, allowed)| {
        FunctionInfo { name: name.into(), kind: FunctionKind::Builtin, allowed }
    });
    let mut functions: Vec<FunctionInfo> = inits.chain(registered).chain(builtin).collect();
    functions.sort_by(|a, b| a.name.cmp(&b.name));
    question.answer(functions);
    Ok(())
}
