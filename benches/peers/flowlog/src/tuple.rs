//! The harness's rows as FlowLog's tuples.

use harness::Fact;

pub trait Tuple {
    fn from_fact(fact: Fact) -> Self;
    fn to_fact(&self) -> Fact;
}

impl Tuple for (i32,) {
    fn from_fact([a, ..]: Fact) -> (i32,) {
        (a,)
    }

    fn to_fact(&self) -> Fact {
        [self.0, 0, 0]
    }
}

impl Tuple for (i32, i32) {
    fn from_fact([a, b, _]: Fact) -> (i32, i32) {
        (a, b)
    }

    fn to_fact(&self) -> Fact {
        [self.0, self.1, 0]
    }
}

impl Tuple for (i32, i32, i32) {
    fn from_fact([a, b, c]: Fact) -> (i32, i32, i32) {
        (a, b, c)
    }

    fn to_fact(&self) -> Fact {
        [self.0, self.1, self.2]
    }
}

pub fn tuples<T: Tuple>(facts: &[Fact]) -> Vec<T> {
    facts.iter().map(|fact| T::from_fact(*fact)).collect()
}
