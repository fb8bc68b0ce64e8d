//! What the voice sounds like, measured: lengths, loudness, pitch, pauses, and how long it takes to make. Needs
//! libespeak-ng and its data, which the server links anyway.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use voicecart::reply::Reply;
use voicecart::tts::device::Aloud;
use voicecart::tts::espeak::EspeakNg;
use voicecart::tts::{Speech, Synthesizer, TtsError, VoiceSettings};

/// One test at a time: all share the process's one engine, and two of them fill its queue or time it.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Runtime::new().expect("a runtime"))
}

fn try_speak(inner: &str, settings: &VoiceSettings, patience: Duration) -> Result<Speech, TtsError> {
    let voice = EspeakNg::start().expect("espeak-ng and its data are installed");
    let ssml = format!("<speak>{inner}</speak>");
    runtime().block_on(voice.synthesize(&ssml, settings, Instant::now() + patience))
}

fn speak(inner: &str) -> Speech {
    try_speak(inner, &VoiceSettings::default(), Duration::from_secs(20)).expect("spoken")
}

fn energy(speech: &Speech) -> f64 {
    let loud: Vec<f64> = speech.pcm.iter().map(|s| f64::from(*s)).filter(|s| s.abs() > 100.0).collect();
    (loud.iter().map(|s| s * s).sum::<f64>() / loud.len().max(1) as f64).sqrt()
}

/// Fundamental frequency in hertz: the median over voiced frames of the lag that fits best.
fn pitch(speech: &Speech) -> f64 {
    let pcm: Vec<f64> = speech.pcm.iter().map(|s| f64::from(*s)).collect();
    let mut found: Vec<f64> = pcm
        .windows(2_400)
        .step_by(1_000)
        .filter(|w| w.iter().map(|s| s * s).sum::<f64>() / 2_400.0 > 1e6)
        .filter_map(|w| {
            let fit = |lag: usize| (0..1_800).step_by(3).map(|i| w[i] * w[i + lag]).sum::<f64>();
            (80..400).max_by(|a, b| fit(*a).total_cmp(&fit(*b))).map(|lag| 22_050.0 / lag as f64)
        })
        .collect();
    found.sort_by(f64::total_cmp);
    found[found.len() / 2]
}

