//! Speech markup that Alexa will take: any text in, a well-formed `<speak>` document of limited length out. Alexa
//! answers one stray `&` or an unclosed tag by ending the session. Refuses to know which tags mean what.

/// Length as Alexa counts it: UTF-16 units, the larger of the readings of "character".
pub fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// `ssml` if it is well-formed and short enough; cut at the end of a sentence, or of a word, and closed again if it is
/// too long; the plain `text` in its place if it is not well-formed.
pub fn fit(ssml: &str, text: &str, most: usize) -> String {
    // Bytes are never fewer than units: the usual short reply is not counted.
    let short = ssml.len() <= most || units(ssml) <= most;
    match pieces(ssml) {
        Some(_) if short => ssml.to_owned(),
        Some(pieces) => cut(&pieces, most),
        None => {
            let plain = format!("<speak>{}</speak>", escape(text));
            if units(&plain) <= most { plain } else { pieces_or_silence(&plain, most) }
        }
    }
}

/// Plain text of at most `most` units, cut at the end of a sentence or a word.
pub fn shorten(text: &str, most: usize) -> String {
    if text.len() <= most || units(text) <= most {
        return text.to_owned();
    }
    let at = boundary(text, most);
    text.get(..at).unwrap_or_default().trim_end().to_owned()
}

/// Text made safe inside an element. Characters that XML has no way to write are left out.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c if allowed(c) => out.push(c),
            _ => {}
        }
    }
    out
}

/// A part of a document, in order.
#[derive(Debug, PartialEq)]
enum Piece<'s> {
    /// The whole tag and its name.
    Open(&'s str, &'s str),
    Close(&'s str),
    /// A tag that is closed in itself.
    Empty(&'s str),
    Text(&'s str),
    /// `&amp;` and its like.
    Entity(&'s str),
}

fn pieces_or_silence(ssml: &str, most: usize) -> String {
    pieces(ssml).map_or_else(|| "<speak></speak>".to_owned(), |p| cut(&p, most))
}

/// Takes a document apart; `None` where it is not one well-formed `<speak>` element.
fn pieces(ssml: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let mut rest = ssml.trim();
    while !rest.is_empty() {
        let outside = open.is_empty();
        if outside && !pieces.is_empty() {
            return None;
        }
        let (piece, after) = next(rest)?;
        match &piece {
            Piece::Open(_, name) => {
                if outside && *name != "speak" {
                    return None;
                }
                open.push(name);
            }
            Piece::Close(name) => {
                if open.pop()? != *name {
                    return None;
                }
            }
            Piece::Empty(_) | Piece::Text(_) | Piece::Entity(_) if outside => return None,
            Piece::Empty(_) | Piece::Text(_) | Piece::Entity(_) => {}
        }
        pieces.push(piece);
        rest = after;
    }
    (open.is_empty() && !pieces.is_empty()).then_some(pieces)
}

fn next(rest: &str) -> Option<(Piece<'_>, &str)> {
    if let Some(inner) = rest.strip_prefix('<') {
        let end = tag_end(inner)?;
        let (tag, after) = (rest.get(..end + 2)?, rest.get(end + 2..)?);
        let inner = inner.get(..end)?;
        if let Some(name) = inner.strip_prefix('/') {
            let name = name.trim_end();
            return is_name(name).then_some((Piece::Close(name), after));
        }
        let (body, empty) = inner.strip_suffix('/').map_or((inner, false), |b| (b, true));
        let name = body.split(char::is_whitespace).next()?;
        if !is_name(name) || !attributes_hold(body.get(name.len()..)?) {
            return None;
        }
        return Some((if empty { Piece::Empty(tag) } else { Piece::Open(tag, name) }, after));
    }
    if rest.starts_with('&') {
        let end = rest.find(';')?;
        let (entity, after) = (rest.get(..=end)?, rest.get(end + 1..)?);
        return is_entity(entity).then_some((Piece::Entity(entity), after));
    }
    let end = rest.find(['<', '&']).unwrap_or(rest.len());
    let (text, after) = rest.split_at(end);
    (text.chars().all(allowed) && !text.contains("]]>")).then_some((Piece::Text(text), after))
}

/// Where the tag that `inner` begins with ends; a `>` inside quotes does not count.
fn tag_end(inner: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in inner.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (_, '<') => return None,
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            _ => {}
        }
    }
    None
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.'))
}

/// `name="value"` pairs, each after a space, none twice.
fn attributes_hold(mut rest: &str) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    loop {
        let trimmed = rest.trim_start();
        if trimmed.is_empty() {
            return true;
        }
        if trimmed.len() == rest.len() {
            return false;
        }
        let Some((name, value)) = trimmed.split_once('=') else { return false };
        let (name, value) = (name.trim_end(), value.trim_start());
        let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else { return false };
        let Some((value, after)) = value.get(1..).and_then(|v| v.split_once(quote)) else { return false };
        if !is_name(name) || seen.contains(&name) || !value_holds(value) {
            return false;
        }
        seen.push(name);
        rest = after;
    }
}

