//! What `explain` prints: each relation as a tree of operators, from its rows down to the
//! relations and indexes that it reads. Columns are `$0`, `$1`, …; an index that several
//! operators read says so.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write as _};

use crate::model::RelationId;

use super::notation::{comparison_sign, scalar};
use super::operator::{
    Aggregation, Arrangement, ArrangementId, ClockTest, NodeId, Operator, Plan, Step, Stratum,
};

/// All strata.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let printer = Printer::new(self);
        for (at, stratum) in self.strata.iter().enumerate() {
            f.write_str(&printer.stratum(at, stratum))?;
        }
        Ok(())
    }
}

impl Plan {
    /// The stratum that one relation is in; `None` for a relation that no rule derives, or that
    /// nobody asked for.
    pub fn explain(&self, relation: RelationId) -> Option<String> {
        let is_its = |stratum: &&Stratum| match stratum {
            Stratum::Straight(other) => *other == relation,
            Stratum::Loop(looped) => looped.definitions.iter().any(|(r, _)| *r == relation),
        };
        let at = self.strata.iter().position(|stratum| is_its(&stratum))?;
        Some(Printer::new(self).stratum(at, &self.strata[at]))
    }
}

struct Printer<'a> {
    plan: &'a Plan,
    /// The relation that a node's rows are, by node.
    named: HashMap<NodeId, RelationId>,
    /// How many operators read each arrangement.
    readers: Vec<usize>,
}

