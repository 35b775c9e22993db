//! A port that greets, and a port that watches it and starts it again.

use aemp_actor::prelude::*;

/// Greets, and counts whom it has greeted: an actor is a struct, its methods are its messages.
#[derive(Default, Port)]
struct Greeter {
    greeted: u64,
}

#[rcv]
impl Greeter {
    /// A method with a result answers a request.
    fn greet(&mut self, name: String) -> Result<String, Die> {
        if name.is_empty() {
            // An error ends this port, and nothing else.
            return Err(die!("nobody to greet"));
        }
        self.greeted += 1;
        Ok(format!("hello {name}, you are number {}", self.greeted))
    }
}

/// Any node of a network can spawn a greeter by this name.
#[init("Hello::greeter")]
fn greeter() -> Greeter {
    Greeter::default()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Without a subscriber, nothing that goes wrong is seen.
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    // A node that talks to others: Node::configure(Config::new().bind(…).seed(…).secret(…)).
    let node = Node::local();
    let greeter = node.port(Greeter::default());
    println!("{}", greeter.greet("world").await?);
    println!("{}", greeter.greet("moon").await?);

    // A monitor fires once, always, with the reason.
    let (tell, told) = tokio::sync::oneshot::channel();
    node.mon(&greeter, move |reason: Reason| drop(tell.send(reason)));
    println!("{}", greeter.greet("").await.unwrap_err());
    println!("the greeter has died: {}", told.await?);

    let again = node.port(Greeter::default());
    println!("{}", again.greet("world").await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_counts() {
        // Dropped, a node is shut down.
        let node = Node::local();
        let greeter = node.port(Greeter::default());
        assert_eq!(greeter.greet("world").await.unwrap(), "hello world, you are number 1");
        assert_eq!(greeter.greet("moon").await.unwrap(), "hello moon, you are number 2");
    }
}
