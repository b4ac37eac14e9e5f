//! How workers hand rows to each other. They agree upon the operator that comes next, which is the
//! first that has something to do with any of them, and all run it: so each letter of another
//! worker is its part of what all are at, and letters are only counted. What carries them is
//! timely's communication layer, which does so between threads and between processes alike.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::io;
use std::net::TcpStream;
use std::time::Duration;

use rustc_hash::FxHasher;
use timely::CommunicationConfig;
use timely::communication::allocator::ProcessBuilder;
use timely::communication::allocator::thread::Thread;
use timely::communication::allocator::zero_copy::initialize::initialize_networking_from_sockets;
use timely::communication::{Allocator, AllocatorBuilder, Hooks, Pull, Push};

use crate::cluster::Ended;

use super::batch::Batch;
use super::letter::Letter;
use super::lost::Lost;

/// One worker's ways to all others, and theirs to it.
pub struct Post {
    own: usize,
    workers: usize,
    /// None where there are no others.
    mail: Option<RefCell<Mail>>,
}

/// What a worker's post is made of, on the worker's own thread.
pub struct PostBuilder {
    builder: AllocatorBuilder,
    ended: Ended,
}

struct Mail {
    allocator: Allocator,
    /// By worker.
    to: Vec<Box<dyn Push<Letter>>>,
    from_all: Box<dyn Pull<Letter>>,
    /// By worker: what has come and is not read yet. Another worker may be one letter ahead.
    come: Vec<Option<Batch>>,
    early: Vec<Option<Batch>>,
    /// How many letters have gone to each other worker.
    sent: u64,
    /// Whether some worker is no more.
    ended: Ended,
    /// Whether the others are processes, which may be gone at any time.
    can_be_lost: bool,
}

/// How long it sleeps before it looks whether the others are still there.
const SLEEP: Duration = Duration::from_millis(100);

impl PostBuilder {
    /// For so many workers of this process.
    pub fn between(workers: usize) -> Vec<PostBuilder> {
        let config = match workers {
            1 => CommunicationConfig::Thread,
            workers => CommunicationConfig::Process(workers),
        };
        let (builders, _) = config.try_build().expect("workers of one process need no set-up");
        let ended = Ended::default();
        let builders = builders.into_iter();
        builders.map(|builder| PostBuilder { builder, ended: ended.clone() }).collect()
    }

    /// For the one worker of this process, which has a connection to each other process.
    ///
    /// # Errors
    /// If a connection cannot be used.
    pub fn over(rows: Vec<Option<TcpStream>>, own: usize, ended: Ended) -> io::Result<PostBuilder> {
        let hooks = Hooks::default();
        let inner = ProcessBuilder::new_typed_vector(1, hooks.refill.clone(), None);
        let (builders, guard) = initialize_networking_from_sockets(inner, rows, own, 1, hooks)?;
        // It waits for threads that end by themselves, and panics where they have.
        std::mem::forget(guard);
        let builder = builders.into_iter().next().expect("one worker of this process");
        Ok(PostBuilder { builder: AllocatorBuilder::Tcp(builder), ended })
    }

    /// The post of the worker on this thread. It waits until all others have theirs made.
    pub fn build(self) -> Post {
        let can_be_lost = matches!(self.builder, AllocatorBuilder::Tcp(_));
        let mut allocator = match self.builder {
            AllocatorBuilder::Thread(_) => Allocator::Thread(Thread::default()),
            AllocatorBuilder::Process(builder) => Allocator::Process(builder.build()),
            AllocatorBuilder::Tcp(builder) => Allocator::Tcp(builder.build()),
        };
        let (own, workers) = (allocator.index(), allocator.peers());
        let mail = (workers > 1).then(|| {
            let (to, from_all) = allocator.allocate(CHANNEL);
            let (come, early) = (vec![None; workers], vec![None; workers]);
            let ended = self.ended;
            let sent = 0;
            RefCell::new(Mail { allocator, to, from_all, come, early, sent, ended, can_be_lost })
        });
        Post { own, workers, mail }
    }
}

