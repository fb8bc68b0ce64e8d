//! `voicecart hear`: recordings, or the microphone, through the same turn the server takes.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::terminal::{BAD, LABEL, STRONG, bar, listen, play};
use super::{Failure, Shared, block_on};
use crate::app::App;
use crate::audio::{Samples, decode, wav};
use crate::dialogue::SessionId;
use crate::turn::{Answer, Caller};

/// Answer recordings, or the microphone
///
/// Prints what was heard and understood, the answer, and the time each stage took.
#[derive(Args, Debug)]
pub struct Hear {
    /// WAV, FLAC, MP3, Ogg (Vorbis or Opus) or WebM files
    #[arg(value_name = "FILE", required_unless_present = "mic")]
    files: Vec<PathBuf>,
    /// Listen to the microphone until a pause
    #[arg(long, conflicts_with = "files")]
    mic: bool,
    /// Who asks
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Take the files as one conversation, not as one each
    #[arg(long)]
    conversation: bool,
    /// One line of JSON for each file
    #[arg(long)]
    json: bool,
    /// Write the spoken answer here; with several files, the last one's
    #[arg(long, value_name = "FILE.wav")]
    out: Option<PathBuf>,
    /// Play the spoken answer
    #[arg(long)]
    speak: bool,
}

impl Hear {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let settings = shared.start(Vec::new(), false)?.settings;
        block_on(async {
            let app = App::build(&settings).await.map_err(Failure::absent)?;
            let done = self.answer(&app).await;
            app.close().await;
            done
        })
    }

    async fn answer(&self, app: &App) -> Result<(), Failure> {
        if self.mic {
            return self.microphone(app).await;
        }
        let mut session = None;
        let mut failed = None;
        let progress = bar(self.files.len() as u64, "hearing", false);
        for file in &self.files {
            let read = self.turn(app, read(app, file), &session).await;
            progress.inc(1);
            match read {
                Ok(answer) => {
                    if self.conversation {
                        session = Some(answer.session.clone()).filter(|_| answer.open);
                    }
                    progress.suspend(|| self.show(Some(file), &answer))?;
                    self.sound(&answer).await?;
                }
                // The other files may be fine.
                Err(failure) => {
                    progress.suspend(|| self.show_failure(file, &failure))?;
                    failed = Some(failure);
                }
            }
        }
        progress.finish_and_clear();
        match (failed, self.files.len()) {
            (Some(failure), 1) if !self.json => Err(failure),
            (Some(failure), _) => Err(failure.after("some recordings could not be answered")),
            (None, _) => Ok(()),
        }
    }

    /// One conversation by ear: listens, answers, and listens again until the shop has finished or nobody speaks.
    async fn microphone(&self, app: &App) -> Result<(), Failure> {
        let mut session = None;
        loop {
            writeln!(anstream::stderr(), "{LABEL}listening{LABEL:#}")?;
            let Some(samples) = listen(app.audio_limits().max_seconds).await? else { return Ok(()) };
            let answer = self.turn(app, Ok(samples), &session).await?;
            self.show(None, &answer)?;
            self.sound(&answer).await?;
            if !answer.open {
                return Ok(());
            }
            session = Some(answer.session);
        }
    }

    async fn turn(
        &self,
        app: &App,
        samples: Result<Samples, Failure>,
        session: &Option<SessionId>,
    ) -> Result<Answer, Failure> {
        let caller = app.caller(self.customer.as_deref(), session.clone(), self.speak || self.out.is_some());
        let caller: Caller = caller.await.map_err(Failure::input)?;
        app.spine.from_samples(samples?, caller).await.map_err(Failure::failed)
    }

    fn show(&self, file: Option<&Path>, answer: &Answer) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        if self.json {
            return Ok(writeln!(out, "{}", line(file, answer))?);
        }
        if let Some(file) = file {
            writeln!(out, "{STRONG}{}{STRONG:#}", file.display())?;
        }
        print(&mut out, answer)
    }

    fn show_failure(&self, file: &Path, failure: &Failure) -> Result<(), Failure> {
        if self.json {
            let line = serde_json::json!({"file": file.display().to_string(), "error": failure.to_string()});
            return Ok(writeln!(std::io::stdout(), "{line}")?);
        }
        Ok(writeln!(anstream::stderr(), "{BAD}{}{BAD:#}: {failure}", file.display())?)
    }

    /// Writes and plays the spoken answer, as asked.
    async fn sound(&self, answer: &Answer) -> Result<(), Failure> {
        let Some(speech) = &answer.speech else {
            if self.out.is_some() || self.speak {
                return Err(Failure::absent(anyhow::anyhow!("the answer could not be spoken; see the log")));
            }
            return Ok(());
        };
        if let Some(path) = &self.out {
            let wav = wav::encode(&speech.pcm, speech.rate);
            std::fs::write(path, wav)
                .with_context(|| format!("cannot write {}", path.display()))
                .map_err(Failure::input)?;
        }
        if self.speak { play(speech.clone()).await } else { Ok(()) }
    }
}

