//! The rows of every relation that has a source, read once.

use super::failure::Failure;
use super::load::Loaded;
use super::progress::Progress;
use super::talk;
use crate::model::{Change, Relation, RelationId, Row, Timestamp, Value};
use crate::program::Program;
use crate::runtime::{Place, ReadSource, read_all as read_sources, replacement};

/// A relation with its rows.
pub(super) type Table<'a> = (&'a Relation, Vec<Row>);

/// Reads all sources of a program at the same time; they come in the order of their relations.
pub(super) fn read_all<'a>(
    loaded: &'a Loaded,
    progress: &Progress,
) -> Result<Vec<Table<'a>>, Failure> {
    let schema = &loaded.program.schema;
    let sourced = schema.relations().iter().filter(|relation| relation.source.is_some());
    let sourced: Vec<Relation> = sourced.cloned().collect();
    if sourced.is_empty() {
        return Ok(Vec::new());
    }
    // One thread that lasts: commands are ours for as long as it does.
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let tokio =
        tokio.map_err(|error| Failure::World(format!("cannot wait for sources: {error}")))?;
    let mut waiting: Vec<RelationId> = sourced.iter().map(|relation| relation.id).collect();
    let say = |waiting: &[RelationId]| {
        let names: Vec<&str> =
            waiting.iter().map(|id| schema.relation(*id).name.as_str()).collect();
        progress.say(format!("reading {}", names.join(", ")));
    };
    say(&waiting);
    let told = |relation| {
        waiting.retain(|other| *other != relation);
        say(&waiting);
    };
    let all = tokio.block_on(read_sources(sourced, &Place::new(loaded.folder()), None, told));
    let table = |(relation, read): ReadSource| {
        let read = read.map_err(|error| Failure::World(error.to_string()))?;
        for skipped in &read.skipped {
            talk::warning(&format!(
                "the source of relation \"{}\" passes over {skipped}",
                schema.relation(relation).name
            ));
        }
        Ok((schema.relation(relation), read.rows))
    };
    all.into_iter().map(table).collect()
}

/// The rows of tables that were read now, as changes to relations that have none yet.
pub(super) fn inserts(tables: Vec<Table<'_>>, program: &Program, now: Timestamp) -> Vec<Change> {
    let mut changes = statuses(&tables, program, now);
    for (relation, rows) in tables {
        let relation = relation.id;
        changes.extend(rows.into_iter().map(|row| Change::Insert { relation, row }));
    }
    changes
}

/// The rows of tables that were read now, as changes to relations that may have others.
pub(super) fn replacements(
    tables: Vec<Table<'_>>,
    program: &Program,
    now: Timestamp,
) -> Vec<Change> {
    let mut changes = statuses(&tables, program, now);
    for (relation, rows) in tables {
        changes.extend(replacement(relation, rows));
    }
    changes
}

/// What `source.status` says of sources that were read now.
fn statuses(tables: &[Table<'_>], program: &Program, now: Timestamp) -> Vec<Change> {
    let status = |(relation, rows): &Table<'_>| {
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let name = Value::text(relation.name.as_str());
        let row = vec![name, Value::Time(now), Value::Int(count), Value::text("")];
        Change::Insert { relation: program.builtins.source_status, row }
    };
    tables.iter().map(status).collect()
}
