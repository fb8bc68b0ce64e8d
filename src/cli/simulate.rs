//! `voicecart simulate`: an Alexa in the terminal, for any endpoint. Typed words in, what the skill has her say out;
//! conversations replayed as tests, and recorded as such.

mod script;

use std::fs;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use rustyline::error::ReadlineError;

use super::terminal::{BAD, GOOD, LABEL, STRONG, interactive};
use super::{Failure, Shared, block_on};
use crate::app;
use crate::edge::alexa::package;
use crate::edge::alexa::preview::{DEVICES, Viewport};
use crate::edge::alexa::simulator::{Heard, Simulator, SimulatorError, Who};
use crate::language::Understander;
use crate::language::model::Model;
use script::Conversation;

/// Talk to an Alexa skill without Amazon: this server's, or any other's
///
/// Type as you would speak. "(open)" opens the skill, "(end)" leaves it; an empty line or Ctrl-D ends. The endpoint gets
/// requests without a signature, and must be set to take them (alexa.verify = false here).
#[derive(Args, Debug)]
pub struct Simulate {
    /// The endpoint [default: /alexa at the configured address]
    url: Option<String>,
    /// The skill's interaction model: a file, or the folder of a skill package [default: the configured locale's]
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
    /// Alexa's id of the account that speaks [default: a new one each time]
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// The skill's id
    #[arg(long, value_name = "ID", default_value = "amzn1.ask.skill.simulated")]
    application_id: String,
    /// Replay conversations from a file and tell where the answers differ; may be given several times
    #[arg(long, value_name = "FILE")]
    replay: Vec<PathBuf>,
    /// Write the conversation to a file as a test, without e-mail addresses, telephone and order numbers
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Speak to a device with a screen, and print what it would show
    ///
    /// Texts only, line by line, as this program draws them; `/docs/screens` of a server shows pictures of its screens.
    #[arg(long, value_name = "DEVICE", num_args = 0..=1, require_equals = true, default_missing_value = "wide",
          value_parser = ["wide", "tall", "round"])]
    screen: Option<String>,
    /// Also print what was understood, cards and directives
    #[arg(long, short)]
    verbose: bool,
}

