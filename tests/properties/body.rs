//! Random rule bodies: joined atoms, then literals over what they bind.

use fastrand::Rng;
use owed::model::Type;

use super::expression::{Bound, expression, simple, variable};
use super::values::{chance, choose, literal, near_date};

/// A relation that bodies may read.
#[derive(Clone, Debug)]
pub struct Readable {
    pub name: String,
    pub columns: Vec<Type>,
    /// Whether its columns have names: `c0`, `c1`, ….
    pub named: bool,
}

/// A body in the making.
#[derive(Default)]
pub struct Body {
    pub literals: Vec<String>,
    pub bound: Vec<Bound>,
    fresh: usize,
}

impl Body {
    /// A body that joins that many atoms of the relations given.
    pub fn join(random: &mut Rng, relations: &[Readable], atoms: usize) -> Body {
        let mut body = Body::default();
        for _ in 0..atoms {
            let relation = choose(random, relations);
            body.add_atom(random, relation);
        }
        if atoms > 1 && chance(random, 40) {
            let relation = choose(random, relations);
            body.add_sum_atom(random, relation);
        }
        body
    }

    /// An atom with an expression over two variables, which different atoms may bind.
    fn add_sum_atom(&mut self, random: &mut Rng, relation: &Readable) {
        let mut is_summed = false;
        let mut terms = Vec::new();
        for ty in &relation.columns {
            let mut bound: Vec<&Bound> = self.bound.iter().filter(|b| b.ty == *ty).collect();
            random.shuffle(&mut bound);
            terms.push(match (ty, bound.as_slice()) {
                (Type::Int | Type::Text, [one, other, ..]) if !is_summed => {
                    is_summed = true;
                    let sign = if *ty == Type::Int { "+" } else { "++" };
                    format!("{} {sign} {}", one.name, other.name)
                }
                (_, [one, ..]) if random.bool() => one.name.clone(),
                _ => "_".to_owned(),
            });
        }
        if is_summed {
            let atom = atom(random, relation, &terms);
            self.literals.push(atom);
        }
    }

    /// A body over variables that are bound elsewhere.
    pub fn with(bound: Vec<Bound>) -> Body {
        Body { bound, ..Body::default() }
    }

    pub fn add_atom(&mut self, random: &mut Rng, relation: &Readable) {
        let mut terms = Vec::new();
        for (place, ty) in relation.columns.iter().enumerate() {
            // The first columns join, so that products stay small.
            let known = if chance(random, 60) || place == 0 {
                variable(random, &self.bound, *ty)
            } else {
                None
            };
            let has_expression = !self.bound.is_empty() && chance(random, 8);
            terms.push(match random.u8(..100) {
                _ if has_expression => expression(random, &self.bound, *ty, 1),
                _ if known.is_some() => known.expect("just seen"),
                0..12 => "_".to_owned(),
                12..18 => literal(random, *ty),
                _ => self.bind(*ty),
            });
        }
        let atom = atom(random, relation, &terms);
        self.literals.push(atom);
    }

    /// `not r(…)` over what is bound.
    pub fn add_negation(&mut self, random: &mut Rng, relation: &Readable) {
        let mut terms = Vec::new();
        for ty in &relation.columns {
            let term = variable(random, &self.bound, *ty).filter(|_| chance(random, 85));
            let wild = chance(random, 70);
            terms.push(
                term.unwrap_or_else(|| if wild { "_".to_owned() } else { literal(random, *ty) }),
            );
        }
        let atom = atom(random, relation, &terms);
        self.literals.push(format!("not {atom}"));
    }

    /// A test of what is bound; it never binds.
    pub fn add_test(&mut self, random: &mut Rng) {
        let Some(left) = self.any(random) else { return };
        let others: Vec<Bound> = self.bound.iter().filter(|b| **b != left).cloned().collect();
        let right = if chance(random, 70) {
            simple(random, &others, left.ty)
        } else {
            expression(random, &others, left.ty, 2)
        };
        let comparison = *choose(random, &["!=", "<", "<=", ">", ">=", "!="]);
        self.literals.push(match (left.ty, random.u8(..3)) {
            (Type::Text, 0) => {
                let function = choose(random, &["starts_with", "ends_with", "contains"]);
                format!("{function}({}, {right})", left.name)
            }
            (Type::Text, 1) => format!("not starts_with({}, {right})", left.name),
            (Type::Int, 0) => format!("{} in {}..{right}", left.name, random.i8(-3..2)),
            (Type::Date, 0) => {
                let step = choose(random, &["", " step 2d", " step 1mo"]);
                format!("{} in 2026-02-28..={right}{step}", left.name)
            }
            _ => format!("{} {comparison} {right}", left.name),
        });
    }

