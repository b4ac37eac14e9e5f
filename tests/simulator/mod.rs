//! A world in virtual time, everything that may go wrong in it, and the book-keeping that judges
//! what a machine does about it.

pub mod calm;
pub mod checks;
pub mod crash;
pub mod data;
pub mod facts;
pub mod hearing;
pub mod jobs;
pub mod ledger;
pub mod mischief;
pub mod pool_ledger;
pub mod random_goal;
pub mod shape;
pub mod turn;
pub mod world;
