//! What the database knows of relations: their tables as they are now, and the layouts of the
//! rows that the history speaks of.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::names::{free_name, table_name};
use super::table::Table;
use crate::model::{Column, Relation, Type};

/// A layout's number in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LayoutId(pub u32);

/// Which columns the rows of a relation have in the history, whatever their order is in the
/// rules: the history outlives the rules.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub id: LayoutId,
    pub relation: String,
    pub columns: Vec<Column>,
}

/// All layouts there ever were, and the tables there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Catalog {
    /// In the order of their numbers, which begin with 1.
    layouts: Vec<Layout>,
    /// In the order of the relations' names.
    pub tables: Vec<Table>,
}

#[derive(Serialize, Deserialize)]
struct NamedColumn {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    column: Option<String>,
}

impl Catalog {
    /// Reads it.
    pub fn read(connection: &Connection) -> Result<Catalog, StoreError> {
        let mut catalog = Catalog::default();
        let sql = "SELECT layout, relation, columns FROM owed_layout ORDER BY layout";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (number, relation): (u32, String) = (row.get(0)?, row.get(1)?);
            let columns = read_columns(&row.get::<_, String>(2)?)?;
            let columns = columns.into_iter().map(|(column, _)| column).collect();
            let id = LayoutId(number);
            if catalog.layouts.len() + 1 != number as usize {
                return Err(corrupt(&relation, "a layout's number"));
            }
            catalog.layouts.push(Layout { id, relation, columns });
        }
        let sql = "SELECT relation, table_name, columns, key, layout FROM owed_relation
                   ORDER BY relation";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (relation, name): (String, String) = (row.get(0)?, row.get(1)?);
            let (columns, own): (Vec<Column>, Vec<Option<String>>) =
                read_columns(&row.get::<_, String>(2)?)?.into_iter().unzip();
            let own = own.into_iter().collect::<Option<Vec<String>>>();
            let own = own.ok_or_else(|| corrupt(&relation, "its columns"))?;
            let key = row.get::<_, Option<String>>(3)?;
            let key = key.map(|key| read_key(&key, &columns, &relation)).transpose()?;
            let layout = LayoutId(row.get(4)?);
            let layout =
                catalog.layout(layout).ok_or_else(|| corrupt(&relation, "its layout"))?.clone();
            let table = Table::new(relation.clone(), name, columns, own, key, &layout);
            if catalog.tables.last().is_some_and(|last| last.relation >= relation) {
                return Err(corrupt(&relation, "its place"));
            }
            catalog.tables.push(table.ok_or_else(|| corrupt(&relation, "its layout"))?);
        }
        Ok(catalog)
    }

    /// The layout of that number.
    pub fn layout(&self, id: LayoutId) -> Option<&Layout> {
        self.layouts.get((id.0 as usize).checked_sub(1)?)
    }

    /// The table of the relation of that name.
    pub fn table(&self, relation: &str) -> Option<&Table> {
        self.place(relation).ok().map(|place| &self.tables[place])
    }

    /// Where in the tables a relation has its own, or would have it.
    pub fn place(&self, relation: &str) -> Result<usize, usize> {
        self.tables.binary_search_by(|table| table.relation.as_str().cmp(relation))
    }

    /// Makes an empty table for a relation that has none.
    pub fn create(
        &mut self,
        connection: &Connection,
        relation: &Relation,
    ) -> Result<&Table, StoreError> {
        let place = self.place(&relation.name).expect_err("a relation has one table");
        let name = table_name(&relation.name, self.tables.iter().map(|table| table.name.as_str()));
        let mut own: Vec<String> = Vec::with_capacity(relation.columns.len());
        for column in &relation.columns {
            own.push(free_name(&column.name, own.iter().map(String::as_str)));
        }
        let layout = self.layout_of(connection, relation)?;
        let (columns, key) = (relation.columns.clone(), relation.key.clone());
        let table = Table::new(relation.name.clone(), name, columns, own, key, &layout)
            .expect("a relation's layout has its columns");
        connection.execute_batch(&table.sql_create())?;
        let key = table.key_names();
        let key = key.map(|names| serde_json::to_string(&names).expect("names are JSON"));
        let columns = write_columns(&table.columns, Some(&table.own));
        connection.execute(
            "INSERT INTO owed_relation (relation, table_name, columns, key, layout)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![table.relation, table.name, columns, key, layout.id.0],
        )?;
        self.tables.insert(place, table);
        Ok(&self.tables[place])
    }

    /// Takes away a relation's table, whose rows are somewhere else by now.
    pub fn drop(&mut self, connection: &Connection, relation: &str) -> Result<(), StoreError> {
        let place = self.place(relation).expect("the relation has a table");
        let table = self.tables.remove(place);
        connection.execute_batch(&table.sql_drop())?;
        connection.execute("DELETE FROM owed_relation WHERE relation = ?1", [relation])?;
        Ok(())
    }

    /// The layout of a relation's rows: one that was there before, if it has the same columns.
    fn layout_of(
        &mut self,
        connection: &Connection,
        relation: &Relation,
    ) -> Result<Layout, StoreError> {
        let is_same = |layout: &&Layout| {
            layout.relation == relation.name && has_same_columns(&layout.columns, &relation.columns)
        };
        if let Some(layout) = self.layouts.iter().find(is_same) {
            return Ok(layout.clone());
        }
        let number = u32::try_from(self.layouts.len() + 1).expect("few layouts");
        let layout = Layout {
            id: LayoutId(number),
            relation: relation.name.clone(),
            columns: relation.columns.clone(),
        };
        connection.execute(
            "INSERT INTO owed_layout (layout, relation, columns) VALUES (?1, ?2, ?3)",
            params![number, layout.relation, write_columns(&layout.columns, None)],
        )?;
        self.layouts.push(layout.clone());
        Ok(layout)
    }
}

/// Whether the columns are the same but for their order.
pub(super) fn has_same_columns(one: &[Column], other: &[Column]) -> bool {
    one.len() == other.len() && one.iter().all(|column| other.contains(column))
}

fn write_columns(columns: &[Column], own: Option<&[String]>) -> String {
    let named = columns.iter().enumerate().map(|(at, column)| NamedColumn {
        name: column.name.clone(),
        ty: column.ty.name().to_owned(),
        column: own.map(|own| own[at].clone()),
    });
    serde_json::to_string(&named.collect::<Vec<_>>()).expect("names are JSON")
}

fn read_columns(text: &str) -> Result<Vec<(Column, Option<String>)>, StoreError> {
    let wrong = || StoreError::Corrupt(format!("its catalogue has the columns {text}"));
    let named: Vec<NamedColumn> = serde_json::from_str(text).map_err(|_| wrong())?;
    let column = |named: NamedColumn| {
        let ty = Type::from_name(&named.ty).ok_or_else(wrong)?;
        Ok((Column { name: named.name, ty }, named.column))
    };
    named.into_iter().map(column).collect()
}

fn read_key(text: &str, columns: &[Column], relation: &str) -> Result<Vec<usize>, StoreError> {
    let names: Option<Vec<String>> = serde_json::from_str(text).ok();
    let place = |name: &String| columns.iter().position(|column| column.name == *name);
    let key = names.and_then(|names| names.iter().map(place).collect());
    key.ok_or_else(|| corrupt(relation, "its key"))
}

fn corrupt(relation: &str, what: &str) -> StoreError {
    StoreError::Corrupt(format!("{what} in the catalogue is wrong for relation {relation}"))
}
