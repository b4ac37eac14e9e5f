//! A program as text in pieces, so that a failing one can be cut down.

use std::fmt;

/// A statement, its droppable pieces apart.
#[derive(Clone, Debug)]
pub enum Statement {
    /// A declaration, a fact, a setting: dropped whole.
    Plain(String),
    Rule {
        head: String,
        body: Vec<String>,
    },
    Goal {
        open: String,
        clauses: Vec<Clause>,
    },
}

/// A clause of a goal: its words, and its body.
#[derive(Clone, Debug)]
pub struct Clause {
    pub head: String,
    pub body: Vec<String>,
}

impl Statement {
    /// All statements that are this one less one piece.
    pub fn smaller(&self) -> Vec<Statement> {
        match self {
            Statement::Plain(_) => Vec::new(),
            Statement::Rule { head, body } => {
                let less = |at| Statement::Rule { head: head.clone(), body: without(body, at) };
                (0..body.len()).map(less).collect()
            }
            Statement::Goal { open, clauses } => {
                let goal = |clauses| Statement::Goal { open: open.clone(), clauses };
                let mut smaller: Vec<Statement> =
                    (0..clauses.len()).map(|at| goal(without(clauses, at))).collect();
                for (place, clause) in clauses.iter().enumerate() {
                    for at in 0..clause.body.len() {
                        let mut clauses = clauses.clone();
                        clauses[place].body = without(&clause.body, at);
                        smaller.push(goal(clauses));
                    }
                }
                smaller
            }
        }
    }
}

/// The items but one.
pub fn without<T: Clone>(items: &[T], at: usize) -> Vec<T> {
    let mut items = items.to_vec();
    items.remove(at);
    items
}

/// The whole text of a program.
pub fn join(statements: &[Statement]) -> String {
    statements.iter().map(|statement| format!("{statement}\n")).collect()
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statement::Plain(text) => f.write_str(text),
            Statement::Rule { head, body } if body.is_empty() => write!(f, "{head}."),
            Statement::Rule { head, body } => write!(f, "{head} :- {}.", body.join(", ")),
            Statement::Goal { open, clauses } => {
                writeln!(f, "{open} {{")?;
                clauses.iter().try_for_each(|clause| writeln!(f, "    {clause}"))?;
                f.write_str("}")
            }
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.body.is_empty() {
            write!(f, "{}.", self.head)
        } else {
            write!(f, "{} :- {}.", self.head, self.body.join(", "))
        }
    }
}
