//! Random programs: inputs, then relations that are derived from what stands above them, in
//! each of the ways that the language has.

use fastrand::Rng;
use owed::model::Type;

use super::body::{Body, Readable};
use super::expression::{Bound, expression, simple, variable};
use super::goals;
use super::text::Statement;
use super::values::{chance, choose, literal};

/// A program's statements.
pub fn program(random: &mut Rng) -> Vec<Statement> {
    let mut maker = Maker { random, statements: Vec::new(), readable: Vec::new() };
    if chance(maker.random, 30) {
        let zone = choose(maker.random, &["Europe/London", "America/New_York", "Asia/Tokyo"]);
        maker.plain(format!("timezone \"{zone}\"."));
    }
    for place in 0..maker.random.usize(2..5) {
        maker.add_input(place);
    }
    if chance(maker.random, 25) {
        maker.add_facts();
    }
    let with_goals = chance(maker.random, 25);
    if with_goals {
        let readable = goals::add(maker.random, &maker.readable, &mut maker.statements);
        maker.readable.extend(readable);
    }
    let derived = if with_goals { 0..3 } else { 1..6 };
    for place in 0..maker.random.usize(derived) {
        match maker.random.u8(..100) {
            0..45 => maker.add_plain(place),
            45..65 => maker.add_aggregate(place),
            65..80 => maker.add_closure(place),
            80..90 => maker.add_mutual(place),
            _ => maker.add_counter(place),
        }
    }
    maker.statements
}

struct Maker<'a> {
    random: &'a mut Rng,
    statements: Vec<Statement>,
    readable: Vec<Readable>,
}

