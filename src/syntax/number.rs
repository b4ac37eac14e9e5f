//! Literals that begin with a digit: ints, floats, durations, dates and times.

use super::ast::DurationLiteral;
use super::lexer::{Lexer, is_word_byte, word_length};
use super::token::Token;
use crate::diagnostic::Diagnostic;
use crate::model::{Date, NotATime, Timestamp};

/// The digits of the one int whose opposite is none.
pub(super) const LEAST_INT_DIGITS: &str = "9223372036854775808";

/// Whether the text begins with the digits of the least int, and nothing of a number follows.
pub(super) fn is_least_int(text: &str) -> bool {
    text.strip_prefix(LEAST_INT_DIGITS).is_some_and(|rest| {
        let mut next = rest.bytes();
        match next.next() {
            Some(b'.') => !next.next().is_some_and(|b| b.is_ascii_digit()),
            Some(byte) => !is_word_byte(byte),
            None => true,
        }
    })
}

/// Reads the literal that begins here. One that is malformed or out of range is reported, and
/// stands as a value of its kind, so that the parser goes on.
pub(super) fn read<'a>(lexer: &mut Lexer<'a>) -> Token<'a> {
    if let Some(length) = date_length(lexer.rest()) {
        return read_date(lexer, length);
    }
    let rest = lexer.rest();
    let mut end = digits_length(rest);
    let point = rest.as_bytes().get(end) == Some(&b'.')
        && rest.as_bytes().get(end + 1).is_some_and(u8::is_ascii_digit);
    if !point && matches!(&rest.as_bytes()[end..], [b'.', b')' | b',', ..]) {
        return read_pointed(lexer, end);
    }
    if point {
        end += 1 + digits_length(&rest[end + 1..]);
    }
    let exponent = exponent_length(&rest[end..]);
    let word = word_length(&rest[end + exponent..]);
    if exponent == 0 && word > 0 {
        return read_duration(lexer, end + word);
    }
    if word > 0 {
        return malformed(lexer, end + exponent + word);
    }
    if point || exponent > 0 { read_float(lexer, end + exponent) } else { read_int(lexer, end) }
}

/// Digits, and single underscores between them.
fn digits_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    while is_digit(end) || (end > 0 && bytes.get(end) == Some(&b'_') && is_digit(end + 1)) {
        end += 1;
    }
    end
}

/// `e9`, `E-3`; 0 where there is none.
fn exponent_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if !matches!(bytes.first(), Some(b'e' | b'E')) {
        return 0;
    }
    let sign = usize::from(matches!(bytes.get(1), Some(b'+' | b'-')));
    match digits_length(&text[1 + sign..]) {
        0 => 0,
        digits => 1 + sign + digits,
    }
}

fn read_int<'a>(lexer: &mut Lexer<'a>, length: usize) -> Token<'a> {
    let start = lexer.offset();
    let digits = lexer.rest()[..length].replace('_', "");
    lexer.advance(length);
    Token::Int(digits.parse().unwrap_or_else(|_| {
        let span = lexer.span(start, start + length);
        lexer.report(
            Diagnostic::error("this int is out of range", span)
                .hint("An int has 64 bits: at most 9223372036854775807."),
        );
        0
    }))
}

fn read_float<'a>(lexer: &mut Lexer<'a>, length: usize) -> Token<'a> {
    let start = lexer.offset();
    let digits = lexer.rest()[..length].replace('_', "");
    lexer.advance(length);
    let value: f64 = digits.parse().expect("digits, a point and an exponent are a float");
    if value.is_finite() {
        return Token::Float(value);
    }
    lexer.error("this float is out of range", start, start + length);
    Token::Float(0.0)
}

/// Digits and a point that nothing follows, where no statement can end.
fn read_pointed<'a>(lexer: &mut Lexer<'a>, length: usize) -> Token<'a> {
    let start = lexer.offset();
    let Token::Int(whole) = read_int(lexer, length) else { unreachable!("digits are an int") };
    lexer.advance(1);
    let span = lexer.span(start, lexer.offset());
    let error = Diagnostic::error("a number does not end with its point", span);
    let digits = &lexer.text()[start..start + length];
    lexer.report(error.hint(format!("Write a digit behind it: `{digits}.0`.")));
    Token::Float(whole as f64)
}

