//! Aggregates over the matching rows of one group, as the language words them.

use owed::model::{Duration, ExactSum, NoValue, Row, Value};
use owed::program::AggregateFunction;

/// The value for a group; `rows` holds the arguments for each matching row, and is not empty.
pub(super) fn aggregate(function: AggregateFunction, rows: Vec<&Row>) -> Result<Value, NoValue> {
    let firsts = || rows.iter().map(|row| &row[0]);
    let value = match function {
        AggregateFunction::Count => Value::Int(i64::try_from(rows.len()).expect("few rows")),
        AggregateFunction::Sum => return sum(firsts()),
        AggregateFunction::Mean => return mean(firsts()),
        AggregateFunction::Min => firsts().min().expect("not empty").clone(),
        AggregateFunction::Max => firsts().max().expect("not empty").clone(),
        AggregateFunction::ArgMin => {
            let best = rows.iter().min_by_key(|row| (&row[1], &row[0]));
            best.expect("not empty")[0].clone()
        }
        AggregateFunction::ArgMax => {
            let most = rows.iter().map(|row| &row[1]).max().expect("not empty");
            let best = rows.iter().filter(|row| row[1] == *most).map(|row| &row[0]).min();
            best.expect("not empty").clone()
        }
    };
    Ok(value)
}

fn sum<'a>(values: impl Iterator<Item = &'a Value>) -> Result<Value, NoValue> {
    let total = Total::of(values);
    match total {
        Total::Int(sum, _) => int(sum).map(Value::Int),
        Total::Duration(sum, _) => int(sum).map(|sum| Value::Duration(Duration::from_micros(sum))),
        Total::Float(sum, _) => sum.sum().map(Value::Float),
    }
}

fn mean<'a>(values: impl Iterator<Item = &'a Value>) -> Result<Value, NoValue> {
    match Total::of(values) {
        Total::Int(sum, count) => {
            // The sum in parts that fit, for it may not.
            let mut exact = ExactSum::new();
            exact.add_int(int(sum / i128::from(i64::MAX))?, i64::MAX);
            exact.add_int(int(sum % i128::from(i64::MAX))?, 1);
            exact.mean(count).map(Value::Float)
        }
        Total::Duration(sum, count) => {
            let mean = int(sum / i128::from(count))?;
            Ok(Value::Duration(Duration::from_micros(mean)))
        }
        Total::Float(sum, count) => sum.mean(count).map(Value::Float),
    }
}

/// An exact sum, and of how many values.
enum Total {
    Int(i128, u64),
    Duration(i128, u64),
    Float(Box<ExactSum>, u64),
}

impl Total {
    fn of<'a>(values: impl Iterator<Item = &'a Value>) -> Total {
        let mut values = values.peekable();
        let first = values.peek().expect("no group is empty");
        let mut total = match first {
            Value::Int(_) => Total::Int(0, 0),
            Value::Duration(_) => Total::Duration(0, 0),
            Value::Float(_) => Total::Float(Box::default(), 0),
            _ => panic!("{first} does not add up"),
        };
        for value in values {
            match (&mut total, value) {
                (Total::Int(sum, count), Value::Int(value)) => {
                    *sum += i128::from(*value);
                    *count += 1;
                }
                (Total::Duration(sum, count), Value::Duration(value)) => {
                    *sum += i128::from(value.micros());
                    *count += 1;
                }
                (Total::Float(sum, count), Value::Float(value)) => {
                    sum.add(*value, 1);
                    *count += 1;
                }
                _ => panic!("{value} is of another type"),
            }
        }
        total
    }
}

fn int(value: i128) -> Result<i64, NoValue> {
    i64::try_from(value).map_err(|_| NoValue::Overflow)
}