    /// A comparison with the clock.
    pub fn add_clock_test(&mut self, random: &mut Rng) {
        let comparison = *choose(random, &["<", "<=", ">", ">="]);
        let time = variable(random, &self.bound, Type::Time);
        let date = variable(random, &self.bound, Type::Date);
        let moment = match (time, date) {
            (Some(time), _) if random.bool() => format!("{time} {}", hours(random)),
            (Some(time), None) => time,
            (_, Some(date)) if random.bool() => format!("{date} {}", hours(random)),
            (_, Some(date)) => date,
            (_, None) => return,
        };
        let flipped = chance(random, 30);
        self.literals.push(if flipped {
            format!("{moment} {comparison} now")
        } else {
            format!("now {comparison} {moment}")
        });
    }

    /// `today(t)` and something that is said of `t`.
    pub fn add_today(&mut self, random: &mut Rng) {
        let Some(date) = variable(random, &self.bound, Type::Date) else { return };
        if chance(random, 10) {
            return self.literals.push(format!("today({date})"));
        }
        let today = self.bind(Type::Date);
        self.literals.push(format!("today({today})"));
        let comparison = *choose(random, &["<", "<=", ">", ">=", "!=", "="]);
        self.literals.push(match random.u8(..4) {
            0 => format!("{date} in {today}..={today} + 2d"),
            1 => format!("{date} {comparison} {today} - 1d"),
            _ => format!("{date} {comparison} {today}"),
        });
    }

    /// A range that binds a new variable.
    pub fn add_range(&mut self, random: &mut Rng) {
        let ty = *choose(random, &[Type::Int, Type::Date, Type::Date, Type::Time]);
        let ends: Vec<Bound> = self.bound.iter().filter(|b| b.ty == ty).cloned().collect();
        let from = range_end(random, &ends, ty);
        let to = match ty {
            Type::Date if chance(random, 25) => {
                let today = self.bind(Type::Date);
                self.literals.push(format!("today({today})"));
                today
            }
            _ => range_end(random, &ends, ty),
        };
        // The extremes of dates, which facts may hold, are far apart.
        let guard = (ty == Type::Date).then(|| format!("{to} < {from} + 3w"));
        let step = match ty {
            Type::Int => *choose(random, &["", "", " step 2", " step 3"]),
            Type::Date => *choose(random, &["", "", " step 2d", " step 1w", " step 1mo"]),
            _ => *choose(random, &[" step 1h", " step 6h", " step 1d"]),
        };
        let dots = choose(random, &["..", "..="]);
        self.literals.extend(guard);
        let variable = self.bind(ty);
        self.literals.push(format!("{variable} in {from}{dots}{to}{step}"));
    }

    /// `x = e`, for a new variable.
    pub fn add_assignment(&mut self, random: &mut Rng) {
        let ty = *choose(random, &Type::ALL);
        let value = expression(random, &self.bound, ty, 2);
        let variable = self.bind(ty);
        self.literals.push(format!("{variable} = {value}"));
    }

    /// A new variable of the type.
    pub fn bind(&mut self, ty: Type) -> String {
        let name = format!("{}{}", &ty.name()[..1], self.fresh);
        self.fresh += 1;
        self.bound.push(Bound { name: name.clone(), ty });
        name
    }

    fn any(&self, random: &mut Rng) -> Option<Bound> {
        (!self.bound.is_empty()).then(|| choose(random, &self.bound).clone())
    }
}

/// A variable, or a literal that is not at the end of the calendar.
fn range_end(random: &mut Rng, bound: &[Bound], ty: Type) -> String {
    match ty {
        Type::Date if bound.is_empty() || chance(random, 20) => near_date(random).to_string(),
        Type::Date => choose(random, bound).name.clone(),
        _ => simple(random, bound, ty),
    }
}

/// The atom with its terms, by place or by name.
fn atom(random: &mut Rng, relation: &Readable, terms: &[String]) -> String {
    let named = relation.named && chance(random, 20) && terms.iter().any(|term| term != "_");
    let terms: Vec<String> = terms
        .iter()
        .enumerate()
        .filter(|(_, term)| !named || *term != "_")
        .map(|(place, term)| if named { format!("c{place}: {term}") } else { term.clone() })
        .collect();
    format!("{}({})", relation.name, terms.join(", "))
}

fn hours(random: &mut Rng) -> &'static str {
    let lengths: [&str; 6] = ["+ 1h", "- 1h", "+ 9h", "+ 36h", "+ 90m", "- 30m"];
    lengths[random.usize(..lengths.len())]
}
