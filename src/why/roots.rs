//! What keeps all that is missing: every missing instance is followed down through its needs to
//! those that need nothing that is missing, and what keeps these is the root of it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use super::cause::{Cause, Found, cause, own_gone};
use super::explain::{Explainer, World, state_of};
use super::explanation::State;
use super::instance::{Instance, Key};
use crate::model::Timestamp;
use crate::program::strongly_connected;

/// How many causes are told apart.
const CAUSES_MAX: usize = 1_000;

/// How many instances of a root are shown.
const EXAMPLES_MAX: usize = 3;

/// All that is missing at one moment, by what keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Roots {
    pub now: Timestamp,
    pub missing: Counts,
    /// What keeps the most comes first. An instance may wait for several.
    pub roots: Vec<Root>,
}

/// How many instances of each goal, by name and in the order of the program.
pub type Counts = Vec<(String, usize)>;

/// One cause, and what it keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Root {
    pub cause: Cause,
    /// What it keeps itself.
    pub instances: Counts,
    /// What waits for these, directly or round about.
    pub waiting: Counts,
    /// The first of those that it keeps itself.
    pub examples: Vec<Instance>,
    /// The first and the last moment until which it lasts by itself, where that is known.
    pub until: Option<(Timestamp, Timestamp)>,
}

impl Root {
    /// How many instances it keeps, itself or round about.
    pub fn total(&self) -> usize {
        self.instances.iter().chain(&self.waiting).map(|(_, number)| number).sum()
    }
}

/// Finds what keeps all that is missing.
pub fn find_roots(world: World<'_>) -> Roots {
    let now = world.now;
    let mut explainer = Explainer::new(world);
    let graph = Graph::read(&mut explainer);
    let mut found = Causes::new(graph.nodes.len());
    for component in strongly_connected(&graph.edges) {
        found.close(&mut explainer, &graph, &component);
    }
    let clauses = &explainer.clauses;
    let counts = |numbers: &BTreeMap<usize, usize>| -> Counts {
        let named = numbers.iter().map(|(goal, number)| (*goal, *number));
        named.map(|(goal, number)| (clauses.goals[goal].goal.name.clone(), number)).collect()
    };
    let kept = found.kept(&graph);
    let mut missing: BTreeMap<usize, usize> = BTreeMap::new();
    for (key, _) in &graph.nodes {
        *missing.entry(key.0).or_default() += 1;
    }
    let root = |((cause, until), kept): ((Cause, Until), Kept)| Root {
        cause,
        instances: counts(&kept.instances),
        waiting: counts(&kept.waiting),
        examples: kept.examples.iter().map(|key| Instance::of(clauses, key)).collect(),
        until,
    };
    let mut roots: Vec<Root> = found.known.into_iter().zip(kept).map(root).collect();
    roots.sort_by(|one, other| {
        other.total().cmp(&one.total()).then_with(|| one.cause.cmp(&other.cause))
    });
    Roots { now, missing: counts(&missing), roots }
}

type Until = Option<(Timestamp, Timestamp)>;

/// The missing instances, and which of them need which.
struct Graph {
    nodes: Vec<(Key, State)>,
    edges: Vec<Vec<usize>>,
    /// Those that are gone by themselves wait for nothing.
    gone: FxHashMap<usize, Cause>,
}

impl Graph {
    fn read(explainer: &mut Explainer<'_>) -> Graph {
        let mut nodes: Vec<(Key, State)> = Vec::new();
        for goal in 0..explainer.clauses.goals.len() {
            let relation = explainer.clauses.goals[goal].state;
            for mut row in explainer.facts.starting(relation, &[]) {
                let state = state_of(&row);
                if state.is_missing() {
                    row.pop();
                    nodes.push(((goal, row), state));
                }
            }
        }
        let places: FxHashMap<&Key, usize> =
            nodes.iter().enumerate().map(|(place, (key, _))| (key, place)).collect();
        let mut edges = Vec::with_capacity(nodes.len());
        let mut gone = FxHashMap::default();
        for (place, (key, state)) in nodes.iter().enumerate() {
            if *state == State::Gone
                && let Some(cause) = own_gone(explainer, key)
            {
                gone.insert(place, cause);
                edges.push(Vec::new());
                continue;
            }
            let needs = explainer.clauses.goals[key.0].needs.len();
            let mut needed = Vec::new();
            for need in 0..needs {
                let instances = explainer.needed(key, need).instances;
                needed.extend(instances.iter().filter_map(|key| places.get(key).copied()));
            }
            edges.push(needed);
        }
        Graph { nodes, edges, gone }
    }
}

