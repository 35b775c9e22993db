//! Counting the instructions of a run of this program.

use std::process::{Command, Stdio};

use crate::paths::HotPath;
use crate::section;

/// Has the C library copy and compare in the plainest way: what it chooses by the processor differs from
/// machine to machine, and takes another way with bytes near the end of a page, wherever those happen to be.
/// Versions before 2.33 call the second `AVX2_Usable`; what one does not know it ignores.
const PLAIN: &str =
    "glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-SSE4_1,-EVEX,-AVX512VL,-AVX512BW,-ERMS,-FSRM";

/// How many instructions one operation takes.
pub(crate) fn per_operation(path: &HotPath) -> Result<f64, String> {
    let once = start(path, path.count)?;
    let twice = start(path, 2 * path.count)?;
    let (once, twice) = (once.finish()?, twice.finish()?);
    Ok((twice as f64 - once as f64) / path.count as f64)
}

/// A run that is being counted.
struct Run {
    process: std::process::Child,
    what: String,
    file: std::path::PathBuf,
}

fn start(path: &HotPath, count: usize) -> Result<Run, String> {
    let program = std::env::current_exe().map_err(|error| format!("our own path: {error}"))?;
    let name = path.name.replace(' ', "-");
    let file = format!("aemp-guard-{}-{name}-{count}", std::process::id());
    let file = std::env::temp_dir().join(file);
    let process = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--vgdb=no", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={}", section::NAME))
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(program)
        .args(["run", path.name, &count.to_string()])
        .env("GLIBC_TUNABLES", PLAIN)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("valgrind cannot be started: {error}"))?;
    Ok(Run { process, what: format!("{} times {:?}", count, path.name), file })
}

impl Run {
    /// Waits for it, and gives its count.
    fn finish(self) -> Result<u64, String> {
        let output = self.process.wait_with_output().map_err(|error| error.to_string())?;
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        // The count is what was wanted of it.
        std::fs::remove_file(&self.file).unwrap_or_default();
        match total(&text).filter(|count| *count > 0) {
            Some(count) if output.status.success() => Ok(count),
            _ => {
                let said = String::from_utf8_lossy(&output.stderr);
                Err(format!(
                    "{}: callgrind has counted nothing: {}\n{said}",
                    self.what, output.status
                ))
            }
        }
    }
}

/// The count in a file of callgrind's.
fn total(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("summary:").or_else(|| line.strip_prefix("totals:")))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::total;

    #[test]
    fn the_summary_is_the_count() {
        assert_eq!(total("events: Ir\nsummary: 4321\n\nfn=(0)\n16 4321\n"), Some(4321));
        assert_eq!(total("events: Ir\nfn=(0)\n16 77\n\ntotals: 77\n"), Some(77));
        assert_eq!(total("events: Ir\n"), None);
    }
}