fn value_holds(value: &str) -> bool {
    let mut parts = value.split('&');
    let plain = parts.next().unwrap_or_default();
    plain.chars().all(allowed)
        && parts.all(|part| {
            part.split_once(';')
                .is_some_and(|(name, after)| is_entity(&format!("&{name};")) && after.chars().all(allowed))
        })
}

fn is_entity(entity: &str) -> bool {
    let Some(name) = entity.strip_prefix('&').and_then(|e| e.strip_suffix(';')) else { return false };
    let code = match name.strip_prefix('#') {
        None => return matches!(name, "amp" | "lt" | "gt" | "quot" | "apos"),
        Some(digits) => match digits.strip_prefix('x') {
            Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16),
            None if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse(),
            _ => return false,
        },
    };
    code.ok().and_then(char::from_u32).is_some_and(allowed)
}

/// The characters XML 1.0 can hold.
fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// As much of the document as fits, with everything open closed again.
fn cut(pieces: &[Piece<'_>], most: usize) -> String {
    let mut out = String::new();
    let mut open: Vec<&str> = Vec::new();
    let mut used = 0;
    // Units that closing everything open will cost.
    let mut owed = 0;
    for piece in pieces {
        let (part, costs, owes) = match piece {
            Piece::Open(tag, name) => (*tag, units(tag), units(name) + 3),
            Piece::Close(name) => {
                open.pop();
                owed -= units(name) + 3;
                used += units(name) + 3;
                close(&mut out, name);
                continue;
            }
            Piece::Empty(part) | Piece::Text(part) | Piece::Entity(part) => (*part, units(part), 0),
        };
        if used + costs + owed + owes > most {
            if let Piece::Text(text) = piece {
                let room = most.saturating_sub(used + owed);
                out.push_str(text.get(..boundary(text, room)).unwrap_or_default().trim_end());
            }
            break;
        }
        out.push_str(part);
        used += costs;
        owed += owes;
        if let Piece::Open(_, name) = piece {
            open.push(name);
        }
    }
    for name in open.iter().rev() {
        close(&mut out, name);
    }
    out
}

fn close(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// The byte at which to cut so that at most `room` units stay: after a sentence if one ends in the later half, else
/// after a word, else wherever a character ends.
fn boundary(text: &str, room: usize) -> usize {
    let (mut used, mut hard, mut word, mut sentence) = (0, 0, 0, 0);
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if c.is_whitespace() && !before.is_whitespace() {
            word = at;
            if matches!(before, '.' | '!' | '?') {
                sentence = at;
            }
        }
        let after = at + c.len_utf8();
        used += c.len_utf16();
        if used > room {
            break;
        }
        hard = after;
        if matches!(c, '。' | '！' | '？' | '।') {
            (word, sentence) = (after, after);
        }
        before = c;
    }
    if used <= room {
        return text.len();
    }
    if sentence * 2 >= hard {
        sentence
    } else if word > 0 {
        word
    } else {
        hard
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn well_formed_documents_pass_unchanged() {
        for ssml in [
            "<speak></speak>",
            "<speak>Two pounds of rice &amp; beans.</speak>",
            "<speak><prosody rate=\"80%\">Slow <break time='1s'/>down.</prosody></speak>",
            "<speak a=\"1 &lt; 2 > 1\">x&#38;&#x26;</speak>",
            "<speak xmlns:x=\"u\"><amazon:effect name = \"whispered\">psst</amazon:effect ></speak>",
        ] {
            assert_eq!(fit(ssml, "plain", 8_000), ssml);
        }
    }

    #[test]
    fn malformed_documents_become_their_plain_text() {
        for ssml in [
            "",
            "no tags",
            "<speak>",
            "<speak>a & b</speak>",
            "<speak>a < b</speak>",
            "<speak><p>open</speak>",
            "<speak><p><s>crossed</p></s></speak>",
            "<speak>one</speak><speak>two</speak>",
            "<speak>one</speak> tail",
            "<p>other root</p>",
            "<speak a=1>x</speak>",
            "<speak a=\"1\"b=\"2\">x</speak>",
            "<speak a=\"1\" a=\"2\">x</speak>",
            "<speak a=\"&\">x</speak>",
            "<speak>&nbsp;</speak>",
            "<speak>&#0;</speak>",
            "<speak>\u{1}</speak>",
            "<speak>]]></speak>",
            "<speak><!-- c --></speak>",
            "<speak/>",
            "<speak>&",
            "<",
            "<é>",
        ] {
            assert_eq!(fit(ssml, "R&D <3", 8_000), "<speak>R&amp;D &lt;3</speak>", "{ssml}");
        }
    }

    #[test]
    fn cuts_fall_after_a_sentence_or_a_word_and_close_every_tag() {
        for (ssml, most, expected) in [
            ("<speak>One two. Three four five.</speak>", 30, "<speak>One two.</speak>"),
            ("<speak>Three four five six seven.</speak>", 30, "<speak>Three four five</speak>"),
            ("<speak>Supercalifragilistic</speak>", 20, "<speak>Super</speak>"),
            ("<speak><p><s>One. Two.</s></p> Three.</speak>", 36, "<speak><p><s>One.</s></p></speak>"),
            ("<speak>One<break time=\"1s\"/>two</speak>", 20, "<speak>One</speak>"),
            ("<speak>Salt &amp; pepper</speak>", 22, "<speak>Salt </speak>"),
            ("<speak>買う。売る。</speak>", 19, "<speak>買う。</speak>"),
            ("<speak>😀😀</speak>", 18, "<speak>😀</speak>"),
        ] {
            assert_eq!(fit(ssml, "", most), expected);
        }
        assert_eq!(shorten("One two. Three.", 10), "One two.");
        assert_eq!(shorten("One", 10), "One");
        assert_eq!(shorten("One", 0), "");
    }

    proptest! {
        #[test]
        fn whatever_comes_in_what_goes_out_is_well_formed_and_short(
            ssml in "(<speak>|<p>|</p>|</speak>|<break/>|&amp;|&|<|>|[a-z. ]{0,12}|é|😀|\u{1}|\"){0,24}",
            text in any::<String>(),
            most in 15_usize..200,
        ) {
            for input in [ssml.clone(), format!("<speak>{ssml}</speak>")] {
                let out = fit(&input, &text, most);
                prop_assert!(units(&out) <= most, "{out:?}");
                prop_assert!(pieces(&out).is_some(), "{out:?}");
            }
        }

        #[test]
        fn escaped_text_reads_back(text in "[ -~é😀]{0,60}") {
            let back = escape(&text).replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"")
                .replace("&apos;", "'").replace("&amp;", "&");
            prop_assert_eq!(back, text);
        }
    }
}
