//! Types by unification: a node for each undeclared column, variable and expression, joined
//! where two must be alike. A node remembers why it has its type, so that a clash can show
//! both origins. Overloaded functions wait until their arguments are known well enough.

use std::rc::Rc;

use super::builtins::Signature;
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{Date, Timestamp, Type};

/// What the overload is called that a `due` is.
pub(super) const DUE: &str = "a \"due\"";
pub(super) const DUE_HINT: &str = "Count it from a date or a time: due d + 1d.";

/// Something that has a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node(u32);

/// Why a node has its type: `column "day" of "csv_file" is date`.
#[derive(Clone, Debug)]
pub(super) struct Because {
    pub span: Span,
    pub text: Rc<str>,
}

/// Where two nodes meet, and what to call them.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub span: Span,
    /// `in the rule for x(c, d)`
    pub context: Rc<str>,
    pub left: String,
    pub right: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Unknown,
    /// A literal such as `1`: an int, unless something makes it a float.
    Number,
    Known(Type),
}

#[derive(Clone, Debug)]
struct Root {
    kind: Kind,
    because: Option<Because>,
    /// A clash was reported already: another would say nothing new.
    silenced: bool,
}

#[derive(Clone, Debug)]
enum Slot {
    Link(Node),
    Root(Root),
}

/// A call whose function has several signatures.
struct Overload {
    name: String,
    span: Span,
    context: Rc<str>,
    candidates: Vec<Signature>,
    arguments: Vec<(Node, Span)>,
    result: Node,
}

/// All nodes of a program.
#[derive(Default)]
pub(super) struct Typing {
    slots: Vec<Slot>,
    overloads: Vec<Overload>,
    pub diagnostics: Vec<Diagnostic>,
    /// Of what is too little known; that may follow from any other mistake.
    pub undecided: Option<Diagnostic>,
}

impl Typing {
    /// A node of which nothing is known yet.
    pub fn fresh(&mut self) -> Node {
        self.add(Kind::Unknown, None)
    }

    /// A whole number's node.
    pub fn number(&mut self, because: Because) -> Node {
        self.add(Kind::Number, Some(because))
    }

    /// A node of that type.
    pub fn known(&mut self, ty: Type, because: Because) -> Node {
        self.add(Kind::Known(ty), Some(because))
    }

    fn add(&mut self, kind: Kind, because: Option<Because>) -> Node {
        let node = Node(u32::try_from(self.slots.len()).expect("few expressions"));
        self.slots.push(Slot::Root(Root { kind, because, silenced: false }));
        node
    }

    /// The node's type, once everything is solved.
    pub fn ty(&self, node: Node) -> Option<Type> {
        match self.root(node).1.kind {
            Kind::Known(ty) => Some(ty),
            Kind::Number => Some(Type::Int),
            Kind::Unknown => None,
        }
    }

    /// Says nothing more about a node: its mistake is known.
    pub fn silence(&mut self, node: Node) {
        self.root_mut(node).silenced = true;
    }

    /// Whether a mistake with this node was reported.
    pub fn is_silenced(&self, node: Node) -> bool {
        self.root(node).1.silenced
    }

    /// Makes two nodes one, or reports that their types differ.
    pub fn equal(&mut self, left: Node, right: Node, site: &Site) {
        let ((left, a), (right, b)) = (self.root(left), self.root(right));
        if left == right {
            return;
        }
        let merged = match (a.kind, b.kind) {
            (Kind::Unknown, _) => Some(b.clone()),
            (_, Kind::Unknown) => Some(a.clone()),
            (Kind::Known(x), Kind::Known(y)) => (x == y).then(|| a.clone()),
            (Kind::Number, Kind::Number) => Some(a.clone()),
            (Kind::Number, Kind::Known(Type::Int | Type::Float)) => Some(b.clone()),
            (Kind::Known(Type::Int | Type::Float), Kind::Number) => Some(a.clone()),
            (Kind::Number, Kind::Known(_)) | (Kind::Known(_), Kind::Number) => None,
        };
        match merged {
            Some(mut root) => {
                root.silenced = a.silenced || b.silenced;
                self.slots[right.0 as usize] = Slot::Root(root);
                self.slots[left.0 as usize] = Slot::Link(right);
            }
            None => {
                let (a, b) = (a.clone(), b.clone());
                if !a.silenced && !b.silenced {
                    self.diagnostics.push(clash(&a, &b, site));
                }
                self.silence(left);
                self.silence(right);
            }
        }
    }

    /// A call that must fit one of the signatures, all of them of as many parameters.
    pub fn overload(
        &mut self,
        name: &str,
        candidates: Vec<Signature>,
        arguments: Vec<(Node, Span)>,
        result: Node,
        (span, context): (Span, Rc<str>),
    ) {
        let name = name.to_owned();
        self.overloads.push(Overload { name, span, context, candidates, arguments, result });
    }

