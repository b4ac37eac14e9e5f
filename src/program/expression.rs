//! Expressions of rules: operators and calls with their functions, each with a node for its
//! type.

use super::AggregateFunction;
use super::builtins::{self, Shape, Signature, signatures};
use super::draft::{Callee, Expr, ExprKind, HeadTerm};
use super::resolve::{Resolver, comparison, show};
use super::suggest::did_you_mean;
use super::typing::{Because, Node};
use super::walk;
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{Function, Type};
use crate::syntax::ast::{self, Arguments, BinaryOperator, Call, Constant, DurationLiteral};
use crate::syntax::print_expr;

impl Resolver<'_> {
    /// Resolves an expression; what is wrong with it is reported, and it is `Broken` then.
    pub fn expr(&mut self, expr: &ast::Expr) -> Expr {
        let span = expr.span;
        match &expr.kind {
            ast::ExprKind::Parenthesis(inner) => Expr { span, ..self.expr(inner) },
            ast::ExprKind::Constant(constant) => self.constant(constant, expr),
            ast::ExprKind::Variable(name) => {
                let variable = self.variable(name);
                let node = self.rule.variables[variable.index()].node;
                Expr { kind: ExprKind::Variable(variable), node, span }
            }
            ast::ExprKind::Wildcard => {
                let text = "\"_\" has no value";
                let hint = "It stands alone as a term of an atom; name a variable here.";
                self.broken(Diagnostic::error(text, span).hint(hint))
            }
            ast::ExprKind::Now => {
                let text = "now stands only in comparisons, alone on one side of <, <=, > or >=";
                let hint = "For `now - 2h > t` write `now > t + 2h`. No value is computed from \
                            now, for it would be another at every moment.";
                self.broken(Diagnostic::error(text, span).hint(hint))
            }
            ast::ExprKind::Negate(inner) => self.minus(inner, expr),
            ast::ExprKind::Binary(operator, left, right) => {
                self.binary(*operator, left, right, span)
            }
            ast::ExprKind::Call(call) => self.call(call),
        }
    }

    fn constant(&mut self, constant: &Constant, written: &ast::Expr) -> Expr {
        let span = written.span;
        let because =
            |ty: Type| Because { span, text: format!("{} is {ty}", print_expr(written)).into() };
        let node = match constant {
            Constant::Int(_) => self.types.number(because(Type::Int)),
            Constant::Bool(_) => self.types.known(Type::Bool, because(Type::Bool)),
            Constant::Float(value) => {
                if crate::model::Float::new(*value).is_none() {
                    return self.broken(Diagnostic::error("this float is too large", span));
                }
                self.types.known(Type::Float, because(Type::Float))
            }
            Constant::Text(_) => self.types.known(Type::Text, because(Type::Text)),
            Constant::Date(_) => self.types.known(Type::Date, because(Type::Date)),
            Constant::Time(_) => self.types.known(Type::Time, because(Type::Time)),
            Constant::Duration(literal) => {
                if let Err(diagnostic) = exact(*literal, span) {
                    return self.broken(diagnostic);
                }
                self.types.known(Type::Duration, because(Type::Duration))
            }
        };
        Expr { kind: ExprKind::Constant(constant.clone()), node, span }
    }

    fn minus(&mut self, inner: &ast::Expr, whole: &ast::Expr) -> Expr {
        let span = whole.span;
        let negative = match &walk::bare(inner).kind {
            ast::ExprKind::Constant(Constant::Int(value)) => value.checked_neg().map(Constant::Int),
            ast::ExprKind::Constant(Constant::Float(value)) => Some(Constant::Float(-value)),
            ast::ExprKind::Constant(Constant::Duration(literal)) => {
                negative(*literal).map(Constant::Duration)
            }
            _ => None,
        };
        if let Some(constant) = negative {
            return self.constant(&constant, whole);
        }
        let operand = self.expr(inner);
        let all = [Type::Int, Type::Float, Type::Duration];
        let pairs: Vec<(&[Type], Type)> =
            all.iter().map(|ty| (std::slice::from_ref(ty), *ty)).collect();
        self.overloaded(
            "-",
            Callee::Function(Function::Negate),
            signatures(&pairs),
            vec![operand],
            span,
        )
    }

    fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Expr {
        if let Some(made) = self.shift(operator, left, right, span) {
            return made;
        }
        let (a, b) = (self.expr(left), self.expr(right));
        if let Some(comparison) = comparison(operator) {
            let site = self.site(span, show(left), show(right));
            self.types.equal(a.node, b.node, &site);
            let callee = Callee::Function(Function::Compare(comparison));
            return self.fixed(callee, vec![a, b], Type::Bool, span);
        }
        let text = [(&[Type::Text, Type::Text][..], Type::Text)];
        let (name, callee, candidates) = match operator {
            BinaryOperator::Add => ("+", Callee::Add, builtins::additions()),
            BinaryOperator::Subtract => ("-", Callee::Subtract, builtins::subtractions()),
            BinaryOperator::Multiply => {
                ("*", Callee::Function(Function::Multiply), builtins::multiplications())
            }
            BinaryOperator::Divide => {
                ("/", Callee::Function(Function::Divide), builtins::divisions())
            }
            BinaryOperator::Remainder => {
                ("%", Callee::Function(Function::Remainder), builtins::alike_numbers())
            }
            BinaryOperator::Concat => ("++", Callee::Function(Function::Concat), signatures(&text)),
            BinaryOperator::Equal
            | BinaryOperator::NotEqual
            | BinaryOperator::Less
            | BinaryOperator::LessOrEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterOrEqual => unreachable!("comparisons were done above"),
        };
        self.overloaded(name, callee, candidates, vec![a, b], span)
    }

    /// Something plus or minus a duration literal, whose calendar parts are kept apart.
    fn shift(
        &mut self,
        operator: BinaryOperator,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        let (operand, literal) = match (operator, duration(left), duration(right)) {
            (BinaryOperator::Add, None, Some(literal)) => (left, Some(literal)),
            (BinaryOperator::Add, Some(literal), None) => (right, Some(literal)),
            (BinaryOperator::Subtract, None, Some(literal)) => (left, negative(literal)),
            _ => return None,
        };
        let Some(by) = literal else {
            return Some(self.broken(Diagnostic::error("this duration is too long", span)));
        };
        let operand = self.expr(operand);
        let moved = if by.micros == 0 { Type::Date } else { Type::Time };
        let mut candidates = signatures(&[(&[Type::Date], moved)]);
        if by.months == 0 {
            if let Err(diagnostic) = exact(by, span) {
                return Some(self.broken(diagnostic));
            }
            candidates.extend(signatures(&[
                (&[Type::Time], Type::Time),
                (&[Type::Duration], Type::Duration),
            ]));
        }
        let result = self.types.fresh();
        let name = match by.months {
            0 => "adding this duration",
            _ => "adding months or years",
        };
        let arguments = vec![(operand.node, operand.span)];
        let context = self.rule.context.clone();
        self.types.overload(name, candidates, arguments, result, (span, context));
        let kind = ExprKind::Shift { operand: Box::new(operand), by };
        Some(Expr { kind, node: result, span })
    }

    fn call(&mut self, call: &Call) -> Expr {
        let name = &*call.name.text;
        let Arguments::Positional(given) = &call.arguments else {
            let text = format!("\"{name}\" takes its arguments by place, not by name");
            return self.refused_call(call, Diagnostic::error(text, call.span));
        };
        let Some((function, shape)) = builtins::function(name) else {
            let diagnostic = self.no_function(call);
            return self.refused_call(call, diagnostic);
        };
        if name == "min" && given.len() == 1 || name == "max" && given.len() == 1 {
            let diagnostic = misplaced_aggregate(call);
            return self.refused_call(call, diagnostic);
        }
        let arguments: Vec<Expr> = given.iter().map(|argument| self.expr(argument)).collect();
        let (callee, span) = (Callee::Function(function), call.span);
        match shape {
            Shape::Overloads(all) => {
                let fit = all.iter().filter(|s| s.parameters.len() == given.len());
                let fit: Vec<Signature> = fit.cloned().collect();
                if fit.is_empty() {
                    let mut widths: Vec<usize> = all.iter().map(|s| s.parameters.len()).collect();
                    widths.dedup();
                    return self.wrong_count(call, &widths);
                }
                self.overloaded(name, callee, fit, arguments, span)
            }
            Shape::Alike => {
                if given.len() < 2 {
                    return self.wrong_count(call, &[2]);
                }
                for place in 1..arguments.len() {
                    let site = self.site(span, show(&given[0]), show(&given[place]));
                    self.types.equal(arguments[0].node, arguments[place].node, &site);
                }
                let node = arguments[0].node;
                Expr { kind: ExprKind::Call { callee, arguments }, node, span }
            }
            Shape::Anything { least, most, result } => {
                if given.len() < least || given.len() > most {
                    return self.wrong_count(call, &[least]);
                }
                self.fixed(callee, arguments, result, span)
            }
        }
    }

    pub(super) fn aggregate(
        &mut self,
        call: &Call,
        function: AggregateFunction,
        width: usize,
    ) -> HeadTerm {
        let (name, span) = (&*call.name.text, call.span);
        let given = walk::arguments(call);
        let arguments: Vec<Expr> = given.iter().map(|argument| self.expr(argument)).collect();
        if given.len() != width || matches!(call.arguments, Arguments::Named(_)) {
            return HeadTerm::Value(self.wrong_count(call, &[width]));
        }
        let nodes = || arguments.iter().map(|argument| (argument.node, argument.span)).collect();
        let context = self.rule.context.clone();
        let node = match function {
            AggregateFunction::Count => self.result(name, Type::Int, span),
            AggregateFunction::Sum | AggregateFunction::Mean => {
                let result = self.types.fresh();
                let candidates = match function {
                    AggregateFunction::Sum => builtins::sums(),
                    _ => builtins::means(),
                };
                let name = format!("\"{name}\"");
                self.types.overload(&name, candidates, nodes(), result, (span, context));
                result
            }
            AggregateFunction::Min
            | AggregateFunction::Max
            | AggregateFunction::ArgMin
            | AggregateFunction::ArgMax => arguments[0].node,
        };
        HeadTerm::Aggregate { function, arguments, node }
    }

    fn overloaded(
        &mut self,
        name: &str,
        callee: Callee,
        candidates: Vec<Signature>,
        arguments: Vec<Expr>,
        span: Span,
    ) -> Expr {
        let node = self.types.fresh();
        let nodes = arguments.iter().map(|argument| (argument.node, argument.span)).collect();
        let context = self.rule.context.clone();
        let name = format!("\"{name}\"");
        self.types.overload(&name, candidates, nodes, node, (span, context));
        Expr { kind: ExprKind::Call { callee, arguments }, node, span }
    }

    fn fixed(&mut self, callee: Callee, arguments: Vec<Expr>, ty: Type, span: Span) -> Expr {
        let name = match &callee {
            Callee::Function(Function::Compare(_)) => "a comparison",
            _ => "this call",
        };
        let node = self.result(name, ty, span);
        Expr { kind: ExprKind::Call { callee, arguments }, node, span }
    }

    fn result(&mut self, name: &str, ty: Type, span: Span) -> Node {
        self.types.known(ty, Because { span, text: format!("{name} gives {ty}").into() })
    }

    pub(super) fn negate(&mut self, condition: Expr) -> Expr {
        let span = condition.span;
        self.fixed(Callee::Function(Function::Not), vec![condition], Type::Bool, span)
    }

    fn no_function(&self, call: &Call) -> Diagnostic {
        let (name, span) = (&*call.name.text, call.name.span);
        if builtins::aggregate(name).is_some() {
            return misplaced_aggregate(call);
        }
        if self.names.find(name).is_some() {
            let text = format!("\"{name}\" is a relation, and has no value");
            let hint =
                "An atom stands alone between commas; bind a variable there and use it here.";
            return Diagnostic::error(text, call.span).hint(hint);
        }
        let text = format!("there is no function \"{name}\"");
        let diagnostic = did_you_mean(Diagnostic::error(text, span), name, builtins::NAMES);
        match diagnostic.hints.is_empty() {
            true => diagnostic.hint(format!("There are: {}.", builtins::NAMES.join(", "))),
            false => diagnostic,
        }
    }

    fn refused_call(&mut self, call: &Call, diagnostic: Diagnostic) -> Expr {
        for argument in walk::arguments(call) {
            self.mention(argument);
        }
        self.broken(Diagnostic { primary: diagnostic.primary.clone(), ..diagnostic })
    }

    /// Lets the variables of something that is not resolved any further be known.
    fn mention(&mut self, expr: &ast::Expr) {
        for name in walk::variables_of(expr) {
            self.variable(name);
        }
    }

    fn wrong_count(&mut self, call: &Call, widths: &[usize]) -> Expr {
        let wanted: Vec<String> = widths.iter().map(|width| arguments(*width)).collect();
        let given = walk::arguments(call).len();
        let text = format!("\"{}\" takes {}, not {given}", call.name.text, wanted.join(" or "));
        self.broken(Diagnostic::error(text, call.span))
    }

    fn broken(&mut self, diagnostic: Diagnostic) -> Expr {
        let span = diagnostic.primary.span;
        self.error(diagnostic);
        Expr { kind: ExprKind::Broken, node: self.silent(), span }
    }
}