/// Workers talk in one channel only.
const CHANNEL: usize = 0;

impl Post {
    /// Which worker it is of, counted from 0.
    pub fn own(&self) -> usize {
        self.own
    }

    /// Whether there are no other workers.
    pub fn is_alone(&self) -> bool {
        self.mail.is_none()
    }

    /// Brings all rows that agree in their first words, so many, to one worker. All workers have
    /// to come here for the same rows.
    ///
    /// # Panics
    /// If another worker has panicked.
    pub fn exchange(&self, batch: Batch, key: usize) -> Batch {
        let Some(mail) = &self.mail else { return batch };
        let mut parts = vec![Batch::new(batch.width()); self.workers];
        for (row, count) in batch.rows() {
            parts[self.worker_of(&row[..key])].push(row, count);
        }
        let mut own = std::mem::replace(&mut parts[self.own], Batch::new(batch.width()));
        let mut mail = mail.borrow_mut();
        mail.send(self.own, parts);
        mail.receive(self.own).iter().for_each(|part| own.append(part));
        own
    }

    /// The least of what all workers say, if any does. All have to come here.
    ///
    /// # Panics
    /// If another worker has panicked.
    pub fn least(&self, own: Option<u64>) -> Option<u64> {
        let Some(mail) = &self.mail else { return own };
        let mut said = Batch::new(1);
        own.iter().for_each(|own| said.push(&[*own], 1));
        let mut mail = mail.borrow_mut();
        mail.send(self.own, vec![said; self.workers]);
        let others = mail.receive(self.own);
        let others = others.iter().filter_map(|said| said.rows().map(|(row, _)| row[0]).next());
        own.into_iter().chain(others).min()
    }

    fn worker_of(&self, key: &[u64]) -> usize {
        let mut hasher = FxHasher::default();
        key.iter().for_each(|word| word.hash(&mut hasher));
        // The high bits are the well mixed ones.
        let place = u128::from(hasher.finish()) * self.workers as u128;
        usize::try_from(place >> 64).expect("below the number of workers")
    }
}

impl Mail {
    /// Sends each other worker its part.
    fn send(&mut self, own: usize, parts: Vec<Batch>) {
        for (worker, (batch, to)) in parts.into_iter().zip(&mut self.to).enumerate() {
            if worker != own {
                to.send(Letter { from: own, number: self.sent, batch });
            }
        }
        self.sent += 1;
        self.allocator.release();
    }

    /// What all others have sent, once all have.
    fn receive(&mut self, own: usize) -> Vec<Batch> {
        self.take_letters();
        while (0..self.come.len()).any(|worker| worker != own && self.come[worker].is_none()) {
            if self.ended.is_set() {
                assert!(self.can_be_lost, "workers run until they are dropped");
                Lost.unwind();
            }
            // To look again and again costs other threads more than it saves here.
            self.allocator.await_events(Some(SLEEP));
            self.take_letters();
        }
        let come = self.come.iter_mut().filter_map(Option::take).collect();
        std::mem::swap(&mut self.come, &mut self.early);
        come
    }

    /// Puts all letters that are there where they belong.
    fn take_letters(&mut self) {
        self.allocator.receive();
        // Nobody asks which channel it was.
        self.allocator.events().borrow_mut().clear();
        while let Some(Letter { from, number, batch }) = self.from_all.recv() {
            // Ours for what all are at is counted among those sent.
            let place = match number + 1 == self.sent {
                true => &mut self.come[from],
                false => &mut self.early[from],
            };
            assert!(number <= self.sent && place.is_none(), "letter {number} of worker {from}");
            *place = Some(batch);
        }
    }
}

impl Drop for Mail {
    fn drop(&mut self) {
        // Whoever still waits for letters of this worker waits in vain.
        self.ended.set();
    }
}
