//! Failures as people and scripts read them: one or two plain lines, and an exit code.

use std::fmt;
use std::io::Write;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    cause: anyhow::Error,
}

const FAILED: u8 = 1;
const INPUT: u8 = 3;
const ABSENT: u8 = 4;

impl Failure {
    /// Something went wrong that is neither of the others.
    pub fn failed(cause: impl Into<anyhow::Error>) -> Self {
        Self { code: FAILED, cause: cause.into() }
    }

    /// A file, a word or a setting that was given is wrong.
    pub fn input(cause: impl Into<anyhow::Error>) -> Self {
        Self { code: INPUT, cause: cause.into() }
    }

    /// Something that is needed is not there.
    pub fn absent(cause: impl Into<anyhow::Error>) -> Self {
        Self { code: ABSENT, cause: cause.into() }
    }

    /// The same code, told in other words: the cause was told before.
    pub fn after(self, words: &'static str) -> Self {
        Self { code: self.code, cause: anyhow::anyhow!(words) }
    }

    pub fn code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.cause.to_string();
        // Many messages already end in their cause.
        for cause in self.cause.chain().skip(1).map(|c| c.to_string()).filter(|c| !c.is_empty()) {
            if !shown.contains(&cause) {
                shown.push_str(": ");
                shown.push_str(&cause);
            }
        }
        f.write_str(&crate::telemetry::scrubbed(&shown))
    }
}

/// A full pipe is how `| head` ends, and is no failure.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self { code: 0, cause: error.into() };
        }
        Self::failed(error)
    }
}

/// Tells the failure, if there is one, and gives the exit code.
pub fn report(result: Result<(), Failure>) -> ExitCode {
    let Err(failure) = result else { return ExitCode::SUCCESS };
    if failure.code != 0 {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let _ = writeln!(anstream::stderr(), "{red}error:{red:#} {failure}");
    }
    ExitCode::from(failure.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        let inner = anyhow::anyhow!("no such file");
        assert_eq!(Failure::input(inner.context("cannot read a.wav")).to_string(), "cannot read a.wav: no such file");
        let said = anyhow::anyhow!("no such file").context("cannot read a.wav: no such file");
        assert_eq!(Failure::input(said).to_string(), "cannot read a.wav: no such file");
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        assert_eq!(Failure::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe)).code(), 0);
    }
}
