//! How long the history is kept. What is older is forgotten a few transactions at a time, so
//! that no commit waits for much.

use rusqlite::{Connection, params};

use super::cell::time_text;
use super::error::StoreError;
use super::history;
use crate::model::{Duration, Timestamp, crash_point};

/// How long the history is kept, and how far it goes back.
#[derive(Clone, Debug)]
pub(super) struct Retention {
    history: Option<Duration>,
    /// The moment of the oldest transaction that is kept.
    oldest: Option<Timestamp>,
}

impl Retention {
    /// For ever if no time is given.
    pub fn new(history: Option<Duration>, oldest: Option<(u64, Timestamp)>) -> Retention {
        Retention { history, oldest: oldest.map(|(_, moment)| moment) }
    }

    /// A transaction was added to the history.
    pub fn appended(&mut self, moment: Timestamp) {
        self.oldest = self.oldest.or(Some(moment));
    }

    /// Forgets some of the transactions that are too old, but more than come: so many records
    /// were just added. The last transaction is never forgotten.
    pub fn forget(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        added: usize,
    ) -> Result<(), StoreError> {
        let Some(cutoff) = self.history.and_then(|history| before(now, history)) else {
            return Ok(());
        };
        if self.oldest.is_none_or(|oldest| cutoff <= oldest) {
            return Ok(());
        }
        for _ in 0..2 * added + BATCH {
            let (Some((number, moment)), Some((last, _))) =
                (history::oldest(connection)?, history::last(connection)?)
            else {
                break;
            };
            self.oldest = Some(moment);
            if cutoff <= moment || number == last {
                break;
            }
            let number = i64::try_from(number).expect("it was read as one");
            let mut delete =
                connection.prepare_cached("DELETE FROM owed_history WHERE number = ?1")?;
            delete.execute([number])?;
            crash_point("store.forget.deleted");
            let mut note = connection.prepare_cached(
                "INSERT OR REPLACE INTO owed_forgotten (one, number, moment) VALUES (1, ?1, ?2)",
            )?;
            note.execute(params![number, time_text(moment)])?;
            crash_point("store.forget.noted");
        }
        Ok(())
    }
}

/// How many transactions are forgotten at least while there are any.
const BATCH: usize = 16;

fn before(now: Timestamp, history: Duration) -> Option<Timestamp> {
    Timestamp::from_micros(now.micros().checked_sub(history.micros())?)
}
