//! `voicecart models`: which speech models there are, and bringing them here.

use std::io::Write;

use clap::Subcommand;

use super::terminal::{BAD, GOOD, bar};
use super::{Failure, Shared, block_on};
use crate::app;
use crate::asr::models::{FetchError, Manifest, Verdict, fetch, verify};

#[derive(Subcommand, Debug)]
pub enum Models {
    /// List the models of models/manifest.toml and which of them are here
    List,
    /// Download a model; a broken-off download goes on where it stopped
    Fetch {
        /// A name that `models list` shows, such as base.en
        name: String,
    },
    /// Compare the models that are here with the manifest
    Verify,
}

impl Models {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let settings = shared.start(Vec::new(), false)?.settings;
        let manifest = Manifest::builtin().map_err(Failure::failed)?;
        let folder = app::shipped(&settings.models.dir);
        let mut out = anstream::stdout().lock();
        match self {
            Self::List => {
                for (model, path) in manifest.list(&folder) {
                    let size = model.bytes.map_or_else(|| "?".into(), |b| format!("{} MB", b / 1_000_000));
                    let state = match (model.is_embedded(), path) {
                        (true, _) => "part of the program",
                        (false, Some(_)) => "here",
                        (false, None) => "",
                    };
                    let languages = model.languages.join(",");
                    let (name, licence) = (&model.name, &model.licence);
                    writeln!(out, "{name:<24} {size:>8}  {languages:<4} {licence:<10} {GOOD}{state}{GOOD:#}")?;
                }
                Ok(())
            }
            Self::Fetch { name } => {
                let model = manifest.find(name).map_err(Failure::input)?;
                let bar = bar(model.bytes.unwrap_or(0), name, true);
                let mut progress = |p: crate::asr::models::Progress| {
                    bar.set_length(p.total.unwrap_or(p.received));
                    bar.set_position(p.received);
                };
                let mirror = settings.models.mirror.as_deref();
                let done = block_on(async { Ok(fetch(model, &folder, mirror, &mut progress).await) })?;
                bar.finish_and_clear();
                let path = done.map_err(|error| match error {
                    FetchError::NothingToFetch(_) => Failure::input(error),
                    FetchError::Offline { .. } | FetchError::BrokeOff { .. } => Failure::absent(error),
                    _ => Failure::failed(error),
                })?;
                Ok(writeln!(out, "{}", path.display())?)
            }
            Self::Verify => {
                let mut bad = 0;
                for (model, path) in manifest.list(&folder).filter(|(m, p)| p.is_some() || m.is_embedded()) {
                    let length = path.as_ref().and_then(|p| p.metadata().ok()).map_or(0, |m| m.len());
                    let bar = bar(length, &model.name, true);
                    let verdict =
                        verify(model, &folder, &mut |read| bar.set_position(read)).map_err(Failure::failed)?;
                    bar.finish_and_clear();
                    let (name, told) = (&model.name, told(&verdict));
                    match verdict {
                        Verdict::Good | Verdict::NoChecksumKnown => writeln!(out, "{name:<24} {GOOD}{told}{GOOD:#}")?,
                        _ => {
                            bad += 1;
                            writeln!(out, "{name:<24} {BAD}{told}{BAD:#}")?;
                        }
                    }
                }
                match bad {
                    0 => Ok(()),
                    n => Err(Failure::failed(anyhow::anyhow!("{n} models are damaged; delete and fetch them again"))),
                }
            }
        }
    }
}

fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Good => "good".into(),
        Verdict::NoChecksumKnown => "here; no checksum is known to compare it with".into(),
        Verdict::Missing => "not here".into(),
        Verdict::WrongSize { expected, found } => format!("{found} bytes instead of {expected}"),
        Verdict::WrongChecksum { expected, found } => format!("checksum {found} instead of {expected}"),
    }
}
