//! Rows of a query to PostgreSQL. Values come as text, in one known style, whatever the server's
//! settings: so every type that can be written can be read.

use std::pin::pin;
use std::time::Duration as StdDuration;

use futures_util::TryStreamExt as _;
use tokio_postgres::types::{Kind, Type as Pg};
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow, Statement};

use super::sql::{Rows, null, places};
use crate::feed::parse_cell;
use crate::model::{Column, Duration, Relation, Row, Type, Value};
use crate::runtime::sql::{Server, explain};

/// Asks, and reads the answer to its end. The server is to give up after the limit.
pub(super) async fn read(
    server: &Server,
    query: &str,
    relation: &Relation,
    limit: StdDuration,
) -> Rows {
    let client = server.connect().await.map_err(|error| explain(&error))?;
    let rows = ask(&client, query, relation, limit);
    rows.await.map_err(|failure| match failure {
        Failure::Server(error) => explain(&error),
        Failure::Row(why) => why,
    })
}

enum Failure {
    Server(tokio_postgres::Error),
    Row(String),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Failure {
        Failure::Server(error)
    }
}

async fn ask(
    client: &Client,
    query: &str,
    relation: &Relation,
    limit: StdDuration,
) -> Result<Vec<Row>, Failure> {
    let begin = format!(
        "begin transaction isolation level repeatable read read only; \
         set local datestyle to 'ISO'; set local intervalstyle to 'postgres'; \
         set local timezone to 'UTC'; set local extra_float_digits to 1; \
         set local statement_timeout to {}",
        limit.as_millis()
    );
    client.batch_execute(&begin).await?;
    let statement = client.prepare(query).await?;
    let columns = columns(&statement, relation).map_err(Failure::Row)?;
    let mut messages = pin!(client.simple_query_raw(query).await?);
    let mut rows = Vec::new();
    while let Some(message) = messages.try_next().await? {
        if let SimpleQueryMessage::Row(row) = message {
            rows.push(read_row(&row, &columns, rows.len() + 1).map_err(Failure::Row)?);
        }
    }
    Ok(rows)
}

/// A column of the relation, and what gives it.
struct Given<'a> {
    column: &'a Column,
    place: usize,
    ty: Pg,
}

fn columns<'a>(statement: &Statement, relation: &'a Relation) -> Result<Vec<Given<'a>>, String> {
    let given = statement.columns();
    let names: Vec<&str> = given.iter().map(|column| column.name()).collect();
    let places = places("query", &names, relation)?;
    let mut columns = Vec::new();
    for (column, place) in relation.columns.iter().zip(places) {
        let ty = base(given[place].type_());
        if !fits(&ty, column.ty) {
            return Err(format!(
                "column \"{}\" is {} in the query, and {} in relation \"{}\"; cast it in the query",
                column.name,
                given[place].type_().name(),
                column.ty,
                relation.name
            ));
        }
        columns.push(Given { column, place, ty });
    }
    Ok(columns)
}

/// What a domain is made of.
fn base(ty: &Pg) -> Pg {
    match ty.kind() {
        Kind::Domain(inner) => base(inner),
        _ => ty.clone(),
    }
}

/// Whether values of a type of PostgreSQL may be ones of ours; whether each is, shows later.
fn fits(given: &Pg, wanted: Type) -> bool {
    let is_whole = [Pg::INT2, Pg::INT4, Pg::INT8, Pg::OID].contains(given);
    let is_number = is_whole || [Pg::NUMERIC, Pg::FLOAT4, Pg::FLOAT8].contains(given);
    match wanted {
        Type::Bool => *given == Pg::BOOL,
        Type::Int => is_whole || *given == Pg::NUMERIC,
        Type::Float => is_number,
        Type::Text => {
            let texts = [Pg::TEXT, Pg::VARCHAR, Pg::BPCHAR, Pg::NAME, Pg::CHAR, Pg::UNKNOWN];
            let like_texts = [Pg::UUID, Pg::JSON, Pg::JSONB, Pg::XML, Pg::INET, Pg::CIDR];
            texts.contains(given)
                || like_texts.contains(given)
                || matches!(given.kind(), Kind::Enum(_))
                || given.name() == "citext"
        }
        Type::Date => *given == Pg::DATE,
        Type::Time => [Pg::TIMESTAMPTZ, Pg::TIMESTAMP].contains(given),
        Type::Duration => *given == Pg::INTERVAL,
    }
}

fn read_row(row: &SimpleQueryRow, columns: &[Given<'_>], number: usize) -> Result<Row, String> {
    let read = |given: &Given<'_>| {
        let name = &given.column.name;
        let text = row.get(given.place).ok_or_else(|| null(name, number))?;
        let value = value(text, &given.ty, given.column.ty);
        value.map_err(|why| format!("row {number}: column \"{name}\": {why}"))
    };
    columns.iter().map(read).collect()
}

