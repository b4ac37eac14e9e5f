//! What is heard of sources, and what it means for the facts.

use std::collections::{BTreeMap, BTreeSet};

use super::event::Effect;
use super::machine::Machine;
use super::tables::difference;
use super::work::Work;
use crate::model::{
    Author, AuthorKind, Change, Duration, Relation, RelationId, Row, Timestamp, Value,
};
use crate::program::Program;
use crate::reconcile::Input;

/// What was heard of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct News {
    pub heard: Heard,
    pub extent: Extent,
    /// What was passed over, and why.
    pub skipped: Vec<String>,
    /// When it is read again by the clock.
    pub next: Option<Timestamp>,
}

/// How much of a source was looked at, and when: that an action has changed nothing follows only
/// from all of it, looked at after the action's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it, when it is told.
    All,
    /// All of it, by a reading that began then.
    AllSince(Timestamp),
    /// What somebody has told of.
    Part,
}

/// What a reading gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// The whole relation.
    Rows(Vec<Row>),
    /// What has changed since the last time, and how many rows there are now.
    Changed { gone: Vec<Row>, come: Vec<Row>, rows: usize },
    /// That it is as it was the last time.
    Same,
    /// That it cannot be read, and why.
    Failed(String),
}

impl News {
    /// Of a reading that nothing more is known of.
    pub fn of(heard: Heard) -> News {
        News { heard, extent: Extent::All, skipped: Vec::new(), next: None }
    }
}

impl From<Result<Vec<Row>, String>> for News {
    fn from(read: Result<Vec<Row>, String>) -> News {
        News::of(read.map_or_else(Heard::Failed, Heard::Rows))
    }
}

/// How a source stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceState {
    /// When it was last read well; never yet if it is not said.
    pub at: Option<Timestamp>,
    pub rows: usize,
    /// Why it cannot be read now, or why what was read is not used.
    pub error: Option<String>,
    /// When it is read again by the clock.
    pub next: Option<Timestamp>,
    /// The first few of what is passed over, and how many there are.
    pub skipped: Vec<String>,
    pub skipped_count: usize,
    /// The rows are held, for too many of them would be lost.
    is_held: bool,
}

impl SourceState {
    /// How a source stands that was read by an earlier server, if it was.
    pub(super) fn remembered(at: Option<Timestamp>, rows: usize) -> SourceState {
        SourceState { at, rows, ..SourceState::default() }
    }

    /// Takes in everything but the rows.
    pub(super) fn hear(&mut self, news: &News) {
        self.next = news.next;
        match &news.heard {
            Heard::Failed(why) => self.error = Some(why.clone()),
            Heard::Rows(_) | Heard::Changed { .. } | Heard::Same => {
                self.skipped_count = news.skipped.len();
                self.skipped = news.skipped.iter().take(SKIPPED_MAX).cloned().collect();
            }
        }
    }

    /// Whether these changes may be made; if they would lose too much, that is the error.
    pub(super) fn lets(&mut self, relation: &Relation, changes: &[Change], before: usize) -> bool {
        let limit = relation.source.as_ref().and_then(|source| source.shrink_percent);
        let lost = lost(relation, changes);
        self.is_held = limit.is_some_and(|percent| lost * 100 > before * usize::from(percent));
        if self.is_held {
            let percent = limit.unwrap_or_default();
            self.error = Some(format!(
                "its {before} rows are held: {lost} of them would be lost at once, more than \
                 shrink {percent}% lets go"
            ));
        }
        !self.is_held
    }

    /// It was read well, and has so many rows.
    pub(super) fn read_well(&mut self, now: Timestamp, rows: usize) {
        (self.at, self.rows, self.error) = (Some(now), rows, None);
    }

    /// What `source.status` says of it.
    fn row(&self, name: &str) -> Option<Row> {
        let rows = i64::try_from(self.rows).unwrap_or(i64::MAX);
        let error = self.error.clone().unwrap_or_default();
        Some(vec![Value::text(name), Value::Time(self.at?), Value::Int(rows), Value::text(error)])
    }
}

/// How all sources stand, and what of it is known to the rules.
#[derive(Clone, Debug, Default)]
pub(super) struct SourceStates {
    pub states: BTreeMap<RelationId, SourceState>,
    told: BTreeMap<RelationId, Row>,
}

impl SourceStates {
    pub fn new(states: BTreeMap<RelationId, SourceState>) -> SourceStates {
        SourceStates { states, told: BTreeMap::new() }
    }

    /// When each was last read well, by the name of its relation.
    pub fn by_name(&self, program: &Program) -> KnownSources {
        let name = |id: RelationId| program.schema.relation(id).name.clone();
        self.states.iter().filter_map(|(id, state)| Some((name(*id), state.at?))).collect()
    }

    /// What the rules are to hear: not each time that nothing is new.
    fn untold(&mut self, name: impl Fn(RelationId) -> String) -> Vec<Row> {
        let mut untold = Vec::new();
        for (relation, state) in &self.states {
            let Some(row) = state.row(&name(*relation)) else { continue };
            let is_known = self.told.get(relation).is_some_and(|told| is_as_good(told, &row));
            if !is_known {
                self.told.insert(*relation, row.clone());
                untold.push(row);
            }
        }
        untold
    }
}

/// When sources were last read well, by the names of their relations.
pub(super) type KnownSources = BTreeMap<String, Timestamp>;

