//! Programs that compile without a warning, and what each has to show when it runs.

// They stand for crates of users, who have not turned on the lints of this workspace.
#![allow(missing_docs, unreachable_pub, clippy::too_many_arguments)]

pub mod answers;
pub mod catch_alls;
pub mod conditional;
pub mod defaults;
pub mod generics;
pub mod handle_is_data;
pub mod lint_attributes;
pub mod lints;
pub mod local;
pub mod messages;
pub mod names;
pub mod places;
pub mod remote;
pub mod shapes;

macro_rules! run {
    ($($program:ident),* $(,)?) => {$(
        #[test]
        fn $program() {
            $program::main();
        }
    )*};
}

run!(
    answers,
    catch_alls,
    conditional,
    defaults,
    generics,
    handle_is_data,
    lint_attributes,
    lints,
    local,
    messages,
    names,
    places,
    remote,
    shapes,
);