impl Simulate {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let settings = shared.start(Vec::new(), false)?.settings;
        let understander = match &self.model {
            None => {
                Understander::load(&app::locale_folder(&settings).map_err(Failure::input)?).map_err(Failure::input)?
            }
            Some(path) => {
                let (found, text) = package::find_model(path, &settings.locale).map_err(Failure::input)?;
                Understander::new(Model::parse(&found.display().to_string(), &text).map_err(Failure::input)?)
            }
        };
        let url = self.url.clone().unwrap_or_else(|| format!("http://{}/alexa", settings.bind));
        let stage = Stage { url, understander: Arc::new(understander), locale: settings.locale.clone() };
        block_on(async { if self.replay.is_empty() { self.converse(&stage).await } else { self.replay(&stage).await } })
    }

    fn simulator(&self, stage: &Stage, user: Option<&str>) -> Result<Simulator, Failure> {
        let stranger = || format!("amzn1.ask.account.{}", ulid::Ulid::generate());
        let user = user.or(self.user.as_deref()).map_or_else(stranger, str::to_owned);
        let devices: &'static [Viewport] = &DEVICES;
        let screen = self.screen.as_ref().and_then(|name| devices.iter().find(|d| d.name == name));
        let who = Who { user, application_id: self.application_id.clone(), locale: stage.locale.clone(), screen };
        Simulator::new(&stage.url, stage.understander.clone(), who).map_err(Failure::failed)
    }

    /// At the keyboard, or one line after the other from a pipe.
    async fn converse(&self, stage: &Stage) -> Result<(), Failure> {
        let mut simulator = self.simulator(stage, None)?;
        let mut turns = Vec::new();
        let mut lines = Lines::new()?;
        while let Some(words) = lines.next()? {
            let heard = match simulator.say(&words).await {
                Ok(heard) => heard,
                // A line that cannot be said does not end a conversation at the keyboard.
                Err(error @ SimulatorError::Words(_)) if interactive() => {
                    writeln!(anstream::stderr(), "{error}")?;
                    continue;
                }
                Err(error) => return Err(failure(error)),
            };
            self.show(&heard)?;
            turns.push((words, said(&heard)));
        }
        if let Some(path) = &self.record {
            let text = script::record("Recorded", &turns);
            fs::write(path, text)
                .map_err(|e| Failure::input(anyhow::anyhow!("cannot write {}: {e}", path.display())))?;
        }
        Ok(())
    }

    async fn replay(&self, stage: &Stage) -> Result<(), Failure> {
        let (mut turns, mut wrong) = (0, 0);
        for path in &self.replay {
            let failed = |e: &dyn std::fmt::Display| Failure::input(anyhow::anyhow!("{}: {e}", path.display()));
            let text = fs::read_to_string(path).map_err(|e| failed(&e))?;
            for conversation in script::parse(&text).map_err(|e| failed(&e))? {
                if !conversation.needs.is_empty() {
                    let (title, needs) = (&conversation.title, conversation.needs.join("; "));
                    let place = path.display();
                    writeln!(anstream::stdout(), "{place}: left out {title:?}: it needs a shop with {needs}")?;
                    continue;
                }
                turns += conversation.turns.len();
                wrong += self.one(stage, &path.display().to_string(), &conversation).await?;
            }
        }
        writeln!(anstream::stdout(), "{} of {turns} answers are as written", turns - wrong)?;
        match wrong {
            0 => Ok(()),
            n => Err(Failure::failed(anyhow::anyhow!("{n} of {turns} answers differ"))),
        }
    }

    /// How many answers of a conversation differ.
    async fn one(&self, stage: &Stage, file: &str, conversation: &Conversation) -> Result<usize, Failure> {
        let mut simulator = self.simulator(stage, conversation.customer.as_deref())?;
        let mut wrong = 0;
        for turn in &conversation.turns {
            let heard = simulator.say(&turn.shopper).await.map_err(failure)?;
            let said = said(&heard);
            if turn.shop.fits(&said) {
                continue;
            }
            wrong += 1;
            let mut out = anstream::stdout().lock();
            writeln!(out, "{BAD}{file}:{}{BAD:#} {}", turn.line, conversation.title)?;
            writeln!(out, "  shopper: {}  {LABEL}{}{LABEL:#}", turn.shopper, heard.understood)?;
            writeln!(out, "  written: {}\n  says:    {said}", turn.shop.shown())?;
        }
        Ok(wrong)
    }

    fn show(&self, heard: &Heard) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        if self.verbose && !heard.understood.is_empty() {
            writeln!(out, "{LABEL}{}{LABEL:#}", heard.understood)?;
        }
        writeln!(out, "{STRONG}{}{STRONG:#}", said(heard))?;
        if let Some(shown) = &heard.screen {
            if !shown.drawn {
                writeln!(out, "{LABEL}(a screen that is not drawn here; the texts of its data){LABEL:#}")?;
            }
            for line in shown.lines.iter().flat_map(|text| text.lines()) {
                writeln!(out, "  {LABEL}|{LABEL:#} {line}")?;
            }
        }
        if self.verbose {
            for directive in &heard.directives {
                writeln!(out, "{GOOD}{directive}{GOOD:#}")?;
            }
            if let Some(card) = &heard.card {
                writeln!(out, "{LABEL}{card}{LABEL:#}")?;
            }
        }
        Ok(())
    }
}

/// What every conversation of one run shares.
struct Stage {
    url: String,
    understander: Arc<Understander>,
    locale: String,
}

/// What is typed, from a person or a pipe.
enum Lines {
    Person(Box<rustyline::DefaultEditor>),
    Pipe(std::io::Lines<std::io::StdinLock<'static>>),
}

impl Lines {
    fn new() -> Result<Self, Failure> {
        if interactive() {
            return Ok(Self::Person(Box::new(rustyline::DefaultEditor::new().map_err(Failure::failed)?)));
        }
        Ok(Self::Pipe(std::io::stdin().lock().lines()))
    }

    fn next(&mut self) -> Result<Option<String>, Failure> {
        match self {
            // The editor blocks its thread; nothing else has to run meanwhile.
            Self::Person(editor) => match tokio::task::block_in_place(|| editor.readline("you  > ")) {
                Ok(line) if line.trim().is_empty() => Ok(None),
                Ok(line) => {
                    let _ = editor.add_history_entry(&line);
                    Ok(Some(line.trim().to_owned()))
                }
                Err(ReadlineError::Eof | ReadlineError::Interrupted) => Ok(None),
                Err(error) => Err(Failure::failed(error)),
            },
            Self::Pipe(lines) => loop {
                match lines.next().transpose()? {
                    Some(line) if line.trim().is_empty() => {}
                    line => return Ok(line.map(|l| l.trim().to_owned())),
                }
            },
        }
    }
}

fn said(heard: &Heard) -> String {
    match (heard.ended, heard.words.is_empty()) {
        (false, _) => heard.words.clone(),
        (true, true) => "[end]".to_owned(),
        (true, false) => format!("{} [end]", heard.words),
    }
}

fn failure(error: SimulatorError) -> Failure {
    match error {
        SimulatorError::Unreachable { .. } => Failure::absent(error),
        SimulatorError::Words(_) => Failure::input(error),
        error => Failure::failed(error),
    }
}
