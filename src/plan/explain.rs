//! What `explain` prints: each relation as a tree of operators, from its rows down to the
//! relations and indexes that it reads. Columns have the names of the relations' that they come
//! from; an index that several operators read says so.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write as _};

use crate::model::RelationId;

use super::notation::{Names, comparison_sign};
use super::operator::{
    Aggregation, Arrangement, ArrangementId, ClockTest, Join, NodeId, Operator, Part, Plan, Step,
    Stratum,
};
use super::storage::Home;

/// A line of what is printed.
#[derive(Clone, Debug)]
pub struct Line {
    /// How far it is indented, in steps of two columns.
    pub depth: usize,
    pub words: String,
    /// What it stands for; nothing where that is explained by a line of its own elsewhere.
    pub part: Option<Part>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:width$}{}", "", self.words, width = self.depth * 2)
    }
}

/// All strata.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.outline(1).iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl Plan {
    /// Every stratum, line by line, as so many workers have it.
    pub fn outline(&self, workers: usize) -> Vec<Line> {
        let printer = Printer::new(self, workers);
        let strata = self.strata.iter().enumerate();
        strata.flat_map(|(at, stratum)| printer.stratum(at, stratum)).collect()
    }

    /// The stratum that one relation is in; `None` for a relation that no rule derives, or that
    /// nobody asked for.
    pub fn explain(&self, relation: RelationId) -> Option<String> {
        let is_its = |stratum: &&Stratum| match stratum {
            Stratum::Straight(other) => *other == relation,
            Stratum::Loop(looped) => looped.definitions.iter().any(|(r, _)| *r == relation),
        };
        let at = self.strata.iter().position(|stratum| is_its(&stratum))?;
        let lines = Printer::new(self, 1).stratum(at, &self.strata[at]);
        Some(lines.iter().map(|line| format!("{line}\n")).collect())
    }
}

struct Printer<'a> {
    plan: &'a Plan,
    /// The relation that a node's rows are, by node.
    named: HashMap<NodeId, RelationId>,
    /// How many operators read each arrangement.
    readers: Vec<usize>,
    /// What the columns of each node are called.
    columns: Vec<Names>,
    /// Where each arrangement is kept.
    homes: Vec<Home>,
}