fn value(text: &str, given: &Pg, wanted: Type) -> Result<Value, String> {
    let cell = match (wanted, text) {
        (Type::Bool, "t") => "true".to_string(),
        (Type::Bool, "f") => "false".to_string(),
        // What has no fraction but zeros is whole.
        (Type::Int, number) => match number.split_once('.') {
            Some((whole, zeros)) if zeros.bytes().all(|digit| digit == b'0') => whole.to_string(),
            _ => number.to_string(),
        },
        (Type::Time, moment) => time(moment, *given == Pg::TIMESTAMP),
        (Type::Duration, span) => return interval(span).map(Value::Duration),
        (Type::Bool | Type::Float | Type::Text | Type::Date, other) => other.to_string(),
    };
    parse_cell(&cell, wanted).map_err(|mistake| mistake.to_string())
}

/// A moment as RFC 3339 has it; without a zone it is one of UTC.
fn time(text: &str, is_without_zone: bool) -> String {
    let text = text.replacen(' ', "T", 1);
    match text.strip_suffix("+00") {
        Some(utc) => format!("{utc}Z"),
        None if is_without_zone => format!("{text}Z"),
        None => text,
    }
}

/// `1 day -02:00:00.25`, as PostgreSQL writes it in its own style. Days are of 24 hours; months
/// have no length.
fn interval(text: &str) -> Result<Duration, String> {
    let mut words = text.split(' ');
    let mut micros = 0_i64;
    while let Some(word) = words.next() {
        let part = match word.split_once(':') {
            Some((hours, rest)) => clock(hours, rest),
            None => match words.next() {
                Some("day" | "days") => word.parse().ok().and_then(Duration::from_days),
                Some("mon" | "mons" | "year" | "years") => {
                    let why = "is months or years long, which have no length of their own";
                    return Err(format!("{text} {why}"));
                }
                _ => None,
            },
        };
        let sum = part.and_then(|part| micros.checked_add(part.micros()));
        micros = sum.ok_or_else(|| format!("{text} is not a duration"))?;
    }
    Ok(Duration::from_micros(micros))
}

/// `-02` and `00:00.25`.
fn clock(hours: &str, rest: &str) -> Option<Duration> {
    let (minutes, seconds) = rest.split_once(':')?;
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let number = |text: &str| text.parse::<i64>().ok();
    let micros = number(&format!("{fraction:0<6}"))?;
    let length = number(hours.trim_start_matches(['-', '+']))?
        .checked_mul(3_600)?
        .checked_add(number(minutes)? * 60 + number(seconds)?)?
        .checked_mul(1_000_000)?
        .checked_add(micros)?;
    Some(Duration::from_micros(if hours.starts_with('-') { -length } else { length }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, given: &Pg, wanted: Type) -> String {
        value(text, given, wanted).map_or_else(|why| why, |value| value.to_string())
    }

    #[test]
    fn values_are_read_as_the_server_writes_them() {
        assert_eq!(shown("t", &Pg::BOOL, Type::Bool), "true");
        assert_eq!(shown("120.00", &Pg::NUMERIC, Type::Int), "120");
        assert_eq!(shown("-7", &Pg::NUMERIC, Type::Float), "-7.0");
        let moment = shown("2026-03-25 08:00:00.5+00", &Pg::TIMESTAMPTZ, Type::Time);
        assert_eq!(moment, "2026-03-25T08:00:00.5Z");
        let moment = shown("2026-03-25 08:00:00", &Pg::TIMESTAMP, Type::Time);
        assert_eq!(moment, "2026-03-25T08:00Z");
        assert_eq!(shown("1 day 02:00:00.5", &Pg::INTERVAL, Type::Duration), "1d2h500ms");
        assert_eq!(shown("1 day -02:00:00", &Pg::INTERVAL, Type::Duration), "22h");
        assert_eq!(shown("-00:03:00", &Pg::INTERVAL, Type::Duration), "-3m");
    }

    #[test]
    fn what_has_no_value_says_so() {
        let half = shown("1.5", &Pg::NUMERIC, Type::Int);
        assert!(half.starts_with("\"1.5\" is not an int"), "{half}");
        let ever = shown("infinity", &Pg::TIMESTAMPTZ, Type::Time);
        assert!(ever.starts_with("\"infinity\" is not a time"), "{ever}");
        let month = shown("1 mon 2 days", &Pg::INTERVAL, Type::Duration);
        assert!(month.contains("no length of their own"), "{month}");
        let none = shown("NaN", &Pg::FLOAT8, Type::Float);
        assert!(none.contains("is not a float"), "{none}");
    }
}