impl Maker<'_> {
    fn add_input(&mut self, place: usize) {
        let kind = *choose(self.random, &["input", "observe"]);
        let name = format!("{}{place}", &kind[..2]);
        let columns = self.types(0, 4);
        let mut text = format!("{kind} {name}({})", declare(&columns));
        if chance(self.random, 40) {
            let count = self.random.usize(..=columns.len());
            let mut keys: Vec<usize> = (0..columns.len()).collect();
            self.random.shuffle(&mut keys);
            let keys: Vec<String> = keys[..count].iter().map(|c| format!("c{c}")).collect();
            text += &format!(" key ({})", keys.join(", "));
        }
        self.plain(text + ".");
        self.readable.push(Readable { name, columns, named: true });
    }

    fn add_facts(&mut self) {
        let columns = self.types(1, 3);
        for _ in 0..self.random.usize(1..5) {
            let values: Vec<String> = columns.iter().map(|ty| literal(self.random, *ty)).collect();
            self.plain(format!("facts({}).", values.join(", ")));
        }
        self.readable.push(Readable { name: "facts".to_owned(), columns, named: false });
    }

    /// One to three rules without recursion or aggregates.
    fn add_plain(&mut self, place: usize) {
        let columns = self.types(0, 3);
        let name = format!("r{place}");
        for _ in 0..self.random.usize(1..4) {
            let body = self.body();
            let terms: Vec<String> = columns
                .iter()
                .map(|ty| match variable(self.random, &body.bound, *ty) {
                    Some(name) if chance(self.random, 70) => name,
                    _ => expression(self.random, &body.bound, *ty, 2),
                })
                .collect();
            self.rule(&name, &terms, body);
        }
        self.declare_output(&name, &columns);
        self.readable.push(Readable { name, columns, named: false });
    }

    fn add_aggregate(&mut self, place: usize) {
        let name = format!("a{place}");
        let body = self.body();
        let (mut terms, mut columns) = (Vec::new(), Vec::new());
        for _ in 0..self.random.usize(0..3) {
            if !body.bound.is_empty() {
                let group = choose(self.random, &body.bound).clone();
                terms.push(group.name);
                columns.push(group.ty);
            }
        }
        for _ in 0..self.random.usize(1..4) {
            let (term, ty) = self.aggregate(&body);
            let place = self.random.usize(..=terms.len());
            terms.insert(place, term);
            columns.insert(place, ty);
        }
        self.rule(&name, &terms, body);
        self.readable.push(Readable { name, columns, named: false });
    }

    fn aggregate(&mut self, body: &Body) -> (String, Type) {
        let numeric = *choose(self.random, &[Type::Int, Type::Float, Type::Float, Type::Duration]);
        let number = self.value(body, numeric);
        let any = *choose(self.random, &Type::ALL);
        let (value, by) = (self.value(body, any), self.value(body, numeric));
        let mean = if numeric == Type::Duration { Type::Duration } else { Type::Float };
        match self.random.u8(..8) {
            0 | 1 => ("count()".to_owned(), Type::Int),
            2 | 3 => (format!("sum({number})"), numeric),
            4 => (format!("mean({number})"), mean),
            5 => (format!("min({value})"), any),
            6 => (format!("max({value})"), any),
            _ if self.random.bool() => (format!("argmin({value}, {by})"), any),
            _ => (format!("argmax({value}, {by})"), any),
        }
    }

    fn value(&mut self, body: &Body, ty: Type) -> String {
        match variable(self.random, &body.bound, ty) {
            Some(name) if chance(self.random, 70) => name,
            _ => expression(self.random, &body.bound, ty, 1),
        }
    }

    /// The transitive closure of some arcs, by one or two steps, perhaps while they last.
    fn add_closure(&mut self, place: usize) {
        let ty = *choose(self.random, &[Type::Int, Type::Text, Type::Date]);
        let name = format!("t{place}");
        let arcs = format!("arc{place}");
        let columns = vec![ty, ty, Type::Time];
        self.plain(format!("input {arcs}({}).", declare(&columns)));
        let arc = Readable { name: arcs.clone(), columns, named: true };
        let path = Readable { name: name.clone(), columns: vec![ty, ty], named: false };
        let base = vec![format!("{arcs}(x, y, u)")];
        let step = match self.random.u8(..3) {
            0 => vec![format!("{name}(x, z)"), format!("{arcs}(z, y, u)")],
            1 => vec![format!("{arcs}(x, z, u)"), format!("{name}(z, y)")],
            _ => vec![format!("{name}(x, z)"), format!("{name}(z, y)"), format!("{arcs}(z, _, u)")],
        };
        for literals in [base, step] {
            let mut body = Body::default();
            for (name, ty) in [("x", ty), ("y", ty), ("u", Type::Time)] {
                body.bound.push(Bound { name: name.to_owned(), ty });
            }
            body.literals = literals;
            self.limit(&mut body);
            self.rule(&name, &["x".to_owned(), "y".to_owned()], body);
        }
        self.readable.extend([arc, path]);
    }

    /// Two relations that are defined by each other.
    fn add_mutual(&mut self, place: usize) {
        let columns = self.types(1, 3);
        let pair = [format!("m{place}"), format!("n{place}")];
        let of =
            |name: &str| Readable { name: name.to_owned(), columns: columns.clone(), named: false };
        let readable: Vec<Readable> = pair.iter().map(|name| of(name)).collect();
        for (me, other) in [(0, 1), (1, 0)] {
            for recursive in [false, true] {
                let mut body = Body::default();
                if recursive {
                    body.add_atom(self.random, &readable[other]);
                    if chance(self.random, 30) {
                        body.add_atom(self.random, &readable[me]);
                    }
                }
                if !recursive || chance(self.random, 60) {
                    let relation = choose(self.random, &self.readable).clone();
                    body.add_atom(self.random, &relation);
                }
                self.limit(&mut body);
                let terms: Vec<String> =
                    columns.iter().map(|ty| simple(self.random, &body.bound, *ty)).collect();
                self.rule(&pair[me], &terms, body);
            }
        }
        self.readable.extend(readable);
    }

    /// Recursion that computes, up to a bound.
    fn add_counter(&mut self, place: usize) {
        let name = format!("k{place}");
        let (base, head, limits) = if self.random.bool() {
            let bounds = ["m < 6", "m >= -3"];
            ((Type::Int, "m"), *choose(self.random, &["m + 1", "m * 2 + 1"]), bounds)
        } else {
            let bounds = ["m > 2026-03-20", "m < 2026-04-09"];
            ((Type::Date, "m"), *choose(self.random, &["m - 1d", "m - 1w", "m + 2d"]), bounds)
        };
        let body = self.body();
        let start = simple(self.random, &[], base.0);
        self.rule(&name, &[start], Body::default());
        if let Some(variable) = variable(self.random, &body.bound, base.0) {
            self.rule(&name, &[variable], body);
        }
        let mut step = Body::with(vec![Bound { name: base.1.to_owned(), ty: base.0 }]);
        step.literals = vec![format!("{name}({})", base.1)];
        step.literals.extend(limits.map(str::to_owned));
        if chance(self.random, 30) && base.0 == Type::Date {
            step.literals.push("now >= m".to_owned());
        }
        self.rule(&name, &[head.to_owned()], step);
        self.readable.push(Readable { name, columns: vec![base.0], named: false });
    }

    /// A body without recursion, with a few of everything.
    fn body(&mut self) -> Body {
        let atoms = *choose(self.random, &[1, 1, 2, 2, 2, 3, 3, 4]);
        let mut body = Body::join(self.random, &self.readable, atoms);
        if chance(self.random, 20) {
            body.add_assignment(self.random);
        }
        if chance(self.random, 20) {
            body.add_range(self.random);
        }
        if chance(self.random, 15) {
            body.add_today(self.random);
        }
        if chance(self.random, 15) {
            body.add_assignment(self.random);
        }
        if chance(self.random, 30) {
            let relation = choose(self.random, &self.readable).clone();
            body.add_negation(self.random, &relation);
        }
        self.limit(&mut body);
        self.random.shuffle(&mut body.literals);
        body
    }

    /// Tests that bind nothing.
    fn limit(&mut self, body: &mut Body) {
        if chance(self.random, 35) {
            body.add_test(self.random);
        }
        if chance(self.random, 20) {
            body.add_clock_test(self.random);
        }
        if chance(self.random, 10) {
            body.add_negation(self.random, &self.readable[0]);
        }
    }

    fn rule(&mut self, name: &str, terms: &[String], body: Body) {
        let head = format!("{name}({})", terms.join(", "));
        self.statements.push(Statement::Rule { head, body: body.literals });
    }

    fn plain(&mut self, text: String) {
        self.statements.push(Statement::Plain(text));
    }

    fn declare_output(&mut self, name: &str, columns: &[Type]) {
        if chance(self.random, 50) {
            self.plain(format!("output {name}({}).", declare(columns)));
        }
    }

    fn types(&mut self, least: usize, most: usize) -> Vec<Type> {
        const TYPES: [Type; 10] = [
            Type::Int,
            Type::Int,
            Type::Text,
            Type::Text,
            Type::Date,
            Type::Date,
            Type::Time,
            Type::Float,
            Type::Bool,
            Type::Duration,
        ];
        let least = least.max(usize::from(chance(self.random, 90)));
        let count = self.random.usize(least..=most);
        (0..count).map(|_| *choose(self.random, &TYPES)).collect()
    }
}

fn declare(columns: &[Type]) -> String {
    let columns: Vec<String> =
        columns.iter().enumerate().map(|(at, ty)| format!("c{at}: {ty}")).collect();
    columns.join(", ")
}