impl<'a> Printer<'a> {
    fn new(plan: &'a Plan) -> Printer<'a> {
        let relations = plan.schema.relations().iter();
        let named = relations
            .filter_map(|relation| plan.relations[relation.id.index()].map(|n| (n, relation.id)))
            .collect();
        let mut readers = vec![0; plan.arrangements.len()];
        for node in &plan.nodes {
            for id in arrangements_of(&node.operator) {
                readers[id.index()] += 1;
            }
        }
        plan.reads.iter().for_each(|(_, id)| readers[id.index()] += 1);
        Printer { plan, named, readers }
    }

    fn stratum(&self, at: usize, stratum: &Stratum) -> String {
        let mut text = String::new();
        match stratum {
            Stratum::Straight(relation) => {
                let node = self.plan.relations[relation.index()].expect("it is in a stratum");
                let _ = writeln!(text, "stratum {at}: {}", self.head(*relation));
                self.definition(&mut text, node);
            }
            Stratum::Loop(looped) => {
                let _ = writeln!(text, "stratum {at}: repeated until nothing changes");
                for (relation, node) in &looped.definitions {
                    let _ = writeln!(text, "  {}", self.head(*relation));
                    self.definition(&mut text, *node);
                }
            }
        }
        text
    }

    fn definition(&self, text: &mut String, node: NodeId) {
        let mut seen = HashSet::new();
        self.operator(text, node, 2, &mut seen);
    }

    fn head(&self, relation: RelationId) -> String {
        let relation = self.plan.schema.relation(relation);
        let columns: Vec<&str> = relation.columns.iter().map(|c| c.name.as_str()).collect();
        format!("{}({})", relation.name, columns.join(", "))
    }

    /// A node that is some relation by its name, any other by its operator.
    fn node(&self, text: &mut String, id: NodeId, depth: usize, seen: &mut HashSet<NodeId>) {
        match self.named.get(&id) {
            Some(relation) => {
                let name = &self.plan.schema.relation(*relation).name;
                line(text, depth, name);
            }
            None => self.operator(text, id, depth, seen),
        }
    }

    fn operator(&self, text: &mut String, id: NodeId, depth: usize, seen: &mut HashSet<NodeId>) {
        if !seen.insert(id) {
            return line(text, depth, &format!("as above: node {}", id.0));
        }
        match &self.plan.nodes[id.index()].operator {
            Operator::Base(relation) | Operator::Result(relation) => {
                line(text, depth, &self.plan.schema.relation(*relation).name);
            }
            Operator::Recursive(relation) => {
                let name = &self.plan.schema.relation(*relation).name;
                line(text, depth, &format!("{name} of the round before"));
            }
            Operator::Constants(rows) => line(text, depth, &format!("{} stated rows", rows.len())),
            Operator::Map(map) => {
                line(text, depth, &format!("map{}", row_work(&map.steps, &map.keep)));
                self.node(text, map.input, depth + 1, seen);
            }
            Operator::Join(join) => {
                line(text, depth, &format!("join{}", row_work(&join.steps, &join.keep)));
                self.arrangement(text, join.left, depth + 1, seen);
                self.arrangement(text, join.right, depth + 1, seen);
            }
            Operator::Antijoin { left, right } => {
                line(text, depth, "antijoin");
                self.arrangement(text, *left, depth + 1, seen);
                self.arrangement(text, *right, depth + 1, seen);
            }
            Operator::Range(range) => {
                let dots = if range.inclusive { "..=" } else { ".." };
                let (from, to) = (scalar(&range.from), scalar(&range.to));
                let keep = columns(&range.keep);
                line(text, depth, &format!("range {from}{dots}{to}, keep {keep} and the value"));
                self.node(text, range.input, depth + 1, seen);
            }
            Operator::Clock { input, tests, keep, .. } => {
                let tests: Vec<String> = tests.iter().map(clock_test).collect();
                let tests = tests.join(", ");
                line(text, depth, &format!("clock {tests}, keep {}", columns(keep)));
                self.node(text, *input, depth + 1, seen);
            }
            Operator::Aggregate { input, group, aggregations, .. } => {
                let results: Vec<String> = aggregations.iter().map(aggregation).collect();
                let group: Vec<usize> = (0..*group).collect();
                let words = format!("aggregate {} by {}", results.join(", "), columns(&group));
                line(text, depth, &words);
                self.node(text, *input, depth + 1, seen);
            }
            Operator::Union(inputs) => {
                line(text, depth, "union");
                inputs.iter().for_each(|input| self.node(text, *input, depth + 1, seen));
            }
            Operator::Distinct(input) => {
                line(text, depth, "distinct");
                self.node(text, *input, depth + 1, seen);
            }
        }
    }

    fn arrangement(
        &self,
        text: &mut String,
        id: ArrangementId,
        depth: usize,
        seen: &mut HashSet<NodeId>,
    ) {
        let Arrangement { input, steps, key, values, .. } = &self.plan.arrangements[id.index()];
        let mut words = format!("index {} by {}", id.0, columns(key));
        if !values.is_empty() {
            let _ = write!(words, " with {}", columns(values));
        }
        steps.iter().for_each(|work| words.push_str(&step(work)));
        if self.readers[id.index()] > 1 {
            let _ = write!(words, ", shared by {}", self.readers[id.index()]);
        }
        match self.named.get(input) {
            Some(relation) => {
                let name = &self.plan.schema.relation(*relation).name;
                line(text, depth, &format!("{name}: {words}"));
            }
            None => {
                line(text, depth, &words);
                self.operator(text, *input, depth + 1, seen);
            }
        }
    }
}

fn arrangements_of(operator: &Operator) -> Vec<ArrangementId> {
    match operator {
        Operator::Join(join) => vec![join.left, join.right],
        Operator::Antijoin { left, right } => vec![*left, *right],
        Operator::Base(_)
        | Operator::Constants(_)
        | Operator::Recursive(_)
        | Operator::Result(_)
        | Operator::Map(_)
        | Operator::Range(_)
        | Operator::Aggregate { .. }
        | Operator::Clock { .. }
        | Operator::Union(_)
        | Operator::Distinct(_) => Vec::new(),
    }
}

fn line(text: &mut String, depth: usize, words: &str) {
    let _ = writeln!(text, "{:width$}{words}", "", width = depth * 2);
}

fn row_work(steps: &[Step], keep: &[usize]) -> String {
    let steps: String = steps.iter().map(step).collect();
    format!("{steps}, keep {}", columns(keep))
}

fn step(step: &Step) -> String {
    match step {
        Step::Compute(value, _) => format!(", compute {}", scalar(value)),
        Step::Test(condition) => format!(", where {}", scalar(condition)),
    }
}

fn columns(columns: &[usize]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| format!("${column}")).collect();
    format!("({})", columns.join(", "))
}

fn clock_test(test: &ClockTest) -> String {
    format!("now {} {}", comparison_sign(test.comparison), scalar(&test.moment))
}

fn aggregation(aggregation: &Aggregation) -> String {
    let name = format!("{:?}", aggregation.function).to_lowercase();
    format!("{name}{}", columns(&aggregation.arguments))
}