fn malformed<'a>(lexer: &mut Lexer<'a>, length: usize) -> Token<'a> {
    let start = lexer.offset();
    let text = &lexer.rest()[..length];
    lexer.advance(length);
    let hint = if text.contains('_') {
        "Underscores stand between two digits: `1_000`."
    } else {
        "Numbers are like `1_000`, `1.5`, `2e9`, durations like `1h30m`, with the units us, ms, \
         s, m, h, d, w, mo, y; names do not begin with a digit."
    };
    let span = lexer.span(start, start + length);
    lexer.report(Diagnostic::error(format!("`{text}` is not a number"), span).hint(hint));
    Token::Int(0)
}

/// Everything of a duration's digits and letters, `length` bytes long.
fn read_duration<'a>(lexer: &mut Lexer<'a>, length: usize) -> Token<'a> {
    let text = &lexer.rest()[..length];
    let start = lexer.offset();
    let mut total = DurationLiteral::default();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = digits_length(rest);
        let after = &rest[digits..];
        let unit =
            after.bytes().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(after.len());
        let is_known =
            matches!(&after[..unit], "us" | "ms" | "s" | "m" | "h" | "d" | "w" | "mo" | "y");
        if digits == 0 || !is_known {
            return wrong_duration(lexer, length, &after[..unit]);
        }
        let Some(sum) = add_unit(total, &rest[..digits].replace('_', ""), &after[..unit]) else {
            lexer.advance(length);
            lexer.error("this duration is out of range", start, start + length);
            return Token::Duration(DurationLiteral::default());
        };
        total = sum;
        rest = &after[unit..];
    }
    lexer.advance(length);
    Token::Duration(total)
}

fn wrong_duration<'a>(lexer: &mut Lexer<'a>, length: usize, unit: &str) -> Token<'a> {
    let text = &lexer.rest()[..length];
    let meant = match unit {
        "sec" | "secs" | "second" | "seconds" => Some("s"),
        "min" | "mins" | "minute" | "minutes" => Some("m"),
        "hr" | "hrs" | "hour" | "hours" => Some("h"),
        "day" | "days" | "D" => Some("d"),
        "week" | "weeks" | "W" => Some("w"),
        "mon" | "month" | "months" | "M" => Some("mo"),
        "yr" | "year" | "years" | "Y" => Some("y"),
        _ => None,
    };
    let is_fraction = text.contains('.');
    let lacks_unit = unit.is_empty() && !text.contains('_');
    if meant.is_none() && !is_fraction && !lacks_unit {
        return malformed(lexer, length);
    }
    let start = lexer.offset();
    let hint = match meant {
        Some(meant) => format!("Write `{meant}` for that unit."),
        None if is_fraction => "Durations are of whole numbers: `1h30m`, not `1.5h`.".to_owned(),
        None => "Write the unit of its last number, as in `1h30m`.".to_owned(),
    };
    lexer.advance(length);
    let span = lexer.span(start, start + length);
    lexer.report(Diagnostic::error(format!("`{text}` is not a duration"), span).hint(hint));
    Token::Duration(DurationLiteral::default())
}

fn add_unit(total: DurationLiteral, digits: &str, unit: &str) -> Option<DurationLiteral> {
    let number: i64 = digits.parse().ok()?;
    let DurationLiteral { mut months, mut days, mut micros } = total;
    let small = |size: i64| number.checked_mul(size).and_then(|part| i32::try_from(part).ok());
    let exact = |size: i64| number.checked_mul(size);
    match unit {
        "y" => months = months.checked_add(small(12)?)?,
        "mo" => months = months.checked_add(small(1)?)?,
        "w" => days = days.checked_add(small(7)?)?,
        "d" => days = days.checked_add(small(1)?)?,
        "h" => micros = micros.checked_add(exact(3_600_000_000)?)?,
        "m" => micros = micros.checked_add(exact(60_000_000)?)?,
        "s" => micros = micros.checked_add(exact(1_000_000)?)?,
        "ms" => micros = micros.checked_add(exact(1_000)?)?,
        "us" => micros = micros.checked_add(exact(1)?)?,
        other => unreachable!("unit {other} is not known"),
    }
    Some(DurationLiteral { months, days, micros })
}

