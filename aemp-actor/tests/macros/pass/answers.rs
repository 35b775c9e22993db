//! What a handler returns is answered; `Die` kills the port, errors of the application do not.

use aemp_actor::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, PartialEq, Serialize)]
enum Refused {
    TooMuch { left: u32 },
}

#[derive(Port)]
struct Till {
    money: u32,
}

#[rcv]
impl Till {
    fn take(&mut self, amount: u32) -> Result<u32, Refused> {
        if amount > self.money {
            return Err(Refused::TooMuch { left: self.money });
        }
        self.money -= amount;
        Ok(self.money)
    }

    async fn check(&self, expected: u32) -> Result<bool, Die> {
        if expected == 13 { Err(die!("an unlucky number")) } else { Ok(self.money == expected) }
    }

    fn echo(&self, first: u8, rest: Rest) -> (u8, usize) {
        (first, rest.len())
    }

    fn wait(&mut self, ctx: &Ctx<Self>, twin: Option<TillRef>) -> Option<bool> {
        twin.map(|twin| PortId::from(twin) == ctx.id())
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() {
    let node = Node::local();
    let till = node.port(Till { money: 10 });

    assert_eq!(till.take(4).await.unwrap(), Ok(6));
    assert_eq!(till.take(7).await.unwrap(), Err(Refused::TooMuch { left: 6 }));
    assert!(till.check(6).await.unwrap());
    assert_eq!(till.echo(1, Rest(vec![2.into(), 3.into()])).await.unwrap(), (1, 2));
    assert_eq!(till.wait(Some(till.clone())).await.unwrap(), Some(true));

    let (taken,): (Result<u32, Refused>,) = node.cal(&till, ("take", "1")).await.unwrap();
    assert_eq!(taken, Ok(5));
    let (pair,): ((u8, usize),) = node.cal(&till, ("echo", 1, 2, 3, 4)).await.unwrap();
    assert_eq!(pair, (1, 3));
    let (none,): (Option<bool>,) = node.cal(&till, ("wait", ())).await.unwrap();
    assert_eq!(none, None);

    let dead = till.check(13).await.unwrap_err();
    assert!(dead.reason().unwrap().to_string().contains("an unlucky number"), "{dead}");
}
