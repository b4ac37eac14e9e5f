//! The machine's own thread: it takes what comes in a queue, gives the machine its turns, and
//! passes on what follows. All that waits while one commit is on its way goes into the next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::clock::{Clock, system_now};
use super::event::{Effect, Ended, Event, Receipt, Request, Ticket};
use super::machine::{Machine, SourceNews, Started};
use super::news::News;
use super::prelude::Prelude;
use super::reload::NotAdopted;
use super::vocabulary::stated;
use crate::compile::Loaded;
use crate::feed::{OverSources, Submission, Vocabulary};
use crate::model::{Author, Delta, RelationDelta, RelationId, Timestamp, crash_point};
use crate::program::Program;
use crate::reconcile::RunId;
use crate::store::{Adoption, StoreError};

/// The rules in force. Relations have their numbers from the program of one generation.
#[derive(Clone, Debug)]
pub struct Rules {
    pub generation: u64,
    pub program: Arc<Program>,
    pub prelude: Arc<Prelude>,
    /// What the program itself says of its relations.
    stated: Arc<BTreeSet<RelationId>>,
}

impl Rules {
    /// What clients may write.
    pub fn vocabulary(&self) -> Vocabulary<'_> {
        let vocabulary = Vocabulary::new(&self.program.schema, OverSources::Refused);
        let vocabulary = vocabulary.with_stated((*self.stated).clone()).for_server();
        vocabulary.beside(self.prelude.prefix())
    }
}

/// New rules to be put in force.
pub struct NewRules {
    pub loaded: Loaded,
    pub prelude: Prelude,
    pub sources: Vec<SourceNews>,
}

/// What changed of the relations that somebody subscribed to.
#[derive(Clone, Debug)]
pub struct Publication {
    pub delta: Delta,
    pub program: Arc<Program>,
}

/// What the keeper is asked.
pub(super) enum Message {
    Submit { generation: u64, author: Author, submission: Submission, reply: Reply },
    Ask { generation: u64, who: String, request: Request, reply: Reply },
    Ended { run: RunId, ended: Ended },
    SourceRead { generation: u64, relation: RelationId, news: News },
    Query(Box<dyn FnOnce(&mut Machine) + Send>),
    Subscribe { relations: Vec<String>, sender: mpsc::Sender<Publication>, reply: Subscribed },
    Reload { rules: Box<NewRules>, reply: oneshot::Sender<Result<Vec<Adoption>, String>> },
    Close,
    Stop,
}

type Reply = oneshot::Sender<Result<Receipt, String>>;
type Subscribed = oneshot::Sender<Result<(), String>>;

/// How many messages may wait; whoever sends more waits.
const QUEUE_MESSAGES_MAX: usize = 4_096;
/// How many turns' effects may wait to be carried out.
const EFFECTS_MAX: usize = 1_024;
/// More transactions than these never share a commit.
const GROUP_MAX: usize = 1_024;

/// The machine's thread, and the ways to it and from it.
pub(super) struct Keeper {
    pub queue: mpsc::Sender<Message>,
    pub effects: mpsc::Receiver<(Rules, Vec<Effect>)>,
    pub rules: watch::Receiver<Rules>,
    pub thread: JoinHandle<()>,
}

/// Starts a machine on a thread of its own, where it stays; its turns are at the clock's moments.
///
/// # Errors
/// What the store says.
pub(super) fn keep(
    clock: Clock,
    start: impl FnOnce(Timestamp) -> Result<Started, StoreError> + Send + 'static,
) -> Result<(Keeper, Vec<Adoption>), StoreError> {
    let (queue, messages) = mpsc::channel(QUEUE_MESSAGES_MAX);
    let (out, effects) = mpsc::channel(EFFECTS_MAX);
    let (tell, told) = std::sync::mpsc::channel();
    let thread = std::thread::Builder::new().name("machine".to_string());
    let thread = thread.spawn(move || match start(clock.moment()) {
        Err(error) => drop(tell.send(Err(error))),
        Ok((machine, adoptions, first)) => {
            let (rules, watched) = watch::channel(rules_of(&machine, 1));
            let is_awaited = tell.send(Ok((watched, adoptions))).is_ok();
            let work = Work {
                machine: Some(machine),
                clock,
                messages,
                out,
                rules,
                generation: 1,
                replies: BTreeMap::new(),
                last_ticket: 0,
                subscribers: Vec::new(),
                is_over: !is_awaited,
            };
            work.run(first);
        }
    });
    let thread = thread.expect("a thread can be started");
    let (rules, adoptions) = told.recv().expect("the thread tells how it went")?;
    Ok((Keeper { queue, effects, rules, thread }, adoptions))
}

