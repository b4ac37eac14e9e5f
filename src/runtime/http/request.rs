//! A task of a rule and instances to a request with everything filled in.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;

use crate::feed::json_value;
use crate::model::{Column, HttpTask, JsonQuotes, Method, Piece, Row, Template, Value};
use crate::runtime::process::Refused;
use crate::runtime::source::{Filled, fill_in};
use crate::runtime::values::{formatted, json_object, plain, shared};

/// What is asked for, and for whom.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub task: &'a HttpTask,
    pub parameters: &'a [Column],
    pub instances: &'a [Row],
    /// Whether it is for many, though they may be one at the moment.
    pub is_batch: bool,
    /// The same for all attempts of one episode.
    pub key: Option<&'a str>,
}

/// A request that can be sent.
#[derive(Debug)]
pub struct Outgoing {
    pub method: Method,
    pub url: Filled,
    /// Names and values.
    pub headers: Vec<(String, Filled)>,
    pub body: Option<String>,
}

impl Outgoing {
    /// Fills everything in.
    ///
    /// # Errors
    /// If a value may not stand where the rule puts it, or a variable is not set.
    pub fn new(asked: Asked<'_>) -> Result<Outgoing, Refused> {
        let HttpTask { method, url, bearer, headers, body } = asked.task;
        let secret =
            |text: &str| fill_in(text).map_err(|error| Refused::because(error.to_string()));
        let mut all = Vec::new();
        for header in headers {
            let (name, value) = header.split_once(':').expect("the checker looks for the colon");
            all.push((name.to_string(), secret(value.trim())?));
        }
        if let Some(token) = bearer {
            all.push(("Authorization".to_string(), secret(&format!("Bearer {token}"))?));
        }
        if let Some(key) = asked.key {
            all.push(("Idempotency-Key".to_string(), secret(key)?));
        }
        let body = match body {
            Some(template) => Some(json_text(template, &asked)?),
            None => method.has_body().then(|| parameters(&asked)),
        };
        Ok(Outgoing { method: *method, url: secret(&url_text(url, &asked)?)?, headers: all, body })
    }

    /// A message of somebody who has seen all of it.
    pub fn hide(&self, message: &str) -> String {
        let message = self.url.hide(message);
        self.headers.iter().fold(message, |message, (_, value)| value.hide(&message))
    }
}

/// The parameters: one object, or an array of them.
fn parameters(asked: &Asked<'_>) -> String {
    let mut objects: Vec<Json> =
        asked.instances.iter().map(|instance| json_object(asked.parameters, instance)).collect();
    match asked.is_batch {
        true => Json::Array(objects).to_string(),
        false => objects.pop().unwrap_or_default().to_string(),
    }
}

/// A value that all instances have, with its format if it has one.
fn value<'a>(
    asked: &Asked<'a>,
    parameter: usize,
    format: Option<&str>,
) -> Result<(&'a Value, Option<String>), Refused> {
    let name = &asked.parameters[parameter].name;
    let value = shared(asked.instances, parameter)
        .ok_or_else(|| Refused::several_values(name, asked.instances.len()))?;
    let written = format.map(|format| formatted(value, format)).transpose();
    Ok((value, written.map_err(|reason| Refused::value(name, value, reason))?))
}

/// The address, with values percent-encoded. In a path they make neither parts of their own nor
/// steps upwards.
fn url_text(template: &Template, asked: &Asked<'_>) -> Result<String, Refused> {
    let mut url = String::new();
    for piece in &template.pieces {
        match piece {
            Piece::Literal(text) => url.push_str(text),
            Piece::Value { parameter, format } => {
                let (found, written) = value(asked, *parameter, format.as_deref())?;
                let text = written.unwrap_or_else(|| plain(found));
                let name = &asked.parameters[*parameter].name;
                if !url.contains(['?', '#']) && matches!(&*text, "" | "." | "..") {
                    let reason = "is no part of a URL's path";
                    return Err(Refused::value(name, found, reason));
                }
                url.extend(utf8_percent_encode(&text, ENCODED));
            }
        }
    }
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let of_rule = |piece: &Piece| match piece {
        Piece::Literal(text) => text.clone(),
        Piece::Value { .. } => "_".to_string(),
    };
    let rule: String = template.pieces.iter().map(of_rule).collect();
    let rule = rule.split(['?', '#']).next().unwrap_or_default();
    match steps(path) == steps(rule) {
        true => Ok(url),
        false => Err(Refused::because("values make \"..\" of a part of the URL's path")),
    }
}

/// How often `.` or `..` is a part of a path.
fn steps(path: &str) -> usize {
    path.split('/').filter(|part| matches!(*part, "." | "..")).count()
}

/// All but what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A body of the rule's own: values are JSON, or go on with the text in which they stand.
fn json_text(template: &Template, asked: &Asked<'_>) -> Result<String, Refused> {
    let (mut body, mut quotes) = (String::new(), JsonQuotes::default());
    for piece in &template.pieces {
        match piece {
            Piece::Literal(text) => {
                body.push_str(text);
                quotes.read(text);
            }
            Piece::Value { parameter, format } => {
                let (found, written) = value(asked, *parameter, format.as_deref())?;
                let text = written.map(Json::String);
                match quotes.is_open() {
                    false => body.push_str(&text.unwrap_or_else(|| json_value(found)).to_string()),
                    true => {
                        let text = text.unwrap_or_else(|| Json::String(plain(found))).to_string();
                        body.push_str(&text[1..text.len() - 1]);
                    }
                }
            }
        }
    }
    Ok(body)
}
