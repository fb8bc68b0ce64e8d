//! Markdown files in, passages out: a page's title, a section's heading, its sentences. Says by file and line what
//! cannot be read aloud.
//!
//! A page begins with `# Title` and has a `## Heading` for each passage. A comment `<!-- also: free returns, label -->`
//! under a heading names other words that shoppers use for it.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};
use unicode_segmentation::UnicodeSegmentation;

use super::FaqError;

/// What stands under one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    pub page: String,
    pub heading: String,
    /// Other words for it.
    pub also: Vec<String>,
    pub sentences: Vec<String>,
}

/// The largest page, in bytes, and the most pages: a shop's rules, not its archive.
const LARGEST: u64 = 256 * 1024;
const MOST: usize = 500;

pub fn read(folder: &Path) -> Result<Vec<Passage>, FaqError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| FaqError::Read { path, source }
    };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("md")) {
            files.push(path);
        }
    }
    files.sort();
    let mut all = Vec::new();
    for (count, path) in files.iter().enumerate() {
        let size = fs::metadata(path).map_err(failed(path))?.len();
        if size > LARGEST || count >= MOST {
            let problem = format!("a page has at most {LARGEST} bytes, and a folder at most {MOST} pages");
            return Err(FaqError::Page { path: path.clone(), line: 1, problem });
        }
        let text = fs::read_to_string(path).map_err(failed(path))?;
        all.extend(parse(path, &text)?);
    }
    Ok(all)
}

/// The passages of one page.
pub fn parse(path: &Path, text: &str) -> Result<Vec<Passage>, FaqError> {
    let wrong = |at: usize, problem: &str| {
        let line = 1 + text.bytes().take(at).filter(|b| *b == b'\n').count();
        FaqError::Page { path: path.to_owned(), line, problem: problem.to_owned() }
    };
    let mut page: Option<String> = None;
    let mut passages: Vec<(usize, Passage)> = Vec::new();
    let mut words = String::new();
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. } | Tag::Paragraph | Tag::Item) => words.clear(),
            Event::End(TagEnd::Heading(HeadingLevel::H1)) => {
                let second = page.replace(std::mem::take(&mut words)).is_some();
                if second {
                    return Err(wrong(range.start, "a page has one title (#); begin another file for the next"));
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let Some(page) = page.clone() else {
                    return Err(wrong(range.start, "the page's title (# Title) must come before its sections"));
                };
                let heading = std::mem::take(&mut words);
                passages.push((range.start, Passage { page, heading, also: Vec::new(), sentences: Vec::new() }));
            }
            Event::End(TagEnd::Paragraph | TagEnd::Item) => {
                let said = std::mem::take(&mut words);
                if said.trim().is_empty() {
                    continue;
                }
                let Some((_, passage)) = passages.last_mut() else {
                    return Err(wrong(
                        range.start,
                        "text must stand under a heading (## Heading), which it is found by",
                    ));
                };
                passage.sentences.extend(sentences(&said));
            }
            Event::Text(part) | Event::Code(part) => words.push_str(&part),
            Event::SoftBreak | Event::HardBreak => words.push(' '),
            Event::Html(comment) | Event::InlineHtml(comment) => match (other_names(&comment), passages.last_mut()) {
                (Some(names), Some((_, passage))) => passage.also.extend(names),
                (Some(_), None) => return Err(wrong(range.start, "\"also:\" must stand under a heading")),
                (None, _) if comment.trim().is_empty() || comment.trim_start().starts_with("<!--") => {}
                (None, _) => return Err(wrong(range.start, "HTML cannot be read aloud; write it in words")),
            },
            Event::Start(Tag::CodeBlock(_) | Tag::Image { .. }) => {
                return Err(wrong(range.start, "pictures and code cannot be read aloud; write it in words"));
            }
            _ => {}
        }
    }
    if page.is_none_or(|p| p.trim().is_empty()) {
        return Err(wrong(0, "a page begins with its title: # Returns"));
    }
    if let Some((at, empty)) = passages.iter().find(|(_, p)| p.sentences.is_empty()) {
        return Err(wrong(*at, &format!("there is nothing under {:?}", empty.heading)));
    }
    if passages.is_empty() {
        return Err(wrong(0, "the page has no section: ## How long you have"));
    }
    Ok(passages.into_iter().map(|(_, passage)| passage).collect())
}

fn sentences(text: &str) -> Vec<String> {
    let whole = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out: Vec<String> = text.unicode_sentences().map(whole).filter(|s| !s.is_empty()).collect();
    // An item of a list may have no full stop of its own.
    if let Some(last) = out.last_mut()
        && !last.ends_with(['.', '!', '?', '"', '”'])
    {
        last.push('.');
    }
    out
}

/// The names in `<!-- also: one, two -->`.
fn other_names(comment: &str) -> Option<Vec<String>> {
    let names = comment.trim().strip_prefix("<!--")?.strip_suffix("-->")?.trim().strip_prefix("also:")?;
    Some(
        names
            .split(',')
            .map(|n| n.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|n| !n.is_empty())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, line: usize, part: &str) {
        match parse(Path::new("faq/a.md"), text) {
            Err(FaqError::Page { line: at, problem, .. }) => {
                assert_eq!(at, line, "{text:?}: {problem}");
                assert!(problem.contains(part), "{text:?}: {problem}");
            }
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn what_cannot_be_used_is_told_by_line() {
        check("", 1, "begins with its title");
        check("Some text.\n", 1, "under a heading");
        check("## Section\n\nText.\n", 1, "title");
        check("# Page\n\n## Empty\n", 3, "nothing under \"Empty\"");
        check("# Page\n\nText.\n", 3, "under a heading");
        check("# Page\n\n## A\n\nText.\n\n# Another\n", 7, "one title");
        check("# Page\n\n## A\n\n<b>Text</b>\n", 5, "HTML");
        check("# Page\n\n## A\n\n![a picture](a.png)\n", 5, "pictures");
        check("# Page\n", 1, "no section");
    }

    #[test]
    fn sections_become_passages() {
        let text = "# Returns\n\n## How long\n<!-- also: return policy, the  window -->\nThirty *days*. Then\nno more.\n\n- a list\n- goes on\n";
        let passages = parse(Path::new("a.md"), text).unwrap();
        assert_eq!(
            passages,
            [Passage {
                page: "Returns".into(),
                heading: "How long".into(),
                also: vec!["return policy".into(), "the window".into()],
                sentences: ["Thirty days.", "Then no more.", "a list.", "goes on."].map(String::from).to_vec(),
            }]
        );
    }
}
