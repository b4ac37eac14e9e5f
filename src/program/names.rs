//! All names of a program: relations with their columns and writers, and goals. Who may write
//! what is decided here.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use indexmap::IndexMap;

use super::builtins;
use super::expand::Origin;
use super::relation_info::{
    ColumnInfo, RelationInfo, head_columns, reserved, terms, unknown_type, unnamed,
};
use super::states::{RELATIONS, dotted};
use super::suggest::did_you_mean;
use super::walk;
use super::writers;
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{RelationId, RelationKind, Type};
use crate::syntax::ast::{
    Call, Column, Declaration, DeclarationKind, Goal, Name, Rule, Statement, StatementKind,
};

/// How much of what people wrote is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Text {
    /// All of it.
    #[default]
    Whole,
    /// Some statements could not be read: what seems to be missing may stand there.
    Partial,
}

pub(super) struct GoalInfo {
    pub span: Span,
    /// How many parameters it has.
    pub width: usize,
}

/// Every relation by name, in the order of declaration; the built-in ones come last.
#[derive(Default)]
pub(super) struct Names {
    pub relations: Vec<RelationInfo>,
    by_name: HashMap<String, RelationId>,
    pub goals: IndexMap<Rc<str>, GoalInfo>,
    text: Text,
    pub diagnostics: Vec<Diagnostic>,
}

impl Names {
    /// Collects the names of an expanded file, out of a file with these goals.
    pub fn collect(statements: &[(Statement, Origin)], goals: &[&Goal], text: Text) -> Names {
        let mut names = Names { text, ..Names::default() };
        for goal in goals {
            let info = GoalInfo { span: goal.name.span, width: goal.parameters.len() };
            names.goals.entry(Rc::from(goal.name.text.as_str())).or_insert(info);
        }
        let declared: HashSet<&str> = statements.iter().filter_map(declared_name).collect();
        let goal_states: HashSet<String> = names
            .goals
            .keys()
            .flat_map(|goal| RELATIONS.iter().map(|(state, _)| dotted(goal, state)))
            .collect();
        for (statement, origin) in statements {
            match &statement.kind {
                StatementKind::Declaration(declaration) => {
                    names.declare(declaration, statement, origin);
                }
                StatementKind::Rule(rule) => {
                    let name = rule.head.name.text.as_str();
                    let elsewhere = declared.contains(name) || goal_states.contains(name);
                    if !elsewhere {
                        names.define(rule, origin);
                    }
                }
                StatementKind::Include(_)
                | StatementKind::Timezone(_)
                | StatementKind::Pool(_)
                | StatementKind::Goal(_) => {}
            }
        }
        names.builtins();
        names.given_by_facts(statements);
        names
    }

    pub fn find(&self, name: &str) -> Option<RelationId> {
        self.by_name.get(name).copied()
    }

    pub fn info(&self, id: RelationId) -> &RelationInfo {
        &self.relations[id.index()]
    }

    /// The goal whose relation a dotted name would be.
    pub fn goal_of(&self, name: &str) -> Option<(&Rc<str>, &GoalInfo)> {
        let (prefix, _) = name.split_once('.')?;
        self.goals.get_key_value(prefix)
    }

    /// Whether nothing that people wrote is lost: what is not there is missing.
    pub fn is_whole(&self) -> bool {
        self.text == Text::Whole
    }

    /// What to say of a name in a body that is no relation's; nothing where it may be declared
    /// by a statement that could not be read.
    pub fn unknown_relation(&self, name: &Name) -> Option<Diagnostic> {
        self.is_whole().then(|| writers::unknown_relation(self, name))
    }

    /// The same of a need that is no goal's.
    pub fn unknown_goal(&self, name: &Name) -> Option<Diagnostic> {
        self.is_whole().then(|| writers::unknown_goal(self, name))
    }

    /// The names of a goal's parameters.
    pub fn parameters(&self, goal: &str) -> Vec<&str> {
        let own = self.find(goal).map(|id| self.info(id));
        own.map_or_else(Vec::new, |own| own.columns.iter().map(|c| c.name.as_str()).collect())
    }

    fn width_of(&self, goal: Option<&Rc<str>>) -> usize {
        goal.and_then(|goal| self.goals.get(goal)).map_or(0, |info| info.width)
    }

