//! An instance and what it needs, as a tree: every instance once, what is most urgent first, and
//! an end where it would be longer than anybody reads.

use std::collections::{BTreeMap, VecDeque};

use rustc_hash::FxHashSet;

use super::explain::{Explainer, Needed};
use super::explanation::{Below, Details, Limits, NeedGroup, Node, Rest, State};
use super::instance::{Instance, Key};

/// How deep a tree is.
const DEPTH_MAX: usize = 6;

/// How many instances a tree shows with what they need.
const NODES_MAX: usize = 200;

/// How many instances are looked at below the ends of a tree.
const BELOW_MAX: usize = 10_000;

/// How many of the instances at the bottom are shown.
const BOTTOMS_SHOWN_MAX: usize = 3;

pub(super) struct Tree<'e, 'a> {
    explainer: &'e mut Explainer<'a>,
    limits: Limits,
    /// From the top down to where we are.
    path: Vec<Key>,
    seen: FxHashSet<Key>,
    /// How many instances may still be looked at below ends of the tree.
    below_left: usize,
}

impl<'e, 'a> Tree<'e, 'a> {
    pub(super) fn new(explainer: &'e mut Explainer<'a>, limits: Limits) -> Tree<'e, 'a> {
        let (path, seen) = (Vec::new(), FxHashSet::default());
        Tree { explainer, limits, path, seen, below_left: BELOW_MAX }
    }

    /// The tree under an instance, whatever its state.
    pub(super) fn root(&mut self, key: Key) -> Node {
        let state = self.explainer.state(&key);
        let mut node = self.node(&key, state);
        node.details.ok = self.explainer.ok(&key);
        node
    }

    fn node(&mut self, key: &Key, state: State) -> Node {
        let mut node = Node {
            instance: Instance::of(&self.explainer.clauses, key),
            state,
            due: None,
            is_late: false,
            details: Details::default(),
            needs: Vec::new(),
            rest: Rest::Nothing,
        };
        if !state.is_missing() {
            node.details = self.explainer.details(key, state);
            return node;
        }
        if self.path.contains(key) {
            node.rest = Rest::Cycle;
            return node;
        }
        if !self.seen.insert(key.clone()) {
            node.rest = Rest::Above;
            return node;
        }
        node.details = self.explainer.details(key, state);
        node.due = self.explainer.due(key);
        node.is_late = node.due.is_some_and(|due| due <= self.explainer.facts.now);
        self.needs(key, &mut node);
        node
    }

    fn needs(&mut self, key: &Key, node: &mut Node) {
        let is_end = self.path.len() >= DEPTH_MAX || self.seen.len() >= NODES_MAX;
        if is_end {
            node.rest = self.below(key);
        } else {
            self.path.push(key.clone());
            node.needs = self.groups(key);
            self.path.pop();
        }
        let is_blocked = node.needs.iter().any(NeedGroup::is_missing);
        if !is_blocked && node.rest == Rest::Nothing {
            node.details.ok = self.explainer.ok(key);
        }
    }

    fn groups(&mut self, key: &Key) -> Vec<NeedGroup> {
        let needs = self.explainer.clauses.goals[key.0].needs.len();
        (0..needs).map(|place| self.group(key, place)).collect()
    }

    fn group(&mut self, key: &Key, place: usize) -> NeedGroup {
        let clause = self.explainer.clauses.goals[key.0].needs[place].text.clone();
        let Needed { instances, is_cut } = self.explainer.needed(key, place);
        let mut sorted: Vec<(State, Key)> =
            instances.into_iter().map(|key| (self.explainer.state(&key), key)).collect();
        sorted.sort();
        let mut states: BTreeMap<State, usize> = BTreeMap::new();
        for (state, _) in &sorted {
            *states.entry(*state).or_default() += 1;
        }
        let shown = sorted.into_iter().take(self.limits.instances);
        let shown = shown.map(|(state, key)| self.node(&key, state)).collect();
        NeedGroup { clause, states: states.into_iter().collect(), shown, is_cut }
    }

    /// What is missing below an instance whose needs are not shown.
    fn below(&mut self, key: &Key) -> Rest {
        let mut seen: FxHashSet<Key> = FxHashSet::from_iter([key.clone()]);
        let mut queue = VecDeque::from([key.clone()]);
        let mut below = Below { missing: 0, is_cut: false, bottoms: Vec::new() };
        while let Some(next) = queue.pop_front() {
            let missing = self.missing_needs(&next);
            if missing.is_empty() && next != *key && below.bottoms.len() < BOTTOMS_SHOWN_MAX {
                let bottom = self.bottom(&next);
                below.bottoms.push(bottom);
            }
            for need in missing {
                if self.below_left == 0 {
                    below.is_cut = true;
                } else if seen.insert(need.clone()) {
                    self.below_left -= 1;
                    below.missing += 1;
                    queue.push_back(need);
                }
            }
        }
        if below.missing == 0 && !below.is_cut { Rest::Nothing } else { Rest::Below(below) }
    }

    fn missing_needs(&mut self, key: &Key) -> Vec<Key> {
        let needs = self.explainer.clauses.goals[key.0].needs.len();
        let needed = (0..needs).flat_map(|place| self.explainer.needed(key, place).instances);
        let needed: Vec<Key> = needed.collect();
        needed.into_iter().filter(|key| self.explainer.state(key).is_missing()).collect()
    }

    /// An instance without its needs.
    fn bottom(&mut self, key: &Key) -> Node {
        let state = self.explainer.state(key);
        let mut details = self.explainer.details(key, state);
        details.ok = self.explainer.ok(key);
        let due = self.explainer.due(key);
        Node {
            instance: Instance::of(&self.explainer.clauses, key),
            state,
            due,
            is_late: due.is_some_and(|due| due <= self.explainer.facts.now),
            details,
            needs: Vec::new(),
            rest: Rest::Nothing,
        }
    }
}
