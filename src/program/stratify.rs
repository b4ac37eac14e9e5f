//! Recursion through `not` or an aggregate has no meaning, and is refused with the cycle shown
//! step by step: in the user's rules where there are some, in the meaning of goals elsewhere.

use std::collections::{HashMap, VecDeque};

use super::draft::{Draft, HeadTerm, Literal};
use super::expand::Origin;
use super::names::Names;
use super::strongly_connected;
use crate::diagnostic::{Diagnostic, Span};
use crate::model::RelationId;

/// Which relations depend on each other.
pub(super) struct Dependencies {
    edges: Vec<Edge>,
    /// For each relation, the number of its component.
    component: Vec<usize>,
}

/// A rule of `head` reads `body`.
struct Edge {
    head: RelationId,
    body: RelationId,
    kind: EdgeKind,
    span: Span,
    origin: Origin,
    /// It is no literal that somebody wrote, but what the clause as a whole implies.
    implied: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum EdgeKind {
    Positive,
    Negated,
    Aggregated,
}

impl Dependencies {
    pub fn of(drafts: &[Draft], names: &Names) -> Dependencies {
        let mut edges = Vec::new();
        for draft in drafts {
            let Some(head) = draft.relation else { continue };
            let aggregates =
                draft.head.iter().any(|term| matches!(term, HeadTerm::Aggregate { .. }));
            for literal in &draft.body {
                let Literal::Atom { relation, negated, span, .. } = literal else { continue };
                let kind = match (negated, aggregates) {
                    (true, _) => EdgeKind::Negated,
                    (false, true) => EdgeKind::Aggregated,
                    (false, false) => EdgeKind::Positive,
                };
                let (body, span, origin) = (*relation, *span, draft.origin.clone());
                let implied = span == draft.span;
                edges.push(Edge { head, body, kind, span, origin, implied });
            }
        }
        let mut reads = vec![Vec::new(); names.relations.len()];
        for edge in &edges {
            reads[edge.head.index()].push(edge.body.index());
        }
        let mut component = vec![0; names.relations.len()];
        for (number, members) in strongly_connected(&reads).into_iter().enumerate() {
            members.into_iter().for_each(|member| component[member] = number);
        }
        Dependencies { edges, component }
    }

    /// Whether a rule of `head` that reads `body` is recursive.
    pub fn is_recursive(&self, head: RelationId, body: RelationId) -> bool {
        self.component[head.index()] == self.component[body.index()]
    }

    /// Reports one cycle for each component that has one through `not` or an aggregate.
    pub fn stratify(&self, names: &Names, diagnostics: &mut Vec<Diagnostic>) {
        let mut reported = Vec::new();
        for edge in &self.edges {
            let component = self.component[edge.head.index()];
            let strict = edge.kind != EdgeKind::Positive;
            if strict && self.is_recursive(edge.head, edge.body) && !reported.contains(&component) {
                reported.push(component);
                diagnostics.push(explain(&self.cycle(edge), edge.kind, names));
            }
        }
    }

    /// The edge, and the shortest way from what it reads back to its head.
    fn cycle<'a>(&'a self, first: &'a Edge) -> Vec<&'a Edge> {
        let mut came_by: HashMap<RelationId, &Edge> = HashMap::new();
        let mut queue = VecDeque::from([first.body]);
        while let Some(at) = queue.pop_front() {
            if at == first.head {
                break;
            }
            for edge in self.edges.iter().filter(|edge| edge.head == at) {
                let inside = self.is_recursive(edge.head, edge.body);
                if inside && edge.body != first.body && !came_by.contains_key(&edge.body) {
                    came_by.insert(edge.body, edge);
                    queue.push_back(edge.body);
                }
            }
        }
        let (mut way, mut at) = (Vec::new(), first.head);
        while at != first.body {
            let edge = came_by[&at];
            way.push(edge);
            at = edge.head;
        }
        way.push(first);
        way.reverse();
        way
    }
}

fn explain(cycle: &[&Edge], kind: EdgeKind, names: &Names) -> Diagnostic {
    // A cycle through goals is shown from the user's own text on.
    let own = |edge: &&Edge| !matches!(edge.origin, Origin::Meaning { .. });
    let start = cycle.iter().position(own).unwrap_or(0);
    let mut steps: Vec<(Span, String)> = Vec::new();
    for edge in cycle[start..].iter().chain(&cycle[..start]) {
        let (span, text) = (edge.span, step(edge, names));
        match steps.last_mut() {
            Some((before, texts)) if *before == span => {
                texts.push_str(", and ");
                texts.push_str(text.trim_start_matches(MEANING));
            }
            _ => steps.push((span, text)),
        }
    }
    let head = &names.info(cycle[start].head).name;
    let through = match kind {
        EdgeKind::Aggregated => "an aggregate",
        EdgeKind::Negated | EdgeKind::Positive => "\"not\"",
    };
    let mut steps = steps.into_iter();
    let (span, label) = steps.next().expect("a cycle has a step");
    let text = format!("\"{head}\" depends on itself through {through}");
    let diagnostic = Diagnostic::error(text, span).labelled(label);
    let shown = steps.fold(diagnostic, |shown, (span, text)| shown.with(span, text));
    shown.hint("Break the cycle: one of these steps has to ask something else.")
}

/// How a step begins that no clause says.
const MEANING: &str = "as for every goal, ";

fn step(edge: &Edge, names: &Names) -> String {
    let (head, body) = (&names.info(edge.head).name, &names.info(edge.body).name);
    let told = match edge.kind {
        EdgeKind::Positive => format!("\"{head}\" follows from \"{body}\""),
        EdgeKind::Negated => format!("\"{head}\" follows where there is no \"{body}\""),
        EdgeKind::Aggregated => format!("\"{head}\" is made of all of \"{body}\""),
    };
    match &edge.origin {
        Origin::Written => told,
        Origin::Clause { keyword: "ok", .. } if edge.implied => {
            format!("this \"ok\" leaves a parameter open, so {told}")
        }
        Origin::Clause { keyword, .. } => format!("by this \"{keyword}\", {told}"),
        Origin::Meaning { .. } => format!("{MEANING}{told}"),
    }
}
