//! Rules to drafts: atoms are told apart from functions, named terms put in their columns,
//! expressions inside atoms pulled out, comparisons with the clock recognised.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::VariableId;
use super::builtins;
use super::draft::{Draft, Expr, HeadTerm, In, Literal, Role, Step, Variable};
use super::expand::Origin;
use super::names::Names;
use super::typing::{Because, DUE, DUE_HINT, Node, Site, Typing};
use super::walk;
use super::writers;
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{Comparison, RelationId, RelationKind, Type};
use crate::syntax::ast::{self, BinaryOperator, Call, Constant, ExprKind, LiteralKind};
use crate::syntax::{print_call, print_expr};

/// Resolves one rule after another; the types of undeclared columns are shared by all.
pub(super) struct Resolver<'a> {
    pub names: &'a Names,
    pub types: &'a mut Typing,
    pub diagnostics: Vec<Diagnostic>,
    /// The nodes of columns whose types rules decide.
    columns: Vec<Vec<Option<Node>>>,
    pub(super) rule: Scope,
}

/// What belongs to the rule at hand.
pub(super) struct Scope {
    pub variables: Vec<Variable>,
    by_name: HashMap<String, VariableId>,
    pub body: Vec<Literal>,
    /// `in the rule for x(c, d)`
    pub context: Rc<str>,
    /// What the clause begins with that it is made of.
    keyword: Option<&'static str>,
    /// The variables that its body binds, as far as that can be seen by then.
    pub bound: HashSet<String>,
    /// Whether a literal was refused that might have bound anything.
    pub lost: bool,
}

