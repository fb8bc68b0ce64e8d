//! One locale's messages: a Fluent file in, phrases by name out. Refuses a file with a message missing, a variable no
//! one gives, or a word of Fluent it cannot read, naming file and line. Knows nothing of shopping.

use std::path::Path;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::{ast, parser};

use super::{ReplyError, needs::NEEDS, script};
use crate::words::numbers;

const FILE: &str = "replies.ftl";
/// What messages may call.
const FUNCTIONS: [&str; 6] = ["NUMBER", "WORDS", "NTH", "DIGITS", "SPELL", "PAUSE"];

/// `args!["count" => 3, "name" => name]`: variables for a message.
macro_rules! args {
    ($($name:expr => $value:expr),+ $(,)?) => {{
        let mut args = fluent_bundle::FluentArgs::new();
        $(args.set($name, $value);)+
        args
    }};
}
pub(super) use args;

/// A message the code asks for.
pub(super) struct Need {
    /// `id` or `id.attribute`.
    pub name: &'static str,
    /// The variables it is given.
    pub variables: &'static [&'static str],
}

/// The messages of one locale.
pub(super) struct Catalog {
    bundle: FluentBundle<FluentResource>,
}

impl Catalog {
    /// Reads and checks `replies.ftl` in this folder, whose name is the locale.
    pub fn read(folder: &Path) -> Result<Self, ReplyError> {
        let path = folder.join(FILE);
        let shown = path.display().to_string();
        let source =
            std::fs::read_to_string(&path).map_err(|source| ReplyError::Read { path: shown.clone(), source })?;
        let locale = folder.file_name().and_then(|n| n.to_str()).unwrap_or("en-US");
        Self::parse(&source, &shown, locale)
    }

    pub fn parse(source: &str, path: &str, locale: &str) -> Result<Self, ReplyError> {
        let problem = |line: usize, what: String| ReplyError::Phrases { path: format!("{path}:{line}"), problem: what };
        let locale =
            locale.parse().map_err(|_| problem(1, format!("the folder {locale:?} is not named as a locale")))?;
        let tree = parser::parse(source).map_err(|(_, errors)| {
            let first = errors.first();
            let line = first.map_or(1, |e| line_of(source, e.pos.start));
            problem(line, first.map_or_else(|| "not Fluent".to_owned(), |e| e.kind.to_string()))
        })?;
        check(&tree, source).map_err(|(line, what)| problem(line, what))?;

        let resource = FluentResource::try_new(source.to_owned())
            .map_err(|(_, errors)| problem(1, errors.first().map_or_else(String::new, ToString::to_string)))?;
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        bundle.set_use_isolating(false);
        let wired = bundle
            .add_builtins()
            .and_then(|()| bundle.add_function("WORDS", |args, _| in_words(args, numbers::cardinal)))
            .and_then(|()| bundle.add_function("NTH", |args, _| in_words(args, numbers::ordinal)))
            .and_then(|()| bundle.add_function("DIGITS", |args, _| marked(args, script::digits)))
            .and_then(|()| bundle.add_function("SPELL", |args, _| marked(args, script::letters)))
            .and_then(|()| bundle.add_function("PAUSE", |_, named| silence(named)));
        wired.map_err(|e| problem(1, e.to_string()))?;
        bundle
            .add_resource(resource)
            .map_err(|errors| problem(1, errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
        Ok(Self { bundle })
    }

    /// The message `id`, or its attribute when written `id.attribute`; `None` when the file has none by that name.
    pub fn find(&self, name: &str, args: &FluentArgs) -> Option<String> {
        let (id, attribute) = name.split_once('.').map_or((name, None), |(id, a)| (id, Some(a)));
        let message = self.bundle.get_message(id)?;
        let pattern = match attribute {
            Some(a) => message.get_attribute(a)?.value(),
            None => message.value()?,
        };
        let mut errors = Vec::new();
        let words = self.bundle.format_pattern(pattern, Some(args), &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::error!(message = name, ?errors, "a phrase could not be worded in full");
        }
        Some(words)
    }

    /// As [`Catalog::find`], for messages that were checked for when the file was read.
    pub fn say(&self, name: &str, args: &FluentArgs) -> String {
        debug_assert!(NEEDS.iter().any(|n| n.name == name), "{name} is not in the table of needed messages");
        self.find(name, args).unwrap_or_else(|| {
            tracing::error!(message = name, "a phrase is missing");
            String::new()
        })
    }
}

fn in_words(args: &[FluentValue], say: fn(u64) -> String) -> FluentValue<'static> {
    match args {
        // Money of a whole shop fits in 53 bits; the cast saturates beyond.
        [FluentValue::Number(n)] if n.value >= 0.0 => FluentValue::from(say(n.value as u64)),
        _ => FluentValue::Error,
    }
}

fn marked(args: &[FluentValue], mark: fn(&str) -> String) -> FluentValue<'static> {
    match args {
        [FluentValue::String(text)] => FluentValue::from(mark(text)),
        [FluentValue::Number(n)] => FluentValue::from(mark(&n.as_string())),
        _ => FluentValue::Error,
    }
}

