//! URLs and JSON bodies with placeholders.

use super::command::{Known, Mistakes};
use crate::diagnostic::Diagnostic;
use crate::model::{Braced, JsonQuotes, Piece, Template, braced};
use crate::syntax::ast::Text;

/// A URL of http, after it was looked at.
pub(super) fn url(
    text: &Text,
    known: &Known,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Template> {
    let mut mistakes = Mistakes { span: text.span, known, diagnostics };
    let is_known = ["http://", "https://", "$"].iter().any(|scheme| text.value.starts_with(scheme));
    if !is_known || text.value.contains(char::is_whitespace) {
        let hint = "Write http://…, https://…, or $NAME for one in the environment.";
        mistakes.error("this is no URL of http".to_owned(), Some(hint));
    }
    let mut template = Template::default();
    let mut literal = String::new();
    for part in braced(&text.value) {
        match part {
            Braced::Text(text) => literal.push_str(text),
            Braced::Placeholder(inside) => {
                push(&mut template, &mut literal, mistakes.placeholder(inside));
            }
            Braced::Lone(brace) => {
                mistakes.lone_brace(brace);
                return None;
            }
        }
    }
    push(&mut template, &mut literal, None);
    Some(template)
}

/// A body of JSON. A brace before a name is a placeholder's, any other is JSON's own.
pub(super) fn body(text: &str, mut mistakes: Mistakes<'_>) -> Option<Template> {
    let mut template = Template::default();
    let (mut literal, mut sample) = (String::new(), String::new());
    let mut rest = text;
    let mut quotes = JsonQuotes::default();
    while let Some(at) = rest.find('{') {
        let (before, after) = rest.split_at(at + 1);
        let end = after.find('}').filter(|_| after.starts_with(begins_name));
        let Some(end) = end else {
            literal.push_str(before);
            rest = after;
            continue;
        };
        literal.push_str(&before[..at]);
        sample.push_str(&literal);
        quotes.read(&literal);
        sample.push_str(if quotes.is_open() { "0" } else { "null" });
        push(&mut template, &mut literal, mistakes.placeholder(&after[..end]));
        rest = &after[end + 1..];
    }
    literal.push_str(rest);
    sample.push_str(&literal);
    push(&mut template, &mut literal, None);
    if let Err(error) = serde_json::from_str::<serde_json::Value>(&sample) {
        let text = format!("the body is not JSON: {}", error_without_place(&error));
        let hint = "Values are written {p}, with no quotes, or inside of a text.";
        mistakes.error(text, Some(hint));
        return None;
    }
    Some(template)
}

fn begins_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

/// Lines and columns would be those of a sample.
fn error_without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

fn push(template: &mut Template, literal: &mut String, value: Option<Piece>) {
    if !literal.is_empty() {
        template.pieces.push(Piece::Literal(std::mem::take(literal)));
    }
    template.pieces.extend(value);
}
