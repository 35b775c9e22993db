//! A port with a database, which blocks: notes in SQLite.
//!
//! ```text
//! cargo run -p aemp-example-services --example notes -- notes.db add "buy milk"
//! cargo run -p aemp-example-services --example notes -- notes.db list
//! ```
//!
//! SQLite has no async interface. Its calls run on threads for blocking code, and the port awaits them: so
//! they are carried out one after the other, in the order of the messages, and no thread of the runtime is
//! blocked. Who is too fast for the disk fills the port's mailbox, which has a bound.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aemp_actor::PortOptions;
use aemp_actor::prelude::*;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

/// How many messages may wait for the database.
const WAITING: usize = 1000;

const USAGE: &str = "usage: notes FILE add TEXT
       notes FILE list
       notes FILE done NUMBER";

/// A note.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Note {
    number: i64,
    text: String,
}

/// Has the database.
#[derive(Port)]
struct Notes {
    /// Shared with the thread that works for the port, one at a time.
    database: Arc<Mutex<Connection>>,
}

impl Notes {
    fn open(file: &str) -> rusqlite::Result<Self> {
        let database = Connection::open(file)?;
        database.execute(
            "CREATE TABLE IF NOT EXISTS notes (number INTEGER PRIMARY KEY, text TEXT NOT NULL)",
            (),
        )?;
        Ok(Self { database: Arc::new(Mutex::new(database)) })
    }

    /// Runs blocking code with the database. An error of the database ends the port: whoever supervises it
    /// opens the file again.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Die> {
        let database = self.database.clone();
        let done = tokio::task::spawn_blocking(move || {
            work(&database.lock().unwrap_or_else(PoisonError::into_inner))
        });
        Ok(done.await??)
    }
}

#[rcv]
impl Notes {
    /// Adds a note; the answer, its number, comes when it is on the disk.
    async fn add(&mut self, text: String) -> Result<i64, Die> {
        self.with(move |database| {
            database.execute("INSERT INTO notes (text) VALUES (?1)", [text])?;
            Ok(database.last_insert_rowid())
        })
        .await
    }

    /// Removes a note; the answer is whether it was there.
    async fn done(&mut self, number: i64) -> Result<bool, Die> {
        self.with(move |database| {
            Ok(database.execute("DELETE FROM notes WHERE number = ?1", [number])? > 0)
        })
        .await
    }

    /// All notes.
    async fn list(&mut self) -> Result<Vec<Note>, Die> {
        self.with(|database| {
            let mut query = database.prepare("SELECT number, text FROM notes ORDER BY number")?;
            let notes =
                query.query_map((), |row| Ok(Note { number: row.get(0)?, text: row.get(1)? }))?;
            notes.collect()
        })
        .await
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [file, command @ ..] = &words[..] else { return Err(USAGE.into()) };
    let node = Node::local();
    let options = PortOptions::new().max_messages(WAITING);
    let notes = node.port_with(Notes::open(file)?, options);
    match command {
        ["add", text] => println!("note {}", notes.add(*text).await?),
        ["done", number] => match notes.done(number.parse()?).await? {
            true => println!("note {number} is done"),
            false => return Err(format!("there is no note {number}").into()),
        },
        ["list"] => {
            for Note { number, text } in notes.list().await? {
                println!("{number:4}  {text}");
            }
        }
        _ => return Err(USAGE.into()),
    }
    node.shutdown(Duration::from_secs(5)).await;
    Ok(())
}
