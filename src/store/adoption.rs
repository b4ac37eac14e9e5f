//! Changed rules over existing facts: what still fits is kept, what does not is set aside in a
//! table of its own, and what fits again comes back.

use std::fmt;

use rusqlite::Connection;

use super::catalog::Catalog;
use super::changes::Net;
use super::error::StoreError;
use super::facts::{NOT_KEPT, apart_by_key, clash, difference};
use super::set_aside::{self, Aside};
use super::table::Table;
use crate::model::{Relation, Row, Schema, Timestamp, crash_point};

/// What changed rules did to the facts of one relation.
#[derive(Clone, Debug, PartialEq)]
pub struct Adoption {
    pub relation: String,
    /// What is new about the relation, as a clause: `column "a" is gone`.
    pub reason: String,
    /// How many facts stay as they are.
    pub kept: usize,
    /// How many facts do not fit any more, and are in the table `owed_set_aside`.
    pub set_aside: usize,
    /// How many facts that had been set aside fit again, and are back.
    pub back: usize,
}

impl fmt::Display for Adoption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "relation \"{}\": {}", self.relation, self.reason)?;
        let facts = |count| if count == 1 { "fact" } else { "facts" };
        let mut mark = ": ";
        for (count, what) in [
            (self.kept, "kept"),
            (self.set_aside, "set aside in the table owed_set_aside"),
            (self.back, "back from the table owed_set_aside"),
        ] {
            if count > 0 {
                write!(f, "{mark}{count} {} {what}", facts(count))?;
                mark = ", ";
            }
        }
        Ok(())
    }
}

/// One fitting of the tables to the rules, within a transaction of SQLite.
pub(super) struct Fitting<'a> {
    pub connection: &'a Connection,
    pub catalog: &'a mut Catalog,
    pub now: Timestamp,
    /// The transaction that this would be.
    pub number: u64,
    pub net: Net,
}

impl Fitting<'_> {
    /// Fits all tables. Only what touched facts is told.
    pub fn fit(&mut self, schema: &Schema) -> Result<Vec<Adoption>, StoreError> {
        let is_kept = |name: &str| schema.find(name).is_some_and(Relation::is_base);
        let tables = self.catalog.tables.iter().map(|table| table.relation.clone());
        let gone: Vec<String> = tables.filter(|name| !is_kept(name)).collect();
        let mut adoptions = Vec::new();
        for name in gone {
            let (table, rows) = self.take(&name)?;
            let adoption = Adoption::new(&name, NOT_KEPT.to_owned());
            let set_aside = self.set_aside(&table, rows, &adoption.reason)?;
            adoptions.push(Adoption { set_aside, ..adoption });
        }
        for relation in schema.relations().iter().filter(|relation| relation.is_base()) {
            adoptions.extend(self.fit_one(relation)?);
        }
        adoptions.retain(|one| one.kept + one.set_aside + one.back > 0);
        Ok(adoptions)
    }

    fn fit_one(&mut self, relation: &Relation) -> Result<Option<Adoption>, StoreError> {
        let mut adoption = match self.catalog.table(&relation.name) {
            None => {
                self.catalog.create(self.connection, relation)?;
                Adoption::new(&relation.name, "it is new".to_owned())
            }
            Some(table) if table.columns == relation.columns && table.key == relation.key => {
                return Ok(None);
            }
            Some(_) => self.change(relation)?,
        };
        adoption.back = self.bring_back(relation)?;
        Ok(Some(adoption))
    }

    /// Makes the table anew, with the rows that still fit.
    fn change(&mut self, relation: &Relation) -> Result<Adoption, StoreError> {
        let (before, rows) = self.take(&relation.name)?;
        self.catalog.create(self.connection, relation)?;
        crash_point("store.adopt.table-made");
        if let Some(reason) = difference(&before.columns, relation) {
            let adoption = Adoption::new(&relation.name, reason);
            let set_aside = self.set_aside(&before, rows, &adoption.reason)?;
            return Ok(Adoption { set_aside, ..adoption });
        }
        let rows = rows.iter().map(|row| before.laid_out(row)).collect();
        let (fitting, clashing) = {
            let table = self.table(relation);
            let key = table.key.as_ref().map(|key| table.places_in_layout(key));
            apart_by_key(rows, key.as_deref())
        };
        let kept = fitting.len();
        let table = self.table(relation);
        for row in fitting {
            table.insert(self.connection, &table.as_declared(row))?;
        }
        let table = table.clone();
        let clashing = clashing.into_iter().map(|row| table.as_declared(row)).collect();
        let set_aside = self.set_aside(&table, clashing, &clash(relation))?;
        let reason = match set_aside {
            0 if before.key_names() == self.table(relation).key_names() => {
                "its columns are in another order".to_owned()
            }
            0 => "its key is another".to_owned(),
            _ => clash(relation),
        };
        Ok(Adoption { kept, set_aside, ..Adoption::new(&relation.name, reason) })
    }

    fn table(&self, relation: &Relation) -> &Table {
        self.catalog.table(&relation.name).expect("the table was just made")
    }

    /// Takes the table away, and gives what it was and its rows.
    fn take(&mut self, relation: &str) -> Result<(Table, Vec<Row>), StoreError> {
        let table = self.catalog.table(relation).expect("the relation has a table").clone();
        let rows = table.rows(self.connection)?;
        self.catalog.drop(self.connection, relation)?;
        crash_point("store.adopt.table-dropped");
        Ok((table, rows))
    }

    /// Puts rows, which are in no table any more, where somebody can find them.
    fn set_aside(
        &mut self,
        table: &Table,
        rows: Vec<Row>,
        reason: &str,
    ) -> Result<usize, StoreError> {
        let count = rows.len();
        for row in rows {
            set_aside::put(self.connection, table, &row, reason, self.now, self.number)?;
            self.net.delete(table.layout, table.laid_out(&row));
            crash_point("store.adopt.row-set-aside");
        }
        Ok(count)
    }

    /// Of the rows with the relation's columns that were set aside, the last of each key comes
    /// back if nothing stands there. Those of one key that were set aside together stay.
    fn bring_back(&mut self, relation: &Relation) -> Result<usize, StoreError> {
        let table = self.catalog.table(&relation.name).expect("the table was just made");
        let mut candidates = set_aside::of_layout(self.connection, self.catalog, table)?;
        candidates.sort_by(|a, b| (&a.key, b.number, &a.row).cmp(&(&b.key, a.number, &b.row)));
        let mut back = 0;
        for same_key in candidates.chunk_by(|one, other| one.key == other.key) {
            let together = same_key.iter().take_while(|one| one.number == same_key[0].number);
            let Aside { row, id, .. } = &same_key[0];
            match table.with_key_of(self.connection, row)? {
                Some(standing) if standing == *row => {
                    set_aside::remove(self.connection, *id)?;
                    continue;
                }
                Some(_) => continue,
                None if together.count() > 1 => continue,
                None => {}
            }
            table.insert(self.connection, row)?;
            crash_point("store.adopt.row-back");
            set_aside::remove(self.connection, *id)?;
            self.net.insert(table.layout, table.laid_out(row));
            back += 1;
        }
        Ok(back)
    }
}

impl Adoption {
    fn new(relation: &str, reason: String) -> Adoption {
        Adoption { relation: relation.to_owned(), reason, kept: 0, set_aside: 0, back: 0 }
    }
}
