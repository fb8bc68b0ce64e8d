//! `voicecart listen` with a real sound server: PulseAudio with one null sink for the room, whose monitor is the
//! microphone, and one for the loudspeaker. A shopper's voice is played into the room, the reply is recorded; then the
//! sound server goes away and comes back.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test: helpers outside #[test] functions too

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use voicecart::asr::models::Chosen;
use voicecart::asr::whisper::{PoolOptions, WhisperPool};
use voicecart::asr::{Bias, Recognizer};
use voicecart::audio::Samples;
use voicecart::audio::decode::{Limits, decode};

const CLIP: &str = "audio-fixtures/01-find-almond-milk-clean.wav";
/// Part of a reply's words that the ear must hear in what the loudspeaker played, in their order. It hears 54% of
/// such a list with the present model; a reply that is cut off, distorted or another one has far less.
const HEARD_AGAIN: f32 = 0.4;

/// A sound server of our own, ended with the test.
struct Sound {
    folder: PathBuf,
    server: Option<Child>,
}

impl Sound {
    fn new(folder: &Path) -> Self {
        let alsa = "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n";
        std::fs::write(folder.join("asound.conf"), alsa).unwrap();
        let mut sound = Self { folder: folder.to_owned(), server: None };
        sound.start();
        sound
    }

    /// What programs need to find it.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("HOME", &self.folder)
            .env("XDG_RUNTIME_DIR", &self.folder)
            .env("PULSE_SERVER", format!("unix:{}", self.folder.join("native").display()))
            .env("ALSA_CONFIG_PATH", self.folder.join("asound.conf"))
            .stdin(Stdio::null());
        command
    }

    fn start(&mut self) {
        let socket =
            format!("module-native-protocol-unix auth-anonymous=1 socket={}", self.folder.join("native").display());
        let mut command = self.command("pulseaudio");
        command.env_remove("PULSE_SERVER").args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]);
        command.args(["--disable-shm=yes", "--realtime=no", "--high-priority=no", "-L", &socket]);
        for sink in ["room", "reply"] {
            command.args(["-L", &format!("module-null-sink sink_name={sink} rate=48000")]);
        }
        self.server = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        self.until("pactl", &["set-default-source", "room.monitor"], |_| true);
        self.until("pactl", &["set-default-sink", "reply"], |_| true);
    }

    fn end(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
            let _ = std::fs::remove_file(self.folder.join("native"));
        }
    }

    /// Runs a program until it succeeds and its output is right.
    fn until(&self, program: &str, arguments: &[&str], right: impl Fn(&str) -> bool) {
        let began = Instant::now();
        loop {
            let done = self.command(program).args(arguments).output().unwrap();
            if done.status.success() && right(&String::from_utf8_lossy(&done.stdout)) {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{program} {arguments:?}: {done:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Somebody speaks in the room, once the microphone is open.
    fn say(&self, clip: &str) {
        self.until("pactl", &["list", "short", "source-outputs"], |out| !out.trim().is_empty());
        std::thread::sleep(Duration::from_millis(500));
        assert!(self.command("paplay").args(["--device=room", clip]).status().unwrap().success());
    }
}

impl Drop for Sound {
    fn drop(&mut self) {
        self.end();
    }
}

/// The kiosk and what it prints.
struct Kiosk {
    program: Child,
    lines: Receiver<String>,
}

impl Kiosk {
    fn start(sound: &Sound, arguments: &[&str]) -> Self {
        let mut command = sound.command(env!("CARGO_BIN_EXE_voicecart"));
        command.arg("listen").args(arguments);
        Self::begin(sound, command)
    }

    /// As [`start`](Self::start), at a terminal of its own: what is written to `program.stdin` is typed.
    fn at_a_terminal(sound: &Sound, arguments: &str) -> Self {
        let mut command = sound.command("script");
        let program = env!("CARGO_BIN_EXE_voicecart");
        command.args(["-qfec", &format!("{program} listen {arguments}"), "/dev/null"]);
        command.env("NO_COLOR", "1").stdin(Stdio::piped());
        Self::begin(sound, command)
    }

    fn begin(sound: &Sound, mut command: Command) -> Self {
        command.env("VOICECART_DATA_DIR", sound.folder.join("data"));
        let mut program = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let out = BufReader::new(program.stdout.take().unwrap());
        let (send, lines) = channel();
        // At a terminal the level is drawn and wiped before each line.
        let bare = |line: String| {
            line.trim_end().rsplit('\r').next().unwrap_or_default().trim_start_matches("\x1b[2K").to_owned()
        };
        std::thread::spawn(move || out.lines().map_while(Result::ok).for_each(|line| drop(send.send(bare(line)))));
        Self { program, lines }
    }

    /// The next line that begins so.
    fn line(&self, begins: &str) -> String {
        self.either(&[begins]).1
    }

    /// The next line that begins in one of these ways: which, and the rest of it.
    fn either<'a>(&self, begins: &[&'a str]) -> (&'a str, String) {
        let mut seen = Vec::new();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            if let Ok(line) = self.lines.recv_timeout(Duration::from_secs(1)) {
                for begin in begins {
                    if let Some(rest) = line.strip_prefix(begin) {
                        return (begin, rest.trim().to_owned());
                    }
                }
                seen.push(line);
            }
        }
        panic!("no {begins:?} after {seen:?}");
    }
}

