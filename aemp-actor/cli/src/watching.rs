//! `--watch`: a command again and again.

use std::time::Duration;

use super::network_commands::NetworkCommand;
use super::{Failure, NetworkConnection, progress};

impl NetworkCommand {
    /// Carries it out until its reader has gone, each time in the time that one command has. A terminal
    /// shows the latest table, JSON is a value in each line, and all else gets an empty line between
    /// tables. What cannot be done now may be possible the next time, and is said; a command line that
    /// makes no sense never is.
    ///
    /// # Cancel safety
    /// Dropped, nothing more is printed.
    pub(crate) async fn repeat(
        &self,
        connection: &NetworkConnection,
        period: Duration,
    ) -> Result<(), Failure> {
        let connection = connection.in_lines();
        let output = connection.output();
        let mut is_first = true;
        loop {
            output.next_table(std::mem::take(&mut is_first));
            match self.run_once(&connection).await {
                Ok(()) => {}
                Err(failure @ Failure::Usage(_)) => return Err(failure),
                Err(failure) => output.note(&failure.to_string()),
            }
            // The pause between two tables is not shown as a wait for an answer.
            progress::end();
            tokio::time::sleep(period).await;
        }
    }
}
