//! `voicecart alexa export`: the configured locale's folder in, a skill package on disk out.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::app;
use crate::cli::terminal::{BAD, GOOD, LABEL};
use crate::cli::{Failure, Shared};
use crate::edge::alexa::package::{self, Options, Package};

#[derive(Args, Debug)]
pub struct Export {
    /// Folder to write; it is made where needed
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A locale to export; may be given several times [default: all that publishing/variants.toml names]
    #[arg(long, value_name = "LOCALE")]
    locale: Vec<String>,
    /// The name customers call the skill by [default: the model's]
    #[arg(long, value_name = "NAME")]
    invocation: Option<String>,
    /// The https address of this server's Alexa door
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Write over files that are there and differ
    #[arg(long)]
    force: bool,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

impl Export {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let settings = shared.start(Vec::new(), false)?.settings;
        let folder = app::locale_folder(&settings).map_err(Failure::input)?;
        let options = Options {
            locales: self.locale.clone(),
            invocation: self.invocation.clone(),
            endpoint: self.endpoint.clone(),
            client_id: settings.linking.client_id.clone(),
        };
        let package = package::build(&folder, &options).map_err(Failure::input)?;
        self.keep_what_is_there(&package)?;
        for (path, bytes) in &package.files {
            write(&self.out.join(path), bytes)?;
        }
        self.tell(&package)
    }

    /// What somebody filled in must not be lost to a second export.
    fn keep_what_is_there(&self, package: &Package) -> Result<(), Failure> {
        let differs =
            |(path, bytes): &&(PathBuf, Vec<u8>)| fs::read(self.out.join(path)).is_ok_and(|there| there != *bytes);
        match package.files.iter().find(differs) {
            Some((path, _)) if !self.force => Err(Failure::input(anyhow::anyhow!(
                "{} is there and differs; export to another folder, or write over it with --force",
                self.out.join(path).display()
            ))),
            _ => Ok(()),
        }
    }

    fn tell(&self, package: &Package) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        let fatal = package.findings.iter().filter(|f| f.fatal).count();
        if self.json {
            let findings: Vec<_> = package
                .findings
                .iter()
                .map(|f| serde_json::json!({"place": f.place, "problem": f.problem, "fatal": f.fatal}))
                .collect();
            let fill: Vec<_> =
                package.to_fill.iter().map(|(place, what)| serde_json::json!({"place": place, "what": what})).collect();
            let files: Vec<_> = package.files.iter().map(|(path, _)| path.display().to_string()).collect();
            let json =
                serde_json::json!({"locales": package.locales, "files": files, "findings": findings, "to_fill": fill});
            writeln!(out, "{json}")?;
        } else {
            for finding in package.findings.iter().filter(|f| f.fatal) {
                writeln!(out, "{BAD}BAD {BAD:#} {}: {}", finding.place, finding.problem)?;
            }
            let minor = package.findings.len() - fatal;
            writeln!(
                out,
                "{GOOD}written{GOOD:#} {} files for {} to {}",
                package.files.len(),
                package.locales.join(" "),
                self.out.display()
            )?;
            writeln!(
                out,
                "{LABEL}to fill in: {}, worth a look: {minor}; see FILL-IN.md{LABEL:#}",
                package.to_fill.len()
            )?;
        }
        match fatal {
            0 => Ok(()),
            n => Err(Failure::input(anyhow::anyhow!("{n} things in the package break a rule of Amazon's"))),
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::input(anyhow::anyhow!("cannot write {}: {e}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, bytes).map_err(failed)
}
