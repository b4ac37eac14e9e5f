//! The work on one row between two operators: compute, test, keep.

use crate::model::Type;
use crate::plan::{SiteId, Step};

use super::batch::Batch;
use super::code::{Code, Surroundings};
use super::errors::{Errors, Reason};
use super::meter::Meter;

/// Steps and what to keep of the row after them.
#[derive(Clone, Debug)]
pub struct Pipeline {
    steps: Vec<Compiled>,
    keep: Vec<usize>,
    around: Surroundings,
    errors: Errors,
    meter: Meter,
    site: SiteId,
    /// The row under work; reused.
    row: Vec<u64>,
}

#[derive(Clone, Debug)]
enum Compiled {
    Compute(Code),
    Test(Code),
}

impl Pipeline {
    /// Compiles steps over columns of the given types.
    pub fn new(
        steps: &[Step],
        keep: &[usize],
        columns: &[Type],
        site: SiteId,
        around: &Surroundings,
        errors: &Errors,
        meter: &Meter,
    ) -> Pipeline {
        let mut columns = columns.to_vec();
        let steps = steps
            .iter()
            .map(|step| match step {
                Step::Compute(scalar, ty) => {
                    let code = Code::new(scalar, &columns, &around.dictionary);
                    columns.push(*ty);
                    Compiled::Compute(code)
                }
                Step::Test(scalar) => {
                    Compiled::Test(Code::new(scalar, &columns, &around.dictionary))
                }
            })
            .collect();
        let (around, errors, meter) = (around.clone(), errors.clone(), meter.clone());
        Pipeline { steps, keep: keep.to_vec(), around, errors, meter, site, row: Vec::new() }
    }

    /// Runs a row that is given in parts, as often as `count` says, and adds what is kept of it to
    /// a batch, with some words after it.
    pub fn run_into(&mut self, parts: [&[u64]; 2], after: &[u64], count: isize, batch: &mut Batch) {
        if self.fill(parts, count) {
            let kept = self.keep.iter().map(|column| self.row[*column]);
            batch.extend_row(kept.chain(after.iter().copied()), count);
        }
    }

    /// How many columns are kept.
    pub fn width(&self) -> usize {
        self.keep.len()
    }

    fn fill(&mut self, parts: [&[u64]; 2], count: isize) -> bool {
        self.meter.add(1);
        self.row.clear();
        parts.into_iter().for_each(|part| self.row.extend_from_slice(part));
        for step in &self.steps {
            let outcome = match step {
                Compiled::Compute(code) => code.word(&self.row, &self.around).map(|word| {
                    self.row.push(word);
                    true
                }),
                Compiled::Test(code) => code.word(&self.row, &self.around).map(|word| word != 0),
            };
            match outcome {
                Ok(true) => {}
                Ok(false) => return false,
                Err(reason) => {
                    self.errors.note(self.site, Reason::NoValue(reason), count);
                    return false;
                }
            }
        }
        true
    }
}