fn silence(named: &FluentArgs) -> FluentValue<'static> {
    match named.get("ms") {
        Some(FluentValue::Number(ms)) => FluentValue::from(script::pause(ms.value.clamp(0.0, 10_000.0) as u32)),
        _ => FluentValue::Error,
    }
}

/// The first thing wrong with the messages, and its line.
fn check(tree: &ast::Resource<&str>, source: &str) -> Result<(), (usize, String)> {
    let messages = || tree.body.iter().filter_map(|e| if let ast::Entry::Message(m) = e { Some(m) } else { None });
    for (i, message) in messages().enumerate() {
        if messages().take(i).any(|m| m.id.name == message.id.name) {
            let line = source.lines().count()
                - source.lines().rev().position(|l| defines(l, message.id.name)).unwrap_or_default();
            return Err((line, format!("the message {:?} is there twice", message.id.name)));
        }
    }
    for need in NEEDS {
        let (id, attribute) = need.name.split_once('.').map_or((need.name, None), |(id, a)| (id, Some(a)));
        let line = line_of_message(source, id);
        let Some(message) = messages().find(|m| m.id.name == id) else {
            return Err((source.lines().count().max(1), format!("the message {id:?} is missing")));
        };
        let pattern = match attribute {
            None => message.value.as_ref(),
            Some(a) => message.attributes.iter().find(|x| x.id.name == a).map(|x| &x.value),
        };
        let Some(pattern) = pattern else {
            let what = attribute.map_or_else(|| "has no words".to_owned(), |a| format!("has no .{a}"));
            return Err((line, format!("the message {id:?} {what}")));
        };
        check_pattern(pattern, need, &|name| line_of_variable(source, id, name))?;
    }
    Ok(())
}

type Found<'a> = &'a dyn Fn(&str) -> usize;

fn check_pattern(pattern: &ast::Pattern<&str>, need: &Need, line: Found) -> Result<(), (usize, String)> {
    for element in &pattern.elements {
        if let ast::PatternElement::Placeable { expression } = element {
            check_expression(expression, need, line)?;
        }
    }
    Ok(())
}

fn check_expression(expression: &ast::Expression<&str>, need: &Need, line: Found) -> Result<(), (usize, String)> {
    match expression {
        ast::Expression::Inline(inline) => check_inline(inline, need, line),
        ast::Expression::Select { selector, variants } => {
            check_inline(selector, need, line)?;
            variants.iter().try_for_each(|v| check_pattern(&v.value, need, line))
        }
    }
}

