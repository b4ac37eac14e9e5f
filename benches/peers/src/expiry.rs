//! Rows that expire one by one as the clock moves.

use std::collections::BTreeMap;
use std::time::Instant;

use harness::{Fact, Memory, Random, Report, Totals};
use owed::engine::Engine;
use owed::model::{Change, RelationId, Timestamp, Transaction, Value};
use rusqlite::Connection;

use crate::ours::{program, watching};

const RULES: &str = "
    observe lease(id: int, until: time).
    output live(id: int).
    live(id) :- lease(id, until), now < until.";

/// When the first row expires; each later one a second after.
const START: i64 = 2_082_758_400;

trait Leases {
    fn load(&mut self, rows: &[[i64; 2]]);
    /// The clock moves; what was live and is not any more.
    fn advance(&mut self, now: i64) -> Vec<i32>;
}

/// Steps of one row due, of three, and of a thousand; the totals say which rows expired.
pub fn measure(peer: &str, rows: i64) -> Report {
    let mut random = Random::new(9);
    let mut ids: Vec<i64> = (0..rows).collect();
    random.shuffle(&mut ids);
    let leases: Vec<[i64; 2]> = ids.iter().enumerate().map(|(n, id)| [*id, n as i64]).collect();
    match peer {
        "ours" => measure_leases(&mut Ours::new(), &leases, 500),
        "by-hand" => measure_leases(&mut Queue::default(), &leases, 500),
        "sqlite" => measure_leases(&mut Sqlite::new(), &leases, 5),
        other => panic!("{other} has no clock"),
    }
}

fn measure_leases(leases: &mut impl Leases, rows: &[[i64; 2]], steps: i64) -> Report {
    let mut report = Report::default();
    let memory = Memory::start();
    let start = Instant::now();
    leases.load(rows);
    report.number("load", start.elapsed().as_secs_f64() * 1e3);
    let mut totals = Totals::new(1);
    let mut now = START;
    let mut step = |by: i64, report: &mut Report, times: i64, name: &str| {
        let mut took = Vec::new();
        for _ in 0..times {
            now += by;
            let start = Instant::now();
            let expired = leases.advance(now);
            took.push(start.elapsed().as_secs_f64() * 1e3);
            expired.into_iter().for_each(|id| totals.add(0, row(id), 1));
            totals.turn();
        }
        report.times(name, &mut took);
        report.total(&format!("{name}-{times}"), &totals);
    };
    let due_in = rows.len() as i64;
    step(1, &mut report, 5.min(steps), "one-warm");
    step(1, &mut report, steps.min(due_in / 4), "one");
    step(0, &mut report, steps.min(100), "empty");
    step(3, &mut report, steps.min(due_in / 16), "three");
    if due_in > 100_000 {
        step(1_000, &mut report, (steps / 10).max(1), "many");
    }
    report.number("peak", memory.peak_mib());
    report
}

fn row(id: i32) -> Fact {
    [id, 0, 0]
}

struct Ours {
    engine: Engine,
    lease: RelationId,
}

impl Ours {
    fn new() -> Ours {
        let program = program(RULES);
        let find = |name: &str| program.schema.find(name).expect("a relation of the rules").id;
        let engine = Engine::new(watching(&program, &[find("live")]), 1);
        Ours { engine, lease: find("lease") }
    }
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).expect("a year that there is")
}

impl Leases for Ours {
    fn load(&mut self, rows: &[[i64; 2]]) {
        for rows in rows.chunks(250_000) {
            let change = |[id, n]: &[i64; 2]| Change::Insert {
                relation: self.lease,
                row: vec![Value::Int(*id), Value::Time(time(START + 1 + n))],
            };
            let changes = rows.iter().map(change).collect();
            let transaction = Transaction { now: time(START), changes };
            self.engine.apply(transaction).expect("the rows fit");
        }
    }

    fn advance(&mut self, now: i64) -> Vec<i32> {
        let transaction = Transaction { now: time(now), changes: Vec::new() };
        let delta = self.engine.apply(transaction).expect("time goes on");
        let id = |row: &Vec<Value>| match row[0] {
            Value::Int(id) => id as i32,
            ref other => panic!("{other:?} is no number"),
        };
        delta.relations.iter().flat_map(|relation| &relation.deleted).map(id).collect()
    }
}

/// What somebody writes who has nothing else to keep up to date: a queue by moment.
#[derive(Default)]
struct Queue {
    due: BTreeMap<i64, Vec<i32>>,
}

impl Leases for Queue {
    fn load(&mut self, rows: &[[i64; 2]]) {
        for [id, n] in rows {
            self.due.entry(START + 1 + n).or_default().push(*id as i32);
        }
    }

    fn advance(&mut self, now: i64) -> Vec<i32> {
        let mut expired = Vec::new();
        while let Some(first) = self.due.first_entry().filter(|first| *first.key() <= now) {
            expired.append(&mut first.remove());
        }
        expired
    }
}

/// What is live is asked anew, and compared with what was.
struct Sqlite {
    tables: Connection,
    live: Vec<i32>,
}

impl Sqlite {
    fn new() -> Sqlite {
        let tables = Connection::open_in_memory().expect("SQLite has memory");
        let lease = "create table lease (id integer primary key, until integer)";
        tables.execute_batch(lease).expect("the table is right");
        Sqlite { tables, live: Vec::new() }
    }

    fn ask(&self, now: i64) -> Vec<i32> {
        let query = "select id from lease where until > ? order by id";
        let mut query = self.tables.prepare_cached(query).expect("the query is right");
        let rows = query.query_map([now], |row| row.get(0)).expect("it takes a moment");
        rows.map(|id| id.expect("a number")).collect()
    }
}

impl Leases for Sqlite {
    fn load(&mut self, rows: &[[i64; 2]]) {
        let transaction = self.tables.unchecked_transaction().expect("none is open");
        for [id, n] in rows {
            let insert = "insert into lease values (?, ?)";
            let mut insert = transaction.prepare_cached(insert).expect("it is right");
            insert.execute([*id, START + 1 + n]).expect("the row fits");
        }
        transaction.commit().expect("nobody else writes");
        self.live = self.ask(START);
    }

    fn advance(&mut self, now: i64) -> Vec<i32> {
        let live = self.ask(now);
        let mut still = live.iter().peekable();
        let is_gone = |id: &i32| match still.peek() {
            Some(next) if **next == *id => {
                still.next();
                false
            }
            _ => true,
        };
        let expired = std::mem::take(&mut self.live).into_iter().filter(is_gone).collect();
        self.live = live;
        expired
    }
}
