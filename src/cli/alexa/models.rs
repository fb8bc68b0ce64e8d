//! `voicecart alexa import` and `alexa diff`: interaction models in, a report about them out.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::app;
use crate::cli::terminal::{BAD, GOOD, LABEL};
use crate::cli::{Failure, Shared};
use crate::edge::alexa::package;
use crate::language::mapping::{Fate, Mapped, Mapping};
use crate::language::model::Model;
use crate::language::{Understander, changes, check, mapping};

#[derive(Args, Debug)]
pub struct Import {
    /// The model's file, or the folder of a skill package
    model: PathBuf,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub struct Diff {
    /// A model's file, or the folder of a skill package or a locale
    old: PathBuf,
    /// The same, to compare with [default: the configured locale's]
    new: Option<PathBuf>,
    /// Which locale of a skill package [default: the configured one]
    #[arg(long, value_name = "LOCALE")]
    locale: Option<String>,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

impl Import {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let settings = shared.start(Vec::new(), false)?.settings;
        let folder = app::locale_folder(&settings).map_err(Failure::input)?;
        let (path, text) = package::find_model(&self.model, &settings.locale).map_err(Failure::input)?;
        let shown = path.display().to_string();
        let theirs = Model::parse(&shown, &text).map_err(Failure::input)?;
        let findings = check::check_file(&shown, &text).map_err(Failure::input)?;
        let ours = Understander::load(&folder).map_err(Failure::input)?;
        let today = app::clock(&settings).map_err(Failure::input)?.here().date();
        let map = mapping::map(&theirs, &ours, today);
        let mut out = anstream::stdout().lock();
        if self.json {
            let findings: Vec<_> = findings
                .iter()
                .map(|f| serde_json::json!({"place": f.place, "problem": f.problem, "fatal": f.fatal}))
                .collect();
            let mut json = as_json(&map);
            json["findings"] = findings.into();
            return Ok(writeln!(out, "{json}")?);
        }
        for intent in &map.intents {
            let (style, fate) = match &intent.fate {
                Fate::SameName => (GOOD, "has the same name here".to_owned()),
                Fate::ReadAs(ours) => (GOOD, format!("means {ours}")),
                Fate::Unknown => (BAD, "has no counterpart".to_owned()),
            };
            let share = if intent.tried == 0 {
                String::new()
            } else {
                format!(" ({} of {} sentences)", intent.agreed, intent.tried)
            };
            writeln!(out, "{style}{}{style:#} {fate}{share}", intent.name)?;
            if !intent.strange_slots.is_empty() && intent.fate != Fate::Unknown {
                writeln!(out, "  {LABEL}other slots: {}{LABEL:#}", intent.strange_slots.join(", "))?;
            }
        }
        for kind in &map.types {
            writeln!(out, "type {}: {} of {} values are known here", kind.name, kind.known, kind.values)?;
        }
        let lost = map.intents.iter().filter(|i| i.fate == Fate::Unknown).count();
        for finding in &findings {
            let style = if finding.fatal { BAD } else { LABEL };
            writeln!(out, "{style}{}{style:#}: {}", finding.place, finding.problem)?;
        }
        Ok(writeln!(out, "{} of {} intents are understood here", map.intents.len() - lost, map.intents.len())?)
    }
}

fn as_json(map: &Mapping) -> serde_json::Value {
    let one = |i: &Mapped| {
        let counterpart = match &i.fate {
            Fate::SameName => Some(i.name.clone()),
            Fate::ReadAs(name) => Some(name.clone()),
            Fate::Unknown => None,
        };
        serde_json::json!({"intent": i.name, "counterpart": counterpart, "tried": i.tried, "agreed": i.agreed,
            "other_slots": i.strange_slots})
    };
    let types: Vec<_> =
        map.types.iter().map(|t| serde_json::json!({"type": t.name, "values": t.values, "known": t.known})).collect();
    serde_json::json!({"intents": map.intents.iter().map(one).collect::<Vec<_>>(), "types": types})
}

impl Diff {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let settings = shared.start(Vec::new(), false)?.settings;
        let locale = self.locale.as_deref().unwrap_or(&settings.locale);
        let new = match &self.new {
            Some(path) => path.clone(),
            None => app::locale_folder(&settings).map_err(Failure::input)?,
        };
        let (old, new) = (load(&self.old, locale)?, load(&new, locale)?);
        let changes = changes::between(&old, &new);
        let mut out = anstream::stdout().lock();
        if self.json {
            let list: Vec<_> = changes
                .iter()
                .map(|c| serde_json::json!({"place": c.place, "before": c.before, "after": c.after}))
                .collect();
            return Ok(writeln!(out, "{}", serde_json::Value::from(list))?);
        }
        for change in &changes {
            match (&change.before, &change.after) {
                (Some(before), Some(after)) => writeln!(out, "{}: {before} -> {after}", change.place)?,
                (Some(before), None) => writeln!(out, "{BAD}-{BAD:#} {}: {before}", change.place)?,
                (None, after) => {
                    writeln!(out, "{GOOD}+{GOOD:#} {}: {}", change.place, after.as_deref().unwrap_or_default())?;
                }
            }
        }
        if changes.is_empty() {
            writeln!(out, "the models mean the same")?;
        }
        Ok(())
    }
}

fn load(path: &Path, locale: &str) -> Result<Model, Failure> {
    let (found, text) = package::find_model(path, locale).map_err(Failure::input)?;
    Model::parse(&found.display().to_string(), &text).map_err(Failure::input)
}
