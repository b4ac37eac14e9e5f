//! A connection on which both sides say that they are there, so that one that is silent is known to
//! be gone.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::frame::{read_frame, write_frame};

/// How often each side says that it is there.
const BEAT: Duration = Duration::from_secs(1);

/// One that says nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(8);

/// What goes over the connection.
#[derive(Debug, Serialize, Deserialize)]
enum Beat<T> {
    Here,
    Message(T),
}

/// Whether somebody of a group is gone, for all that take part in it.
#[derive(Clone, Debug, Default)]
pub struct Ended(Arc<AtomicBool>);

impl Ended {
    /// Says so; whether nobody had before.
    pub fn set(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }

    /// Whether somebody is gone.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Who is on the other side.
#[derive(Clone, Debug)]
pub enum Peer {
    Leader,
    /// A member, by its address.
    Member(String),
}

/// Makes two queues of a connection. Where the other side is gone, that is logged, the group has
/// ended, the other connections to the same side are shut, and the queues are closed. The
/// connection ends when what is to be sent has no sender any more.
///
/// # Errors
/// If the connection is broken already.
pub fn line<Out, In>(
    stream: TcpStream,
    peer: Peer,
    ended: Ended,
    beside: Vec<TcpStream>,
) -> io::Result<(Sender<Out>, Receiver<In>)>
where
    Out: Serialize + Send + 'static,
    In: DeserializeOwned + Send + 'static,
{
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(SILENCE))?;
    let (to, outgoing) = channel();
    let (incoming, from) = channel();
    let (mut reading, mut writing) = (stream.try_clone()?, stream);
    let is_over = Arc::new(AtomicBool::new(false));
    let is_closed = is_over.clone();
    std::thread::spawn(move || {
        // An error is seen by the one that reads, too.
        let _ = send(&outgoing, &mut writing);
        is_closed.store(true, Ordering::Release);
        let _ = writing.shutdown(Shutdown::Both);
    });
    std::thread::spawn(move || {
        let error = receive(&mut reading, &incoming);
        let is_ours = is_over.load(Ordering::Acquire) && error.kind() == END;
        if ended.set() && !is_ours {
            peer.is_gone(&error);
        }
        if error.kind() != END {
            beside.iter().for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
        }
        let _ = reading.shutdown(Shutdown::Both);
    });
    Ok((to, from))
}

impl Peer {
    fn is_gone(&self, error: &io::Error) {
        match self {
            Peer::Leader if error.kind() == END => info!("the leader has left"),
            Peer::Leader => warn!("the leader is gone: {}", told(error)),
            Peer::Member(address) => warn!("{address} is gone: {}", told(error)),
        }
    }
}

const END: io::ErrorKind = io::ErrorKind::UnexpectedEof;

fn send<Out: Serialize>(outgoing: &Receiver<Out>, writing: &mut TcpStream) -> io::Result<()> {
    loop {
        match outgoing.recv_timeout(BEAT) {
            Ok(message) => write_frame(writing, &Beat::Message(message))?,
            Err(RecvTimeoutError::Timeout) => write_frame(writing, &Beat::<Out>::Here)?,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

/// Goes on until the other side is gone, or nobody listens.
fn receive<In: DeserializeOwned>(reading: &mut TcpStream, incoming: &Sender<In>) -> io::Error {
    loop {
        match read_frame(reading) {
            Ok(Beat::Here) => {}
            Ok(Beat::Message(message)) => {
                if incoming.send(message).is_err() {
                    return END.into();
                }
            }
            Err(error) => return error,
        }
    }
}

/// What is wrong with a connection, in words.
pub(super) fn told(error: &io::Error) -> String {
    match error.kind() {
        END => "it closed the connection".to_string(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "it does not answer".to_string(),
        _ => error.to_string(),
    }
}
