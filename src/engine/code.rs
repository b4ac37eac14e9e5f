//! Scalars compiled for words: comparisons and the arithmetic of dates and counters work on
//! the words themselves, everything else on values.

use std::sync::Arc;

use crate::model::{Comparison, Function, NoValue, Type, Value, Zone};
use crate::plan::Scalar;

use super::coding::{decode, decode_signed, encode, encode_signed};
use super::dictionary::Dictionary;

/// What evaluation needs beside the row.
#[derive(Clone, Debug)]
pub struct Surroundings {
    pub dictionary: Arc<Dictionary>,
    pub zone: Arc<Zone>,
}

/// A compiled scalar.
#[derive(Clone, Debug)]
pub enum Code {
    Constant(u64, Value),
    Column(usize, Type),
    /// Both sides order by their words, or are tested for (in)equality.
    Compare(Comparison, Box<[Code; 2]>),
    /// The signed numbers of two words added.
    AddInts(Box<[Code; 2]>),
    Call(Function, Vec<Code>),
}

impl Code {
    /// Compiles a scalar over columns of the given types.
    pub fn new(scalar: &Scalar, columns: &[Type], dictionary: &Dictionary) -> Code {
        match scalar {
            Scalar::Constant(value) => Code::Constant(encode(value, dictionary), value.clone()),
            Scalar::Column(column) => Code::Column(*column, columns[*column]),
            Scalar::Call { function, arguments } => {
                let mut arguments: Vec<Code> =
                    arguments.iter().map(|a| Code::new(a, columns, dictionary)).collect();
                let ty = arguments.iter().find_map(Code::known_type);
                match (function, ty) {
                    (Function::Compare(comparison), Some(ty)) if by_words(*comparison, ty) => {
                        Code::Compare(*comparison, pair(&mut arguments))
                    }
                    (Function::Add, Some(Type::Int)) => Code::AddInts(pair(&mut arguments)),
                    _ => Code::Call(function.clone(), arguments),
                }
            }
        }
    }

    /// The word of the scalar's value for a row.
    pub fn word(&self, row: &[u64], around: &Surroundings) -> Result<u64, NoValue> {
        match self {
            Code::Constant(word, _) => Ok(*word),
            Code::Column(column, _) => Ok(row[*column]),
            Code::Compare(comparison, sides) => {
                let [left, right] = &**sides;
                let ordering = left.word(row, around)?.cmp(&right.word(row, around)?);
                Ok(u64::from(comparison.holds(ordering)))
            }
            Code::AddInts(sides) => {
                let [left, right] = &**sides;
                let left = decode_signed(left.word(row, around)?);
                let right = decode_signed(right.word(row, around)?);
                left.checked_add(right).map(encode_signed).ok_or(NoValue::Overflow)
            }
            Code::Call(..) => Ok(encode(&self.value(row, around)?, &around.dictionary)),
        }
    }

    fn value(&self, row: &[u64], around: &Surroundings) -> Result<Value, NoValue> {
        match self {
            Code::Constant(_, value) => Ok(value.clone()),
            Code::Column(column, ty) => Ok(decode(row[*column], *ty, &around.dictionary)),
            Code::Compare(..) => Ok(Value::Bool(self.word(row, around)? != 0)),
            Code::AddInts(..) => Ok(Value::Int(decode_signed(self.word(row, around)?))),
            Code::Call(function, arguments) => {
                let arguments: smallvec::SmallVec<[Value; 4]> = arguments
                    .iter()
                    .map(|argument| argument.value(row, around))
                    .collect::<Result<_, _>>()?;
                function.apply(&arguments, &around.zone)
            }
        }
    }

    fn known_type(&self) -> Option<Type> {
        match self {
            Code::Constant(_, value) => Some(value.ty()),
            Code::Column(_, ty) => Some(*ty),
            Code::Compare(..) => Some(Type::Bool),
            Code::AddInts(..) => Some(Type::Int),
            Code::Call(..) => None,
        }
    }
}

fn by_words(comparison: Comparison, ty: Type) -> bool {
    ty != Type::Text || matches!(comparison, Comparison::Equal | Comparison::NotEqual)
}

fn pair(arguments: &mut Vec<Code>) -> Box<[Code; 2]> {
    let right = arguments.pop().expect("two arguments");
    let left = arguments.pop().expect("two arguments");
    Box::new([left, right])
}
