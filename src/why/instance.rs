//! Instances: as an explanation names them, and as people ask for them.

use std::fmt;

use super::clauses::Clauses;
use crate::feed::{Mistake, nearest, parse_pattern};
use crate::model::{Row, Value};
use crate::program::Program;

/// An instance by the place of its goal among the program's, and its parameters.
pub(super) type Key = (usize, Row);

/// One instance of a goal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instance {
    pub goal: String,
    /// The values of its parameters.
    pub row: Row,
}

/// As it is written: `csv("501", 2026-03-25)`.
impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms: Vec<String> = self.row.iter().map(Value::to_string).collect();
        write!(f, "{}({})", self.goal, terms.join(", "))
    }
}

impl Instance {
    /// Reads `csv("501", 2026-03-25)`, or with names `csv(c: "501", d: 2026-03-25)`.
    ///
    /// # Errors
    /// If there is no such goal, or if these are not values for its parameters.
    pub fn parse(program: &Program, text: &str) -> Result<Instance, Mistake> {
        let name = text.split('(').next().unwrap_or_default().trim();
        let Some(goal) = program.goals.iter().find(|goal| goal.name == name) else {
            return Err(unknown_goal(program, name));
        };
        let own = program.schema.find(name).expect("a goal has its own relation");
        let pattern = parse_pattern(text, own)?;
        let row: Option<Row> = pattern.into_iter().collect();
        match row {
            Some(row) => Ok(Instance { goal: goal.name.clone(), row }),
            None => {
                let names: Vec<&str> = goal.parameters.iter().map(|one| &*one.name).collect();
                let hint = format!("expected a value for each of {}", names.join(", "));
                Err(Mistake::new("one instance is explained, and `_` is none").hint(hint))
            }
        }
    }

    pub(super) fn of(clauses: &Clauses<'_>, key: &Key) -> Instance {
        Instance { goal: clauses.goals[key.0].goal.name.clone(), row: key.1.clone() }
    }
}

fn unknown_goal(program: &Program, name: &str) -> Mistake {
    let names = || program.goals.iter().map(|goal| goal.name.as_str());
    let goal_of_state = name.split_once('.').map(|(goal, _)| goal);
    let is_relation = program.schema.find(name).is_some();
    let mistake = match is_relation {
        true => Mistake::new(format!("\"{name}\" is no goal")),
        false => Mistake::new(format!("the program has no goal \"{name}\"")),
    };
    if let Some(goal) = goal_of_state.filter(|goal| names().any(|name| name == *goal)) {
        return mistake.hint(format!("did you mean \"{goal}\"?"));
    }
    let known: Vec<&str> = names().take(NAMES_MAX).collect();
    match (nearest(name, names()), known.is_empty()) {
        (Some(hint), _) => mistake.hint(hint),
        (None, true) => mistake.hint("it has no goals"),
        (None, false) => mistake.hint(format!("its goals are {}", known.join(", "))),
    }
}

/// How many names a message lists.
const NAMES_MAX: usize = 12;
