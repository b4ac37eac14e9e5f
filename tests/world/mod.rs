//! A world for a machine to look at and act upon, in virtual time: facts that are so, commands
//! that do as they are told, and a server that may crash at any moment.

#![allow(dead_code, reason = "each test uses what it needs")]

pub mod commands;
pub mod manners;
pub mod stage;