    fn add(&mut self, info: RelationInfo) -> RelationId {
        let id = RelationId(u32::try_from(self.relations.len()).expect("few relations"));
        self.by_name.insert(info.name.clone(), id);
        self.relations.push(info);
        id
    }

    fn declare(&mut self, declaration: &Declaration, statement: &Statement, origin: &Origin) {
        let name = &declaration.name;
        if *origin == Origin::Written && !self.may_declare(&name.text, name.span) {
            return;
        }
        if let Some(before) = self.find(&name.text) {
            let before = self.info(before);
            let diagnostic =
                Diagnostic::error(format!("\"{}\" is declared twice", name.text), name.span);
            let first = before.span;
            self.diagnostics.push(diagnostic.labelled("again here").with(first, "first here"));
            return;
        }
        let goal = match origin {
            Origin::Meaning { goal } => Some(goal.clone()),
            Origin::Written | Origin::Clause { .. } => None,
        };
        let columns = self.columns(&declaration.columns, goal.is_none());
        let key = self.key(declaration, &columns);
        self.add(RelationInfo {
            name: name.text.clone(),
            columns,
            kind: match declaration.kind {
                DeclarationKind::Input => RelationKind::Input,
                DeclarationKind::Observe => RelationKind::Observe,
                DeclarationKind::Output => RelationKind::Derived,
            },
            declared: Some(declaration.kind),
            key,
            is_output: declaration.kind == DeclarationKind::Output,
            source: declaration.source.clone(),
            doc: statement.doc.clone(),
            span: name.span,
            parameters: self.width_of(goal.as_ref()),
            goal: goal.clone(),
        });
        if let Some(goal) = goal
            && *goal == *name.text
        {
            self.states(&goal, declaration);
        }
    }

    /// The relations that a goal's rules define.
    fn states(&mut self, goal: &Rc<str>, own: &Declaration) {
        for (state, more) in RELATIONS {
            if matches!(state, "attempt" | "waiver") {
                continue;
            }
            let mut columns = self.columns(&own.columns, false);
            let span = own.name.span;
            columns.extend(more.iter().map(|(name, ty)| ColumnInfo {
                name: (*name).to_owned(),
                ty: Type::from_name(ty),
                span,
            }));
            self.add(RelationInfo {
                name: dotted(goal, state),
                columns,
                kind: RelationKind::Derived,
                declared: None,
                key: None,
                is_output: false,
                source: None,
                doc: None,
                span,
                goal: Some(goal.clone()),
                parameters: own.columns.len(),
            });
        }
    }

    /// Columns as declared; mistakes in them are said where they were written.
    fn columns(&mut self, columns: &[Column], written: bool) -> Vec<ColumnInfo> {
        let mut made: Vec<ColumnInfo> = Vec::new();
        for column in columns {
            let ty = Type::from_name(&column.ty.text);
            if written && ty.is_none() {
                self.diagnostics.push(unknown_type(column));
            }
            if written && let Some(before) = made.iter().find(|c| c.name == column.name.text) {
                let text = format!("column \"{}\" is declared twice", before.name);
                let diagnostic = Diagnostic::error(text, column.name.span);
                self.diagnostics.push(diagnostic.with(before.span, "first here"));
            }
            made.push(ColumnInfo { name: column.name.text.clone(), ty, span: column.name.span });
        }
        made
    }

    fn key(&mut self, declaration: &Declaration, columns: &[ColumnInfo]) -> Option<Vec<usize>> {
        let key = declaration.key.as_ref()?;
        if declaration.kind == DeclarationKind::Output {
            let text = format!("output \"{}\" cannot have a key", declaration.name.text);
            let hint = "Rules decide what rows it has; leave the key out.";
            self.diagnostics.push(Diagnostic::error(text, key.span).hint(hint));
            return None;
        }
        let mut places = Vec::new();
        for name in &key.columns {
            match columns.iter().position(|column| column.name == name.text) {
                Some(place) if places.contains(&place) => {
                    let text = format!("column \"{}\" stands twice in the key", name.text);
                    self.diagnostics.push(Diagnostic::error(text, name.span));
                }
                Some(place) => places.push(place),
                None => {
                    let text =
                        format!("\"{}\" has no column \"{}\"", declaration.name.text, name.text);
                    let known = columns.iter().map(|column| column.name.as_str());
                    let diagnostic = Diagnostic::error(text, name.span);
                    self.diagnostics.push(did_you_mean(diagnostic, &name.text, known));
                }
            }
        }
        Some(places)
    }

