//! The command `aemp`, without ports of its own.

fn main() -> std::process::ExitCode {
    aemp_cli::main()
}
