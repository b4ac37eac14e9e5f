//! The side of a member: it listens, and takes part in one group at a time.

use std::cell::Cell;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use tracing::{debug, info, warn};

use super::dial::{Assignment, PATIENCE, dial};
use super::file::{ClusterFile, Secret};
use super::frame::read_frame;
use super::greeting::{Greeted, GroupId, Purpose, Welcome, answer};
use super::line::told;
use super::trouble::Trouble;

/// A member that waits for somebody to lead it.
pub struct Listener {
    secret: Secret,
    arrivals: Receiver<Arrival>,
    /// Rows and texts for a group whose leader has not come yet.
    early: Vec<Arrival>,
    is_led: Arc<AtomicBool>,
}

/// A connection that has proved itself.
struct Arrival {
    purpose: Purpose,
    stream: TcpStream,
}

/// What a member does in a group, and its ways to the others.
pub struct Session<T> {
    pub task: T,
    /// Which process it is; the one that leads is 0.
    pub own: usize,
    pub control: TcpStream,
    pub texts: TcpStream,
    /// By process; none to itself.
    pub rows: Vec<Option<TcpStream>>,
}

/// How long the others may take to come.
const GATHERING: Duration = Duration::from_secs(10);

/// More than these are not kept for later.
const EARLY_MAX: usize = 64;

/// More than these are not greeted at once: they have not proved yet that they may come.
const GREETINGS_MAX: usize = 64;

impl Listener {
    /// Listens as one of the members, counted from 1.
    ///
    /// # Errors
    /// If the address is not free.
    pub fn open(file: &ClusterFile, member: usize) -> Result<Listener, Trouble> {
        let address = file.members[member - 1].clone();
        let listener = TcpListener::bind(&address)
            .map_err(|source| Trouble::Unreachable { address: address.clone(), source })?;
        let (arrived, arrivals) = channel();
        let is_led = Arc::new(AtomicBool::new(false));
        let greetings = Arc::default();
        let door = Door { secret: file.secret.clone(), arrived, is_led: is_led.clone(), greetings };
        std::thread::spawn(move || door.stand(&listener));
        info!("listening on {address}");
        Ok(Listener { secret: file.secret.clone(), arrivals, early: Vec::new(), is_led })
    }

    /// Waits for one that leads, and until all that take part are there.
    pub fn wait<T: DeserializeOwned>(&mut self) -> Session<T> {
        loop {
            self.is_led.store(false, Ordering::Release);
            let arrival = self.arrivals.recv().expect("the door stands open");
            if arrival.purpose != Purpose::Lead {
                self.early.truncate(EARLY_MAX - 1);
                self.early.insert(0, arrival);
                continue;
            }
            match self.join(arrival.stream) {
                Ok(session) => {
                    info!("a leader has come: process {} of {}", session.own, session.rows.len());
                    return session;
                }
                Err(trouble) => debug!("the group did not come together: {trouble}"),
            }
        }
    }

    fn join<T: DeserializeOwned>(&mut self, mut control: TcpStream) -> Result<Session<T>, Trouble> {
        let broken = |source| Trouble::Broken { address: "the leader".to_string(), source };
        control.set_read_timeout(Some(GATHERING)).map_err(broken)?;
        let assignment: Assignment<T> = read_frame(&mut control).map_err(broken)?;
        let Assignment { group, own, members, task } = assignment;
        let mut rows: Vec<Option<TcpStream>> = (0..=members.len()).map(|_| None).collect();
        for (at, member) in members.iter().enumerate().take(own - 1) {
            let purpose = Purpose::Rows { group, from: own };
            rows[at + 1] = Some(dial(member, &self.secret, purpose)?);
        }
        let until = Instant::now() + GATHERING;
        let mut texts = None;
        while texts.is_none() || (0..rows.len()).any(|at| at != own && rows[at].is_none()) {
            let Arrival { purpose, stream } = self.arrival_of(group, until).map_err(broken)?;
            match purpose {
                Purpose::Texts(_) => texts = Some(stream),
                Purpose::Rows { from, .. } if from < rows.len() => rows[from] = Some(stream),
                Purpose::Rows { .. } | Purpose::Lead | Purpose::Nothing => {}
            }
        }
        self.early.clear();
        let texts = texts.expect("it was waited for");
        Ok(Session { task, own, control, texts, rows })
    }

