//! The naive evaluator and the engine held against results that were worked out by hand from the
//! language's page, and every function against its table.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use owed::diagnostic::FileId;
use owed::engine::Engine;
use owed::model::{Change, Duration, Float, RelationId, Row, Timestamp, Transaction, Value};
use owed::plan::{Demand, plan};
use owed::program::Program;
use owed::syntax::ast::{Arguments, Constant, Expr, ExprKind, StatementKind};
use owed::syntax::parse;

use super::naive::{Facts, evaluate};
use super::run::compile_text;

/// Runs every case of every file in `tests/naive`.
pub fn check_programs(folder: &Path) {
    for (path, text) in read_folder(folder) {
        for case in text.split("\n====\n") {
            check_program(case, &path);
        }
    }
}

/// Runs every line of every table in `tests/functions`: `expression = literal`, or
/// `expression ! why there is no value`. The zone is London's.
pub fn check_functions(folder: &Path) {
    let mut wrong = String::new();
    for (path, text) in read_folder(folder) {
        for line in text.lines().filter(|l| !l.is_empty() && !l.starts_with("//")) {
            let (expression, wanted) = match line.rsplit_once(" ! ") {
                Some((expression, error)) => (expression, format!("! {error}")),
                None => {
                    let (expression, value) = line.rsplit_once(" = ").expect("an equation");
                    (expression, format!("= {value}"))
                }
            };
            let got = evaluate_expression(expression);
            if got != wanted {
                wrong += &format!("{path}: {expression} {got}, not {wanted}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn evaluate_expression(expression: &str) -> String {
    let text = format!("timezone \"Europe/London\".\nresult({expression}).\n");
    let program = match compile_text(&text) {
        Ok(program) => program,
        Err(errors) => return format!("is refused: {errors}"),
    };
    let now = Timestamp::from_micros(0).expect("a time");
    let model = evaluate(&program, &Facts::default(), now);
    let result = program.schema.find("result").expect("it is derived").id;
    match (model.relations[&result].first(), model.errors.first()) {
        (Some(row), None) => format!("= {}", row[0]),
        (None, Some((_, error))) => format!("! {error}"),
        (row, error) => format!("is {row:?} and {error:?}"),
    }
}

fn check_program(case: &str, path: &str) {
    let mut sections = case.split("\n--- ");
    let text = sections.next().expect("a first section");
    let title = text.lines().find(|line| line.starts_with("//")).unwrap_or("");
    let program = compile_text(text).unwrap_or_else(|errors| panic!("{path}: {title}\n{errors}"));
    let all: Vec<RelationId> = program.schema.relations().iter().map(|r| r.id).collect();
    let demand = Demand { watched: all.clone(), readable: all };
    let mut engines = [1, 2].map(|workers| Engine::new(plan(&program, &demand), workers));
    let mut facts = Facts::default();
    for section in sections {
        let (changes, wanted) = section.split_once("\n---").expect("a part with what is wanted");
        let (now, changes) = changes.split_once('\n').unwrap_or((changes, ""));
        let now = Timestamp::parse(now.trim()).expect("a time after ---");
        let changes: Vec<Change> = changes.lines().map(|line| change(line, &program)).collect();
        facts.apply(&changes, &program.schema);
        let model = evaluate(&program, &facts, now);
        let transaction = Transaction { now, changes };
        engines.iter_mut().for_each(|engine| {
            engine.apply(transaction.clone()).expect("the changes fit");
        });
        for (relation, wanted) in wanted_rows(wanted, &program) {
            let name = &program.schema.relation(relation).name;
            let place = format!("{path}: {title}\nat {now}, {name}");
            assert_eq!(model.relations[&relation], wanted, "{place}");
            for engine in &mut engines {
                let rows: BTreeSet<Row> = engine.rows(relation, &[]).into_iter().collect();
                assert_eq!(rows, wanted, "{place}, in the engine");
            }
        }
    }
}

/// The rows that every relation that is named has, and no others.
fn wanted_rows(wanted: &str, program: &Program) -> BTreeMap<RelationId, BTreeSet<Row>> {
    let mut rows: BTreeMap<RelationId, BTreeSet<Row>> = BTreeMap::new();
    for line in wanted.lines().filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_suffix(": none") {
            rows.insert(find(name, program), BTreeSet::new());
        } else {
            let (relation, row) = fact(line, program);
            let row = row.into_iter().map(|value| value.expect("no wildcard")).collect();
            rows.entry(relation).or_default().insert(row);
        }
    }
    rows
}

fn change(line: &str, program: &Program) -> Change {
    let (relation, terms) = fact(&line[1..], program);
    if line.starts_with('+') {
        let row = terms.into_iter().map(|value| value.expect("no wildcard")).collect();
        Change::Insert { relation, row }
    } else {
        Change::Delete { relation, pattern: terms }
    }
}

fn fact(line: &str, program: &Program) -> (RelationId, Vec<Option<Value>>) {
    let (file, diagnostics) = parse(&format!("{line}.\n"), FileId(0));
    assert!(diagnostics.is_empty(), "{line}: {diagnostics:?}");
    let Some(StatementKind::Rule(rule)) = file.statements.first().map(|s| &s.kind) else {
        panic!("{line} is not a fact");
    };
    let Arguments::Positional(terms) = &rule.head.arguments else {
        panic!("{line} has names");
    };
    (find(&rule.head.name.text, program), terms.iter().map(term).collect())
}

fn term(expr: &Expr) -> Option<Value> {
    match &expr.kind {
        ExprKind::Wildcard => None,
        ExprKind::Constant(constant) => Some(match constant {
            Constant::Bool(value) => Value::Bool(*value),
            Constant::Int(value) => Value::Int(*value),
            Constant::Float(value) => Value::Float(Float::new(*value).expect("finite")),
            Constant::Text(value) => Value::text(value.as_str()),
            Constant::Date(value) => Value::Date(*value),
            Constant::Time(value) => Value::Time(*value),
            Constant::Duration(value) => Value::Duration(Duration::from_micros(
                value.micros + i64::from(value.days) * 86_400_000_000,
            )),
        }),
        ExprKind::Negate(inner) => match term(inner) {
            Some(Value::Int(value)) => Some(Value::Int(-value)),
            Some(Value::Float(value)) => Float::new(-value.get()).map(Value::Float),
            other => panic!("-{other:?}"),
        },
        other => panic!("{other:?} is not a value"),
    }
}

fn find(name: &str, program: &Program) -> RelationId {
    program.schema.find(name).unwrap_or_else(|| panic!("no relation {name}")).id
}

fn read_folder(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<(String, String)> = entries
        .map(|entry| entry.expect("the folder reads").path())
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a text");
            (path.display().to_string(), text)
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no tables in {}", folder.display());
    files
}
