//! Completions for the shells of the system. Words of the command itself stand in a script; in bash, nodes,
//! ports, groups and functions are asked for as at the prompt of `aemp shell`.
//!
//! ```text
//!   bash: TAB ─▶ _aemp_of_network ─▶ aemp __complete WORD… ─▶ the network
//!                     └── nothing is known ──▶ the function that was generated
//! ```

use clap_complete::Shell;

use super::shell::{asks_network, proposals};
use super::{Options, Output, chain, command_line, line, program_name};

/// What bash calls; `NAME` is the program, and `_FUNCTION` what was generated for it.
const BASH: &str = include_str!("completing.bash");

/// How long a completion may take unless somebody says otherwise.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(3);

/// Prints the script.
pub(crate) fn script(shell: Shell) {
    let (name, mut script) = (program_name(), Vec::new());
    clap_complete::generate(shell, &mut command_line::command(), &name, &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if shell == Shell::Bash {
        let function = name.replace('-', "__");
        script.push_str(&BASH.replace("NAME", &name).replace("FUNCTION", &function));
    }
    Output::new(false).line(script.trim_end());
}

/// Prints what the last of these words may become, a line each; nothing, where that is a word of the
/// command itself, or there is no network.
pub(crate) fn run(words: &[String]) {
    let Some((word, before)) = words.split_last() else { return };
    let command = command_line::command();
    // Commands may stand before this one on the line.
    let mut steps = chain::split(&command, [before, &["".to_owned()]].concat());
    let Some(mut step) = steps.pop() else { return };
    step.pop();
    if !asks_network(&command, &step, word) {
        return;
    }
    let line = std::iter::once(program_name()).chain(step.iter().cloned());
    let Ok(matches) = command.ignore_errors(true).try_get_matches_from(line) else { return };
    let mut options = Options::of(&matches);
    options.timeout.get_or_insert(LIMIT);
    // Whoever types wants no explanation.
    drop(line::join(&options, async |connection| {
        for proposal in proposals(connection, step, word.clone()).await {
            connection.output().line(&proposal);
        }
        Ok(())
    }));
}