/// The length of `2026-03-25`, or of what must be a date with digits left out: `2026-3-5`.
fn date_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes[from.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let month = digits(5);
    let day_at = 6 + month;
    let day = digits(day_at);
    let is_date = digits(0) == 4
        && bytes.get(4) == Some(&b'-')
        && (1..=2).contains(&month)
        && bytes.get(5 + month) == Some(&b'-')
        && (1..=2).contains(&day);
    is_date.then_some(day_at + day)
}

fn read_date<'a>(lexer: &mut Lexer<'a>, length: usize) -> Token<'a> {
    let start = lexer.offset();
    let text = &lexer.rest()[..length];
    let date = Date::parse(text);
    let after = &lexer.rest()[length..];
    if let [b' ', b'0'..=b'9', b'0'..=b'9', b':', ..] = after.as_bytes() {
        return read_spaced_time(lexer, length);
    }
    let is_time = after.starts_with(['T', 't']);
    if date.is_some() && is_time {
        return read_time(lexer, length);
    }
    lexer.advance(length + if is_time { time_length(after) } else { word_length(after) });
    let end = lexer.offset();
    if end > start + length {
        let span = lexer.span(start, end);
        let message = format!("`{}` is not a date", &lexer.text()[start..end]);
        lexer.report(Diagnostic::error(message, span).hint("A date is like `2026-03-25`."));
    } else if date.is_none() {
        let span = lexer.span(start, end);
        let hint = if text.len() == 10 {
            "There is no such day in the calendar."
        } else {
            "Write two digits each for month and day, `2026-03-05`; to subtract, put spaces \
             around `-`."
        };
        let message = format!("`{text}` is not a date");
        lexer.report(Diagnostic::error(message, span).hint(hint));
    }
    Token::Date(date.unwrap_or_else(|| Date::from_days(0).expect("the epoch is a date")))
}

/// A date, a space and a clock.
fn read_spaced_time<'a>(lexer: &mut Lexer<'a>, date: usize) -> Token<'a> {
    let start = lexer.offset();
    let length = date + time_length(&lexer.rest()[date..]);
    let text = lexer.rest()[..length].replace(' ', "T");
    lexer.advance(length);
    let has_zone = Timestamp::parse(&text) != Err(NotATime::Malformed);
    let zone = if has_zone { "" } else { "Z" };
    let error = Diagnostic::error("a time is written together", lexer.span(start, start + length));
    lexer.report(error.hint(format!("Write `T` between date and clock: `{text}{zone}`.")));
    Token::Time(Timestamp::parse(&format!("{text}{zone}")).unwrap_or(Timestamp::MIN))
}

/// Everything that can belong to a time after its date: `T08:00:30.5+01:00`.
fn time_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 1;
    let mut is_in_zone = false;
    while let Some(byte) = bytes.get(end) {
        let belongs = match byte {
            b'.' => is_digit(end + 1) && is_digit(end - 1) && !is_in_zone,
            b'+' | b'-' => is_digit(end + 1) && !is_in_zone,
            b':' => is_digit(end + 1),
            byte => is_word_byte(*byte),
        };
        if !belongs {
            break;
        }
        is_in_zone |= matches!(byte, b'+' | b'-' | b'Z' | b'z');
        end += 1;
    }
    end
}

fn read_time<'a>(lexer: &mut Lexer<'a>, date: usize) -> Token<'a> {
    let start = lexer.offset();
    let length = date + time_length(&lexer.rest()[date..]);
    let text = &lexer.rest()[..length];
    lexer.advance(length);
    let is_rfc_3339 = text[date..].contains(':');
    let parse = |text: &str| match is_rfc_3339 {
        true => Timestamp::parse(text),
        false => Err(NotATime::Malformed),
    };
    let (found, in_utc) = (parse(text), parse(&format!("{text}Z")));
    let span = lexer.span(start, start + length);
    let error = match (found, in_utc) {
        (Ok(time), _) => return Token::Time(time),
        (Err(NotATime::Malformed), Ok(_)) => {
            Diagnostic::error(format!("the time `{text}` has no zone"), span)
                .hint(format!("Write `{text}Z` for UTC, or an offset such as `{text}+01:00`."))
        }
        (Err(NotATime::Malformed), Err(why)) | (Err(why), _) => {
            Diagnostic::error(format!("`{text}` {why}"), span).hint(why.remedy())
        }
    };
    lexer.report(error);
    Token::Time(in_utc.unwrap_or(Timestamp::MIN))
}