impl Drop for Kiosk {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Whether this program is not here, said plainly.
fn lack(program: &str) -> bool {
    let lacks = Command::new(program).arg("--version").output().is_err();
    if lacks {
        eprintln!("skipped: {program} is not installed (`make test` installs it)");
    }
    lacks
}

/// What the loudspeaker plays.
struct Recording {
    file: PathBuf,
    recorder: Child,
}

impl Recording {
    fn begin(sound: &Sound) -> Self {
        let file = sound.folder.join("reply.wav");
        let mut command = sound.command("parecord");
        let recorder = command.args(["--device=reply.monitor", "--file-format=wav"]).arg(&file).spawn().unwrap();
        Self { file, recorder }
    }

    /// Ends it: there must be seconds of voice in it. Gives it back.
    fn holds_speech(mut self) -> Samples {
        let _ = Command::new("kill").args(["-INT", &self.recorder.id().to_string()]).status();
        let _ = self.recorder.wait();
        let limits = Limits { max_seconds: 120.0, max_bytes: 64 << 20, ..Limits::default() };
        let played = decode(&std::fs::read(&self.file).unwrap(), None, &limits).unwrap();
        let pieces = voicecart::audio::vad::split(&played, &Default::default(), &Default::default());
        let voiced: f32 = pieces.iter().map(|p| p.voiced).sum();
        assert!(voiced > 1.5, "{voiced} s of voice in {} s of recording", played.seconds());
        played
    }
}

/// Cut wherever nothing sounds for a tenth of a second: the sink has no noise of its own. The embedded model has learned
/// requests of a few seconds, and writes nonsense for a whole list.
fn phrases(played: &Samples) -> Vec<Samples> {
    const FRAME: usize = 320;
    let mut phrases: Vec<(Vec<f32>, usize)> = Vec::new();
    for frame in played.as_slice().chunks(FRAME) {
        let sounds = frame.iter().any(|v| v.abs() > 0.01);
        match phrases.last_mut() {
            Some((phrase, quiet)) if *quiet < 5 => {
                phrase.extend(frame);
                *quiet = if sounds { 0 } else { *quiet + 1 };
            }
            _ if sounds => phrases.push(([&[0.0; 15 * FRAME], frame].concat(), 0)),
            _ => {}
        }
    }
    phrases.into_iter().map(|(phrase, _)| Samples::new(phrase)).collect()
}

/// What the embedded recogniser hears in them.
fn recognised(pieces: Vec<Samples>) -> String {
    let pool =
        WhisperPool::open(&Chosen::embedded().unwrap(), PoolOptions { workers: 1, threads: 1, queue: 4 }).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let hear = |piece| {
        let until = Instant::now() + Duration::from_secs(60);
        runtime.block_on(pool.recognize(piece, Bias::default(), until)).unwrap().text
    };
    pieces.into_iter().map(hear).collect::<Vec<_>>().join(" ")
}

/// Words without figures, which are written one way and spoken another.
fn plain(text: &str) -> Vec<String> {
    let bare = |w: &str| w.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    text.split([' ', '-']).map(bare).filter(|w| !w.is_empty() && !w.contains(|c: char| c.is_ascii_digit())).collect()
}

/// How many of the first's words are in the second, in the same order.
fn in_order(said: &[String], heard: &[String]) -> usize {
    let mut best = vec![0; heard.len() + 1];
    for word in said {
        let mut diagonal = 0;
        for (n, other) in heard.iter().enumerate() {
            let above = best[n + 1];
            best[n + 1] = if word == other { diagonal + 1 } else { above.max(best[n]) };
            diagonal = above;
        }
    }
    best[heard.len()]
}

#[test]
fn a_kiosk_hears_answers_and_outlives_its_sound_card() {
    if lack("pulseaudio") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut sound = Sound::new(folder.path());
    let kiosk = Kiosk::start(&sound, &["--quiet"]);
    kiosk.line("ready");
    let recording = Recording::begin(&sound);
    sound.say(CLIP);
    let heard = kiosk.line("heard");
    let answer = kiosk.line("answer");
    println!("heard {heard}, answered {answer}");
    // Which words is the model's business: through a sound server it hears some clips well and some not.
    assert!(heard.starts_with("\"find "), "{heard}");
    assert!(!answer.is_empty());

    // What the loudspeaker played is the answer. The voice says at least ten letters a second.
    std::thread::sleep(Duration::from_secs(3) + Duration::from_millis(100) * answer.len() as u32);
    let back = recognised(phrases(&recording.holds_speech()));
    let (said, back) = (plain(&answer), plain(&back));
    let share = in_order(&said, &back) as f32 / said.len() as f32;
    println!("of {said:?} {:.0}% are heard in {back:?}", share * 100.0);
    assert!(share >= HEARD_AGAIN, "{share}: {said:?} was heard as {back:?}");

    // The sound server dies and comes back.
    sound.end();
    kiosk.line("waiting");
    sound.start();
    kiosk.line("ready");
    sound.say(CLIP);
    assert!(kiosk.line("heard").starts_with("\"find "));
    kiosk.line("answer");
}

#[test]
fn a_wake_phrase_is_waited_for() {
    if lack("pulseaudio") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let sound = Sound::new(folder.path());
    // The embedded model knows the shop's words only, so the phrase is made of them.
    let kiosk = Kiosk::start(&sound, &["--wake", "find almond"]);
    kiosk.line("ready");
    sound.say("audio-fixtures/08-find-dog-food-clean.wav");
    kiosk.line("asleep");
    // Said again when it was misheard, as people do.
    let heard = (0..5).find_map(|_| {
        sound.say(CLIP);
        let (kind, rest) = kiosk.either(&["heard", "asleep"]);
        (kind == "heard").then_some(rest)
    });
    let heard = heard.expect("the phrase was never heard");
    assert!(!heard.contains("find"), "the phrase is no part of the request: {heard}");
}

#[test]
fn the_space_bar_opens_the_microphone() {
    if lack("pulseaudio") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let sound = Sound::new(folder.path());
    let mut kiosk = Kiosk::at_a_terminal(&sound, "--quiet --push-to-talk");
    let mut keys = kiosk.program.stdin.take().unwrap();
    kiosk.line("ready");
    sound.say("audio-fixtures/08-find-dog-food-clean.wav");
    keys.write_all(b" ").unwrap();
    kiosk.line("listens");
    sound.say(CLIP);
    let heard = kiosk.line("heard");
    assert!(heard.starts_with("\"find ") && !heard.contains("dog"), "{heard}");
    keys.write_all(b"q").unwrap();
    assert!(kiosk.program.wait().unwrap().success());
}

#[test]
fn the_machines_own_speech_service_speaks_the_replies() {
    if lack("pulseaudio") || lack("speech-dispatcher") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let sound = Sound::new(folder.path());
    let kiosk = Kiosk::start(&sound, &["--quiet", "--system-voice"]);
    kiosk.line("ready");
    let recording = Recording::begin(&sound);
    sound.say(CLIP);
    kiosk.line("answer");
    std::thread::sleep(Duration::from_secs(6));
    recording.holds_speech();
    // The microphone is open again when it has finished, however long it speaks.
    let heard = (0..15).any(|_| {
        sound.say(CLIP);
        kiosk.lines.try_iter().any(|line| line.starts_with("heard"))
    });
    assert!(heard, "the microphone stayed closed");
}
