//! What each function means over values.

use super::calendar::{shift_date, start_of, zone_named};
use super::{Function, NoValue, arithmetic, range_contains, stable_hash, text};
use crate::model::{Date, Value, Zone};

type Outcome = Result<Value, NoValue>;

impl Function {
    /// The function's value for these arguments, in the program's zone.
    ///
    /// # Errors
    /// Says why there is no value for these arguments.
    ///
    /// # Panics
    /// If the arguments are not of the types that the function takes: the checker saw to that.
    pub fn apply(&self, arguments: &[Value], zone: &Zone) -> Outcome {
        match (self, arguments) {
            (Function::Compare(comparison), [left, right]) => {
                Ok(Value::Bool(comparison.holds(left.cmp(right))))
            }
            (Function::Not, [Value::Bool(value)]) => Ok(Value::Bool(!value)),
            (Function::Least, [_, ..]) => Ok(least(arguments)),
            (Function::Greatest, [_, ..]) => Ok(greatest(arguments)),
            (Function::InRange { inclusive, step }, [value, from, to]) => {
                range_contains(value, from, to, *inclusive, *step).map(Value::Bool)
            }
            (Function::Hash, [_, ..]) => Ok(Value::Int(stable_hash(arguments))),
            (Function::ToText, [value]) => Ok(text::to_text(value)),
            (
                Function::Negate
                | Function::Add
                | Function::Subtract
                | Function::Multiply
                | Function::Divide
                | Function::Remainder
                | Function::Absolute,
                _,
            ) => self.compute(arguments),
            (Function::Round | Function::Floor | Function::Ceiling, _) => self.round(arguments),
            (Function::ToInt, [value]) => arithmetic::to_int(value),
            (Function::ToFloat, [value]) => arithmetic::to_float(value),
            _ => match arguments {
                [Value::Text(_), ..] => self.apply_to_text(arguments),
                _ => self.apply_to_moment(arguments, zone),
            },
        }
    }

    fn compute(&self, arguments: &[Value]) -> Outcome {
        match (self, arguments) {
            (Function::Add, [a, b]) => arithmetic::add(a, b),
            (Function::Subtract, [a, b]) => arithmetic::subtract(a, b),
            (Function::Multiply, [a, b]) => arithmetic::multiply(a, b),
            (Function::Divide, [a, b]) => arithmetic::divide(a, b),
            (Function::Remainder, [a, b]) => arithmetic::remainder(a, b),
            (Function::Negate, [a]) => arithmetic::negate(a),
            (Function::Absolute, [a]) => arithmetic::absolute(a),
            _ => self.refuse(arguments),
        }
    }

    fn round(&self, arguments: &[Value]) -> Outcome {
        let [Value::Float(value)] = arguments else { self.refuse(arguments) };
        let value = value.get();
        let whole = match self {
            Function::Round => value.round(),
            Function::Floor => value.floor(),
            Function::Ceiling => value.ceil(),
            _ => self.refuse(arguments),
        };
        arithmetic::whole_to_int(whole)
    }

    fn apply_to_text(&self, arguments: &[Value]) -> Outcome {
        use Value::{Int, Text};
        match (self, arguments) {
            (Function::Concat, [Text(a), Text(b)]) => text::concat(a, b),
            (Function::Length, [Text(text)]) => Ok(Int(text::length(text))),
            (Function::Lower, [Text(text)]) => Ok(text::keep_if_same(text, &text.to_lowercase())),
            (Function::Upper, [Text(text)]) => Ok(text::keep_if_same(text, &text.to_uppercase())),
            (Function::Trim, [Text(text)]) => Ok(text::keep_if_same(text, text.trim())),
            (Function::Replace, [Text(text), Text(old), Text(new)]) => {
                text::replace(text, old, new)
            }
            (Function::StartsWith, [Text(text), Text(start)]) => {
                Ok(Value::Bool(text.starts_with(&**start)))
            }
            (Function::EndsWith, [Text(text), Text(end)]) => {
                Ok(Value::Bool(text.ends_with(&**end)))
            }
            (Function::Contains, [Text(text), Text(part)]) => {
                Ok(Value::Bool(text.contains(&**part)))
            }
            (Function::Split, [Text(text), Text(separator), Int(part)]) => {
                text::split(text, separator, *part)
            }
            _ => self.refuse(arguments),
        }
    }

    fn apply_to_moment(&self, arguments: &[Value], zone: &Zone) -> Outcome {
        use Value::{Duration, Text, Time};
        match (self, arguments) {
            (Function::ShiftDate(span), [Value::Date(date)]) => shift_date(*date, *span),
            (Function::DateAt, [Value::Date(date), Duration(clock)]) => {
                date.at(*clock, zone).map(Time).ok_or(NoValue::DateOutOfRange)
            }
            (Function::ShiftTime, [Time(time), Duration(length)]) => {
                time.checked_add(*length).map(Time).ok_or(NoValue::DateOutOfRange)
            }
            (Function::Since, [Value::Date(end), Value::Date(start)]) => {
                Ok(Duration(end.since(*start)))
            }
            (Function::Since, [Time(end), Time(start)]) => Ok(Duration(end.since(*start))),
            (Function::ToDate, [Time(time)]) => Ok(Value::Date(time.date(zone))),
            (Function::ToDate, [Time(time), Text(name)]) => {
                zone_named(name, |zone| Ok(Value::Date(time.date(zone))))
            }
            (Function::Begins { days_later }, [Value::Date(date)]) => {
                Ok(Time(date.begins(*days_later, zone)))
            }
            (Function::ToTime, [Value::Date(date)]) => midnight(*date, zone),
            (Function::ToTime, [Value::Date(date), Text(name)]) => {
                zone_named(name, |zone| midnight(*date, zone))
            }
            (Function::StartOf, [Value::Date(date), Text(unit)]) => start_of(*date, unit),
            _ => self.read_calendar(arguments, zone),
        }
    }

    /// The parts of a date or of a time's wall clock.
    fn read_calendar(&self, arguments: &[Value], zone: &Zone) -> Outcome {
        let (date, clock) = match arguments {
            [Value::Date(date)] => (date.civil(), None),
            [Value::Time(time)] => {
                let civil = time.civil(zone);
                (civil.date(), Some(civil.time()))
            }
            _ => self.refuse(arguments),
        };
        let part = match (self, clock) {
            (Function::Year, _) => i64::from(date.year()),
            (Function::Month, _) => i64::from(date.month()),
            (Function::Day, _) => i64::from(date.day()),
            (Function::Weekday, _) => i64::from(date.weekday().to_monday_one_offset()),
            (Function::Hour, Some(clock)) => i64::from(clock.hour()),
            (Function::Minute, Some(clock)) => i64::from(clock.minute()),
            _ => self.refuse(arguments),
        };
        Ok(Value::Int(part))
    }

    fn refuse(&self, arguments: &[Value]) -> ! {
        panic!("{self:?} does not take {arguments:?}")
    }
}

fn least(values: &[Value]) -> Value {
    values.iter().min().expect("one or more").clone()
}

fn greatest(values: &[Value]) -> Value {
    values.iter().max().expect("one or more").clone()
}

fn midnight(date: Date, zone: &Zone) -> Outcome {
    date.midnight(zone).map(Value::Time).ok_or(NoValue::DateOutOfRange)
}
