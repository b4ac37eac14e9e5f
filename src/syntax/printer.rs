//! Nodes to text, in one canonical format: four spaces in goals, under 100 columns where the
//! pieces allow it, a blank line around what belongs apart. It reads back as the same nodes.
//! Ordinary comments are not in the nodes, and so not in the text.

use super::ast::{
    Clause, ClauseKind, Column, Declaration, DeclarationKind, File, Goal, Job, Literal, Pool, Rule,
    Source, Statement, StatementKind, Task, Text,
};
use super::printer_expr::{print_call, print_expr, print_literal, print_option, print_text};

/// The longest line that is not broken.
const WIDTH: usize = 100;
const INDENT: &str = "    ";

/// The whole file, with a line break at its end.
pub fn print(file: &File) -> String {
    let mut output = String::new();
    let mut before: Option<&Statement> = None;
    for statement in &file.statements {
        if before.is_some_and(|before| stands_apart(before, statement)) {
            output.push('\n');
        }
        output.push_str(&print_statement(statement));
        output.push('\n');
        before = Some(statement);
    }
    output
}

/// One statement with its documentation, without a line break at its end.
pub fn print_statement(statement: &Statement) -> String {
    let mut output = String::new();
    for line in statement.doc.iter().flat_map(|doc| doc.split('\n')) {
        output.push_str(if line.is_empty() { "///" } else { "/// " });
        output.push_str(line);
        output.push('\n');
    }
    output.push_str(&match &statement.kind {
        StatementKind::Include(path) => format!("include {}.", print_text(&path.value)),
        StatementKind::Timezone(zone) => format!("timezone {}.", print_text(&zone.value)),
        StatementKind::Declaration(declaration) => print_declaration(declaration),
        StatementKind::Rule(rule) => print_rule(rule),
        StatementKind::Goal(goal) => print_goal(goal),
        StatementKind::Pool(pool) => print_pool(pool),
    });
    output
}

/// A rule or a fact, with its full stop.
pub fn print_rule(rule: &Rule) -> String {
    with_body(&print_call(&rule.head), &rule.body, "")
}

/// One clause of a goal, with its full stop, not indented.
pub fn print_clause(clause: &Clause) -> String {
    print_indented_clause(clause, "")
}

fn stands_apart(before: &Statement, after: &Statement) -> bool {
    match (&before.kind, &after.kind) {
        _ if after.doc.is_some() => true,
        (StatementKind::Goal(_), _) | (_, StatementKind::Goal(_)) => true,
        // The rules of an output stand below it.
        (StatementKind::Declaration(declaration), StatementKind::Rule(rule)) => {
            declaration.name.text != rule.head.name.text
        }
        (StatementKind::Declaration(_), StatementKind::Declaration(_))
        | (StatementKind::Rule(_), StatementKind::Rule(_))
        | (StatementKind::Pool(_), StatementKind::Pool(_)) => false,
        (before, after) => is_setting(before) != is_setting(after) || !is_setting(before),
    }
}

fn is_setting(kind: &StatementKind) -> bool {
    match kind {
        StatementKind::Include(_) | StatementKind::Timezone(_) => true,
        StatementKind::Declaration(_)
        | StatementKind::Rule(_)
        | StatementKind::Goal(_)
        | StatementKind::Pool(_) => false,
    }
}

fn print_declaration(declaration: &Declaration) -> String {
    let word = match declaration.kind {
        DeclarationKind::Input => "input",
        DeclarationKind::Observe => "observe",
        DeclarationKind::Output => "output",
    };
    let mut tail = String::new();
    if let Some(key) = &declaration.key {
        let columns: Vec<&str> = key.columns.iter().map(|name| name.text.as_str()).collect();
        tail.push_str(&format!(" key ({})", columns.join(", ")));
    }
    let head = format!("{word} {}", declaration.name.text);
    let Some(source) = &declaration.source else {
        return format!("{}.", with_columns(&head, &declaration.columns, &tail));
    };
    let (command, options) = print_source(source);
    let short = format!("{head}({}){tail} {command}", print_columns(&declaration.columns));
    let line = with_options(&short, &options, "");
    if fits(&line) && !line.contains('\n') {
        return line;
    }
    let declared = with_columns(&head, &declaration.columns, &tail);
    with_options(&format!("{declared}\n{INDENT}{command}"), &options, INDENT)
}

fn print_source(source: &Source) -> (String, Vec<String>) {
    let mut command = format!("from {}", source.kind.text);
    if source.shell {
        command.push_str(" sh");
    }
    command.push(' ');
    command.push_str(&print_texts(&source.arguments, INDENT));
    (command, source.options.iter().map(print_option).collect())
}

