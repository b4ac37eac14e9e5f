//! Values to words and back. The words of one type order as its values do, but for text.

use crate::model::{Date, Duration, Float, Row, Timestamp, Type, Value};

use super::batch::Batch;
use super::dictionary::Dictionary;

const SIGN: u64 = 1 << 63;

/// The word of a value.
pub fn encode(value: &Value, dictionary: &Dictionary) -> u64 {
    match value {
        Value::Text(text) => dictionary.word(text),
        value => encode_plain(value).expect("only text needs the dictionary"),
    }
}

/// The word of a value in a dictionary that stays as it is; `None` for a text not in it.
pub fn find(value: &Value, dictionary: &Dictionary) -> Option<u64> {
    match value {
        Value::Text(text) => dictionary.find(text),
        value => encode_plain(value),
    }
}

/// The value of a word.
pub fn decode(word: u64, ty: Type, dictionary: &Dictionary) -> Value {
    match ty {
        Type::Text => Value::Text(dictionary.text(word)),
        ty => decode_plain(word, ty).expect("only text needs the dictionary"),
    }
}

/// The value of a word of any type but text.
pub fn decode_plain(word: u64, ty: Type) -> Option<Value> {
    match ty {
        Type::Bool => Some(Value::Bool(word != 0)),
        Type::Int => Some(Value::Int(decode_signed(word))),
        Type::Float => Some(Value::Float(decode_float(word))),
        Type::Text => None,
        Type::Date => Date::from_days(decode_signed(word)).map(Value::Date),
        Type::Time => Timestamp::from_micros(decode_signed(word)).map(Value::Time),
        Type::Duration => Some(Value::Duration(Duration::from_micros(decode_signed(word)))),
    }
}

/// The word of a signed number: also of a date's days and a time's microseconds.
pub fn encode_signed(number: i64) -> u64 {
    number.cast_unsigned() ^ SIGN
}

/// The number of [`encode_signed`]'s word.
pub fn decode_signed(word: u64) -> i64 {
    (word ^ SIGN).cast_signed()
}

/// The float of a float's word.
pub fn decode_float(word: u64) -> Float {
    let bits = if word & SIGN == 0 { !word } else { word ^ SIGN };
    Float::new(f64::from_bits(bits)).expect("only finite floats are encoded")
}

/// Floats order as their bits do, once the bits of negative ones are flipped.
fn encode_float(float: Float) -> u64 {
    let bits = float.get().to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

/// The word of a value; `None` for text.
pub fn encode_plain(value: &Value) -> Option<u64> {
    match value {
        Value::Bool(value) => Some(u64::from(*value)),
        Value::Int(value) => Some(encode_signed(*value)),
        Value::Float(value) => Some(encode_float(*value)),
        Value::Text(_) => None,
        Value::Date(value) => Some(encode_signed(i64::from(value.days()))),
        Value::Time(value) => Some(encode_signed(value.micros())),
        Value::Duration(value) => Some(encode_signed(value.micros())),
    }
}
/// The values of a row's words.
pub fn decode_row(row: &[u64], types: &[Type], dictionary: &Dictionary) -> Row {
    row.iter().zip(types).map(|(word, ty)| decode(*word, *ty, dictionary)).collect()
}

/// The rows that came and those that went, each sorted by their values.
///
/// # Panics
/// If one comes or goes more than once: relations are sets.
pub fn decode_changes(
    mut rows: Batch,
    types: &[Type],
    dictionary: &Dictionary,
) -> (Vec<Row>, Vec<Row>) {
    rows.consolidate();
    let come = rows.rows().filter(|(_, count)| *count > 0).count();
    let (mut inserted, mut deleted) =
        (Vec::with_capacity(come), Vec::with_capacity(rows.len() - come));
    for (row, count) in rows.rows() {
        match count {
            1 => inserted.push(decode_row(row, types, dictionary)),
            -1 => deleted.push(decode_row(row, types, dictionary)),
            count => panic!("{row:?} changed {count} times: relations are sets"),
        }
    }
    inserted.sort_unstable();
    deleted.sort_unstable();
    (inserted, deleted)
}
