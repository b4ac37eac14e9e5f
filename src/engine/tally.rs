//! What one aggregate's result follows from, kept up to date as rows come and go.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::model::{ExactSum, NoValue, Type, Value};
use crate::plan::{AggregateFunction, Aggregation};

use super::census::Census;
use super::code::Surroundings;
use super::coding::{decode_float, decode_signed, encode_plain, encode_signed};
use super::count::plus;

/// The tally of one group's rows for one aggregate.
pub enum Tally {
    /// How many rows there are is known without.
    Rows,
    /// A sum of ints or durations.
    Whole(i128),
    /// A sum that is rounded once, at the end.
    Exact(Box<ExactSum>),
    /// Everything in its order.
    Ranked(BTreeMap<Rank, isize>),
}

/// What orders the rows: the argument, or what it is chosen by and then the argument.
type Rank = SmallVec<[Place; 2]>;

/// A word that orders as its value does: that of a text goes by the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Word(u64),
    Text(Arc<str>, u64),
}

impl Tally {
    /// The tally of no rows.
    pub fn new(aggregation: &Aggregation) -> Tally {
        match (aggregation.function, aggregation.types.first()) {
            (AggregateFunction::Count, _) => Tally::Rows,
            (AggregateFunction::Sum, Some(Type::Float)) => Tally::Exact(Box::default()),
            (AggregateFunction::Mean, Some(Type::Float | Type::Int)) => {
                Tally::Exact(Box::default())
            }
            (AggregateFunction::Sum | AggregateFunction::Mean, _) => Tally::Whole(0),
            (
                AggregateFunction::Min
                | AggregateFunction::Max
                | AggregateFunction::ArgMin
                | AggregateFunction::ArgMax,
                _,
            ) => Tally::Ranked(BTreeMap::new()),
        }
    }

    /// Counts a row so many times; takes it back where that is negative.
    pub fn add(
        &mut self,
        aggregation: &Aggregation,
        row: &[u64],
        count: isize,
        around: &Surroundings,
    ) {
        let word = |argument: usize| row[aggregation.arguments[argument]];
        match self {
            Tally::Rows => {}
            Tally::Whole(total) => {
                // Where so many rows come that this wraps round, it is not read any more.
                let more = i128::from(decode_signed(word(0))) * count as i128;
                *total = total.wrapping_add(more);
            }
            Tally::Exact(sum) => match aggregation.types[0] {
                Type::Float => sum.add(decode_float(word(0)), count as i64),
                _ => sum.add_int(decode_signed(word(0)), count as i64),
            },
            Tally::Ranked(ranks) => {
                let arguments = (0..aggregation.arguments.len()).rev();
                let place = |at: usize| match aggregation.types[at] {
                    Type::Text => Place::Text(around.dictionary.text(word(at)), word(at)),
                    _ => Place::Word(word(at)),
                };
                let rank: Rank = arguments.map(place).collect();
                let held = ranks.entry(rank.clone()).or_insert(0);
                *held = plus(*held, count);
                if *held == 0 {
                    ranks.remove(&rank);
                }
            }
        }
    }

    /// The word of the result over so many rows, which are some.
    pub fn result(&self, aggregation: &Aggregation, rows: i64) -> Result<u64, NoValue> {
        let float = |float| encode_plain(&Value::Float(float)).expect("a float has a word");
        match (self, aggregation.function) {
            (Tally::Rows, _) => Ok(encode_signed(rows)),
            (Tally::Whole(total), function) => {
                let is_mean = function == AggregateFunction::Mean;
                let result = if is_mean { total / i128::from(rows) } else { *total };
                i64::try_from(result).map(encode_signed).map_err(|_| NoValue::Overflow)
            }
            (Tally::Exact(sum), AggregateFunction::Mean) => {
                sum.mean(rows.unsigned_abs()).map(float)
            }
            (Tally::Exact(sum), _) => sum.sum().map(float),
            (Tally::Ranked(ranks), function) => Ok(best(ranks, function)),
        }
    }

    /// Counts the words that it holds.
    pub fn count(&self, census: &mut Census) {
        if let Tally::Ranked(ranks) = self {
            ranks.keys().flatten().for_each(|place| census.see(&[place.word()]));
        }
    }
}

impl Place {
    fn word(&self) -> u64 {
        match self {
            Place::Word(word) | Place::Text(_, word) => *word,
        }
    }
}

/// The word of the argument that is wanted.
fn best(ranks: &BTreeMap<Rank, isize>, function: AggregateFunction) -> u64 {
    let rank = match function {
        AggregateFunction::Min | AggregateFunction::ArgMin => ranks.first_key_value(),
        AggregateFunction::Max => ranks.last_key_value(),
        AggregateFunction::ArgMax => {
            // Of those with the greatest, the least argument: a shorter rank sorts before it.
            let (greatest, _) = ranks.last_key_value().expect("no group is empty");
            ranks.range(Rank::from_elem(greatest[0].clone(), 1)..).next()
        }
        AggregateFunction::Count | AggregateFunction::Sum | AggregateFunction::Mean => {
            unreachable!("nothing is ranked for them")
        }
    };
    let (rank, _) = rank.expect("no group is empty");
    rank.last().expect("an argument").word()
}
