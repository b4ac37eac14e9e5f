//! One relation's table: its SQL, and rows in and out of it. The key is the primary key, so that
//! SQLite holds what the rules declare.

use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::catalog::{Layout, LayoutId};
use super::cell::{self, Cell};
use super::error::StoreError;
use super::names::{free_name, quoted};
use crate::model::{Column, Row, Value};

/// A table as it is in the database.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// As the rules call it.
    pub relation: String,
    /// As SQLite calls it.
    pub name: String,
    pub columns: Vec<Column>,
    /// As SQLite calls the columns.
    pub own: Vec<String>,
    pub key: Option<Vec<usize>>,
    pub layout: LayoutId,
    /// Which column stands at each place of the layout.
    order: Vec<usize>,
    /// The column that is always 1, for a table of at most one row.
    only: Option<String>,
    /// The columns as a list of SQL.
    list: String,
    sql: Sql,
}

/// The statements that do not depend on what is asked for.
#[derive(Clone, Debug)]
struct Sql {
    insert: String,
    find: String,
    update: String,
}

/// How an insertion went.
#[derive(Debug)]
pub(super) enum Inserted {
    New,
    Known,
    Replaced(Row),
}

impl Table {
    /// `None` where the layout is one of other columns.
    pub fn new(
        relation: String,
        name: String,
        columns: Vec<Column>,
        own: Vec<String>,
        key: Option<Vec<usize>>,
        layout: &Layout,
    ) -> Option<Table> {
        let place = |wanted: &Column| columns.iter().position(|column| column == wanted);
        let order: Vec<usize> = layout.columns.iter().map(place).collect::<Option<_>>()?;
        if order.len() != columns.len() {
            return None;
        }
        // The whole row of no columns is a key of no columns.
        let is_single = columns.is_empty() || key.as_ref().is_some_and(Vec::is_empty);
        let only = is_single.then(|| free_name("owed_only", own.iter().map(String::as_str)));
        let list = match own.is_empty() {
            true => String::from("1"),
            false => joined(own.iter().map(|name| quoted(name)), ", "),
        };
        let sql = sql(&name, &own, key.as_deref(), only.as_deref(), &list);
        let layout = layout.id;
        Some(Table { relation, name, columns, own, key, layout, order, only, list, sql })
    }

    /// Makes the row true. The row is of this table's columns and types.
    pub fn insert(&self, connection: &Connection, row: &[Value]) -> Result<Inserted, StoreError> {
        let mut insert = connection.prepare_cached(&self.sql.insert)?;
        if insert.execute(params_from_iter(row.iter().map(Cell)))? > 0 {
            return Ok(Inserted::New);
        }
        if self.key.is_none() {
            return Ok(Inserted::Known);
        }
        let before = self.with_key_of(connection, row)?;
        let before = before.ok_or_else(|| self.corrupt("a key that leads nowhere"))?;
        if before == row {
            return Ok(Inserted::Known);
        }
        let mut update = connection.prepare_cached(&self.sql.update)?;
        let updated = update.execute(params_from_iter(row.iter().map(Cell)))?;
        match updated {
            1 => Ok(Inserted::Replaced(before)),
            _ => Err(self.corrupt("a key with several rows")),
        }
    }

    /// Takes away the rows that match, and gives them.
    pub fn delete(
        &self,
        connection: &Connection,
        pattern: &[Option<Value>],
    ) -> Result<Vec<Row>, StoreError> {
        let wanted =
            pattern.iter().enumerate().filter_map(|(at, value)| Some((at, value.as_ref()?)));
        let (places, values): (Vec<usize>, Vec<Cell<'_>>) =
            wanted.map(|(at, value)| (at, Cell(value))).unzip();
        let (name, list) = (quoted(&self.name), &self.list);
        let sql = format!("DELETE FROM {name}{} RETURNING {list}", condition(&self.own, &places));
        let mut delete = connection.prepare_cached(&sql)?;
        let mut found = delete.query(params_from_iter(values))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            rows.push(self.row(row)?);
        }
        Ok(rows)
    }

