//! Statements of an action: executed with their values bound, all of them or none.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error};

use super::bind::{Bound, postgres_type, sqlite_value};
use super::database::Database;
use super::postgres::{Server, explain};
use super::sqlite::open_to_write;
use crate::model::{Column, Piece, Row, SqlTask, Value};
use crate::runtime::process::Refused;
use crate::runtime::source::Filled;
use crate::runtime::values::formatted;

/// Statements with their values, for one instance or for those of a batch, one after the other.
pub struct Statements {
    database: Database,
    url: Filled,
    all: Vec<Statement>,
}

/// One of them; places in its text are numbered from 1.
#[derive(Clone, Debug)]
struct Statement {
    text: String,
    values: Vec<Value>,
}

impl Statements {
    /// Fills everything in.
    ///
    /// # Errors
    /// If the URL is none, or a value cannot be bound.
    pub fn new(
        task: &SqlTask,
        parameters: &[Column],
        instances: &[Row],
        folder: &Path,
    ) -> Result<Statements, Refused> {
        let found = Database::find(&task.url, folder);
        let (database, url) = found.map_err(|error| Refused::because(error.to_string()))?;
        let mark = match &database {
            Database::Postgres(_) => '$',
            Database::Sqlite(_) => '?',
        };
        let mut all = Vec::new();
        for instance in instances {
            for statement in &task.statements {
                all.push(bind(&statement.pieces, mark, parameters, instance)?);
            }
        }
        Ok(Statements { database, url, all })
    }
}

fn bind(
    pieces: &[Piece],
    mark: char,
    parameters: &[Column],
    instance: &Row,
) -> Result<Statement, Refused> {
    let (mut text, mut values) = (String::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Value { parameter, format } => {
                let (name, value) = (&parameters[*parameter].name, &instance[*parameter]);
                if matches!(value, Value::Text(text) if text.contains('\0')) {
                    return Err(Refused::value(name, value, "holds NUL"));
                }
                values.push(match format {
                    None => value.clone(),
                    Some(format) => formatted(value, format)
                        .map(Value::text)
                        .map_err(|reason| Refused::value(name, value, reason))?,
                });
                text.push_str(&format!("{mark}{}", values.len()));
            }
        }
    }
    Ok(Statement { text, values })
}

/// Executes them in one transaction; one alone is executed by itself. Gives how many rows they
/// have changed or given, or why they have not. Once `stop` is over, the database is asked to end.
pub async fn execute(
    statements: Statements,
    stop: impl Future<Output = ()>,
) -> Result<u64, String> {
    let Statements { database, url, all } = statements;
    let done = match database {
        Database::Postgres(server) => in_postgres(&server, &all, stop).await,
        Database::Sqlite(path) => in_sqlite(path, all, stop).await,
    };
    done.map_err(|why| url.hide(&why))
}

async fn in_postgres(
    server: &Server,
    statements: &[Statement],
    stop: impl Future<Output = ()>,
) -> Result<u64, String> {
    let mut stop = pin!(stop);
    let client = tokio::select! {
        client = server.connect() => client.map_err(|error| explain(&error))?,
        () = &mut stop => return Err(STOPPED.to_string()),
    };
    let mut work = pin!(run(&client, statements));
    let done = tokio::select! {
        done = &mut work => done,
        () = &mut stop => {
            server.cancel(&client).await;
            // It may have come too late for that, and have done its work.
            timeout(GRACE, work).await.map_err(|_| STOPPED.to_string())?
        }
    };
    done.map_err(|error| explain(&error))
}

async fn run(client: &Client, statements: &[Statement]) -> Result<u64, Error> {
    if let [one] = statements {
        return execute_one(client, one).await;
    }
    client.batch_execute("begin").await?;
    let mut rows = 0;
    for statement in statements {
        // What fails here is rolled back when the connection closes.
        rows += execute_one(client, statement).await?;
    }
    client.batch_execute("commit").await?;
    Ok(rows)
}

async fn execute_one(client: &Client, statement: &Statement) -> Result<u64, Error> {
    let types: Vec<_> = statement.values.iter().map(postgres_type).collect();
    let prepared = client.prepare_typed(&statement.text, &types).await?;
    let values: Vec<Bound> = statement.values.iter().map(Bound::new).collect();
    let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
    client.execute(&prepared, &values).await
}

async fn in_sqlite(
    path: PathBuf,
    statements: Vec<Statement>,
    stop: impl Future<Output = ()>,
) -> Result<u64, String> {
    let opened = tokio::task::spawn_blocking(move || open_to_write(&path)).await;
    let connection =
        opened.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    let interrupt = connection.get_interrupt_handle();
    let mut work = tokio::task::spawn_blocking(move || run_in_sqlite(connection, &statements));
    let done = tokio::select! {
        done = &mut work => done,
        () = stop => {
            interrupt.interrupt();
            work.await
        }
    };
    done.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

fn run_in_sqlite(
    mut connection: rusqlite::Connection,
    statements: &[Statement],
) -> rusqlite::Result<u64> {
    let all_or_none = rusqlite::TransactionBehavior::Immediate;
    let transaction = connection.transaction_with_behavior(all_or_none)?;
    let mut changed = 0;
    for statement in statements {
        let mut prepared = transaction.prepare(&statement.text)?;
        let values = statement.values.iter().map(sqlite_value);
        let before = transaction.total_changes();
        let mut rows = prepared.query(rusqlite::params_from_iter(values))?;
        let mut given = 0;
        while rows.next()?.is_some() {
            given += 1;
        }
        drop(rows);
        changed += match prepared.readonly() {
            true => given,
            false => transaction.total_changes() - before,
        };
    }
    transaction.commit()?;
    Ok(changed)
}

const STOPPED: &str = "it was asked to stop, and its transaction is rolled back";
/// From being asked to stop to being left alone.
const GRACE: Duration = Duration::from_secs(10);
