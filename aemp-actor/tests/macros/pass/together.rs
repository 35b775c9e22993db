//! What each file of `../together` shows, in one program: they are quicker compiled together.

#[path = "../together/answers.rs"]
mod answers;
#[path = "../together/catch_alls.rs"]
mod catch_alls;
#[path = "../together/conditional.rs"]
mod conditional;
#[path = "../together/generics.rs"]
mod generics;
#[path = "../together/handle_is_data.rs"]
mod handle_is_data;
#[path = "../together/local.rs"]
mod local;
#[path = "../together/messages.rs"]
mod messages;
#[path = "../together/remote.rs"]
mod remote;
#[path = "../together/shapes.rs"]
mod shapes;

fn main() {
    answers::main();
    catch_alls::main();
    conditional::main();
    generics::main();
    handle_is_data::main();
    local::main();
    messages::main();
    remote::main();
    shapes::main();
}