fn print_pool(pool: &Pool) -> String {
    let options: Vec<String> = pool.options.iter().map(print_option).collect();
    with_options(&format!("pool {}", pool.name.text), &options, "")
}

fn print_goal(goal: &Goal) -> String {
    let head = format!("goal {}", goal.name.text);
    let mut output = with_columns(&head, &goal.parameters, " {");
    if goal.clauses.is_empty() {
        return output + "}";
    }
    output.push('\n');
    for clause in &goal.clauses {
        output.push_str(&print_indented_clause(clause, INDENT));
        output.push('\n');
    }
    output.push('}');
    output
}

fn print_indented_clause(clause: &Clause, indent: &str) -> String {
    let reason = |word: &str, text: &Text| format!("{indent}{word} {}", print_text(&text.value));
    match &clause.kind {
        ClauseKind::Expect(body) => with_body(&format!("{indent}expect"), body, indent),
        ClauseKind::Ok(body) => with_body(&format!("{indent}ok"), body, indent),
        ClauseKind::OkNeeds => format!("{indent}ok needs."),
        ClauseKind::Needs { goal, body } => {
            with_body(&format!("{indent}needs {}", print_call(goal)), body, indent)
        }
        ClauseKind::Working(body) => with_body(&format!("{indent}working"), body, indent),
        ClauseKind::Gone { reason: text, body } => with_body(&reason("gone", text), body, indent),
        ClauseKind::Hold { reason: text, body } => with_body(&reason("hold", text), body, indent),
        ClauseKind::Due { moment, body } => {
            with_body(&format!("{indent}due {}", print_expr(moment)), body, indent)
        }
        ClauseKind::Check(job) => print_job("check", job, indent),
        ClauseKind::Action(job) => print_job("action", job, indent),
    }
}

fn print_job(word: &str, job: &Job, indent: &str) -> String {
    let options: Vec<String> = job.options.iter().map(print_option).collect();
    with_options(&format!("{indent}{word} {}", print_task(&job.task, indent)), &options, indent)
}

fn print_task(task: &Task, indent: &str) -> String {
    match task {
        Task::Command { command, shell } => {
            let shell = if *shell { "sh " } else { "" };
            format!("{shell}{}", print_text(&command.value))
        }
        Task::Sql { texts, .. } => format!("sql {}", print_texts(texts, indent)),
        Task::Http { method, texts, .. } => {
            let method = method.as_ref().map_or(String::new(), |name| format!("{} ", name.text));
            format!("http {method}{}", print_texts(texts, indent))
        }
    }
}

/// Two texts stand beside each other; more are lines of something, and stand below.
fn print_texts(texts: &[Text], indent: &str) -> String {
    let between = match texts {
        [_, _, _, ..] => format!("\n{indent}{INDENT}"),
        _ => " ".to_owned(),
    };
    texts.iter().map(|text| print_text(&text.value)).collect::<Vec<_>>().join(&between)
}

/// `head :- a, b.` on one line, or each literal on its own.
fn with_body(head: &str, body: &[Literal], indent: &str) -> String {
    if body.is_empty() {
        return format!("{head}.");
    }
    let literals: Vec<String> = body.iter().map(print_literal).collect();
    let line = format!("{head} :- {}.", literals.join(", "));
    if fits(&line) {
        return line;
    }
    let between = format!(",\n{indent}{INDENT}");
    format!("{head} :-\n{indent}{INDENT}{}.", literals.join(&between))
}

/// `command a, b.` on one line, or each option on its own.
fn with_options(command: &str, options: &[String], indent: &str) -> String {
    if options.is_empty() {
        return format!("{command}.");
    }
    let line = format!("{command} {}.", options.join(", "));
    if fits(&line) {
        return line;
    }
    let between = format!(",\n{indent}{INDENT}");
    format!("{command}\n{indent}{INDENT}{}.", options.join(&between))
}

/// `head(a: text, b: int) tail` on one line, or each column on its own.
fn with_columns(head: &str, columns: &[Column], tail: &str) -> String {
    let line = format!("{head}({}){tail}", print_columns(columns));
    if fits(&line) || columns.is_empty() {
        return line;
    }
    let columns: Vec<String> = columns.iter().map(print_column).collect();
    let between = format!(",\n{INDENT}");
    format!("{head}(\n{INDENT}{}\n){tail}", columns.join(&between))
}

fn print_columns(columns: &[Column]) -> String {
    columns.iter().map(print_column).collect::<Vec<_>>().join(", ")
}

fn print_column(column: &Column) -> String {
    format!("{}: {}", column.name.text, column.ty.text)
}

/// Whether the last line is short enough, with room for a full stop.
fn fits(text: &str) -> bool {
    text.rsplit('\n').next().is_none_or(|line| line.chars().count() < WIDTH)
}