fn rules_of(machine: &Machine, generation: u64) -> Rules {
    let (program, prelude) = (machine.program().clone(), Arc::new(machine.prelude().clone()));
    let stated = Arc::new(stated(&program));
    Rules { generation, program, prelude, stated }
}

struct Work {
    /// Always there, but for the moment of a reload.
    machine: Option<Machine>,
    clock: Clock,
    messages: mpsc::Receiver<Message>,
    /// With the rules under which these effects came about.
    out: mpsc::Sender<(Rules, Vec<Effect>)>,
    rules: watch::Sender<Rules>,
    generation: u64,
    replies: BTreeMap<Ticket, Reply>,
    last_ticket: u64,
    subscribers: Vec<Subscriber>,
    is_over: bool,
}

struct Subscriber {
    names: Vec<String>,
    relations: Vec<RelationId>,
    sender: mpsc::Sender<Publication>,
}

impl Work {
    fn run(mut self, first: Vec<Effect>) {
        let timer = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let timer = timer.expect("a timer needs little");
        self.listen();
        self.pass_on(first);
        while !self.is_over {
            let wait = until(self.machine().next_wake());
            let receive = async {
                match wait {
                    Some(wait) => tokio::time::timeout(wait, self.messages.recv()).await.ok(),
                    None => Some(self.messages.recv().await),
                }
            };
            match timer.block_on(receive) {
                Some(Some(message)) => self.take(message),
                Some(None) => return,
                None => self.turn(Vec::new()),
            }
        }
    }

    /// Takes a message and all that waits behind it.
    fn take(&mut self, first: Message) {
        let mut events = Vec::new();
        let mut next = Some(first);
        while let Some(message) = next {
            match self.event(message) {
                Ok(event) => events.extend(event),
                Err(other) => {
                    // What was sent before is known before.
                    self.turn(std::mem::take(&mut events));
                    self.handle(other);
                }
            }
            if self.is_over {
                return;
            }
            next = match events.len() < GROUP_MAX {
                true => self.messages.try_recv().ok(),
                false => None,
            };
        }
        self.turn(events);
    }

    /// The message as something that happened, if it is that; nothing if it came too late.
    fn event(&mut self, message: Message) -> Result<Option<Event>, Message> {
        match message {
            Message::Submit { generation, author, submission, reply } => {
                let ticket = self.ticket(generation, reply);
                Ok(ticket.map(|ticket| Event::Submit { ticket, author, submission }))
            }
            Message::Ask { generation, who, request, reply } => {
                let ticket = self.ticket(generation, reply);
                Ok(ticket.map(|ticket| Event::Ask { ticket, who, request }))
            }
            Message::Ended { run, ended } => Ok(Some(Event::Ended { run, ended })),
            Message::SourceRead { generation, relation, news } => {
                let is_now = generation == self.generation;
                Ok(is_now.then_some(Event::SourceRead { relation, news }))
            }
            other => Err(other),
        }
    }

