//! Random small goal graphs: each goal needs those after it, and now and then itself a day
//! before.

use fastrand::Rng;
use owed::model::Type;

use super::body::{Body, Readable};
use super::expression::{Bound, simple};
use super::text::{Clause, Statement};
use super::values::{chance, choose};

/// Adds a few goals, with the relations that say that they are well; gives what they define.
pub fn add(random: &mut Rng, given: &[Readable], statements: &mut Vec<Statement>) -> Vec<Readable> {
    let goals: Vec<Goal> = (0..random.usize(1..4))
        .map(|place| Goal {
            name: format!("g{place}"),
            seen: format!("seen{place}"),
            parameters: parameters(random),
        })
        .collect();
    // A goal below a milestone, or that needs itself, binds all of its parameters in `ok`: what
    // is expected hangs on it.
    let milestones = random.bool();
    let mut readable = Vec::new();
    for (place, goal) in goals.iter().enumerate() {
        let columns: Vec<String> =
            goal.parameters.iter().map(|p| format!("{}: {}", p.name, p.ty)).collect();
        let columns = columns.join(", ");
        let (name, seen) = (&goal.name, &goal.seen);
        let declaration = format!("observe {seen}({columns}, n: int, t: time).");
        statements.push(Statement::Plain(declaration));
        let clauses = goal.clauses(random, given, &goals[place + 1..], milestones);
        statements.push(Statement::Goal { open: format!("goal {name}({columns})"), clauses });
        readable.extend(goal.states(random));
    }
    readable
}

struct Goal {
    name: String,
    /// The observed relation of its parameters, a number and a time.
    seen: String,
    parameters: Vec<Bound>,
}

impl Goal {
    fn clauses(
        &self,
        random: &mut Rng,
        given: &[Readable],
        below: &[Goal],
        milestones: bool,
    ) -> Vec<Clause> {
        let mut clauses = Vec::new();
        let names: Vec<&str> = self.parameters.iter().map(|p| p.name.as_str()).collect();
        let seen = |rest: &str| format!("{}({}, {rest})", self.seen, names.join(", "));
        for _ in 0..random.usize(..3) {
            clauses.push(clause("expect", self.binding_body(random, given)));
        }
        let milestone = milestones && chance(random, 40) && !below.is_empty();
        if milestone {
            clauses.push(clause("ok needs", Vec::new()));
        } else {
            clauses.push(clause("ok", self.ok_body(random, milestones, &seen)));
        }
        for (place, goal) in below.iter().enumerate() {
            if chance(random, 60) || (milestone && place == 0) {
                clauses.push(self.need(random, given, goal));
            }
        }
        if milestones && !milestone && chance(random, 40) && self.parameters[0].ty == Type::Date {
            let arguments: Vec<&str> = names[1..].to_vec();
            let arguments = [&["p0 - 1d"], &arguments[..]].concat().join(", ");
            let head = format!("needs {}({arguments})", self.name);
            let limits = ["p0 > 2026-03-25", "p0 < 2026-04-09"];
            clauses.push(clause(&head, limits.map(str::to_owned).to_vec()));
        }
        self.add_states(random, &seen, &mut clauses);
        clauses
    }

    /// When it is worked on, held, gone and due, and how it comes about.
    fn add_states(&self, random: &mut Rng, seen: &dyn Fn(&str) -> String, to: &mut Vec<Clause>) {
        if chance(random, 25) {
            to.push(clause("working", {
                vec![seen("n, t"), "n < 0".to_owned(), "now < t + 2h".to_owned()]
            }));
        }
        if chance(random, 25) {
            to.push(clause("gone \"too old\"", vec![seen("3, t"), "now >= t".to_owned()]));
        }
        if chance(random, 25) {
            to.push(clause("hold \"freeze\"", vec![seen("_, t"), "now < t".to_owned()]));
        }
        if chance(random, 50) {
            let day = self.parameters.iter().find(|p| p.ty == Type::Date);
            match day {
                Some(day) => {
                    let form = choose(random, &["", " + 9h", " + 1d", " + 1d + 9h"]);
                    to.push(clause(&format!("due {}{form}", day.name), Vec::new()));
                }
                None => to.push(clause("due t", vec![seen("_, t")])),
            }
        }
        if chance(random, 30) {
            to.push(clause("check \"bin/look\" every 5m", Vec::new()));
        }
        if chance(random, 70) {
            let retry = choose(random, &["", " retry 2", " retry 1", " retry 3 backoff 10m..1h"]);
            to.push(clause(&format!("action \"bin/do\" within 2h{retry}"), Vec::new()));
        }
    }

    /// A body in which every parameter is bound.
    fn binding_body(&self, random: &mut Rng, given: &[Readable]) -> Vec<String> {
        let relation = choose(random, given);
        let mut body = Body::default();
        body.add_atom(random, relation);
        let mut renamed = body.literals;
        for parameter in &self.parameters {
            let value = simple(random, &body.bound, parameter.ty);
            renamed.push(match parameter.ty {
                Type::Date if chance(random, 50) => {
                    format!("{} in 2026-03-27..=2026-03-30", parameter.name)
                }
                _ => format!("{} = {value}", parameter.name),
            });
        }
        renamed
    }

    fn ok_body(
        &self,
        random: &mut Rng,
        milestones: bool,
        seen: &dyn Fn(&str) -> String,
    ) -> Vec<String> {
        match random.u8(..4) {
            0 => vec![seen("_, _")],
            1 => vec![seen("n, t"), "n > 0".to_owned(), "now >= t".to_owned()],
            2 if self.parameters.len() > 1 && !milestones => {
                // The other parameters are bound by what is expected.
                let wild = vec!["_"; self.parameters.len() - 1].join(", ");
                vec![format!("{}(p0, {wild}, n, _)", self.seen), "n > 0".to_owned()]
            }
            _ => vec![seen("n, _"), "n > 0".to_owned()],
        }
    }

    fn need(&self, random: &mut Rng, given: &[Readable], goal: &Goal) -> Clause {
        let mut body = Body::with(self.parameters.clone());
        if chance(random, 40) {
            let relation = choose(random, given);
            body.add_atom(random, relation);
        }
        let arguments: Vec<String> =
            goal.parameters.iter().map(|p| simple(random, &body.bound, p.ty)).collect();
        clause(&format!("needs {}({})", goal.name, arguments.join(", ")), body.literals)
    }

    /// Some of the relations that the goal gives.
    fn states(&self, random: &mut Rng) -> Vec<Readable> {
        const STATES: [&str; 11] = [
            "expected", "ok", "settled", "missing", "running", "working", "gone", "stuck", "ready",
            "waiting", "late",
        ];
        let types: Vec<Type> = self.parameters.iter().map(|p| p.ty).collect();
        let mut readable = Vec::new();
        for _ in 0..3 {
            let name = format!("{}.{}", self.name, choose(random, &STATES));
            readable.push(Readable { name, columns: types.clone(), named: false });
        }
        let columns = [&types[..], &[Type::Text]].concat();
        readable.push(Readable { name: format!("{}.state", self.name), columns, named: false });
        readable
    }
}

fn parameters(random: &mut Rng) -> Vec<Bound> {
    (0..random.usize(1..3))
        .map(|place| {
            let ty = *choose(random, &[Type::Text, Type::Date, Type::Date, Type::Int]);
            Bound { name: format!("p{place}"), ty }
        })
        .collect()
}

fn clause(head: &str, body: Vec<String>) -> Clause {
    Clause { head: head.to_owned(), body }
}