fn check_inline(inline: &ast::InlineExpression<&str>, need: &Need, line: Found) -> Result<(), (usize, String)> {
    let name = need.name;
    match inline {
        ast::InlineExpression::VariableReference { id } if !need.variables.contains(&id.name) => {
            let known = match need.variables {
                [] => "it has none".to_owned(),
                some => format!("it has ${}", some.join(", $")),
            };
            Err((line(&format!("${}", id.name)), format!("{name:?} has no variable ${}; {known}", id.name)))
        }
        ast::InlineExpression::FunctionReference { id, arguments } => {
            if !FUNCTIONS.contains(&id.name) {
                let what = format!("{name:?} calls {}; there are {}", id.name, FUNCTIONS.join(", "));
                return Err((line(id.name), what));
            }
            arguments.positional.iter().try_for_each(|a| check_inline(a, need, line))?;
            arguments.named.iter().try_for_each(|a| check_inline(&a.value, need, line))
        }
        // The server gives variables message by message, so one message inside another could lack some.
        ast::InlineExpression::MessageReference { id, .. } => {
            Err((line(id.name), format!("{name:?} refers to {:?}; messages stand alone here, use a -term", id.name)))
        }
        ast::InlineExpression::Placeable { expression } => check_expression(expression, need, line),
        _ => Ok(()),
    }
}

fn line_of(source: &str, at: usize) -> usize {
    source.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

fn defines(line: &str, id: &str) -> bool {
    line.strip_prefix(id).is_some_and(|rest| rest.trim_start().starts_with('='))
}

fn line_of_message(source: &str, id: &str) -> usize {
    source.lines().position(|l| defines(l, id)).map_or(1, |i| i + 1)
}

/// The first line at or below the message on which this stands.
fn line_of_variable(source: &str, id: &str, text: &str) -> usize {
    let start = line_of_message(source, id);
    source.lines().skip(start - 1).position(|l| l.contains(text)).map_or(start, |i| start + i)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../intents/en-US/replies.ftl");

    fn refusal(source: &str) -> String {
        match Catalog::parse(source, "replies.ftl", "en-US") {
            Ok(_) => "accepted".to_owned(),
            Err(e) => e.to_string(),
        }
    }

    fn line(of: &str) -> usize {
        SHIPPED.lines().position(|l| l.starts_with(of)).expect("shipped") + 1
    }

    #[test]
    fn a_broken_file_is_refused_by_line() {
        let goodbye = line("goodbye =");
        let swap = |new: &str| SHIPPED.replace("goodbye = Goodbye.", new);
        let doubled = SHIPPED.lines().count() + 1;
        for (source, expected) in [
            (swap("goodbye = { $a x }"), format!("replies.ftl:{goodbye}")),
            (
                swap("goodbye = Bye, { $name }."),
                format!("replies.ftl:{goodbye}: \"goodbye\" has no variable $name; it has none"),
            ),
            (swap("goodbye = { SHOUT(1) }"), format!("replies.ftl:{goodbye}: \"goodbye\" calls SHOUT")),
            (swap("goodbye = { cancelled }"), format!("replies.ftl:{goodbye}: \"goodbye\" refers to \"cancelled\"")),
            (swap("goodbye =\n    .x = y"), format!("replies.ftl:{goodbye}: the message \"goodbye\" has no words")),
            (swap(""), "the message \"goodbye\" is missing".to_owned()),
            (
                format!("{SHIPPED}goodbye = Bye.\n"),
                format!("replies.ftl:{doubled}: the message \"goodbye\" is there twice"),
            ),
            (
                SHIPPED.replace("    .reprompt = Was it:", "    .prompt = Was it:"),
                "the message \"did-you-say\" has no .reprompt".to_owned(),
            ),
        ] {
            let said = refusal(&source);
            assert!(said.contains(&expected), "{said}\nexpected: {expected}");
        }
    }

    #[test]
    fn every_shipped_message_is_used() {
        let tree = parser::parse(SHIPPED).expect("shipped");
        for entry in &tree.body {
            let ast::Entry::Message(message) = entry else { continue };
            let id = message.id.name;
            let used = |name: &str| NEEDS.iter().any(|n| n.name == name) || id.starts_with("currency-");
            assert!(message.value.is_none() || used(id), "{id} is never said");
            for attribute in &message.attributes {
                assert!(used(&format!("{id}.{}", attribute.id.name)), "{id}.{} is never said", attribute.id.name);
            }
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Catalog::read(Path::new("no/such/en-US")).err().expect("refused").to_string();
        assert!(error.contains("no/such/en-US/replies.ftl"), "{error}");
    }
}
