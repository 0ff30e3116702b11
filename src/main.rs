//! The binary: one runtime on this thread, and the exit code of what was asked for.

use std::process::ExitCode;

fn main() -> ExitCode {
    croud::run(std::env::args_os())
}