impl<'a> Printer<'a> {
    fn new(plan: &'a Plan, workers: usize) -> Printer<'a> {
        let relations = plan.schema.relations().iter();
        let named = relations
            .filter_map(|relation| plan.relations[relation.id.index()].map(|n| (n, relation.id)))
            .collect();
        let mut readers = vec![0; plan.arrangements.len()];
        for node in &plan.nodes {
            for id in node.operator.arrangements() {
                readers[id.index()] += 1;
            }
        }
        plan.reads.iter().for_each(|(_, id)| readers[id.index()] += 1);
        let homes = plan.homes(workers == 1);
        let mut printer = Printer { plan, named, readers, columns: Vec::new(), homes };
        for at in 0..plan.nodes.len() {
            let id = NodeId(u32::try_from(at).expect("few nodes"));
            let columns = printer.columns_of(id);
            printer.columns.push(columns);
        }
        printer
    }

    /// What a node's columns are called, once that is known of those that it reads.
    fn columns_of(&self, id: NodeId) -> Names {
        if let Some(relation) = self.named.get(&id) {
            return self.declared(*relation);
        }
        let node = &self.plan.nodes[id.index()];
        match &node.operator {
            Operator::Base(relation)
            | Operator::Result(relation)
            | Operator::Recursive(relation) => self.declared(*relation),
            Operator::Constants(_) => {
                Names::new((1..=node.columns.len()).map(|place| format!("column{place}")))
            }
            Operator::Map(map) => self.columns(map.input).after(&map.steps).pick(&map.keep),
            Operator::Join(join) => self.joined(join).pick(&join.keep),
            Operator::Antijoin { left, .. } => self.indexed(*left),
            Operator::Range(range) => {
                let mut columns = self.first(range.input, range.keep);
                columns.push("value".to_owned());
                columns
            }
            Operator::Clock { input, keep, .. } => self.first(*input, *keep),
            Operator::Aggregate { input, group, aggregations, .. } => {
                let results = aggregations.iter().map(|one| self.aggregation(*input, one));
                self.first(*input, *group).chain(&Names::new(results))
            }
            Operator::Union(inputs) => self.columns(inputs[0]),
            Operator::Distinct(input) => self.columns(*input),
        }
    }

    fn declared(&self, relation: RelationId) -> Names {
        let columns = &self.plan.schema.relation(relation).columns;
        Names::new(columns.iter().map(|column| column.name.clone()))
    }

    fn columns(&self, id: NodeId) -> Names {
        self.columns[id.index()].clone()
    }

    /// The first columns of a node.
    fn first(&self, id: NodeId, count: usize) -> Names {
        self.columns(id).pick(&(0..count).collect::<Vec<_>>())
    }

    /// The columns of an index: its key, then its values.
    fn indexed(&self, id: ArrangementId) -> Names {
        let Arrangement { input, steps, key, values, .. } = &self.plan.arrangements[id.index()];
        let columns = self.columns(*input).after(steps);
        columns.pick(key).chain(&columns.pick(values))
    }

    /// The columns of a join after its steps: the key, the left values, the right values.
    fn joined(&self, join: &Join) -> Names {
        let Arrangement { input, steps, values, .. } = &self.plan.arrangements[join.right.index()];
        let right = self.columns(*input).after(steps).pick(values);
        self.indexed(join.left).chain(&right).after(&join.steps)
    }

    fn aggregation(&self, input: NodeId, aggregation: &Aggregation) -> String {
        let name = format!("{:?}", aggregation.function).to_lowercase();
        format!("{name}{}", self.columns(input).pick(&aggregation.arguments).list())
    }

    fn stratum(&self, at: usize, stratum: &Stratum) -> Vec<Line> {
        let mut lines = Vec::new();
        match stratum {
            Stratum::Straight(relation) => {
                let node = self.plan.relations[relation.index()].expect("it is in a stratum");
                add(&mut lines, 0, format!("stratum {at}: {}", self.head(*relation)), None);
                self.definition(&mut lines, node);
            }
            Stratum::Loop(looped) => {
                let words = format!("stratum {at}: repeated until nothing changes");
                add(&mut lines, 0, words, None);
                for (relation, node) in &looped.definitions {
                    let result = self.plan.relations[relation.index()].map(Part::Node);
                    add(&mut lines, 1, self.head(*relation), result);
                    self.definition(&mut lines, *node);
                }
            }
        }
        lines
    }

    fn definition(&self, lines: &mut Vec<Line>, node: NodeId) {
        let mut seen = HashSet::new();
        self.operator(lines, node, 2, &mut seen);
    }

    fn head(&self, relation: RelationId) -> String {
        let relation = self.plan.schema.relation(relation);
        let columns: Vec<&str> = relation.columns.iter().map(|c| c.name.as_str()).collect();
        format!("{}({})", relation.name, columns.join(", "))
    }

    /// A node that is some relation by its name, any other by its operator.
    fn node(&self, lines: &mut Vec<Line>, id: NodeId, depth: usize, seen: &mut HashSet<NodeId>) {
        match self.named.get(&id) {
            Some(relation) => {
                let name = self.plan.schema.relation(*relation).name.clone();
                let is_base = self.plan.nodes[id.index()].operator == Operator::Base(*relation);
                add(lines, depth, name, is_base.then_some(Part::Node(id)));
            }
            None => self.operator(lines, id, depth, seen),
        }
    }

    /// An operator and, below it, what it reads. What stands above already is named again alone.
    fn operator(
        &self,
        lines: &mut Vec<Line>,
        id: NodeId,
        depth: usize,
        seen: &mut HashSet<NodeId>,
    ) {
        let words = self.words(id);
        let operator = &self.plan.nodes[id.index()].operator;
        let (indexes, nodes) = (operator.arrangements(), operator.nodes());
        let has_more = !(indexes.is_empty() && nodes.is_empty());
        if !seen.insert(id) && has_more {
            return add(lines, depth, format!("{words}, as above"), None);
        }
        add(lines, depth, words, Some(Part::Node(id)));
        indexes.into_iter().for_each(|index| self.arrangement(lines, index, depth + 1, seen));
        nodes.into_iter().for_each(|node| self.node(lines, node, depth + 1, seen));
    }

    /// What an operator does.
    fn words(&self, id: NodeId) -> String {
        let node = &self.plan.nodes[id.index()];
        let relation = |relation: &RelationId| &self.plan.schema.relation(*relation).name;
        match &node.operator {
            Operator::Base(base) | Operator::Result(base) => relation(base).clone(),
            Operator::Recursive(own) => format!("{} of the round before", relation(own)),
            Operator::Constants(rows) if rows.is_empty() => "no rows".to_owned(),
            Operator::Constants(rows) => format!("{} stated rows", rows.len()),
            Operator::Map(map) => {
                let columns = self.columns(map.input).after(&map.steps);
                row_work("map", &columns, &map.steps, &map.keep)
            }
            Operator::Join(join) => row_work("join", &self.joined(join), &join.steps, &join.keep),
            Operator::Antijoin { .. } => "antijoin".to_owned(),
            Operator::Range(range) => {
                let dots = if range.inclusive { "..=" } else { ".." };
                let columns = self.columns(range.input);
                let (from, to) = (columns.name(range.keep), columns.name(range.keep + 1));
                format!("range {from}{dots}{to}, keep {}", self.columns(id).list())
            }
            Operator::Clock { input, tests, keep, .. } => {
                let columns = self.columns(*input);
                let tests = tests.iter().map(|test| clock_test(&columns, test));
                let tests = tests.collect::<Vec<_>>().join(", ");
                format!("clock {tests}, keep {}", self.first(*input, *keep).list())
            }
            Operator::Aggregate { input, group, aggregations, .. } => {
                let results = aggregations.iter().map(|one| self.aggregation(*input, one));
                let results = results.collect::<Vec<_>>().join(", ");
                format!("aggregate {results} by {}", self.first(*input, *group).list())
            }
            Operator::Union(_) => "union".to_owned(),
            Operator::Distinct(_) => "distinct".to_owned(),
        }
    }

    fn arrangement(
        &self,
        lines: &mut Vec<Line>,
        id: ArrangementId,
        depth: usize,
        seen: &mut HashSet<NodeId>,
    ) {
        let Arrangement { input, steps, key, values, .. } = &self.plan.arrangements[id.index()];
        let columns = self.columns(*input).after(steps);
        let mut words = format!("index {} by {}", id.0, columns.pick(key).list());
        if !values.is_empty() {
            let _ = write!(words, " with {}", columns.pick(values).list());
        }
        words.push_str(&columns.tests(steps));
        if self.readers[id.index()] > 1 {
            let _ = write!(words, ", shared by {}", self.readers[id.index()]);
        }
        match self.homes[id.index()] {
            Home::Own => {}
            Home::Index(other) => {
                let _ = write!(words, ", kept as index {}", other.0);
            }
            Home::Distinct(_) => words.push_str(", kept by distinct"),
        }
        let part = Some(Part::Index(id));
        match self.named.get(input) {
            Some(relation) => {
                let name = &self.plan.schema.relation(*relation).name;
                add(lines, depth, format!("{name}: {words}"), part);
            }
            None => {
                add(lines, depth, words, part);
                self.operator(lines, *input, depth + 1, seen);
            }
        }
    }
}

fn add(lines: &mut Vec<Line>, depth: usize, words: String, part: Option<Part>) {
    lines.push(Line { depth, words, part });
}

fn row_work(word: &str, columns: &Names, steps: &[Step], keep: &[usize]) -> String {
    format!("{word}{}, keep {}", columns.tests(steps), columns.pick(keep).list())
}

fn clock_test(columns: &Names, test: &ClockTest) -> String {
    format!("now {} {}", comparison_sign(test.comparison), columns.name(test.column))
}
