//! What a client knows of its facts: those that were acknowledged, and transactions of which it
//! has not heard.

use std::collections::{BTreeMap, VecDeque};

/// Facts by what they are known by: one takes the place of another of the same key.
pub type Facts = BTreeMap<String, String>;

/// Changes that become true together.
#[derive(Clone, Debug)]
pub struct Transaction(Vec<Change>);

#[derive(Clone, Debug)]
struct Change {
    is_insert: bool,
    key: String,
    fact: String,
}

impl Transaction {
    /// Of lines such as `+want(1)`.
    pub fn of(lines: &[String]) -> Transaction {
        let change = |line: &String| {
            let (sign, fact) = line.split_at(1);
            let (key, fact) = (key(fact), fact.to_string());
            Change { is_insert: sign == "+", key, fact }
        };
        Transaction(lines.iter().map(change).collect())
    }

    /// The lines to send.
    pub fn text(&self) -> String {
        let sign = |change: &Change| if change.is_insert { '+' } else { '-' };
        let lines = self.0.iter().map(|change| format!("{}{}\n", sign(change), change.fact));
        match self.0.len() {
            1 => lines.collect(),
            _ => format!("begin\n{}commit\n", lines.collect::<String>()),
        }
    }

    fn apply(&self, facts: &mut Facts) {
        for Change { is_insert, key, fact } in &self.0 {
            match is_insert {
                true => facts.insert(key.clone(), fact.clone()),
                false => facts.remove(key),
            };
        }
    }
}

/// A note is known by its number, anything else by all that it says.
pub fn key(fact: &str) -> String {
    match fact.strip_prefix("note(") {
        Some(rest) => rest.split(',').next().map(|id| format!("note {id}")).expect("a number"),
        None => fact.to_string(),
    }
}

/// One client's.
#[derive(Debug, Default)]
pub struct Ledger {
    acknowledged: Facts,
    on_their_way: VecDeque<Transaction>,
    /// What was there after each transaction that was acknowledged, or found after a crash.
    pub past: Vec<Facts>,
}

impl Ledger {
    pub fn sent(&mut self, transaction: Transaction) {
        self.on_their_way.push_back(transaction);
    }

    /// The oldest that is on its way is durable.
    pub fn committed(&mut self) {
        let transaction = self.on_their_way.pop_front().expect("it was sent");
        transaction.apply(&mut self.acknowledged);
        self.past.push(self.acknowledged.clone());
    }

    /// Nothing became of the oldest that is on its way.
    pub fn refused(&mut self) {
        self.on_their_way.pop_front().expect("it was sent");
    }

    pub fn waits(&self) -> bool {
        !self.on_their_way.is_empty()
    }

    /// Holds what is there after a crash against what may be: all that was acknowledged, and of
    /// what was on its way the first so many transactions, whole. From then on it is known.
    ///
    /// # Errors
    /// What is there and may not be.
    pub fn settle(&mut self, there: Facts) -> Result<(), String> {
        let mut facts = self.acknowledged.clone();
        let mut transactions = self.on_their_way.drain(..);
        loop {
            if facts == there {
                drop(transactions);
                self.acknowledged = facts;
                self.past.push(there);
                return Ok(());
            }
            match transactions.next() {
                Some(next) => next.apply(&mut facts),
                None => break,
            }
        }
        drop(transactions);
        let lost = self.acknowledged.values().filter(|fact| !there.contains_key(&key(fact)));
        let more = there.values().filter(|fact| !self.acknowledged.contains_key(&key(fact)));
        let (lost, more): (Vec<_>, Vec<_>) = (lost.collect(), more.collect());
        Err(format!("acknowledged and not there: {lost:?}; not acknowledged and there: {more:?}"))
    }
}