fn misplaced_aggregate(call: &Call) -> Diagnostic {
    let text =
        format!("the aggregate \"{}\" stands only as a whole term of a head", call.name.text);
    let hint = "Give a relation of its own the aggregate, and compute with its column in another \
                rule.";
    Diagnostic::error(text, call.span).hint(hint)
}

fn arguments(count: usize) -> String {
    match count {
        0 => "no argument".to_owned(),
        1 => "1 argument".to_owned(),
        many => format!("{many} arguments"),
    }
}

/// The duration literal that an expression is, perhaps with a minus.
fn duration(expr: &ast::Expr) -> Option<DurationLiteral> {
    match &walk::bare(expr).kind {
        ast::ExprKind::Constant(Constant::Duration(literal)) => Some(*literal),
        ast::ExprKind::Negate(inner) => duration(inner).and_then(negative),
        _ => None,
    }
}

fn negative(literal: DurationLiteral) -> Option<DurationLiteral> {
    Some(DurationLiteral {
        months: literal.months.checked_neg()?,
        days: literal.days.checked_neg()?,
        micros: literal.micros.checked_neg()?,
    })
}

/// The exact length of a literal without months.
pub(super) fn exact(
    literal: DurationLiteral,
    span: Span,
) -> Result<crate::model::Duration, Diagnostic> {
    use crate::model::Duration;
    if literal.months != 0 {
        let text = "a month or a year has no length of its own";
        let hint = "Add it to a date, or use it as the step of a range of dates; else write days.";
        return Err(Diagnostic::error(text, span).hint(hint));
    }
    Duration::from_days(i64::from(literal.days))
        .and_then(|days| days.checked_add(Duration::from_micros(literal.micros)))
        .ok_or_else(|| Diagnostic::error("this duration is too long", span))
}
