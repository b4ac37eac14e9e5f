//! Columns by name, as JSON rows, named terms and the headers of tables have them.

use super::Mistake;
use super::mistake::nearest;
use crate::model::{Relation, Row, Value};

/// The position of a column.
pub(super) fn find(relation: &Relation, name: &str) -> Result<usize, Mistake> {
    relation.column(name).ok_or_else(|| {
        let columns = relation.columns.iter().map(|column| column.name.as_str());
        Mistake::new(format!("relation \"{}\" has no column \"{name}\"", relation.name))
            .hint(nearest(name, columns).unwrap_or_else(|| format!("it has {}", names(relation))))
    })
}

/// The row, where every column has a value.
pub(super) fn all_given(cells: Vec<Option<Value>>, relation: &Relation) -> Result<Row, Mistake> {
    let given: Vec<bool> = cells.iter().map(Option::is_some).collect();
    all_present(&given, relation)?;
    Ok(cells.into_iter().flatten().collect())
}

/// Whether each column, by position, is there.
pub(super) fn all_present(given: &[bool], relation: &Relation) -> Result<(), Mistake> {
    let missing: Vec<String> = relation
        .columns
        .iter()
        .zip(given)
        .filter(|(_, given)| !**given)
        .map(|(column, _)| format!("\"{}\"", column.name))
        .collect();
    match missing.as_slice() {
        [] => Ok(()),
        [one] => Err(Mistake::new(format!("column {one} is missing"))),
        _ => Err(Mistake::new(format!("columns {} are missing", missing.join(", ")))),
    }
}

/// The relation with its columns and their types, as it is declared.
pub(super) fn names(relation: &Relation) -> String {
    let columns: Vec<String> =
        relation.columns.iter().map(|column| format!("{}: {}", column.name, column.ty)).collect();
    format!("{}({})", relation.name, columns.join(", "))
}
