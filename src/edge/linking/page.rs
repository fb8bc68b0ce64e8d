//! The page a shopper signs in on: plain HTML that works without scripts, by keyboard alone, on a phone and with a
//! screen reader. What went wrong is said in the title, at the top with the focus on it, and at the field it is about.

use std::collections::BTreeMap;
use std::fmt::Write;

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use url::Url;

use super::authorize::Asked;

const PAGE: &str = include_str!("page.html");

/// What is told to somebody whose sign-in did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Missing { name: bool, password: bool },
    Wrong,
    Locked { minutes: u32 },
    TooOften { seconds: u64 },
    Ours,
}

impl Trouble {
    fn words(self) -> String {
        match self {
            Self::Missing { name: true, password: true } => "Enter your e-mail address and your password.".into(),
            Self::Missing { name: true, .. } => "Enter your e-mail address.".into(),
            Self::Missing { .. } => "Enter your password.".into(),
            Self::Wrong => "The e-mail address or the password is wrong. Nothing was linked.".into(),
            Self::Locked { minutes } => {
                let unit = if minutes == 1 { "minute" } else { "minutes" };
                format!("After too many wrong tries, signing in is locked. Try again in {minutes} {unit}.")
            }
            Self::TooOften { seconds } => format!("Too many tries. Wait {seconds} seconds and try again."),
            Self::Ours => "The shop could not be reached. Nothing was linked. Try again in a moment.".into(),
        }
    }

    /// Which fields it is about: the name's, the password's.
    fn fields(self) -> (bool, bool) {
        match self {
            Self::Missing { name, password } => (name, password),
            Self::Wrong => (true, true),
            _ => (false, false),
        }
    }
}

/// The form, with what went wrong the last time, if anything, and the name as it was typed.
pub fn sign_in(asked: &Asked, trouble: Option<Trouble>, name: &str, status: StatusCode) -> Response {
    let mut hidden = String::new();
    for (field, value) in &asked.fields {
        let _ = write!(hidden, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(field), escaped(value));
    }
    let error = trouble.map_or(String::new(), |t| {
        format!(
            "<div id=\"error\" class=\"error\" role=\"alert\" tabindex=\"-1\" autofocus><strong>Not signed in.</strong> {}</div>",
            escaped(&t.words())
        )
    });
    let marked = |wrong| if wrong { "aria-invalid=\"true\" aria-describedby=\"error\"" } else { "" };
    let (wrong_name, wrong_password) = trouble.map_or((false, false), Trouble::fields);
    let body = filled(&[
        (
            "title",
            if trouble.is_some() {
                "Not signed in: link your shop account to Alexa"
            } else {
                "Link your shop account to Alexa"
            },
        ),
        ("error", &error),
        ("hidden", &hidden),
        ("name", &escaped(name)),
        ("name_state", marked(wrong_name)),
        ("password_state", marked(wrong_password)),
        ("name_focus", if trouble.is_none() { "autofocus" } else { "" }),
    ]);
    guarded((status, Html(body)).into_response(), Some(&asked.redirect))
}

/// A page that leads nowhere.
pub fn refused(why: &str) -> Response {
    let body = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>This link does not work</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"></head><body><main>\
         <h1>This link does not work</h1><p>{}</p><p>Nothing was linked. Open the skill in the Alexa app and choose \
         <em>Link account</em> to start again.</p></main></body></html>",
        escaped(why)
    );
    guarded((StatusCode::BAD_REQUEST, Html(body)).into_response(), None)
}

/// What keeps the page from being framed, cached, told of to others, or sent elsewhere. Browsers hold a form's answer
/// to `form-action` too, so the way back is named there.
pub fn guarded(mut response: Response, redirect: Option<&str>) -> Response {
    let back = redirect.and_then(|r| Url::parse(r).ok()).map(|u| u.origin().ascii_serialization()).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self' {back}; frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy.trim()),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("x-frame-options"), "DENY"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}

fn filled(values: &[(&str, &str)]) -> String {
    let values: BTreeMap<&str, &str> = values.iter().copied().collect();
    let mut out = String::with_capacity(PAGE.len() + 2_048);
    // In one pass: what is filled in is never looked at for more places to fill.
    let mut rest = PAGE;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let (name, after) = after.split_once("}}").unwrap_or(("", after));
        out.push_str(values.get(name).copied().unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_stays_text() {
        let page = filled(&[("name", &escaped("\"><script>{{error}}")), ("error", "E")]);
        assert!(page.contains("&quot;&gt;&lt;script&gt;{{error}}"), "{page}");
        assert!(!page.contains("<script"), "{page}");
        for place in ["title", "error", "hidden", "name", "name_state", "password_state", "name_focus"] {
            assert!(PAGE.contains(&format!("{{{{{place}}}}}")), "{place}");
        }
    }
}