    /// Refuses names that belong to somebody else.
    fn may_declare(&mut self, name: &str, span: Span) -> bool {
        if let Some(diagnostic) = reserved(name, span) {
            self.diagnostics.push(diagnostic);
            return false;
        }
        if let Some((goal, info)) = self.goal_of(name) {
            let text = format!("\"{name}\" belongs to goal \"{goal}\"");
            let diagnostic = Diagnostic::error(text, span)
                .with(info.span, "the goal")
                .hint("A goal's relations follow from its clauses; choose another name.");
            self.diagnostics.push(diagnostic);
            return false;
        }
        true
    }

    /// A relation that only its rules declare: the first head gives its columns.
    fn define(&mut self, rule: &Rule, origin: &Origin) {
        let (head, name) = (&rule.head, &rule.head.name);
        if let Some(before) = self.find(&name.text) {
            self.same_width(before, head);
            self.rename_columns(before, head);
            return;
        }
        if *origin == Origin::Written && !self.may_declare(&name.text, name.span) {
            return;
        }
        let goal = match origin {
            Origin::Meaning { goal } | Origin::Clause { goal, .. } => Some(goal.clone()),
            Origin::Written => None,
        };
        let columns = head_columns(head);
        self.add(RelationInfo {
            name: name.text.clone(),
            columns,
            kind: RelationKind::Derived,
            declared: None,
            key: None,
            is_output: false,
            source: None,
            doc: None,
            span: name.span,
            goal,
            parameters: 0,
        });
    }

    fn same_width(&mut self, before: RelationId, head: &Call) {
        let (info, width) = (self.info(before), walk::arguments(head).len());
        if info.columns.len() != width {
            let text = format!(
                "\"{}\" has {} here, but {} in the rule before",
                info.name,
                terms(width),
                terms(info.columns.len())
            );
            let diagnostic = Diagnostic::error(text, head.span).with(info.span, "defined here");
            self.diagnostics.push(diagnostic);
        }
    }

    /// Columns are called after the first variable that stands for them in a head.
    fn rename_columns(&mut self, id: RelationId, head: &Call) {
        let columns = &mut self.relations[id.index()].columns;
        for (place, better) in head_columns(head).into_iter().enumerate() {
            let taken = columns.iter().any(|column| column.name == better.name);
            if let Some(column) = columns.get_mut(place)
                && column.name == unnamed(place)
                && !taken
            {
                *column = better;
            }
        }
    }

    /// Facts of the program are the one writer of an input or observe that they stand for.
    fn given_by_facts(&mut self, statements: &[(Statement, Origin)]) {
        for (statement, origin) in statements {
            if let StatementKind::Rule(rule) = &statement.kind
                && *origin == Origin::Written
                && rule.body.is_empty()
                && let Some(id) = self.find(&rule.head.name.text)
            {
                let info = &mut self.relations[id.index()];
                let own = info.goal.as_ref().is_none_or(|goal| **goal == *info.name);
                let given = matches!(info.kind, RelationKind::Input | RelationKind::Observe);
                if own && given && info.source.is_none() {
                    info.kind = RelationKind::Derived;
                }
            }
        }
    }

    fn builtins(&mut self) {
        let nowhere = Span { file: crate::diagnostic::FileId(0), start: 0, end: 0 };
        for (name, key, columns) in builtins::RELATIONS {
            let columns = columns.iter().map(|(name, ty)| ColumnInfo {
                name: (*name).to_owned(),
                ty: Some(*ty),
                span: nowhere,
            });
            self.add(RelationInfo {
                name: name.to_owned(),
                columns: columns.collect(),
                kind: RelationKind::Builtin,
                declared: None,
                key: key.map(|column| vec![column]),
                is_output: false,
                source: None,
                doc: None,
                span: nowhere,
                goal: None,
                parameters: 0,
            });
        }
    }
}

fn declared_name((statement, _): &(Statement, Origin)) -> Option<&str> {
    match &statement.kind {
        StatementKind::Declaration(declaration) => Some(&declaration.name.text),
        _ => None,
    }
}