/// The causes by their places, shared by all that have the same.
type Places = Rc<[usize]>;

struct Causes {
    known: IndexMap<Cause, Until>,
    /// Each alone.
    singles: Vec<Places>,
    /// For each missing instance that was seen.
    of: Vec<Option<Places>>,
    is_in_cycle: Vec<bool>,
}

/// What one cause keeps: how many instances by the places of their goals.
#[derive(Default)]
struct Kept {
    instances: BTreeMap<usize, usize>,
    waiting: BTreeMap<usize, usize>,
    examples: Vec<Key>,
}

impl Kept {
    fn add_root(&mut self, key: &Key) {
        *self.instances.entry(key.0).or_default() += 1;
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(key.clone());
        }
    }

    fn add_waiting(&mut self, key: &Key) {
        *self.waiting.entry(key.0).or_default() += 1;
    }
}

impl Causes {
    fn new(nodes: usize) -> Causes {
        let (of, is_in_cycle) = (vec![None; nodes], vec![false; nodes]);
        Causes { known: IndexMap::new(), singles: Vec::new(), of, is_in_cycle }
    }

    /// Finds the causes of a component of the graph, after all that it needs.
    fn close(&mut self, explainer: &mut Explainer<'_>, graph: &Graph, component: &[usize]) {
        let [first, ..] = component else { return };
        let is_cycle = component.len() > 1 || graph.edges[*first].contains(first);
        if !is_cycle && graph.edges[*first].is_empty() {
            let (key, state) = &graph.nodes[*first];
            let found = match graph.gone.get(first) {
                Some(cause) => cause.clone().into(),
                None => cause(explainer, key, *state),
            };
            self.of[*first] = Some(self.single(found));
            return;
        }
        let mut below: Vec<Places> = Vec::new();
        for target in component.iter().flat_map(|node| &graph.edges[*node]) {
            if let Some(places) = &self.of[*target]
                && below.last().is_none_or(|last| !Rc::ptr_eq(last, places))
            {
                below.push(places.clone());
            }
        }
        if is_cycle {
            below.push(self.single(Cause::Cycle.into()));
            component.iter().for_each(|node| self.is_in_cycle[*node] = true);
        }
        let all = match below.as_slice() {
            [only] => only.clone(),
            several => {
                let places = several.iter().flat_map(|one| one.iter().copied());
                places.collect::<BTreeSet<usize>>().into_iter().collect()
            }
        };
        component.iter().for_each(|node| self.of[*node] = Some(all.clone()));
    }

    fn single(&mut self, found: Found) -> Places {
        let is_known = self.known.contains_key(&found.cause);
        let is_full = self.known.len() >= CAUSES_MAX && !is_known;
        let cause = if is_full { Cause::Other } else { found.cause };
        let entry = self.known.entry(cause);
        let place = entry.index();
        let until = entry.or_default();
        if let Some(moment) = found.until {
            let (first, last) = until.unwrap_or((moment, moment));
            *until = Some((first.min(moment), last.max(moment)));
        }
        if place == self.singles.len() {
            self.singles.push(Rc::from([place]));
        }
        self.singles[place].clone()
    }

    /// What each of them keeps, by their places.
    fn kept(&self, graph: &Graph) -> Vec<Kept> {
        let mut kept: Vec<Kept> = self.known.iter().map(|_| Kept::default()).collect();
        let cycle = self.known.get_index_of(&Cause::Cycle);
        for (node, (key, _)) in graph.nodes.iter().enumerate() {
            let causes = self.of[node].as_deref().expect("every node is in a component");
            let is_root = graph.edges[node].is_empty();
            for place in causes {
                let is_of_cycle = Some(*place) == cycle && self.is_in_cycle[node];
                match is_root || is_of_cycle {
                    true => kept[*place].add_root(key),
                    false => kept[*place].add_waiting(key),
                }
            }
        }
        kept
    }
}
