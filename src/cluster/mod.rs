//! Several processes as one: the file that names them, the secret that they share, and the
//! connections between them. One leads; the others are its members. What is said over these
//! connections is the engine's affair.

mod dial;
mod file;
mod frame;
mod greeting;
mod line;
mod listen;
mod trouble;

pub use dial::{Cluster, Group, Link};
pub use file::{ClusterFile, Secret};
pub use frame::{read_frame, write_frame};
pub use line::{Ended, Peer, line};
pub use listen::{Listener, Session};
pub use trouble::Trouble;
