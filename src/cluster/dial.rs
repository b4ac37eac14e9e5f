//! The side that leads: it connects to every member, and has members connect to each other.

use std::net::{TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::file::{ClusterFile, Secret};
use super::frame::write_frame;
use super::greeting::{Greeted, GroupId, Purpose, VERSION, Welcome, greet, random};
use super::trouble::Trouble;

/// A cluster, for the process that leads it.
#[derive(Debug)]
pub struct Cluster {
    file: ClusterFile,
    is_given_up: AtomicBool,
}

/// All members, ready to be told what to do.
pub struct Group {
    pub links: Vec<Link>,
    /// By process, the one that leads being the first: where rows go, and come from.
    pub rows: Vec<Option<TcpStream>>,
}

/// The ways to one member.
pub struct Link {
    pub address: String,
    /// For orders and reports.
    pub control: TcpStream,
    /// For questions after texts.
    pub texts: TcpStream,
}

/// What a member is told first.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Assignment<T> {
    pub group: GroupId,
    /// Which process it is; the one that leads is 0.
    pub own: usize,
    pub members: Vec<String>,
    pub task: T,
}

/// How long it may take to connect, and each part of a greeting.
pub(super) const PATIENCE: Duration = Duration::from_secs(4);

/// How long it is waited before the first and the last new try.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(2);

impl Cluster {
    /// The cluster of a file.
    pub fn new(file: ClusterFile) -> Cluster {
        Cluster { file, is_given_up: AtomicBool::new(false) }
    }

    /// How many processes there are, with the one that leads.
    pub fn processes(&self) -> usize {
        self.file.members.len() + 1
    }

    /// Whoever waits for members stops waiting.
    pub fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Release);
    }

    /// Waits until every member answers.
    ///
    /// # Errors
    /// If one has another secret, or another version: that will not pass.
    pub fn await_members(&self) -> Result<(), Trouble> {
        let secret = &self.file.secret;
        self.until(|| {
            let mut members = self.file.members.iter();
            members.try_for_each(|member| dial(member, secret, Purpose::Nothing).map(drop))
        })?;
        Ok(())
    }

    /// Brings all members together for a task, and waits for those that are not there. `None` once
    /// it was given up.
    pub fn gather(&self, task: &impl Serialize) -> Option<Group> {
        loop {
            match self.until(|| self.try_gather(task)) {
                Ok(group) => return group,
                // It may be put right while we wait, and we hold what nobody else does.
                Err(trouble) => {
                    warn!("{trouble}");
                    std::thread::sleep(PAUSE_MAX);
                }
            }
        }
    }

    /// Tries until it works, or cannot.
    fn until<T>(&self, attempt: impl Fn() -> Result<T, Trouble>) -> Result<Option<T>, Trouble> {
        let (mut pause, mut said) = (PAUSE_MIN, String::new());
        while !self.is_given_up.load(Ordering::Acquire) {
            let trouble = match attempt() {
                Ok(made) => {
                    if !said.is_empty() {
                        info!("all {} members of the cluster are there", self.file.members.len());
                    }
                    return Ok(Some(made));
                }
                Err(trouble @ (Trouble::OtherSecret { .. } | Trouble::OtherVersion { .. })) => {
                    return Err(trouble);
                }
                Err(trouble) => trouble.to_string(),
            };
            if trouble != said {
                warn!("the cluster waits: {trouble}");
                said = trouble;
            }
            std::thread::sleep(pause);
            pause = PAUSE_MAX.min(pause * 2);
        }
        Ok(None)
    }

    fn try_gather(&self, task: &impl Serialize) -> Result<Group, Trouble> {
        let ClusterFile { members, secret } = &self.file;
        let broken = |address: &str| {
            let address = address.to_string();
            move |source| Trouble::Broken { address, source }
        };
        let group: GroupId = random().map_err(broken("this process"))?;
        let mut controls = Vec::new();
        for member in members {
            controls.push(dial(member, secret, Purpose::Lead)?);
        }
        for (at, (control, member)) in controls.iter_mut().zip(members).enumerate() {
            let own = at + 1;
            let assignment = Assignment { group, own, members: members.clone(), task };
            write_frame(control, &assignment).map_err(broken(member))?;
        }
        let (mut links, mut rows) = (Vec::new(), vec![None]);
        for (control, member) in controls.into_iter().zip(members) {
            let texts = dial(member, secret, Purpose::Texts(group))?;
            rows.push(Some(dial(member, secret, Purpose::Rows { group, from: 0 })?));
            links.push(Link { address: member.clone(), control, texts });
        }
        Ok(Group { links, rows })
    }
}

/// Connects to a member.
pub(super) fn dial(address: &str, secret: &Secret, purpose: Purpose) -> Result<TcpStream, Trouble> {
    let owned = || address.to_string();
    let places = address.to_socket_addrs();
    let places = places.map_err(|source| Trouble::Unreachable { address: owned(), source })?;
    let mut last = Trouble::NoAddress { address: owned() };
    for place in places {
        match TcpStream::connect_timeout(&place, PATIENCE) {
            Ok(stream) => return introduce(stream, address, secret, purpose),
            Err(source) => last = Trouble::Unreachable { address: owned(), source },
        }
    }
    Err(last)
}

fn introduce(
    mut stream: TcpStream,
    address: &str,
    secret: &Secret,
    purpose: Purpose,
) -> Result<TcpStream, Trouble> {
    let address = address.to_string();
    let mut greeted = || {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let greeted = greet(&mut stream, secret, purpose)?;
        stream.set_read_timeout(None)?;
        stream.set_write_timeout(None)?;
        Ok(greeted)
    };
    match greeted() {
        Ok(Greeted::Well(Welcome::Come)) => Ok(stream),
        Ok(Greeted::Well(Welcome::Busy)) => Err(Trouble::Busy { address }),
        Ok(Greeted::OtherSecret) => Err(Trouble::OtherSecret { address }),
        Ok(Greeted::OtherVersion(theirs)) => {
            Err(Trouble::OtherVersion { address, theirs, ours: VERSION })
        }
        Err(source) => Err(Trouble::Broken { address, source }),
    }
}
