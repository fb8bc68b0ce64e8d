//! What stands between `${` and `}` in a document: a text in, its value out. Of APL's expressions it knows names with
//! members, `@resources`, numbers, strings, `! == != < > <= >= && || + ?:` and parentheses, which is what the documents
//! of this server use; anything else is nothing, as a name that is not bound is.

use serde_json::{Map, Value};

/// What names stand for.
pub type Names = Map<String, Value>;

/// A property's value with all that is bound in it replaced.
pub fn bound(text: &str, names: &Names) -> Value {
    let whole = text.strip_prefix("${").and_then(|t| t.strip_suffix('}')).filter(|t| !t.contains("${"));
    if let Some(expression) = whole {
        return value(expression, names);
    }
    if text.starts_with('@') {
        return names.get(text).cloned().unwrap_or(Value::Null);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (expression, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(&shown(&value(expression, names)));
        rest = after;
    }
    out.push_str(rest);
    Value::String(out)
}

/// Whether a value counts as true.
pub fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64().is_some_and(|n| n != 0.0),
        Value::String(s) => !s.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// A value as text.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}

fn value(expression: &str, names: &Names) -> Value {
    let tokens = tokens(expression);
    let mut parser = Parser { tokens: &tokens, at: 0, names };
    let value = parser.ternary();
    if parser.at == tokens.len() { value } else { Value::Null }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A name with its members, or a resource.
    Name(String),
    Text(String),
    Number(f64),
    Sign(&'static str),
}

const SIGNS: [&str; 14] = ["==", "!=", "<=", ">=", "&&", "||", "!", "<", ">", "+", "?", ":", "(", ")"];

fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        if let Some(sign) = SIGNS.iter().find(|s| rest.starts_with(**s)) {
            out.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else if let Some(quoted) = rest.strip_prefix('\'') {
            let (text, after) = quoted.split_once('\'').unwrap_or((quoted, ""));
            out.push(Token::Text(text.to_owned()));
            rest = after;
        } else {
            let skip = first.len_utf8();
            let end = rest[skip..].find(|c| !word(c)).map_or(rest.len(), |end| end + skip);
            let (name, after) = rest.split_at(end);
            out.push(name.parse().map_or_else(|_| Token::Name(name.to_owned()), Token::Number));
            rest = after;
        }
        rest = rest.trim_start();
    }
    out
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    names: &'t Names,
}

impl Parser<'_> {
    fn takes(&mut self, sign: &str) -> bool {
        let here = matches!(self.tokens.get(self.at), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(here);
        here
    }

    fn ternary(&mut self) -> Value {
        let condition = self.either();
        if !self.takes("?") {
            return condition;
        }
        let then = self.ternary();
        let otherwise = if self.takes(":") { self.ternary() } else { Value::Null };
        if truthy(&condition) { then } else { otherwise }
    }

    fn either(&mut self) -> Value {
        let mut left = self.both();
        while self.takes("||") {
            let right = self.both();
            left = if truthy(&left) { left } else { right };
        }
        left
    }

    fn both(&mut self) -> Value {
        let mut left = self.compared();
        while self.takes("&&") {
            let right = self.compared();
            left = if truthy(&left) { right } else { left };
        }
        left
    }

    fn compared(&mut self) -> Value {
        let left = self.sum();
        for sign in ["==", "!=", "<=", ">=", "<", ">"] {
            if self.takes(sign) {
                let right = self.sum();
                let order = left.as_f64().zip(right.as_f64()).and_then(|(l, r)| l.partial_cmp(&r));
                // 2 and 2.0 are one number.
                let same = order.map_or(left == right, std::cmp::Ordering::is_eq);
                return Value::Bool(match sign {
                    "==" => same,
                    "!=" => !same,
                    "<=" => order.is_some_and(std::cmp::Ordering::is_le),
                    ">=" => order.is_some_and(std::cmp::Ordering::is_ge),
                    "<" => order.is_some_and(std::cmp::Ordering::is_lt),
                    _ => order.is_some_and(std::cmp::Ordering::is_gt),
                });
            }
        }
        left
    }

    fn sum(&mut self) -> Value {
        let mut left = self.single();
        while self.takes("+") {
            let right = self.single();
            left = match (left.as_f64(), right.as_f64()) {
                (Some(l), Some(r)) => (l + r).into(),
                _ => Value::String(shown(&left) + &shown(&right)),
            };
        }
        left
    }

    fn single(&mut self) -> Value {
        if self.takes("!") {
            return Value::Bool(!truthy(&self.single()));
        }
        if self.takes("(") {
            let inside = self.ternary();
            return if self.takes(")") { inside } else { Value::Null };
        }
        let token = self.tokens.get(self.at);
        self.at += 1;
        match token {
            Some(Token::Text(text)) => Value::String(text.clone()),
            Some(Token::Number(n)) => (*n).into(),
            Some(Token::Name(name)) => self.named(name),
            Some(Token::Sign(_)) | None => Value::Null,
        }
    }

    fn named(&self, name: &str) -> Value {
        match name {
            "true" => return Value::Bool(true),
            "false" => return Value::Bool(false),
            _ => {}
        }
        let mut parts = name.split('.');
        let first = parts.next().and_then(|first| self.names.get(first));
        let found = parts.try_fold(first.cloned(), |value, part| match value? {
            Value::Array(items) if part == "length" => Some(Some(items.len().into())),
            Value::Object(mut members) => Some(members.remove(part)),
            _ => None,
        });
        found.flatten().unwrap_or(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn expressions_have_the_value_that_apl_gives_them() {
        let names = json!({"data": {"text": "tea", "touch": ["X"], "none": null, "empty": ""}, "n": 2, "@big": "46vh",
            "viewport": {"width": 960, "height": 480, "shape": "round"}});
        let Value::Object(names) = names else { panic!() };
        for (text, expected) in [
            ("plain", json!("plain")),
            ("@big", json!("46vh")),
            ("${@big}", json!("46vh")),
            ("${data.text}", json!("tea")),
            ("a ${data.text} b${n}", json!("a tea b2")),
            ("${!data.touch}", json!(false)),
            ("${data.missing.deeper}", json!(null)),
            ("${data.touch.length > 0}", json!(true)),
            ("${data.empty ? 'yes' : 'no'}", json!("no")),
            ("${data.text ? data.text + ', ' + n : n}", json!("tea, 2")),
            ("${viewport.height > viewport.width}", json!(false)),
            ("${viewport.shape == 'round' || viewport.width < 600}", json!(true)),
            ("${n == 2 && !(n != 2) ? @big : 'x'}", json!("46vh")),
            ("${n +}", json!(null)),
            ("${)}", json!(null)),
            ("${", json!("")),
        ] {
            assert_eq!(bound(text, &names), expected, "{text}");
        }
    }
}
