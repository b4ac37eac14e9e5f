//! What `explain` prints.

use std::fmt;

use super::operator::Plan;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#?}", self.strata)
    }
}
