//! `voicecart completions SHELL`.

use std::io::Write;

use clap::Args;
use clap_complete::Shell;

use super::Failure;

/// Print completions for a shell
///
/// For bash: `source <(voicecart completions bash)`.
#[derive(Args, Debug)]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run(&self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::definition(), "voicecart", &mut script);
        Ok(std::io::stdout().write_all(&script)?)
    }
}
