//! `voicecart ask`: typed turns. One with words on the command line, a conversation without: with line editing on a
//! terminal, one line after the other from a pipe.

use std::io::{BufRead, Write};

use clap::Args;
use rustyline::error::ReadlineError;

use super::terminal::{LABEL, STRONG, interactive, play};
use super::{Failure, Shared, block_on, hear};
use crate::app::App;
use crate::dialogue::SessionId;
use crate::language::Utterance;
use crate::turn::Answer;

/// Answer typed words; without any, hold a conversation
///
/// Type as you would speak: "find running shoes under 50 dollars", "the second one", "yes". An empty line or Ctrl-D ends.
#[derive(Args, Debug)]
pub struct Ask {
    /// What the shopper says
    text: Option<String>,
    /// Who asks
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Also print intent, slots and times
    #[arg(long, short)]
    verbose: bool,
    /// Speak the answer aloud
    #[arg(long)]
    speak: bool,
}

impl Ask {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let settings = shared.start(Vec::new(), false)?.settings;
        block_on(async {
            let app = App::build_without_ears(&settings).await.map_err(Failure::absent)?;
            let done = match &self.text {
                Some(text) => self.turn(&app, text, None).await.map(|_| ()),
                None if interactive() => self.converse(&app).await,
                None => self.replay(&app).await,
            };
            app.close().await;
            done
        })
    }

    /// At the keyboard.
    async fn converse(&self, app: &App) -> Result<(), Failure> {
        let mut editor = rustyline::DefaultEditor::new().map_err(Failure::failed)?;
        let mut session = None;
        loop {
            // The editor blocks its thread; nothing else has to run meanwhile.
            let line = match tokio::task::block_in_place(|| editor.readline("you  > ")) {
                Ok(line) if line.trim().is_empty() => return Ok(()),
                Ok(line) => line,
                Err(ReadlineError::Eof | ReadlineError::Interrupted) => return Ok(()),
                Err(error) => return Err(Failure::failed(error)),
            };
            let _ = editor.add_history_entry(&line);
            session = self.keep_going(self.turn(app, &line, session.clone()).await, session)?;
        }
    }

    /// From a pipe: every line is a turn.
    async fn replay(&self, app: &App) -> Result<(), Failure> {
        let mut session = None;
        for line in std::io::stdin().lock().lines() {
            let line = line?;
            if !line.trim().is_empty() {
                session = self.turn(app, &line, session).await?;
            }
        }
        Ok(())
    }

    /// A line that cannot be read does not end a conversation.
    fn keep_going(
        &self,
        turn: Result<Option<SessionId>, Failure>,
        session: Option<SessionId>,
    ) -> Result<Option<SessionId>, Failure> {
        match turn {
            Ok(next) => Ok(next),
            Err(failure) => {
                writeln!(anstream::stderr(), "{failure}")?;
                Ok(session)
            }
        }
    }

    /// The session to go on with.
    async fn turn(&self, app: &App, text: &str, session: Option<SessionId>) -> Result<Option<SessionId>, Failure> {
        let words = Utterance::new(text).map_err(Failure::input)?;
        let caller = app.caller(self.customer.as_deref(), session, self.speak).await.map_err(Failure::input)?;
        let answer = app.spine.from_text(words, caller).await.map_err(Failure::failed)?;
        self.show(&answer)?;
        if self.speak
            && let Some(speech) = answer.speech.clone()
        {
            play(speech).await?;
        }
        Ok(answer.open.then_some(answer.session))
    }

    fn show(&self, answer: &Answer) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        if self.verbose {
            return hear::print(&mut out, answer);
        }
        if self.text.is_none() && interactive() {
            return Ok(writeln!(out, "{LABEL}shop >{LABEL:#} {STRONG}{}{STRONG:#}", answer.reply.speech.text)?);
        }
        Ok(writeln!(out, "{}", answer.reply.speech.text)?)
    }
}
