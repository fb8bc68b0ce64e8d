//! A `multipart/form-data` body in, a checked [`Asked`] out. Knows which fields OpenAI's API has and which of them mean
//! something here.

use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request};
use bytes::Bytes;
use http::request::Parts;
use utoipa::ToSchema;

use super::wrong;
use crate::asr::Bias;
use crate::edge::problem::{BAD_REQUEST, Refusal};

/// A recording and how its words are wanted.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // describes the form to the reader of the API's description; the fields are read one by one
pub struct TranscriptionForm {
    /// The recording: WAV, FLAC, MP3, Ogg (Vorbis or Opus) or WebM.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
    /// Any name is taken: the server has one recogniser.
    #[schema(example = "whisper-1")]
    model: Option<String>,
    /// The language spoken; only the server's own is known.
    #[schema(example = "en")]
    language: Option<String>,
    /// Words that are likely, separated by commas or line ends; they are listened for.
    #[schema(example = "Wrenfield, almond milk")]
    prompt: Option<String>,
    /// Not of OpenAI's: the only texts there can be, separated by commas or line ends ("yes, no"); each piece of speech is
    /// one of them.
    #[schema(example = "yes, no, stop")]
    only: Option<String>,
    /// `json` (the default), `text`, `verbose_json`, `srt` or `vtt`.
    #[schema(example = "json")]
    response_format: Option<String>,
    /// 0 to 1; taken and not used: the likeliest words are always given.
    temperature: Option<f32>,
    /// Whether the words are sent as events while they are found.
    stream: Option<bool>,
}

/// Phrases that one request may name.
const PHRASES: usize = 100;

/// How the words are to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Json,
    Text,
    Verbose,
    Srt,
    Vtt,
    Events,
}

/// What is asked for, checked.
#[derive(Debug)]
pub struct Asked {
    pub file: Bytes,
    pub kind: Option<String>,
    pub bias: Bias,
    pub shape: Shape,
}

/// Reads the form. `locale` is the language that is understood, as a tag.
pub async fn read(parts: Parts, body: Bytes, locale: &str) -> Result<Asked, Refusal> {
    let refuse = |why: String| Refusal::new(BAD_REQUEST, format!("the form cannot be read: {why}"));
    let request = Request::from_parts(parts, Body::from(body));
    let mut form = Multipart::from_request(request, &()).await.map_err(|e| refuse(e.body_text()))?;
    let (mut file, mut bias, mut format, mut stream) = (None, Bias::default(), Shape::Json, false);
    while let Some(field) = form.next_field().await.map_err(|e| refuse(e.body_text()))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let kind = field.content_type().map(str::to_owned);
            file = Some((field.bytes().await.map_err(|e| refuse(e.body_text()))?, kind));
            continue;
        }
        let value = field.text().await.map_err(|e| refuse(format!("{name}: {}", e.body_text())))?;
        match name.as_str() {
            "language" => language(&value, locale)?,
            "prompt" => bias.phrases.extend(phrases(&value).take(PHRASES)),
            "only" => bias.only.extend(phrases(&value)),
            "response_format" => format = shape(&value)?,
            "temperature" => {
                let fits = value.parse::<f32>().is_ok_and(|t| (0.0..=1.0).contains(&t));
                fits.then_some(()).ok_or_else(|| wrong("temperature", "it must be a number from 0 to 1"))?;
            }
            "stream" => stream = flag(&value)?,
            "timestamp_granularities[]" | "timestamp_granularities" if value != "segment" => {
                return Err(wrong("timestamp_granularities", "only segments have times here"));
            }
            // `model` and whatever that API adds next: a client must not fail over what changes nothing.
            _ => {}
        }
    }
    let (file, kind) = file.ok_or_else(|| wrong("file", "there is none; send the recording in this field"))?;
    if bias.only.len() > PHRASES {
        return Err(wrong("only", format!("there can be {PHRASES} texts at most")));
    }
    let shape = match (stream, format) {
        (false, format) => format,
        (true, Shape::Json | Shape::Text) => Shape::Events,
        (true, _) => return Err(wrong("stream", "events can be had with response_format json or text only")),
    };
    Ok(Asked { file, kind, bias, shape })
}

fn phrases(value: &str) -> impl Iterator<Item = String> {
    value.split(['\n', ',', ';']).map(|p| p.trim().to_lowercase()).filter(|p| !p.is_empty())
}

fn shape(value: &str) -> Result<Shape, Refusal> {
    Ok(match value {
        "json" => Shape::Json,
        "text" => Shape::Text,
        "verbose_json" => Shape::Verbose,
        "srt" => Shape::Srt,
        "vtt" => Shape::Vtt,
        _ => return Err(wrong("response_format", "it must be json, text, verbose_json, srt or vtt")),
    })
}

fn flag(value: &str) -> Result<bool, Refusal> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" | "" => Ok(false),
        _ => Err(wrong("stream", "it must be true or false")),
    }
}

/// `en`, `en-US`, `EN` and `english` are the same language as the locale `en-US`.
fn language(value: &str, locale: &str) -> Result<(), Refusal> {
    let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let ours = primary(locale);
    let english = ours == "en" && value.eq_ignore_ascii_case("english");
    if value.is_empty() || english || primary(value) == ours {
        return Ok(());
    }
    Err(wrong("language", format!("this server understands {locale} only")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> (Parts, Bytes) {
        let mut body = String::new();
        for (name, value) in fields {
            let file = if *name == "file" { "; filename=\"a.wav\"\r\nContent-Type: audio/wav" } else { "" };
            body.push_str(&format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n"));
        }
        body.push_str("--X--\r\n");
        let request = http::Request::post("/").header("content-type", "multipart/form-data; boundary=X").body(());
        (request.unwrap().into_parts().0, body.into())
    }

    #[tokio::test]
    async fn forms() {
        let fields = [
            ("file", "sound"),
            ("model", "whisper-1"),
            ("language", "en"),
            ("prompt", "Oat Milk, eggs\n"),
            ("only", "Yes, no"),
        ];
        let (parts, body) = form(&fields);
        let asked = read(parts, body, "en-US").await.unwrap();
        assert_eq!((&asked.file[..], asked.kind.as_deref()), (&b"sound"[..], Some("audio/wav")));
        assert_eq!(asked.bias.only, ["yes", "no"]);
        assert_eq!((asked.bias.phrases, asked.shape), (vec!["oat milk".to_owned(), "eggs".into()], Shape::Json));
        for (fields, wanted) in [
            (&[("model", "x")][..], "file"),
            (&[("file", "x"), ("language", "de")], "language"),
            (&[("file", "x"), ("response_format", "docx")], "response_format"),
            (&[("file", "x"), ("temperature", "hot")], "temperature"),
            (&[("file", "x"), ("stream", "true"), ("response_format", "srt")], "stream"),
            (&[("file", "x"), ("timestamp_granularities[]", "word")], "segments"),
        ] {
            let (parts, body) = form(fields);
            let refusal = read(parts, body, "en-US").await.unwrap_err();
            assert!(refusal.detail.contains(wanted), "{}", refusal.detail);
        }
    }
}