/// What was heard, understood and answered, for people.
pub fn print(out: &mut impl Write, answer: &Answer) -> Result<(), Failure> {
    if let Some(heard) = &answer.transcript {
        writeln!(out, "{LABEL}heard{LABEL:#}    {:?} ({:.0}% sure)", heard.text, heard.confidence * 100.0)?;
    }
    if let Some(reading) = &answer.reading {
        let slots: Vec<String> = reading.slots.iter().map(|s| format!("{}={}", s.name, s.value)).collect();
        writeln!(out, "{LABEL}intent{LABEL:#}   {} {}", reading.intent, slots.join(" "))?;
    }
    writeln!(out, "{LABEL}answer{LABEL:#}   {}", answer.reply.speech.text)?;
    let t = &answer.timings;
    let ms = |d: Duration| format!("{:.1}", d.as_secs_f64() * 1e3);
    writeln!(
        out,
        "{LABEL}ms       queue {}, recognition {}, understanding {}, shop {}, synthesis {}, in all {}{LABEL:#}",
        ms(t.queue),
        ms(t.recognition),
        ms(t.understanding),
        ms(t.shop),
        ms(t.synthesis),
        ms(t.total)
    )?;
    Ok(())
}

/// One line for scripts.
fn line(file: Option<&Path>, answer: &Answer) -> serde_json::Value {
    let ms = |d: Duration| (d.as_secs_f64() * 1e6).round() / 1e3;
    let t = &answer.timings;
    let slots: serde_json::Map<_, _> = answer
        .reading
        .iter()
        .flat_map(|r| &r.slots)
        .map(|s| (s.name.clone(), serde_json::Value::from(s.value.clone())))
        .collect();
    let evidence = answer.transcript.as_ref().map(|t| t.evidence.signs().into_iter().collect::<HashMap<_, _>>());
    serde_json::json!({
        "file": file.map(|f| f.display().to_string()),
        "transcript": answer.transcript.as_ref().map(|t| t.text.as_str()),
        "confidence": answer.transcript.as_ref().map(|t| t.confidence),
        "evidence": evidence,
        "intent": answer.reading.as_ref().map(|r| r.intent.as_str()),
        "slots": slots,
        "speech": answer.reply.speech.text,
        "ms": {
            "queue": ms(t.queue), "recognition": ms(t.recognition), "understanding": ms(t.understanding),
            "shop": ms(t.shop), "synthesis": ms(t.synthesis), "total": ms(t.total),
        },
    })
}

fn read(app: &App, file: &Path) -> Result<Samples, Failure> {
    let bytes =
        std::fs::read(file).with_context(|| format!("cannot read {}", file.display())).map_err(Failure::input)?;
    let limits = app.audio_limits();
    let limits = decode::Limits { max_bytes: usize::MAX, ..limits };
    decode::decode(&bytes, None, &limits).map_err(Failure::input)
}
