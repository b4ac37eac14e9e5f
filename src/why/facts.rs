//! The rows that an explanation asks for. Few questions to a relation are asked one by one; of
//! many, the relation is read once and looked up by the columns that are asked for.

use rustc_hash::FxHashMap;

use crate::model::{RelationId, Row, Timestamp, Value};
use crate::program::Program;

/// Reads the rows of a relation whose first columns have these values, sorted.
pub type ReadRows<'a> = dyn FnMut(RelationId, &[Value]) -> Vec<Row> + 'a;

/// After so many questions a relation is read as a whole.
const QUESTIONS_MAX: usize = 64;

/// A program's rows at one moment.
pub(super) struct Facts<'a> {
    pub(super) program: &'a Program,
    pub(super) now: Timestamp,
    read: &'a mut ReadRows<'a>,
    tables: FxHashMap<RelationId, Table>,
}

#[derive(Default)]
struct Table {
    questions: usize,
    whole: Option<Vec<Row>>,
    /// By the columns that are asked for: their values, and where such rows are.
    indexes: FxHashMap<Vec<usize>, FxHashMap<Vec<Value>, Vec<usize>>>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(
        program: &'a Program,
        now: Timestamp,
        read: &'a mut ReadRows<'a>,
    ) -> Facts<'a> {
        Facts { program, now, read, tables: FxHashMap::default() }
    }

    /// The rows that have these values where there are any, sorted.
    pub(super) fn matching(&mut self, relation: RelationId, pattern: &[Option<Value>]) -> Vec<Row> {
        if relation == self.program.builtins.today {
            let today = vec![Value::Date(self.now.date(&self.program.zone))];
            return if fits(&today, pattern) { vec![today] } else { Vec::new() };
        }
        let prefix: Vec<Value> = pattern.iter().map_while(Clone::clone).collect();
        let table = self.tables.entry(relation).or_default();
        table.questions += 1;
        if table.whole.is_none() && !prefix.is_empty() && table.questions <= QUESTIONS_MAX {
            let mut rows = (self.read)(relation, &prefix);
            rows.retain(|row| fits(row, pattern));
            return rows;
        }
        let whole = table.whole.get_or_insert_with(|| (self.read)(relation, &[]));
        let columns: Vec<usize> =
            (0..pattern.len()).filter(|column| pattern[*column].is_some()).collect();
        if columns.is_empty() {
            return whole.clone();
        }
        let key: Vec<Value> = pattern.iter().flatten().cloned().collect();
        let index = table.indexes.entry(columns).or_insert_with_key(|columns| {
            let mut index: FxHashMap<Vec<Value>, Vec<usize>> = FxHashMap::default();
            for (place, row) in whole.iter().enumerate() {
                let key = columns.iter().map(|column| row[*column].clone()).collect();
                index.entry(key).or_default().push(place);
            }
            index
        });
        let places = index.get(&key).map_or(&[][..], Vec::as_slice);
        places.iter().map(|place| whole[*place].clone()).collect()
    }

    /// The rows whose first columns are these.
    pub(super) fn starting(&mut self, relation: RelationId, first: &[Value]) -> Vec<Row> {
        let width = self.program.schema.relation(relation).columns.len();
        let mut pattern: Vec<Option<Value>> = first.iter().cloned().map(Some).collect();
        pattern.resize(width, None);
        self.matching(relation, &pattern)
    }
}

fn fits(row: &Row, pattern: &[Option<Value>]) -> bool {
    row.iter().zip(pattern).all(|(value, wanted)| wanted.as_ref().is_none_or(|w| w == value))
}
