//! An HTTP front end over ports, with axum.
//!
//! ```text
//! cargo run -p aemp-example-services --example web
//! curl -X POST http://127.0.0.1:8080/votes/tea
//! curl http://127.0.0.1:8080/votes
//! ```
//!
//! The port is a child of a supervisor, and the handlers have a handle that follows its restarts: while it
//! is started again, or when it does not answer in time, a client is told to try again later. The port may
//! as well be on another node.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::supervisor::{Child, ChildRef, NotRunning, Strategy, Supervisor};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio::net::TcpListener;

/// How long a client waits for the port.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many things can be voted for, and how many bytes their names may have.
const CHOICES: usize = 1000;
const NAME: usize = 100;

/// Counts votes.
#[derive(Default, Port)]
struct Poll {
    votes: BTreeMap<String, u64>,
}

#[rcv]
impl Poll {
    /// A vote; the answer is how many that makes, or that there can be no more choices.
    fn vote(&mut self, choice: String) -> Result<u64, String> {
        if self.votes.len() == CHOICES && !self.votes.contains_key(&choice) {
            return Err(format!("there are {CHOICES} choices already"));
        }
        let votes = self.votes.entry(choice).or_default();
        *votes += 1;
        Ok(*votes)
    }

    fn votes(&self) -> BTreeMap<String, u64> {
        self.votes.clone()
    }
}

/// What a handler cannot answer.
enum Problem {
    /// The request is wrong.
    Request(String),
    /// The port does not run now.
    NotRunning(NotRunning),
    /// It does not answer.
    Call(CallError),
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self {
            Self::Request(text) => (StatusCode::BAD_REQUEST, text).into_response(),
            Self::NotRunning(error) => {
                (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response()
            }
            Self::Call(error @ CallError::Timeout { .. }) => {
                (StatusCode::GATEWAY_TIMEOUT, error.to_string()).into_response()
            }
            Self::Call(error) => {
                (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response()
            }
        }
    }
}

impl From<NotRunning> for Problem {
    fn from(error: NotRunning) -> Self {
        Self::NotRunning(error)
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

async fn vote(
    State(poll): State<ChildRef<Poll>>,
    Path(choice): Path<String>,
) -> Result<Json<u64>, Problem> {
    if choice.len() > NAME {
        return Err(Problem::Request(format!("a choice has {NAME} bytes at the most")));
    }
    let votes = poll.get()?.vote(choice).timeout(PATIENCE).await?;
    votes.map(Json).map_err(Problem::Request)
}

async fn votes(State(poll): State<ChildRef<Poll>>) -> Result<Json<BTreeMap<String, u64>>, Problem> {
    Ok(Json(poll.get()?.votes().timeout(PATIENCE).await?))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let node = Node::local();
    let poll = Child::new("poll", |_| Poll::default());
    let current = poll.child_ref();
    let supervisor = Supervisor::new(Strategy::OneForOne).child(poll).start(&node);
    supervisor.ready().await?;

    let app = Router::new()
        .route("/votes", get(votes))
        .route("/votes/{choice}", post(vote))
        .with_state(current);
    let listener = TcpListener::bind(&address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let stop = async {
        // Without the signal's handler the program runs on.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    node.shutdown(PATIENCE).await;
    Ok(())
}