    /// All rows, in the order of the primary key.
    pub fn rows(&self, connection: &Connection) -> Result<Vec<Row>, StoreError> {
        let sql = format!("SELECT {} FROM {}", self.list, quoted(&self.name));
        let mut select = connection.prepare_cached(&sql)?;
        let mut found = select.query([])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            rows.push(self.row(row)?);
        }
        Ok(rows)
    }

    /// The row in the order of the layout.
    pub fn laid_out(&self, row: &[Value]) -> Row {
        self.order.iter().map(|at| row[*at].clone()).collect()
    }

    /// The inverse of [`Table::laid_out`].
    pub fn as_declared(&self, laid_out: Row) -> Row {
        let mut placed: Vec<(usize, Value)> = self.order.iter().copied().zip(laid_out).collect();
        placed.sort_unstable_by_key(|(at, _)| *at);
        placed.into_iter().map(|(_, value)| value).collect()
    }

    /// Where in the layout these columns stand.
    pub fn places_in_layout(&self, columns: &[usize]) -> Vec<usize> {
        let place = |column: &usize| self.order.iter().position(|at| at == column);
        columns.iter().filter_map(place).collect()
    }

    /// The key by the names of its columns.
    pub fn key_names(&self) -> Option<Vec<&str>> {
        let name = |at: &usize| self.columns[*at].name.as_str();
        self.key.as_ref().map(|key| key.iter().map(name).collect())
    }

    /// The values of the key.
    pub fn key_of(&self, row: &[Value]) -> Row {
        match &self.key {
            Some(key) => key.iter().map(|at| row[*at].clone()).collect(),
            None => row.to_vec(),
        }
    }

    /// The row that has this one's key.
    pub fn with_key_of(
        &self,
        connection: &Connection,
        row: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        let mut find = connection.prepare_cached(&self.sql.find)?;
        let key = self.key_of(row);
        let found =
            find.query_row(params_from_iter(key.iter().map(Cell)), |found| Ok(self.row(found)));
        found.optional()?.transpose()
    }

    /// What makes the table.
    pub fn sql_create(&self) -> String {
        let columns = self.columns.iter().zip(&self.own);
        let columns = columns
            .map(|(column, own)| format!("{} {} NOT NULL", quoted(own), cell::storage(column.ty)));
        let only = self.only.as_ref().map(|only| {
            let only = quoted(only);
            format!("{only} INTEGER NOT NULL DEFAULT 1 CHECK ({only} = 1) PRIMARY KEY")
        });
        let key = only.is_none().then(|| {
            let key = match &self.key {
                Some(key) => joined(key.iter().map(|at| quoted(&self.own[*at])), ", "),
                None => self.list.clone(),
            };
            format!("PRIMARY KEY ({key})")
        });
        let parts = joined(columns.chain(only).chain(key), ", ");
        format!("CREATE TABLE {} ({parts}) STRICT, WITHOUT ROWID;", quoted(&self.name))
    }

    /// What takes the table away.
    pub fn sql_drop(&self) -> String {
        format!("DROP TABLE {};", quoted(&self.name))
    }

    fn row(&self, found: &rusqlite::Row<'_>) -> Result<Row, StoreError> {
        let cell = |(at, column): (usize, &Column)| {
            let cell = found.get_ref(at)?;
            cell::read(cell, column.ty).ok_or_else(|| {
                self.corrupt(&format!(
                    "a value in column \"{}\" that is no {}",
                    column.name, column.ty
                ))
            })
        };
        self.columns.iter().enumerate().map(cell).collect()
    }

    fn corrupt(&self, what: &str) -> StoreError {
        StoreError::Corrupt(format!("table \"{}\" has {what}", self.name))
    }
}

fn sql(name: &str, own: &[String], key: Option<&[usize]>, only: Option<&str>, list: &str) -> Sql {
    let name = quoted(name);
    let places: Vec<usize> = (0..own.len()).collect();
    let key = key.unwrap_or(&places);
    let columns = own.iter().map(|column| quoted(column)).chain(only.map(quoted));
    let values = places.iter().map(|at| format!("?{}", at + 1)).chain(only.map(|_| "1".to_owned()));
    let (columns, values) = (joined(columns, ", "), joined(values, ", "));
    // Values of the key have the numbers of their columns here, and follow each other there.
    let set = places.iter().filter(|at| !key.contains(at));
    let set = joined(set.map(|at| format!("{} = ?{}", quoted(&own[*at]), at + 1)), ", ");
    let own_key = key.iter().map(|at| format!("{} = ?{}", quoted(&own[*at]), at + 1));
    let own_key = joined(own_key, " AND ");
    let own_key = if key.is_empty() { own_key } else { format!(" WHERE {own_key}") };
    Sql {
        insert: format!("INSERT INTO {name} ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING"),
        find: format!("SELECT {list} FROM {name}{}", condition(own, key)),
        update: format!("UPDATE {name} SET {set}{own_key}"),
    }
}

/// That the columns at these places are the parameters, one after the other.
fn condition(own: &[String], places: &[usize]) -> String {
    if places.is_empty() {
        return String::new();
    }
    let equal = places.iter().enumerate();
    let equal = equal.map(|(number, at)| format!("{} = ?{}", quoted(&own[*at]), number + 1));
    format!(" WHERE {}", joined(equal, " AND "))
}

fn joined(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.collect::<Vec<_>>().join(between)
}