    /// Decides all overloads, defaults the numbers that are left to int.
    pub fn solve(&mut self) {
        let mut waiting = std::mem::take(&mut self.overloads);
        while !waiting.is_empty() {
            let before = waiting.len();
            let mut narrowed = false;
            waiting.retain_mut(|overload| {
                let had = overload.candidates.len();
                let done = self.narrow(overload);
                narrowed |= overload.candidates.len() < had;
                !done
            });
            if waiting.len() == before && !narrowed && !self.default_number(&waiting) {
                break;
            }
        }
        self.undecided = waiting.first().map(undecided);
    }

    /// Drops the signatures that do not fit; true where it is decided, or refused.
    fn narrow(&mut self, overload: &mut Overload) -> bool {
        let nodes: Vec<Node> = overload.arguments.iter().map(|(node, _)| *node).collect();
        if nodes.iter().any(|node| self.is_silenced(*node)) {
            self.silence(overload.result);
            return true;
        }
        let fitting = |types: &Typing, signature: &Signature| {
            let pairs = nodes.iter().zip(&signature.parameters);
            pairs.clone().all(|(node, ty)| types.may_be(*node, *ty))
        };
        let (fit, rest): (Vec<_>, Vec<_>) =
            overload.candidates.drain(..).partition(|signature| fitting(self, signature));
        if fit.is_empty() {
            overload.candidates = rest;
            self.refuse(overload);
            return true;
        }
        let by_result: Vec<Signature> =
            fit.iter().filter(|s| self.may_be(overload.result, s.result)).cloned().collect();
        // A result that fits none is a clash of its own, said where the result is used.
        overload.candidates = if by_result.is_empty() { fit } else { by_result };
        for (place, node) in nodes.iter().enumerate() {
            let mut types = overload.candidates.iter().map(|signature| signature.parameters[place]);
            let first = types.next().expect("some signature fits");
            if types.all(|ty| ty == first) {
                self.become_type(*node, first, overload, overload.arguments[place].1);
            }
        }
        let mut results = overload.candidates.iter().map(|signature| signature.result);
        let first = results.next().expect("some signature fits");
        if results.all(|ty| ty == first) {
            self.become_type(overload.result, first, overload, overload.span);
        }
        overload.candidates.len() == 1
    }

    /// Gives an argument or the result its type; a result may be wanted otherwise.
    fn become_type(&mut self, node: Node, ty: Type, overload: &Overload, span: Span) {
        if self.may_be(node, ty) {
            let text = format!("{} makes this {ty}", overload.name).into();
            let known = self.known(ty, Because { span, text });
            let (context, left, right) = (overload.context.clone(), String::new(), String::new());
            self.equal(node, known, &Site { span, context, left, right });
            return;
        }
        let root = self.root(node).1.clone();
        if !root.silenced {
            let because = root.because.as_ref();
            let wanted = because.map_or("that does not fit", |because| &because.text);
            let text = format!("{} gives {ty} here, but {wanted}", overload.name);
            let mut diagnostic =
                Diagnostic::error(text, span).labelled(overload.context.to_string());
            if let Some(because) = because.filter(|because| because.span != span) {
                diagnostic = diagnostic.with(because.span, because.text.to_string());
            }
            let hint = advice(Kind::Known(ty), root.kind);
            self.diagnostics.push(hint.into_iter().fold(diagnostic, Diagnostic::hint));
        }
        self.silence(node);
    }

    fn may_be(&self, node: Node, ty: Type) -> bool {
        match self.root(node).1.kind {
            Kind::Unknown => true,
            Kind::Number => matches!(ty, Type::Int | Type::Float),
            Kind::Known(known) => known == ty,
        }
    }

    /// Makes the literals of the first overload that has some ints; false where none has.
    fn default_number(&mut self, waiting: &[Overload]) -> bool {
        let numbers = waiting.iter().find_map(|overload| {
            let nodes = overload.arguments.iter().map(|(node, _)| *node);
            let numbers: Vec<Node> =
                nodes.filter(|node| self.root(*node).1.kind == Kind::Number).collect();
            (!numbers.is_empty()).then_some(numbers)
        });
        let Some(numbers) = numbers else { return false };
        for node in numbers {
            self.root_mut(node).kind = Kind::Known(Type::Int);
        }
        true
    }