    /// The next one that comes for a group.
    fn arrival_of(&mut self, group: GroupId, until: Instant) -> std::io::Result<Arrival> {
        let is_of = |arrival: &Arrival| match arrival.purpose {
            Purpose::Texts(of) | Purpose::Rows { group: of, .. } => of == group,
            Purpose::Lead | Purpose::Nothing => false,
        };
        if let Some(at) = self.early.iter().position(is_of) {
            return Ok(self.early.remove(at));
        }
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.arrivals.recv_timeout(left) {
                Ok(arrival) if is_of(&arrival) => return Ok(arrival),
                Ok(_) => {}
                Err(_) => return Err(std::io::ErrorKind::TimedOut.into()),
            }
        }
    }
}

/// Who lets others in.
#[derive(Clone)]
struct Door {
    secret: Secret,
    arrived: Sender<Arrival>,
    is_led: Arc<AtomicBool>,
    greetings: Arc<AtomicUsize>,
}

impl Door {
    fn stand(&self, listener: &TcpListener) {
        for stream in listener.incoming() {
            match stream.and_then(|stream| Ok((stream.peer_addr()?, stream))) {
                Ok((from, stream)) => {
                    let door = self.clone();
                    if door.greetings.fetch_add(1, Ordering::AcqRel) < GREETINGS_MAX {
                        std::thread::spawn(move || {
                            door.let_in(stream, from);
                            door.greetings.fetch_sub(1, Ordering::AcqRel);
                        });
                    } else {
                        door.greetings.fetch_sub(1, Ordering::AcqRel);
                        warn!("{from} is refused: {GREETINGS_MAX} others are being greeted");
                    }
                }
                Err(error) => {
                    warn!("cannot take a connection: {error}");
                    std::thread::sleep(Duration::from_millis(100));
                }
            }
        }
    }

    fn let_in(&self, mut stream: TcpStream, from: SocketAddr) {
        let is_claimed = Cell::new(false);
        let welcome = |purpose| {
            let welcome = self.welcome(purpose);
            is_claimed.set(purpose == Purpose::Lead && welcome == Welcome::Come);
            welcome
        };
        let mut answered = || {
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            let answered = answer(&mut stream, &self.secret, welcome)?;
            stream.set_read_timeout(None)?;
            stream.set_write_timeout(None)?;
            Ok::<_, std::io::Error>(answered)
        };
        let answered = answered();
        if answered.is_err() && is_claimed.get() {
            self.is_led.store(false, Ordering::Release);
        }
        match answered {
            Ok(Greeted::Well((Purpose::Nothing, _) | (_, Welcome::Busy))) => {}
            Ok(Greeted::Well((purpose, Welcome::Come))) => {
                // Whoever listens no longer needs nobody.
                let _ = self.arrived.send(Arrival { purpose, stream });
            }
            Ok(Greeted::OtherSecret) => warn!("{from} does not have the secret, and is refused"),
            Ok(Greeted::OtherVersion(theirs)) => warn!("{from} is version {theirs} of owed"),
            Err(error) => warn!("{from} is refused: {}", told(&error)),
        }
    }

    /// One at a time leads.
    fn welcome(&self, purpose: Purpose) -> Welcome {
        match purpose {
            Purpose::Lead if self.is_led.swap(true, Ordering::AcqRel) => Welcome::Busy,
            Purpose::Lead | Purpose::Nothing | Purpose::Texts(_) | Purpose::Rows { .. } => {
                Welcome::Come
            }
        }
    }
}
