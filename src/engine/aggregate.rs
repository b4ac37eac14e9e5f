//! Aggregates over groups: each row comes with its count, and the groups that changed are
//! worked out anew.

use std::cmp::Ordering;

use crate::model::{ExactSum, Float, NoValue, Type, Value};
use crate::plan::{AggregateFunction, Aggregation};

use super::code::Surroundings;
use super::coding::{decode, decode_float, decode_signed, encode, encode_signed};
use super::words::{AsWords, Words};

/// The words of the results for one group's rows, or of nothing where one has no value.
pub fn aggregate<V: AsWords>(
    aggregations: &[Aggregation],
    rows: &[(&V, isize)],
    around: &Surroundings,
) -> Words {
    let results: Result<Vec<u64>, NoValue> =
        aggregations.iter().map(|aggregation| result(aggregation, rows, around)).collect();
    results.map_or_else(|_| Words::default(), |words| Words::from_slice(&words))
}

/// Whether a group may have no value for it.
pub fn can_fail(aggregation: &Aggregation) -> bool {
    matches!(aggregation.function, AggregateFunction::Sum | AggregateFunction::Mean)
}

fn result<V: AsWords>(
    aggregation: &Aggregation,
    rows: &[(&V, isize)],
    around: &Surroundings,
) -> Result<u64, NoValue> {
    let word = |row: &V, argument: usize| row.words()[aggregation.arguments[argument]];
    let order = |argument: usize, left: &V, right: &V| {
        let ty = aggregation.types[argument];
        compare(word(left, argument), word(right, argument), ty, around)
    };
    let best = |wanted: Ordering| {
        let rows = rows.iter().map(|(row, _)| *row);
        let best = rows.reduce(|best, row| if order(0, row, best) == wanted { row } else { best });
        word(best.expect("no group is empty"), 0)
    };
    let best_by = |wanted: Ordering| {
        let rows = rows.iter().map(|(row, _)| *row);
        let better = |row: &V, best: &V| match order(1, row, best) {
            Ordering::Equal => order(0, row, best) == Ordering::Less,
            ordering => ordering == wanted,
        };
        let best = rows.reduce(|best, row| if better(row, best) { row } else { best });
        word(best.expect("no group is empty"), 0)
    };
    match aggregation.function {
        AggregateFunction::Count => {
            let count: isize = rows.iter().map(|(_, count)| *count).sum();
            Ok(encode_signed(count as i64))
        }
        AggregateFunction::Min => Ok(best(Ordering::Less)),
        AggregateFunction::Max => Ok(best(Ordering::Greater)),
        AggregateFunction::ArgMin => Ok(best_by(Ordering::Less)),
        AggregateFunction::ArgMax => Ok(best_by(Ordering::Greater)),
        AggregateFunction::Sum => {
            let words = rows.iter().map(|(row, count)| (word(row, 0), *count));
            sum(aggregation.types[0], words, around)
        }
        AggregateFunction::Mean => {
            let words = rows.iter().map(|(row, count)| (word(row, 0), *count));
            mean(aggregation.types[0], words, around)
        }
    }
}

fn sum(
    ty: Type,
    words: impl Iterator<Item = (u64, isize)>,
    around: &Surroundings,
) -> Result<u64, NoValue> {
    if ty == Type::Float {
        let mut sum = ExactSum::new();
        words.for_each(|(word, count)| sum.add(decode_float(word), count as i64));
        return sum.sum().map(|float| encode_float(float, around));
    }
    let total = exact_total(words)?.0;
    i64::try_from(total).map(encode_signed).map_err(|_| NoValue::Overflow)
}

fn mean(
    ty: Type,
    words: impl Iterator<Item = (u64, isize)>,
    around: &Surroundings,
) -> Result<u64, NoValue> {
    if ty == Type::Duration {
        let (total, count) = exact_total(words)?;
        let mean = i64::try_from(total / count).expect("a mean is between its values");
        return Ok(encode_signed(mean));
    }
    let (mut sum, mut rows) = (ExactSum::new(), 0);
    for (word, count) in words {
        match ty {
            Type::Float => sum.add(decode_float(word), count as i64),
            _ => sum.add_int(decode_signed(word), count as i64),
        }
        rows += count;
    }
    let rows = u64::try_from(rows).expect("no group is empty");
    sum.mean(rows).map(|float| encode_float(float, around))
}

/// The sum of signed words, and how many there are.
fn exact_total(words: impl Iterator<Item = (u64, isize)>) -> Result<(i128, i128), NoValue> {
    let (mut total, mut rows) = (0i128, 0i128);
    for (word, count) in words {
        let part = i128::from(decode_signed(word)) * count as i128;
        total = total.checked_add(part).ok_or(NoValue::Overflow)?;
        rows += count as i128;
    }
    Ok((total, rows))
}

fn encode_float(float: Float, around: &Surroundings) -> u64 {
    encode(&Value::Float(float), &around.dictionary)
}

fn compare(left: u64, right: u64, ty: Type, around: &Surroundings) -> Ordering {
    if ty != Type::Text || left == right {
        return left.cmp(&right);
    }
    decode(left, ty, &around.dictionary).cmp(&decode(right, ty, &around.dictionary))
}