    fn refuse(&mut self, overload: &Overload) {
        let found: Vec<String> =
            overload.arguments.iter().map(|(node, _)| self.describe(*node)).collect();
        let message = format!("{} does not take {}", overload.name, and(&found));
        let mut diagnostic =
            Diagnostic::error(message, overload.span).labelled(overload.context.to_string());
        for (node, _) in &overload.arguments {
            if let Some(because) = &self.root(*node).1.because {
                diagnostic = diagnostic.with(because.span, because.text.to_string());
            }
        }
        let kinds: Vec<Kind> =
            overload.arguments.iter().map(|(node, _)| self.root(*node).1.kind).collect();
        diagnostic = diagnostic.hint(instead(overload, &kinds));
        self.diagnostics.push(diagnostic);
        self.silence(overload.result);
        for (node, _) in &overload.arguments {
            self.silence(*node);
        }
    }

    fn describe(&self, node: Node) -> String {
        match self.root(node).1.kind {
            Kind::Unknown => "something unknown".to_owned(),
            Kind::Number => "int".to_owned(),
            Kind::Known(ty) => ty.to_string(),
        }
    }

    fn root(&self, mut node: Node) -> (Node, &Root) {
        loop {
            match &self.slots[node.0 as usize] {
                Slot::Link(next) => node = *next,
                Slot::Root(root) => return (node, root),
            }
        }
    }

    fn root_mut(&mut self, node: Node) -> &mut Root {
        let (node, _) = self.root(node);
        match &mut self.slots[node.0 as usize] {
            Slot::Root(root) => root,
            Slot::Link(_) => unreachable!("root() ends at a root"),
        }
    }
}

fn undecided(overload: &Overload) -> Diagnostic {
    let message = format!("the types that {} is to work on cannot be told", overload.name);
    let hint = "Bind its variables by a relation whose columns have declared types.";
    let label = overload.context.to_string();
    Diagnostic::error(message, overload.span).labelled(label).hint(hint)
}

fn clash(a: &Root, b: &Root, site: &Site) -> Diagnostic {
    let name = |root: &Root| match root.kind {
        Kind::Known(ty) => ty.name(),
        Kind::Number => "int",
        Kind::Unknown => "unknown",
    };
    let message = format!("{} is {}, but {} is {}", site.left, name(a), site.right, name(b));
    let mut diagnostic = Diagnostic::error(message, site.span).labelled(site.context.to_string());
    for because in [&a.because, &b.because].into_iter().flatten() {
        if because.span != site.span {
            diagnostic = diagnostic.with(because.span, because.text.to_string());
        }
    }
    let hint = unquoted(site).or_else(|| advice(a.kind, b.kind).map(str::to_owned));
    hint.into_iter().fold(diagnostic, Diagnostic::hint)
}

/// A date or time that somebody put in quotes.
fn unquoted(site: &Site) -> Option<String> {
    let literal = [&site.left, &site.right].into_iter().find_map(|side| {
        let text = side.strip_prefix('"')?.strip_suffix('"')?;
        let is_moment = Date::parse(text).is_some() || Timestamp::parse(text).is_ok();
        is_moment.then_some(text)
    });
    literal.map(|text| format!("Write {text} without the quotes."))
}

/// How to come from one type to the other.
fn advice(a: Kind, b: Kind) -> Option<&'static str> {
    let is = |kind: Kind, ty: Type| kind == Kind::Known(ty);
    let pair = |x: Type, y: Type| (is(a, x) && is(b, y)) || (is(a, y) && is(b, x));
    if pair(Type::Date, Type::Time) {
        return Some("date(t) is the day of a time, time(d) the midnight of a date.");
    }
    pair(Type::Int, Type::Float).then_some("float(n) makes a float of an int, round(x) an int.")
}

/// What to write instead of a call that does not fit.
fn instead(overload: &Overload, kinds: &[Kind]) -> String {
    let any = |ty: Type| kinds.contains(&Kind::Known(ty));
    let number = kinds.contains(&Kind::Number) || any(Type::Int);
    match &*overload.name {
        "\"+\"" if any(Type::Text) => "Texts are put together with ++.".to_owned(),
        "\"+\"" | "\"-\"" if number && (any(Type::Date) || any(Type::Time)) => {
            "Days have a unit: write 1d for one of them.".to_owned()
        }
        "\"+\"" | "\"-\"" | "\"*\"" | "\"/\"" | "\"%\"" if any(Type::Int) && any(Type::Float) => {
            "float(n) makes a float of an int, round(x) an int.".to_owned()
        }
        DUE if any(Type::Duration) => DUE_HINT.to_owned(),
        "\"++\"" => "text(x) makes a text of anything.".to_owned(),
        _ => {
            let ways: Vec<String> = overload.candidates.iter().map(takes).collect();
            format!("It takes {}.", join(&ways, "or"))
        }
    }
}

fn takes(signature: &Signature) -> String {
    let names: Vec<String> = signature.parameters.iter().map(Type::to_string).collect();
    and(&names)
}

fn and(parts: &[String]) -> String {
    join(parts, "and")
}

fn join(parts: &[String], word: &str) -> String {
    match parts {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {word} {last}", most.join(", ")),
    }
}
