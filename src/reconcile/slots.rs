//! All instances, by what they are.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::slot::{Key, Slot};
use crate::model::{Timestamp, Value};

/// An instance's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SlotId(u32);

/// One slot per instance; each wakes at one moment, the earliest that it asks for.
#[derive(Debug, Default)]
pub(super) struct Slots {
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    by_key: Vec<FxHashMap<Key, SlotId>>,
    wakes: BTreeSet<(Timestamp, SlotId)>,
}

impl Slots {
    pub fn new(goals: usize) -> Slots {
        Slots { by_key: vec![FxHashMap::default(); goals], ..Slots::default() }
    }

    pub fn get(&self, id: SlotId) -> &Slot {
        self.slots[id.0 as usize].as_ref().expect("whoever holds an id keeps its slot")
    }

    pub fn get_mut(&mut self, id: SlotId) -> &mut Slot {
        self.slots[id.0 as usize].as_mut().expect("whoever holds an id keeps its slot")
    }

    /// Whether the slot is still there.
    pub fn has(&self, id: SlotId) -> bool {
        self.slots[id.0 as usize].is_some()
    }

    pub fn find(&self, goal: usize, key: &[Value]) -> Option<SlotId> {
        self.by_key[goal].get(key).copied()
    }

    pub fn find_or_add(&mut self, goal: usize, key: &[Value]) -> SlotId {
        if let Some(id) = self.find(goal, key) {
            return id;
        }
        let key: Key = Arc::from(key);
        let slot = Some(Slot::new(goal, key.clone()));
        let id = match self.free.pop() {
            Some(place) => {
                self.slots[place as usize] = slot;
                SlotId(place)
            }
            None => {
                self.slots.push(slot);
                SlotId(u32::try_from(self.slots.len() - 1).expect("memory is smaller"))
            }
        };
        self.by_key[goal].insert(key, id);
        id
    }

    /// Forgets an instance.
    pub fn remove(&mut self, id: SlotId) {
        self.set_wake(id, None);
        let slot = self.slots[id.0 as usize].take().expect("it is removed once");
        self.by_key[slot.goal].remove(&slot.key);
        self.free.push(id.0);
    }

    pub fn set_wake(&mut self, id: SlotId, wake: Option<Timestamp>) {
        let before = std::mem::replace(&mut self.get_mut(id).wake, wake);
        if before == wake {
            return;
        }
        if let Some(before) = before {
            self.wakes.remove(&(before, id));
        }
        self.wakes.extend(wake.map(|wake| (wake, id)));
    }

    pub fn next_wake(&self) -> Option<Timestamp> {
        self.wakes.first().map(|(moment, _)| *moment)
    }

    /// Who wakes when, the next first.
    pub fn wakes(&self) -> impl Iterator<Item = (Timestamp, SlotId)> + '_ {
        self.wakes.iter().copied()
    }

    /// Takes the next slot that wakes by then.
    pub fn pop_wake(&mut self, now: Timestamp) -> Option<SlotId> {
        let (moment, id) = *self.wakes.first()?;
        if moment > now {
            return None;
        }
        self.wakes.pop_first();
        self.get_mut(id).wake = None;
        Some(id)
    }

    /// Every instance there is, in no order that means anything.
    pub fn ids(&self) -> impl Iterator<Item = SlotId> + '_ {
        let places = 0..u32::try_from(self.slots.len()).expect("memory is smaller");
        places.map(SlotId).filter(|id| self.has(*id))
    }
}
