//! What holds for every text: nobody panics, places are within the text, what was understood is
//! printed as a text that reads back as the same, and there is a program exactly where there is
//! no mistake. Random cases take a seed from `OWED_SEED` and print the one that failed;
//! `OWED_CASES` is how many there are.

#[path = "syntax_properties/expressions.rs"]
mod expressions;
#[path = "syntax_properties/mutations.rs"]
mod mutations;

use std::fs;
use std::path::Path;

use owed::compile::{Compiled, compile};
use owed::diagnostic::{Diagnostic, FileId, Look, Sources, Span, render_json, render_text};
use owed::plan::{Demand, plan};
use owed::program::expand;
use owed::syntax::{ast, parse, print};

const CASES: u64 = 1_000;

#[test]
fn programs_read_back_as_they_are_printed() {
    for (name, program) in corpus() {
        let (file, diagnostics) = parse(&program, FileId(0));
        assert_eq!(diagnostics, [], "{name}");
        assert_reads_back(&name, &file);
    }
}

#[test]
fn mutated_programs_never_panic() {
    let corpus = corpus();
    for_each_seed(|random| {
        let (name, program) = &corpus[random.usize(..corpus.len())];
        let mutated = mutations::mutate(random, program);
        let mut sources = Sources::default();
        let id = sources.add("mutated.rules", mutated.clone());
        let (file, diagnostics) = parse(&mutated, id);
        for diagnostic in &diagnostics {
            assert_places(&mutated, diagnostic);
        }
        render_text(&diagnostics, &sources, Look::PLAIN);
        render_json(&diagnostics, &sources);
        assert_reads_back(&format!("{name}, mutated to\n{mutated}"), &file);
    });
}

#[test]
fn mutated_programs_are_compiled_or_refused() {
    let mut corpus = corpus();
    corpus.extend(mistaken());
    for_each_seed(|random| {
        let (name, program) = &corpus[random.usize(..corpus.len())];
        let mutated = match random.bool() {
            true => mutations::mutate(random, program),
            false => mutations::rearrange(random, program),
        };
        let main = Path::new("main.rules");
        let read = |path: &Path| if path == main { mutated.clone() } else { String::new() };
        let compiled = compile(main, &mut |path| Ok(read(path).into()));
        let Compiled { sources, file, program, diagnostics } = &compiled;
        for diagnostic in diagnostics {
            assert_places(&mutated, diagnostic);
        }
        let look = Look { columns: random.usize(40..200), ..Look::PLAIN };
        render_text(diagnostics, sources, look);
        let is_refused = diagnostics.iter().any(Diagnostic::is_error);
        assert_eq!(program.is_none(), is_refused, "{name}, mutated to\n{mutated}");
        print(&expand(file));
        if let Some(program) = program {
            let all: Vec<_> =
                program.schema.relations().iter().map(|relation| relation.id).collect();
            plan(program, &Demand { watched: all.clone(), readable: all });
        }
    });
}

#[test]
fn expressions_are_parenthesised_as_their_trees_need() {
    for_each_seed(|random| {
        let tree = expressions::random(random, 5);
        let rule = format!("r() :- p({}).", owed::syntax::print_expr(&tree));
        let (file, diagnostics) = parse(&rule, FileId(0));
        assert_eq!(diagnostics, [], "{rule}");
        let [ast::Statement { kind: ast::StatementKind::Rule(parsed), .. }] = &file.statements[..]
        else {
            panic!("{rule} is one rule");
        };
        let ast::LiteralKind::Positive(ast::Expr { kind: ast::ExprKind::Call(call), .. }) =
            &parsed.body[0].kind
        else {
            panic!("{rule} has an atom");
        };
        let ast::Arguments::Positional(terms) = &call.arguments else {
            panic!("{rule} has terms without names");
        };
        let read = expressions::without_parentheses(&terms[0]);
        assert_eq!(without_spans(&read), without_spans(&tree), "{rule}");
    });
}