fn longest_silence(speech: &Speech) -> f32 {
    let (mut run, mut longest) = (0u32, 0);
    for s in &speech.pcm {
        run = if s.unsigned_abs() < 60 { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest as f32 / speech.rate as f32
}

fn near(a: f32, b: f32, within: f32) -> bool {
    (a - b).abs() <= within * b
}

#[test]
fn speech_is_sound_in_the_documented_format() {
    let _alone = alone();
    let speech = speak("Your order should arrive on Tuesday.");
    assert_eq!(speech.rate, 22_050);
    assert!((1.0..4.0).contains(&speech.seconds()), "{} s", speech.seconds());
    assert!(energy(&speech) > 500.0);
    let edge = speech.pcm.len().min(2_205);
    assert!(speech.pcm[..edge].iter().any(|s| s.unsigned_abs() > 60), "more than 0.1 s of silence in front");
    assert!(speak("").pcm.is_empty());
}

#[test]
fn numbers_are_read_as_asked() {
    let _alone = alone();
    let said = |inner: &str| speak(inner).seconds();
    for (marked, plain) in [
        (r#"<say-as interpret-as="digits">407</say-as>"#, "four zero seven"),
        (r#"<say-as interpret-as="telephone">555-0142</say-as>"#, "five five five, zero one four two"),
        (r#"<say-as interpret-as="ordinal">3</say-as>"#, "third"),
        (r#"<say-as interpret-as="cardinal">1,204</say-as>"#, "one thousand two hundred and four"),
        (
            r#"<say-as interpret-as="date" format="mdy">12/1/2026</say-as>"#,
            "December first, two thousand and twenty six",
        ),
        (r#"<say-as interpret-as="spell-out">wifi</say-as>"#, "double you, eye, eff, eye"),
        (r#"<sub alias="fluid ounces">fl oz</sub>"#, "fluid ounces"),
    ] {
        let (marked_length, plain_length) = (said(marked), said(plain));
        assert!(near(marked_length, plain_length, 0.2), "{marked} {marked_length} s, {plain} {plain_length} s");
    }
    assert!(
        said(r#"<say-as interpret-as="digits">40712</say-as>"#) < said("forty thousand seven hundred and twelve") * 1.2
    );
}

#[test]
fn rate_volume_and_pitch_are_heard() {
    let _alone = alone();
    const WORDS: &str = "the parcel will arrive on tuesday morning and it is small";
    let plain = speak(WORDS);
    let with = |attributes: &str| speak(&format!("<prosody {attributes}>{WORDS}</prosody>"));
    for (rate, factor) in [("50%", 0.5), ("75%", 0.75), ("80%", 0.8), ("125%", 1.25), ("150%", 1.5), ("200%", 2.0)] {
        let speed = plain.seconds() / with(&format!("rate=\"{rate}\"")).seconds();
        assert!(near(speed, factor, 0.12), "rate {rate} is {speed} times as fast");
    }
    assert!(energy(&with("volume=\"loud\"")) > 1.3 * energy(&plain));
    assert!(energy(&with("volume=\"soft\"")) < 0.8 * energy(&plain));
    assert!(near((energy(&with("volume=\"+6dB\"")) / energy(&plain)) as f32, 2.0, 0.2));
    let (low, middle, high) = (pitch(&with("pitch=\"x-low\"")), pitch(&plain), pitch(&with("pitch=\"x-high\"")));
    assert!(low < 0.9 * middle && high > 1.15 * middle, "{low} {middle} {high} Hz");
    let stressed = speak("the <emphasis level=\"strong\">parcel</emphasis> will arrive");
    assert!(energy(&stressed) > 1.1 * energy(&speak("the parcel will arrive")));

    let fast = VoiceSettings { words_per_minute: 350, ..VoiceSettings::default() };
    let fast = try_speak(WORDS, &fast, Duration::from_secs(20)).expect("spoken");
    assert!(near(plain.seconds() / fast.seconds(), 2.0, 0.15));
}

#[test]
fn pauses_last_as_long_as_they_say_at_any_rate() {
    let _alone = alone();
    for rate in ["60%", "100%", "180%"] {
        let with = |pause: &str| speak(&format!("<prosody rate=\"{rate}\">we have lamps,{pause} and tables</prosody>"));
        let mut before = 0.0;
        for (mark, seconds) in [("150ms", 0.15), ("300ms", 0.3), ("1s", 1.0), ("2500ms", 2.5)] {
            let speech = with(&format!("<break time=\"{mark}\"/>"));
            let silence = longest_silence(&speech);
            assert!((seconds..seconds + 0.15).contains(&silence), "{mark} at {rate}: {silence} s");
            assert!(speech.seconds() > before);
            before = speech.seconds();
        }
    }
    let three_breaks = speak("a<break time=\"300ms\"/><break time=\"300ms\"/><break time=\"400ms\"/>b");
    assert!((1.0..1.2).contains(&longest_silence(&three_breaks)));
}

#[test]
fn tags_of_other_assistants_leave_their_words() {
    let _alone = alone();
    let plain = speak("hello there").seconds();
    for inner in [
        "<voice name=\"Joanna\">hello there</voice>",
        "<lang xml:lang=\"en-US\">hello there</lang>",
        "<w role=\"amazon:VB\">hello</w> there",
        "<amazon:domain name=\"news\">hello there</amazon:domain>",
        "<amazon:emotion name=\"excited\" intensity=\"low\">hello there</amazon:emotion>",
        "<audio src=\"soundbank://soundlibrary/bell\"/>hello there",
    ] {
        assert!(near(speak(inner).seconds(), plain, 0.15), "{inner}");
    }
    let whispered = speak("<amazon:effect name=\"whispered\">hello there</amazon:effect>");
    assert!(energy(&whispered) < 0.8 * energy(&speak("hello there")));
}

#[test]
fn an_unknown_voice_is_refused_with_names_near_it() {
    let _alone = alone();
    let settings = VoiceSettings { voice: "en-uss".into(), ..VoiceSettings::default() };
    let error = try_speak("hello", &settings, Duration::from_secs(5)).expect_err("no such voice").to_string();
    assert!(error.contains("en-uss") && error.contains("en-us"), "{error}");
    for voice in ["en-us", "EN-GB", "en-us+f3", "de"] {
        let settings = VoiceSettings { voice: voice.into(), ..VoiceSettings::default() };
        assert!(!try_speak("hello", &settings, Duration::from_secs(5)).expect(voice).pcm.is_empty());
    }
}

#[test]
fn a_voice_does_not_stick_to_the_next_caller() {
    let _alone = alone();
    let plain = speak("hello there, my friend");
    let other = VoiceSettings { voice: "en-gb+f2".into(), words_per_minute: 300, pitch: 80 };
    try_speak("<prosody rate=\"50%\" pitch=\"x-high\">hello</prosody>", &other, Duration::from_secs(5))
        .expect("spoken");
    // Not to the sample: the engine's waveform goes on where the last one ended.
    assert!(near(speak("hello there, my friend").seconds(), plain.seconds(), 0.01));
}

#[test]
fn deadlines_and_callers_that_leave_stop_it() {
    let _alone = alone();
    let long = "this sentence goes on and on. ".repeat(300);
    let began = Instant::now();
    let error = try_speak(&long, &VoiceSettings::default(), Duration::from_millis(5)).expect_err("too long");
    assert!(matches!(error, TtsError::Deadline), "{error}");
    assert!(began.elapsed() < Duration::from_millis(500));

    let voice = EspeakNg::start().expect("installed");
    let ssml = format!("<speak>{long}</speak>");
    runtime().block_on(async {
        let later = Instant::now() + Duration::from_secs(60);
        for _ in 0..8 {
            let settings = VoiceSettings::default();
            let job = voice.synthesize(&ssml, &settings, later);
            assert!(tokio::time::timeout(Duration::from_millis(2), job).await.is_err(), "it was too fast to cancel");
        }
    });
    let began = Instant::now();
    speak("hello");
    assert!(began.elapsed() < Duration::from_secs(1), "jobs that nobody waits for were still spoken");
}

#[test]
fn a_full_queue_refuses_at_once() {
    let _alone = alone();
    let voice = EspeakNg::start().expect("installed");
    let ssml = format!("<speak>{}</speak>", "this sentence goes on and on. ".repeat(60));
    let settings = VoiceSettings::default();
    let later = Instant::now() + Duration::from_secs(2);
    let results =
        runtime().block_on(futures::future::join_all((0..200).map(|_| voice.synthesize(&ssml, &settings, later))));
    let refused = results.iter().filter(|r| matches!(r, Err(TtsError::Overloaded))).count();
    assert!(refused >= 150, "{refused} of 200 were refused");
    assert!(results.iter().all(|r| matches!(r, Ok(_) | Err(TtsError::Overloaded | TtsError::Deadline))));
}

#[test]
fn a_reply_is_made_in_well_under_a_tenth_of_its_length() {
    let _alone = alone();
    let words = "Your order is out for delivery and should arrive today.";
    speak(words);
    let mut took: Vec<Duration> = (0..9).map(|_| speak(words).took).collect();
    took.sort();
    println!("ten words: {:?} median, {:?} longest, for {:.2} s", took[4], took[8], speak(words).seconds());
    assert!(took[4] < Duration::from_millis(250), "{took:?}");
}

#[test]
fn speaking_aloud_works_or_says_what_is_missing() {
    let _alone = alone();
    match Aloud::new() {
        Ok(aloud) => {
            let saying = aloud.say(&Reply::default()).expect("said");
            drop(saying);
        }
        Err(error) => assert!(error.to_string().contains("speech-dispatcher"), "{error}"),
    }
}