impl<'a> Resolver<'a> {
    pub fn new(names: &'a Names, types: &'a mut Typing) -> Resolver<'a> {
        let columns = names.relations.iter().map(|relation| {
            let nodes = relation.columns.iter();
            nodes.map(|column| column.ty.is_none().then(|| types.fresh())).collect()
        });
        let columns = columns.collect();
        let rule = Scope::new("", None);
        Resolver { names, types, diagnostics: Vec::new(), columns, rule }
    }

    /// The node of an undeclared column.
    pub fn column_node(&self, relation: RelationId, place: usize) -> Option<Node> {
        self.columns[relation.index()][place]
    }

    pub fn rule(&mut self, rule: &ast::Rule, origin: &Origin) -> Draft {
        let label: Rc<str> = print_call(&rule.head).into();
        self.rule = Scope::new(&context(&label, origin), origin.keyword());
        let bound = walk::bound_variables(&rule.body);
        self.rule.bound = bound.into_iter().map(str::to_owned).collect();
        for literal in &rule.body {
            self.literal(literal);
        }
        let relation = writers::head_relation(self.names, rule, origin, &mut self.diagnostics);
        let (relation, head) = self.head(relation, &rule.head);
        let mut scope = std::mem::replace(&mut self.rule, Scope::new("", None));
        scope.variables.iter_mut().for_each(|variable| variable.excused |= scope.lost);
        Draft {
            relation,
            head,
            body: scope.body,
            variables: scope.variables,
            span: rule.span,
            label,
            origin: origin.clone(),
        }
    }

    fn head(
        &mut self,
        relation: Option<RelationId>,
        head: &Call,
    ) -> (Option<RelationId>, Vec<HeadTerm>) {
        let Some(relation) = relation else {
            let arguments = walk::arguments(head);
            return (None, arguments.into_iter().map(|term| self.head_term(term)).collect());
        };
        let Some(placed) = self.place(relation, head) else {
            let arguments = walk::arguments(head);
            return (None, arguments.into_iter().map(|term| self.head_term(term)).collect());
        };
        let mut made = Vec::new();
        let mut missing = Vec::new();
        for (place, term) in placed.into_iter().enumerate() {
            let Some(term) = term else {
                missing.push(format!("\"{}\"", self.names.info(relation).columns[place].name));
                continue;
            };
            let value = self.head_term(term);
            let node = match &value {
                HeadTerm::Value(expr) => expr.node,
                HeadTerm::Aggregate { node, .. } => *node,
            };
            self.meets_column(node, relation, place, term);
            made.push(value);
        }
        if !missing.is_empty() {
            let giver = if self.rule.keyword == Some("needs") { "need" } else { "head" };
            let text = format!("the {giver} gives no value for {}", missing.join(", "));
            self.error(Diagnostic::error(text, head.span));
            return (None, made);
        }
        (Some(relation), made)
    }

    fn head_term(&mut self, term: &ast::Expr) -> HeadTerm {
        let bare = walk::bare(term);
        if let ExprKind::Wildcard = bare.kind {
            let diagnostic =
                Diagnostic::error("\"_\" has no value that a head could take", term.span);
            self.error(diagnostic.hint("Name a variable that the body binds."));
            let node = self.silent();
            let kind = super::draft::ExprKind::Broken;
            return HeadTerm::Value(Expr { kind, node, span: term.span });
        }
        if let ExprKind::Call(call) = &bare.kind
            && let Some((function, width)) = builtins::aggregate(&call.name.text)
            && !(matches!(&*call.name.text, "min" | "max") && walk::arguments(call).len() > 1)
        {
            return self.aggregate(call, function, width);
        }
        HeadTerm::Value(self.expr(term))
    }

    fn literal(&mut self, literal: &ast::Literal) {
        let span = literal.span;
        match &literal.kind {
            LiteralKind::Positive(expr) => match &walk::bare(expr).kind {
                ExprKind::Call(call) if self.stands_for_atom(call) => {
                    self.atom(call, false, span);
                }
                ExprKind::Binary(operator, left, right) => {
                    self.comparison(expr, *operator, left, right, span);
                }
                ExprKind::Variable(name) if self.names_relation(name) => self.bare(name, span),
                _ => self.test(expr, span),
            },
            LiteralKind::Negative(expr) => match &walk::bare(expr).kind {
                ExprKind::Call(call) if self.stands_for_atom(call) => self.atom(call, true, span),
                ExprKind::Variable(name) if self.names_relation(name) => self.bare(name, span),
                _ => {
                    let condition = self.condition(expr);
                    let condition = self.negate(condition);
                    self.rule.body.push(Literal::Test { condition, span });
                }
            },
            LiteralKind::In { value, range } => self.range(value, range, span),
        }
    }

    fn test(&mut self, expr: &ast::Expr, span: Span) {
        let condition = self.condition(expr);
        self.rule.body.push(Literal::Test { condition, span });
    }

    /// A literal that is no atom has to be a bool.
    fn condition(&mut self, expr: &ast::Expr) -> Expr {
        let value = self.expr(expr);
        let text = "a literal is true or false".into();
        let bool_node = self.types.known(Type::Bool, Because { span: expr.span, text });
        let site = self.site(expr.span, show(expr), "a literal".to_owned());
        self.types.equal(value.node, bool_node, &site);
        value
    }

    fn comparison(
        &mut self,
        whole: &ast::Expr,
        operator: BinaryOperator,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) {
        let Some(comparison) = comparison(operator) else {
            return self.test(whole, span);
        };
        let is_now = |expr: &ast::Expr| matches!(walk::bare(expr).kind, ExprKind::Now);
        match (is_now(left), is_now(right)) {
            (true, true) => {
                let (text, hint) = match self.is_due(right, span) {
                    true => ("a \"due\" is a moment that stays, and now does not", DUE_HINT),
                    false => {
                        let hint = "Compare now with a date or a time.";
                        ("both sides of the comparison are now", hint)
                    }
                };
                self.error(Diagnostic::error(text, span).hint(hint));
                self.rule.lost = true;
            }
            (true, false) => self.clock(comparison, right, span),
            (false, true) => self.clock(comparison.flipped(), left, span),
            (false, false) if operator == BinaryOperator::Equal => {
                let (left_value, right_value) = (self.expr(left), self.expr(right));
                self.meet(&left_value, &right_value, left, right, span);
                let (left, right) = (left_value, right_value);
                self.rule.body.push(Literal::Equation { left, right, role: Role::Test, span });
            }
            (false, false) => self.test(whole, span),
        }
    }

    fn clock(&mut self, comparison: Comparison, moment: &ast::Expr, span: Span) {
        if let (Comparison::Equal, ExprKind::Variable(name)) =
            (comparison, &walk::bare(moment).kind)
            && !self.rule.bound.contains(name)
        {
            return self.bound_to_now(name, span);
        }
        if matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
            let diagnostic = Diagnostic::error("now is never exactly at a moment", span);
            self.error(diagnostic.hint("Compare with <, <=, > or >=."));
        }
        let value = self.expr(moment);
        let result = self.types.fresh();
        let moments =
            builtins::signatures(&[(&[Type::Date], Type::Bool), (&[Type::Time], Type::Bool)]);
        let arguments = vec![(value.node, value.span)];
        let context = self.rule.context.clone();
        let name = if self.is_due(moment, span) { DUE } else { "a comparison with now" };
        self.types.overload(name, moments, arguments, result, (span, context));
        self.rule.body.push(Literal::Clock { comparison, moment: value, span });
    }

    /// Whether a comparison with now is the one that a `due` means.
    fn is_due(&self, moment: &ast::Expr, span: Span) -> bool {
        self.rule.keyword == Some("due") && moment.span == span
    }

    fn bound_to_now(&mut self, name: &str, span: Span) {
        let text = format!("now is no value that \"{name}\" could have");
        let hint = format!(
            "It would be another at every moment. Write now itself where \"{name}\" is compared, \
             or today(d) for the day."
        );
        self.error(Diagnostic::error(text, span).hint(hint));
        let variable = self.variable(name);
        self.rule.variables[variable.index()].excused = true;
    }

    fn range(&mut self, value: &ast::Expr, range: &ast::Range, span: Span) {
        let (from, to) = (self.expr(&range.from), self.expr(&range.to));
        self.meet(&from, &to, &range.from, &range.to, range.span);
        if let ExprKind::Wildcard = walk::bare(value).kind {
            let text = "\"_\" in a range says nothing";
            self.error(Diagnostic::error(text, value.span).hint("Name the variable."));
            self.rule.lost = true;
            return;
        }
        let made = self.expr(value);
        self.meet(&made, &from, value, &range.from, span);
        let over = [Type::Int, Type::Date, Type::Time];
        let pairs: Vec<(&[Type], Type)> =
            over.iter().map(|ty| (std::slice::from_ref(ty), Type::Bool)).collect();
        let (candidates, result) = (builtins::signatures(&pairs), self.types.fresh());
        let arguments = vec![(from.node, from.span)];
        let context = self.rule.context.clone();
        self.types.overload("a range", candidates, arguments, result, (range.span, context));
        let step = range.step.as_ref().and_then(|step| self.step(step));
        let inclusive = range.inclusive;
        let made = In { value: made, from, to, inclusive, step, binds: false, span };
        self.rule.body.push(Literal::In(made));
    }

    fn step(&mut self, step: &ast::Expr) -> Option<Step> {
        match &walk::bare(step).kind {
            ExprKind::Constant(constant @ (Constant::Int(_) | Constant::Duration(_))) => {
                Some(Step { constant: constant.clone(), span: step.span })
            }
            _ => {
                let text = "a step is a positive number or duration, written out";
                self.error(Diagnostic::error(text, step.span).hint("Such as: step 2, step 1w."));
                None
            }
        }
    }

    pub(super) fn meets_column(
        &mut self,
        node: Node,
        relation: RelationId,
        place: usize,
        term: &ast::Expr,
    ) {
        let info = self.names.info(relation);
        let column = info.describe_column(place);
        let site = self.site(term.span, show(term), column.clone());
        let other = match (info.columns[place].ty, self.column_node(relation, place)) {
            (Some(ty), _) => {
                let text = format!("{column} is {ty}").into();
                // What is built in stands in no text: the term is all that can be shown.
                let is_builtin = info.kind == RelationKind::Builtin;
                let span = if is_builtin { term.span } else { info.columns[place].span };
                self.types.known(ty, Because { span, text })
            }
            (None, Some(node)) => node,
            (None, None) => unreachable!("a column is declared or has a node"),
        };
        self.types.equal(node, other, &site);
    }

    fn meet(&mut self, a: &Expr, b: &Expr, left: &ast::Expr, right: &ast::Expr, span: Span) {
        let site = self.site(span, show(left), show(right));
        self.types.equal(a.node, b.node, &site);
    }

    pub fn site(&self, span: Span, left: String, right: String) -> Site {
        Site { span, context: self.rule.context.clone(), left, right }
    }

    /// The variable of that name in this rule.
    pub fn variable(&mut self, name: &str) -> VariableId {
        if let Some(variable) = self.rule.by_name.get(name) {
            return *variable;
        }
        let node = self.types.fresh();
        let name = name.to_owned();
        let variable =
            self.rule.add(Variable { name: name.clone(), node, made: false, excused: false });
        self.rule.by_name.insert(name, variable);
        variable
    }

    /// A node about which nothing more is said.
    pub fn silent(&mut self) -> Node {
        let node = self.types.fresh();
        self.types.silence(node);
        node
    }

    pub fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

