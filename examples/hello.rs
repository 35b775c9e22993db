//! The smallest program with a port: `cargo run --example hello`

use aemp_actor::prelude::*;

#[derive(Port)]
struct Greeter;

#[rcv]
impl Greeter {
    fn greet(&self, name: String) -> String {
        format!("hello, {name}")
    }
}

#[tokio::main]
async fn main() -> Result<(), CallError> {
    let node = Node::local();
    let greeter = node.port(Greeter);
    println!("{}", greeter.greet("world").await?);
    Ok(())
}