#[test]
fn depth_is_refused_and_not_followed() {
    let deep = |open: &str, close: &str| {
        let (open, close) = (open.repeat(100_000), close.repeat(100_000));
        format!("r() :- x = {open}1{close}.\ns() :- t().")
    };
    for program in [deep("(", ")"), deep("-", ""), deep("1 + ", ""), deep("f(", ")")] {
        let (file, diagnostics) = parse(&program, FileId(0));
        let messages: Vec<&str> = diagnostics.iter().map(|it| it.message.as_str()).collect();
        assert_eq!(messages, ["this expression is nested too deeply"]);
        assert_eq!(file.statements.len(), 1, "the next statement is read");
    }
    let comments = "/*".repeat(100_000);
    assert_eq!(parse(&comments, FileId(0)).1.len(), 1);
}

#[test]
fn a_tree_within_the_bound_is_read() {
    for program in ["(".repeat(100) + "1" + &")".repeat(100), "1".to_owned() + &" + 1".repeat(100)]
    {
        let (file, diagnostics) = parse(&format!("r() :- x = {program}."), FileId(0));
        assert_eq!(diagnostics, []);
        assert_reads_back("deep", &file);
    }
}

/// The programs of the golden files that have no mistakes, and all examples.
fn corpus() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut programs = Vec::new();
    for folder in ["rules", "tests/syntax_properties"] {
        let entries = fs::read_dir(root.join(folder)).expect("the folder is there");
        for entry in entries {
            let path = entry.expect("a readable folder").path();
            if path.extension().is_some_and(|extension| extension == "rules") {
                let text = fs::read_to_string(&path).expect("programs are UTF-8");
                programs.push((path.display().to_string(), text));
            }
        }
    }
    programs.sort();
    programs
}

/// The programs of the golden files about mistakes: all that is unusual, and nearly right.
fn mistaken() -> Vec<(String, String)> {
    let mut programs = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("a readable folder").path();
        let text = fs::read_to_string(path).expect("golden files are UTF-8");
        for block in text.split("=== ").skip(1) {
            let (title, body) = block.split_once('\n').expect("a title has a line");
            let program = body.split("\n---\n").next().unwrap_or(body);
            programs.push((title.to_owned(), program.to_owned()));
        }
    }
    programs.sort();
    programs
}

/// Runs the case for many seeds; the seed is shown if it panics.
fn for_each_seed(case: impl Fn(&mut fastrand::Rng)) {
    let given = std::env::var("OWED_SEED").ok().and_then(|seed| seed.parse().ok());
    let cases = std::env::var("OWED_CASES").ok().and_then(|cases| cases.parse().ok());
    let seeds = given.map_or(0..cases.unwrap_or(CASES), |seed: u64| seed..seed + 1);
    for seed in seeds {
        let shown = Shown(seed);
        case(&mut fastrand::Rng::with_seed(seed));
        drop(shown);
    }
}

struct Shown(u64);

impl Drop for Shown {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failed with OWED_SEED={}", self.0);
        }
    }
}

fn assert_reads_back(name: &str, file: &ast::File) {
    let printed = print(file);
    let (again, diagnostics) = parse(&printed, FileId(0));
    assert_eq!(diagnostics, [], "{name}\nprinted as\n{printed}");
    assert_eq!(without_spans(&again), without_spans(file), "{name}\nprinted as\n{printed}");
    assert_eq!(print(&again), printed, "{name}");
}

fn assert_places(text: &str, diagnostic: &Diagnostic) {
    let labels = std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary);
    for Span { start, end, .. } in labels.map(|label| label.span) {
        assert!(text.get(start as usize..end as usize).is_some(), "{diagnostic:?}\n{text}");
    }
}

/// The nodes' debug form with every span left out.
fn without_spans(node: &impl std::fmt::Debug) -> String {
    let text = format!("{node:?}");
    let mut pieces = text.split("Span {");
    let mut output = pieces.next().unwrap_or("").to_owned();
    for piece in pieces {
        let (_, after) = piece.split_once(" }").expect("a span has an end");
        output.push_str(after);
    }
    output
}