impl Scope {
    fn new(context: &str, keyword: Option<&'static str>) -> Scope {
        let (variables, by_name, body, bound) = Default::default();
        Scope { variables, by_name, body, context: context.into(), keyword, bound, lost: false }
    }

    pub(super) fn add(&mut self, variable: Variable) -> VariableId {
        let id = VariableId(u32::try_from(self.variables.len()).expect("few variables"));
        self.variables.push(variable);
        id
    }
}

fn context(label: &str, origin: &Origin) -> String {
    match origin {
        Origin::Written => format!("in the rule for {label}"),
        Origin::Clause { goal, keyword } => format!("in \"{keyword}\" of goal \"{goal}\""),
        Origin::Meaning { goal } => format!("in goal \"{goal}\""),
    }
}

/// An expression as a message names it: literals as they are, all else in quotes.
pub(super) fn show(expr: &ast::Expr) -> String {
    match &walk::bare(expr).kind {
        ExprKind::Constant(_) => print_expr(expr),
        _ => format!("\"{}\"", print_expr(expr)),
    }
}

pub(super) fn comparison(operator: BinaryOperator) -> Option<Comparison> {
    match operator {
        BinaryOperator::Equal => Some(Comparison::Equal),
        BinaryOperator::NotEqual => Some(Comparison::NotEqual),
        BinaryOperator::Less => Some(Comparison::Less),
        BinaryOperator::LessOrEqual => Some(Comparison::LessOrEqual),
        BinaryOperator::Greater => Some(Comparison::Greater),
        BinaryOperator::GreaterOrEqual => Some(Comparison::GreaterOrEqual),
        BinaryOperator::Add
        | BinaryOperator::Subtract
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Remainder
        | BinaryOperator::Concat => None,
    }
}
