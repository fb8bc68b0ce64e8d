//! The `voicecart` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    voicecart::cli::run()
}
