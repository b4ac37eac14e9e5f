//! What is known of one relation by its declaration or its first head, and what may be wrong
//! with its name and columns.

use std::rc::Rc;

use super::walk::{self, is_boolean_function};
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{RelationKind, Type};
use crate::syntax::ast::{Arguments, Call, Column, DeclarationKind, ExprKind, Source};

/// A relation before its types are inferred.
pub(super) struct RelationInfo {
    pub name: String,
    pub columns: Vec<ColumnInfo>,
    /// Who writes it: an input or observe that the program gives facts is derived from them.
    pub kind: RelationKind,
    pub declared: Option<DeclarationKind>,
    pub key: Option<Vec<usize>>,
    pub is_output: bool,
    pub source: Option<Source>,
    pub doc: Option<String>,
    /// Its declaration's name, or the first head.
    pub span: Span,
    pub goal: Option<Rc<str>>,
    /// How many of its first columns are a goal's parameters.
    pub parameters: usize,
}

pub(super) struct ColumnInfo {
    pub name: String,
    /// As declared; `None` where rules decide.
    pub ty: Option<Type>,
    pub span: Span,
}

impl RelationInfo {
    /// `input "r"`, `goal "g"`, …
    pub fn describe(&self) -> String {
        let word = match self.declared {
            Some(DeclarationKind::Input) => "input",
            Some(DeclarationKind::Observe) => "observe",
            Some(DeclarationKind::Output) => "output",
            None => "relation",
        };
        format!("{word} \"{}\"", self.name)
    }

    /// `column "day" of "csv_file"`
    pub fn describe_column(&self, place: usize) -> String {
        let column = &self.columns[place];
        match &self.goal {
            Some(goal) if place < self.parameters => {
                format!("parameter \"{}\" of goal \"{goal}\"", column.name)
            }
            _ => format!("column \"{}\" of \"{}\"", column.name, self.name),
        }
    }
}

/// Names that no program may give to a relation or goal.
pub(super) fn reserved(name: &str, span: Span) -> Option<Diagnostic> {
    if matches!(name, "today" | "rule_error" | "source.status") {
        let text = format!("\"{name}\" is built in: the engine alone writes it");
        return Some(Diagnostic::error(text, span).hint("Choose another name."));
    }
    if is_boolean_function(name) {
        let text = format!("\"{name}\" is a function, and cannot be a relation");
        return Some(Diagnostic::error(text, span).hint("Choose another name."));
    }
    None
}

pub(super) fn unknown_type(column: &Column) -> Diagnostic {
    let text = format!("there is no type \"{}\"", column.ty.text);
    let diagnostic = Diagnostic::error(text, column.ty.span);
    let known = match column.ty.text.as_str() {
        "string" | "str" | "varchar" => Some("text"),
        "integer" | "bigint" | "number" | "long" => Some("int"),
        "double" | "real" | "decimal" => Some("float"),
        "timestamp" | "datetime" | "instant" => Some("time"),
        "interval" => Some("duration"),
        "boolean" => Some("bool"),
        "day" => Some("date"),
        _ => None,
    };
    match known {
        Some(known) => diagnostic.hint(format!("Write \"{known}\".")),
        None => diagnostic.hint("The types are bool, int, float, text, date, time and duration."),
    }
}

/// `1 term`, `2 terms`.
pub(super) fn terms(count: usize) -> String {
    if count == 1 { "1 term".to_owned() } else { format!("{count} terms") }
}

pub(super) fn head_columns(head: &Call) -> Vec<ColumnInfo> {
    let named: Vec<Option<&str>> = match &head.arguments {
        Arguments::Positional(terms) => terms
            .iter()
            .map(|term| match &term.kind {
                ExprKind::Variable(name) => Some(name.as_str()),
                _ => None,
            })
            .collect(),
        Arguments::Named(terms) => terms.iter().map(|(name, _)| Some(&*name.text)).collect(),
    };
    let spans = walk::arguments(head).into_iter().map(|term| term.span);
    let mut columns: Vec<ColumnInfo> = Vec::new();
    for (place, (name, span)) in named.into_iter().zip(spans).enumerate() {
        let free = name.filter(|name| columns.iter().all(|column| column.name != *name));
        let name = free.map_or_else(|| unnamed(place), str::to_owned);
        columns.push(ColumnInfo { name, ty: None, span });
    }
    columns
}

pub(super) fn unnamed(place: usize) -> String {
    format!("column{}", place + 1)
}
