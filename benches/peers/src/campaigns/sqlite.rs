//! The job as people do it today: tables, and a query for what is missing, run anew after each
//! change and compared with the last answer.

use rusqlite::Connection;

use super::job::{Job, Size, has_file, is_done};

type Answer = Vec<(i64, u32, u32)>;

pub struct Sqlite {
    tables: Connection,
    answer: Answer,
}

const TABLES: &str = "
    create table campaign (c integer primary key);
    create table day (d integer primary key);
    create table results (c integer, d integer, primary key (c, d)) without rowid;
    create table csv (c integer, d integer, primary key (c, d)) without rowid;
    create table dependency (d integer primary key);
    create table attempt (goal integer, c integer, d integer, outcome text,
        primary key (goal, c, d)) without rowid;
    create table waiver (goal integer, c integer, d integer,
        primary key (goal, c, d)) without rowid;";

/// The five relations that everybody tells: missing and ready results, missing and ready files,
/// missing dependencies. What attempts say is joined in, though there are none.
const OWED: &str = "
    with missing as materialized (
        select c, d from campaign, day
        where not exists (select 1 from results r where r.c = campaign.c and r.d = day.d)
        and not exists
            (select 1 from waiver w where w.goal = 1 and w.c = campaign.c and w.d = day.d)),
    csv_missing as materialized (
        select c, d from missing
        where not exists (select 1 from csv where csv.c = missing.c and csv.d = missing.d)
        and not exists
            (select 1 from waiver w where w.goal = 2 and w.c = missing.c and w.d = missing.d)),
    dependency_missing as materialized (
        select distinct d from missing
        where not exists (select 1 from dependency where dependency.d = missing.d))
    select 0, c, d from missing
    union all
    select 1, c, d from missing
        where not exists (select 1 from attempt a where a.goal = 1 and a.c = missing.c
            and a.d = missing.d)
        and not exists (select 1 from csv_missing m where m.c = missing.c and m.d = missing.d)
        and not exists (select 1 from dependency_missing m where m.d = missing.d)
    union all
    select 2, c, d from csv_missing
    union all
    select 3, c, d from csv_missing
        where not exists (select 1 from attempt a where a.goal = 2 and a.c = csv_missing.c
            and a.d = csv_missing.d)
    union all
    select 4, 0, d from dependency_missing";

impl Sqlite {
    pub fn new() -> Sqlite {
        let tables = Connection::open_in_memory().expect("SQLite has memory");
        tables.execute_batch(TABLES).expect("the tables are right");
        Sqlite { tables, answer: Answer::new() }
    }

    fn run(&self, statement: &str, values: impl Iterator<Item = [u32; 2]>) {
        let transaction = self.tables.unchecked_transaction().expect("none is open");
        {
            let mut statement = transaction.prepare_cached(statement).expect("it is right");
            let two = statement.parameter_count() == 2;
            for [c, d] in values {
                let done = if two { statement.execute([c, d]) } else { statement.execute([c]) };
                done.expect("the row fits");
            }
        }
        transaction.commit().expect("nobody else writes");
    }

    /// Asks again, and counts in how many rows the answer differs.
    fn ask(&mut self) -> usize {
        let mut statement = self.tables.prepare_cached(OWED).expect("the query is right");
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .expect("it takes nothing");
        let mut answer: Answer = rows.map(|row| row.expect("three numbers")).collect();
        answer.sort_unstable();
        let mut differing = 0;
        let (mut before, mut after) = (self.answer.iter().peekable(), answer.iter().peekable());
        while let (Some(old), Some(new)) = (before.peek(), after.peek()) {
            differing += usize::from(old != new);
            match old.cmp(new) {
                std::cmp::Ordering::Less => drop(before.next()),
                std::cmp::Ordering::Greater => drop(after.next()),
                std::cmp::Ordering::Equal => drop((before.next(), after.next())),
            }
        }
        differing += before.count() + after.count();
        drop(statement);
        self.answer = answer;
        differing
    }
}

impl Job for Sqlite {
    fn load_facts(&mut self, size: Size) {
        let all = || (0..size.campaigns).flat_map(|c| (0..size.days).map(move |d| [c, d]));
        self.run("insert into results values (?, ?)", all().filter(|[c, d]| is_done(*c, *d)));
        self.run("insert into csv values (?, ?)", all().filter(|[c, d]| has_file(*c, *d)));
        self.run("insert into dependency values (?)", (0..size.days).map(|d| [d, 0]));
    }

    fn expect(&mut self, size: Size) -> usize {
        self.run("insert into campaign values (?)", (0..size.campaigns).map(|c| [c, 0]));
        self.run("insert into day values (?)", (0..size.days).map(|d| [d, 0]));
        self.ask()
    }

    fn change(&mut self, results: &[(u32, u32)], are_there: bool) -> usize {
        let statement = match are_there {
            true => "insert into results values (?, ?)",
            false => "delete from results where c = ? and d = ?",
        };
        self.run(statement, results.iter().map(|(c, d)| [*c, *d]));
        self.ask()
    }

    fn add_campaign(&mut self, campaign: u32) -> usize {
        self.run("insert into campaign values (?)", [[campaign, 0]].into_iter());
        self.ask()
    }

    fn grow_to(&mut self, days: u32) -> usize {
        self.run("insert or ignore into day values (?)", (0..days).map(|d| [d, 0]));
        self.ask()
    }
}