    fn ticket(&mut self, generation: u64, reply: Reply) -> Option<Ticket> {
        if generation != self.generation {
            let why = "the rules have changed while this was on its way; send it again";
            let _ = reply.send(Err(why.to_string()));
            return None;
        }
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.replies.insert(ticket, reply);
        Some(ticket)
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Query(query) => query(self.machine()),
            Message::Subscribe { relations, sender, reply } => {
                let _ = reply.send(self.subscribe(relations, sender));
            }
            Message::Reload { rules, reply } => {
                let _ = reply.send(self.reload(*rules));
            }
            Message::Close => {
                let effects = self.machine().close();
                self.pass_on(effects);
            }
            Message::Stop => {
                crash_point("keeper.stop");
                self.is_over = true;
            }
            Message::Submit { .. }
            | Message::Ask { .. }
            | Message::Ended { .. }
            | Message::SourceRead { .. } => unreachable!("these are events"),
        }
    }

    fn machine(&mut self) -> &mut Machine {
        self.machine.as_mut().expect("it is away only while rules are changed")
    }

    fn turn(&mut self, events: Vec<Event>) {
        crash_point("keeper.turn.before");
        let now = self.clock.moment();
        let effects = self.machine().turn(now, events);
        crash_point("keeper.turn.after");
        self.pass_on(effects);
    }

    fn pass_on(&mut self, effects: Vec<Effect>) {
        let mut rest = Vec::new();
        for effect in effects {
            match effect {
                // Who has gone away needs no answer.
                Effect::Answer { ticket, answer } => {
                    crash_point("keeper.answer.before");
                    if let Some(reply) = self.replies.remove(&ticket) {
                        let _ = reply.send(answer);
                    }
                    crash_point("keeper.answer.after");
                }
                Effect::Changed(delta) => {
                    self.publish(&delta);
                    rest.push(Effect::Changed(delta));
                }
                other => rest.push(other),
            }
        }
        crash_point("keeper.effects.before-send");
        if rest.is_empty() {
            return;
        }
        let rules = self.rules.borrow().clone();
        if self.out.blocking_send((rules, rest)).is_err() {
            self.is_over = true;
        }
    }

    fn publish(&mut self, delta: &Delta) {
        let program = self.machine().program().clone();
        let before = self.subscribers.len();
        self.subscribers.retain(|subscriber| {
            let wanted = delta.relations.iter();
            let wanted = wanted.filter(|one| subscriber.relations.contains(&one.relation));
            let relations: Vec<RelationDelta> = wanted.cloned().collect();
            if relations.is_empty() {
                return true;
            }
            let delta = Delta { revision: delta.revision, now: delta.now, relations };
            // Who does not read is let go: nobody else waits for him.
            subscriber.sender.try_send(Publication { delta, program: program.clone() }).is_ok()
        });
        if self.subscribers.len() < before {
            self.listen();
        }
    }

    fn subscribe(
        &mut self,
        names: Vec<String>,
        sender: mpsc::Sender<Publication>,
    ) -> Result<(), String> {
        let relations = resolve(&names, &self.machine().program().clone())?;
        self.subscribers.push(Subscriber { names, relations, sender });
        self.listen();
        Ok(())
    }

    /// Tells the machine what somebody wants to know: subscribers, and whoever reads the log.
    fn listen(&mut self) {
        self.subscribers.retain(|subscriber| !subscriber.sender.is_closed());
        let machine = self.machine.as_mut().expect("it is away only while rules are changed");
        let logged = super::journal::logged(machine.program());
        let subscribed = self.subscribers.iter().flat_map(|one| one.relations.iter().copied());
        let relations: Vec<RelationId> = subscribed.chain(logged).collect();
        machine.listen(&relations);
    }

    fn reload(&mut self, rules: NewRules) -> Result<Vec<Adoption>, String> {
        let machine = self.machine.take().expect("it is away only while rules are changed");
        let NewRules { loaded, prelude, sources } = rules;
        match machine.reload((&loaded, prelude), sources) {
            Err(NotAdopted { machine, why, is_stranded }) => {
                self.machine = Some(*machine);
                if is_stranded {
                    let why = format!("the store fits neither the new rules nor the old: {why}");
                    self.pass_on(vec![Effect::Halt(why)]);
                }
                Err(why.to_string())
            }
            Ok((machine, adoptions, effects)) => {
                self.generation += 1;
                crash_point("keeper.reload.before-rules");
                // What is sent from now on has the new numbers.
                self.rules.send_replace(rules_of(&machine, self.generation));
                crash_point("keeper.reload.after-rules");
                let program = machine.program().clone();
                self.machine = Some(machine);
                self.subscribers.retain_mut(|one| match resolve(&one.names, &program) {
                    Ok(relations) => {
                        one.relations = relations;
                        true
                    }
                    Err(_) => false,
                });
                self.listen();
                self.pass_on(effects);
                Ok(adoptions)
            }
        }
    }
}

fn resolve(names: &[String], program: &Program) -> Result<Vec<RelationId>, String> {
    let find = |name: &String| match program.schema.find(name) {
        Some(relation) => Ok(relation.id),
        None => {
            let all = program.schema.relations().iter().map(|relation| relation.name.as_str());
            let hint = crate::feed::nearest(name, all).map(|hint| format!("; {hint}"));
            Err(format!("there is no relation \"{name}\"{}", hint.unwrap_or_default()))
        }
    };
    names.iter().map(find).collect()
}

/// How long it is until then.
fn until(moment: Option<Timestamp>) -> Option<Duration> {
    let wait = moment?.since(system_now());
    Some(wait.to_std().unwrap_or(Duration::ZERO))
}