/// Whether nothing is new but the moment, and that hardly.
fn is_as_good(told: &Row, row: &Row) -> bool {
    let (Value::Time(told_at), Value::Time(at)) = (&told[1], &row[1]) else { return false };
    told[2..] == row[2..] && at.since(*told_at) < TELL_PAUSE
}

/// How many rows would be there no more, neither as they are nor with other values for their key.
fn lost(relation: &Relation, changes: &[Change]) -> usize {
    let key = |row: Vec<Value>| -> Row {
        match &relation.key {
            Some(key) => key.iter().map(|place| row[*place].clone()).collect(),
            None => row,
        }
    };
    let come: BTreeSet<Row> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Insert { row, .. } => Some(key(row.clone())),
            Change::Delete { .. } => None,
        })
        .collect();
    let gone = changes.iter().filter_map(|change| match change {
        Change::Delete { pattern, .. } => pattern.iter().cloned().collect::<Option<Row>>(),
        Change::Insert { .. } => None,
    });
    gone.filter(|row| !come.contains(&key(row.clone()))).count()
}

impl Machine {
    /// What news of a source means.
    pub(super) fn source_read(
        &mut self,
        id: RelationId,
        news: &News,
        effects: &mut Vec<Effect>,
    ) -> Work {
        let program = self.program.clone();
        let relation = program.schema.relation(id);
        let mut state = self.sources.states.remove(&id).unwrap_or_default();
        state.hear(news);
        let changes = match &news.heard {
            Heard::Failed(_) => None,
            Heard::Same => (!state.is_held).then_some((Vec::new(), state.rows)),
            Heard::Rows(rows) => {
                let before = self.engine.rows(id, &[]);
                let count = before.len();
                let changes = difference(relation, before, rows.clone());
                let after = count_after(count, &changes);
                state.lets(relation, &changes, count).then_some((changes, after))
            }
            Heard::Changed { gone, come, rows } => {
                let changes = exchange(id, gone, come);
                let count = state.rows;
                state.lets(relation, &changes, count).then_some((changes, *rows))
            }
        };
        let Some((mut changes, rows)) = changes else {
            let message = state.error.clone().unwrap_or_default();
            self.sources.states.insert(id, state);
            effects
                .push(Effect::Trouble { of: format!("the source of {}", relation.name), message });
            return Work::default();
        };
        state.read_well(self.now, rows);
        if !changes.is_empty() || is_to_be_noted(self.noted(&relation.name), self.now) {
            changes.extend(self.prelude.mark(&relation.name, self.now));
        }
        self.sources.states.insert(id, state);
        let author = Some(Author::new(AuthorKind::Source, relation.name.clone()));
        let began = match news.extent {
            Extent::All => Some(self.now),
            Extent::AllSince(began) => Some(began),
            Extent::Part => None,
        };
        let then = began.map(|began| Input::SourceRead { relation: id, began });
        let then = then.into_iter().collect();
        Work { author, changes, then, ..Work::default() }
    }

    /// When it was last noted for the next server that a source was read.
    fn noted(&mut self, name: &str) -> Option<Timestamp> {
        let rows = self.engine.rows(self.prelude.read?, &[Value::text(name)]);
        rows.first().map(|row| noted_at(row))
    }

    /// Lets the rules know how sources stand. It is no fact that has to outlive the server, which
    /// finds out anew.
    pub(super) fn tell_sources(&mut self, effects: &mut Vec<Effect>) {
        let changes = self.source_changes();
        if !changes.is_empty() {
            let delta = self.apply(changes, self.store.last_transaction());
            self.tell(delta, effects);
        }
    }

    /// What is new in `source.status`.
    pub(super) fn source_changes(&mut self) -> Vec<Change> {
        let schema = &self.program.schema;
        let relation = self.program.builtins.source_status;
        let untold = self.sources.untold(|id| schema.relation(id).name.clone());
        untold.into_iter().map(|row| Change::Insert { relation, row }).collect()
    }
}

/// Of so many rows, once changes are made that insert nothing that is there.
pub(super) fn count_after(before: usize, changes: &[Change]) -> usize {
    let gone = changes.iter().filter(|change| matches!(change, Change::Delete { .. })).count();
    (before + changes.len() - gone).saturating_sub(gone)
}

/// Whether it is to be noted for the next server that a source was read and is as it was.
pub(super) fn is_to_be_noted(noted: Option<Timestamp>, now: Timestamp) -> bool {
    noted.is_none_or(|noted| now.since(noted) > NOTE_PAUSE)
}

/// The moment in such a note.
pub(super) fn noted_at(row: &[Value]) -> Timestamp {
    match row {
        [_, Value::Time(at)] => *at,
        other => unreachable!("a name and a time, not {other:?}"),
    }
}

fn exchange(relation: RelationId, gone: &[Row], come: &[Row]) -> Vec<Change> {
    let pattern = |row: &Row| row.iter().cloned().map(Some).collect();
    let gone = gone.iter().map(|row| Change::Delete { relation, pattern: pattern(row) });
    let come = come.iter().map(|row| Change::Insert { relation, row: row.clone() });
    gone.chain(come).collect()
}

/// How many of what is passed over are named.
const SKIPPED_MAX: usize = 3;
/// Rules do not hear within that time that a source was read once more and is as it was.
const TELL_PAUSE: Duration = Duration::from_micros(60_000_000);
/// Nor is it noted for the next server.
const NOTE_PAUSE: Duration = Duration::from_micros(3_600_000_000);
