//! The socket of a running server: lines of the feed both ways, with a receipt for each
//! transaction; subscriptions; and questions as JSON.

mod asks;
mod connection;
mod protocol;
mod socket;

pub use protocol::{Ask, END, Hello, Pauses, Reply};
pub use socket::{Socket, SocketError};
