//! Actors in a ring that pass tokens on.

use std::time::Instant;

use crate::contender::{Local, Tokens};

/// How large it is.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    actors: usize,
    tokens: usize,
}

/// So many tokens that each actor finds some whenever it has its turn.
pub(super) const RING: Shape = Shape { actors: 100, tokens: 1000 };

/// Two that wait for each other.
pub(super) const PAIR: Shape = Shape { actors: 2, tokens: 1 };

/// Steps per second.
pub(super) async fn rate<L: Local>(shape: Shape, steps: usize) -> f64 {
    let mut actors = Vec::new();
    for _ in 0..shape.actors {
        actors.push(L::spawn().await);
    }
    let tokens = Tokens::new(shape.tokens);
    let successors = actors.iter().cycle().skip(1);
    for (actor, next) in actors.iter().zip(successors) {
        L::join(actor, next.clone(), tokens.clone()).await;
    }
    let each = steps / shape.tokens;
    let start = Instant::now();
    for actor in actors.iter().cycle().take(shape.tokens) {
        L::pass(actor, each as u64).await;
    }
    tokens.all().await;
    let rate = super::rate(each * shape.tokens, start);
    for actor in actors {
        L::kill(actor).await;
    }
    rate
}
