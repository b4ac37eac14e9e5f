//! Atoms to drafts: terms are put in their columns, and expressions among them pulled out.

use super::builtins;
use super::draft::{Expr, ExprKind, Literal, Role, Term, Variable};
use super::relation_info::terms;
use super::resolve::Resolver;
use super::suggest::did_you_mean;
use super::walk;
use crate::diagnostic::{Diagnostic, Span};
use crate::model::RelationId;
use crate::syntax::ast::{self, Arguments, Call, Name};
use crate::syntax::print_expr;

impl Resolver<'_> {
    /// Whether a call that stands as a literal asks a relation.
    pub(super) fn stands_for_atom(&self, call: &Call) -> bool {
        let name = &*call.name.text;
        self.names.find(name).is_some()
            || !(builtins::function(name).is_some() || builtins::aggregate(name).is_some())
            || matches!(call.arguments, Arguments::Named(_))
    }

    pub(super) fn atom(&mut self, call: &Call, negated: bool, span: Span) {
        let placed = match self.relation(&call.name) {
            Some(relation) => self.place(relation, call).map(|placed| (relation, placed)),
            None => None,
        };
        let Some((relation, placed)) = placed else {
            self.excuse(call);
            return;
        };
        let mut made = Vec::new();
        for (place, term) in placed.into_iter().enumerate() {
            made.push(match term {
                None => Term::Wildcard,
                Some(term) => self.term(relation, place, term),
            });
        }
        self.rule.body.push(Literal::Atom { relation, negated, terms: made, span });
    }

    /// Whether a word that stands as a literal is a relation's name rather than a variable.
    pub(super) fn names_relation(&self, word: &str) -> bool {
        self.names.find(word).is_some() && !self.rule.bound.contains(word)
    }

    /// Refuses a relation's name that stands as a literal.
    pub(super) fn bare(&mut self, relation: &str, span: Span) {
        let columns = self.names.find(relation).map(|id| &self.names.info(id).columns);
        let columns: Vec<&str> = columns.into_iter().flatten().map(|c| c.name.as_str()).collect();
        let text = format!("\"{relation}\" is a relation, and stands without its terms");
        let hint = format!("Write them in parentheses: {relation}({}).", columns.join(", "));
        self.error(Diagnostic::error(text, span).hint(hint));
        self.rule.lost = true;
    }

    fn term(&mut self, relation: RelationId, place: usize, term: &ast::Expr) -> Term {
        let span = term.span;
        let kind = &walk::bare(term).kind;
        if let ast::ExprKind::Wildcard = kind {
            return Term::Wildcard;
        }
        let value = self.expr(term);
        self.meets_column(value.node, relation, place, term);
        match &value.kind {
            ExprKind::Variable(variable) => Term::Variable(*variable, span),
            ExprKind::Constant(_) => Term::Constant(value),
            ExprKind::Broken => Term::Wildcard,
            ExprKind::Call { .. } | ExprKind::Shift { .. } => {
                let name = print_expr(term);
                let variable =
                    self.rule.add(Variable { name, node: value.node, made: true, excused: false });
                let kind = ExprKind::Variable(variable);
                let left = Expr { kind, node: value.node, span };
                let role = Role::Test;
                self.rule.body.push(Literal::Equation { left, right: value, role, span });
                Term::Variable(variable, span)
            }
        }
    }

    /// The terms by column, `None` for the wild; `None` where they do not fit the relation.
    pub(super) fn place<'e>(
        &mut self,
        relation: RelationId,
        call: &'e Call,
    ) -> Option<Vec<Option<&'e ast::Expr>>> {
        let info = self.names.info(relation);
        match &call.arguments {
            Arguments::Positional(given) if given.len() == info.columns.len() => {
                Some(given.iter().map(Some).collect())
            }
            Arguments::Positional(given) => {
                let columns: Vec<&str> = info.columns.iter().map(|c| c.name.as_str()).collect();
                let (name, width) = (&info.name, terms(columns.len()));
                let text = match &info.goal {
                    Some(goal) if info.parameters == columns.len() => {
                        let width = width.replace("term", "parameter");
                        format!("goal \"{goal}\" has {width}, not {}", given.len())
                    }
                    _ => format!("\"{name}\" has {width}, not {}", given.len()),
                };
                let mut diagnostic = Diagnostic::error(text, call.span);
                if info.span.end > 0 {
                    diagnostic = diagnostic.with(info.span, "declared here");
                }
                let columns = columns.join(", ");
                self.error(diagnostic.hint(match &info.goal {
                    Some(goal) if info.parameters == info.columns.len() => {
                        format!("Its parameters are: {goal}({columns}).")
                    }
                    _ => format!("Its columns are: {name}({columns})."),
                }));
                None
            }
            Arguments::Named(given) => {
                let mut placed = vec![None; info.columns.len()];
                let mut fits = true;
                for (column, term) in given {
                    fits &= self.put(relation, column, term, &mut placed);
                }
                fits.then_some(placed)
            }
        }
    }

    fn put<'e>(
        &mut self,
        relation: RelationId,
        column: &Name,
        term: &'e ast::Expr,
        placed: &mut [Option<&'e ast::Expr>],
    ) -> bool {
        let info = self.names.info(relation);
        let known = || info.columns.iter().map(|column| column.name.as_str());
        let Some(place) = known().position(|name| name == column.text) else {
            let text = format!("\"{}\" has no column \"{}\"", info.name, column.text);
            let mut diagnostic =
                did_you_mean(Diagnostic::error(text, column.span), &column.text, known());
            if diagnostic.hints.is_empty() {
                let all: Vec<&str> = known().collect();
                diagnostic = diagnostic.hint(format!("Its columns are: {}.", all.join(", ")));
            }
            self.error(diagnostic);
            return false;
        };
        if placed[place].is_some() {
            let text = format!("column \"{}\" is given twice", column.text);
            self.error(Diagnostic::error(text, column.span));
            return false;
        }
        placed[place] = Some(term);
        true
    }

    fn relation(&mut self, name: &Name) -> Option<RelationId> {
        let found = self.names.find(&name.text);
        if found.is_none() {
            self.diagnostics.extend(self.names.unknown_relation(name));
        }
        found
    }

    /// The variables of an atom that could not be resolved count as bound.
    fn excuse(&mut self, call: &Call) {
        for argument in walk::arguments(call) {
            for name in walk::variables_of(argument) {
                let variable = self.variable(name);
                self.rule.variables[variable.index()].excused = true;
            }
        }
    }
}
