//! Makes [`ast`] nodes for rules that nobody wrote. Everything made by one [`Builder`] stands at
//! one place: that of the clause or goal which asks for it.

use crate::diagnostic::Span;
use crate::syntax::ast::{
    Arguments, BinaryOperator, Call, Column, Constant, Declaration, DeclarationKind, Expr,
    ExprKind, Key, Literal, LiteralKind, Name, Rule, Statement, StatementKind,
};

/// Gives its span to all that it makes.
#[derive(Clone, Copy)]
pub(super) struct Builder {
    pub span: Span,
}

impl Builder {
    pub fn name(self, text: &str) -> Name {
        Name { text: text.to_owned(), span: self.span }
    }

    pub fn expr(self, kind: ExprKind) -> Expr {
        Expr { kind, span: self.span }
    }

    pub fn variable(self, name: &str) -> Expr {
        self.expr(ExprKind::Variable(name.to_owned()))
    }

    pub fn wildcard(self) -> Expr {
        self.expr(ExprKind::Wildcard)
    }

    pub fn constant(self, constant: Constant) -> Expr {
        self.expr(ExprKind::Constant(constant))
    }

    pub fn text(self, text: &str) -> Expr {
        self.constant(Constant::Text(text.to_owned()))
    }

    pub fn binary(self, operator: BinaryOperator, left: Expr, right: Expr) -> Expr {
        self.expr(ExprKind::Binary(operator, Box::new(left), Box::new(right)))
    }

    pub fn call(self, name: &str, terms: Vec<Expr>) -> Call {
        Call { name: self.name(name), arguments: Arguments::Positional(terms), span: self.span }
    }

    pub fn holds(self, call: Call) -> Literal {
        let span = call.span;
        let kind = LiteralKind::Positive(Expr { kind: ExprKind::Call(call), span });
        Literal { kind, span }
    }

    pub fn fails(self, call: Call) -> Literal {
        let span = call.span;
        let kind = LiteralKind::Negative(Expr { kind: ExprKind::Call(call), span });
        Literal { kind, span }
    }

    pub fn test(self, operator: BinaryOperator, left: Expr, right: Expr) -> Literal {
        let kind = LiteralKind::Positive(self.binary(operator, left, right));
        Literal { kind, span: self.span }
    }

    /// `now operator moment`
    pub fn clock(self, operator: BinaryOperator, moment: Expr) -> Literal {
        self.test(operator, self.expr(ExprKind::Now), moment)
    }

    pub fn never(self) -> Literal {
        let kind = LiteralKind::Positive(self.constant(Constant::Bool(false)));
        Literal { kind, span: self.span }
    }

    pub fn rule(self, head: Call, body: Vec<Literal>) -> Statement {
        let kind = StatementKind::Rule(Rule { head, body, span: self.span });
        Statement { doc: None, kind, span: self.span }
    }

    pub fn column(self, name: &str, ty: &str) -> Column {
        Column { name: self.name(name), ty: self.name(ty) }
    }

    pub fn declaration(
        self,
        kind: DeclarationKind,
        name: &str,
        columns: Vec<Column>,
        key: Option<Vec<Name>>,
    ) -> Statement {
        let key = key.map(|columns| Key { columns, span: self.span });
        let name = self.name(name);
        let declaration = Declaration { kind, name, columns, key, source: None };
        Statement { doc: None, kind: StatementKind::Declaration(declaration), span: self.span }
    }
}
