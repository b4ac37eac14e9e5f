//! What there is to say of one instance, as data; [`write_explanation`](super::write_explanation)
//! and [`explanation_json`](super::explanation_json) say it.

use super::attempt::Attempt;
use super::instance::Instance;
use crate::model::Timestamp;

/// How many instances and facts are shown where there may be many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of what one clause needs, the most urgent first.
    pub instances: usize,
}

/// Why an instance is in the state that it is in.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    pub now: Timestamp,
    pub instance: Node,
    pub asked: Asked,
}

/// An instance with what it needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub instance: Instance,
    pub state: State,
    /// When it is due, or was, where it is missing.
    pub due: Option<Timestamp>,
    pub is_late: bool,
    pub details: Details,
    /// One for each `needs` clause, where it is missing.
    pub needs: Vec<NeedGroup>,
    pub rest: Rest,
}

/// What is left to say of an instance that stands in the tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Rest {
    /// All is said here.
    Nothing,
    /// It stands in the tree already, and all is said there.
    Above,
    /// It stands above itself: it waits for itself.
    Cycle,
    /// The tree ends here, although something that it needs is missing.
    Below(Below),
}

/// What a tree that ends leaves out.
#[derive(Clone, Debug, PartialEq)]
pub struct Below {
    /// How many missing instances.
    pub missing: usize,
    /// Whether there are more than were counted.
    pub is_cut: bool,
    /// Some of those that need nothing that is missing.
    pub bottoms: Vec<Node>,
}

/// The states of an instance, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    Gone,
    Stuck,
    Waiting,
    Ready,
    Working,
    Waived,
    Ok,
    NotExpected,
}

impl State {
    /// Every state.
    pub const ALL: [State; 8] = [
        State::Gone,
        State::Stuck,
        State::Waiting,
        State::Ready,
        State::Working,
        State::Waived,
        State::Ok,
        State::NotExpected,
    ];

    /// The word for it; those of expected instances are the language's.
    pub fn name(self) -> &'static str {
        match self {
            State::Gone => "gone",
            State::Stuck => "stuck",
            State::Waiting => "waiting",
            State::Ready => "ready",
            State::Working => "working",
            State::Waived => "waived",
            State::Ok => "ok",
            State::NotExpected => "not expected",
        }
    }

    /// The state that `name` is the word for.
    pub fn from_name(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether something is owed.
    pub fn is_missing(self) -> bool {
        self < State::Waived
    }
}

/// Who asks for an instance, or would.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// Every `expect` clause.
    pub clauses: Vec<ClauseView>,
    /// Whether a fact on the goal's own name asks for it.
    pub is_given: bool,
    /// The missing instances that need it.
    pub needed_by: Several,
    /// Those that would need it, were they missing.
    pub settled: Several,
}

/// Some of many instances, each with its state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Several {
    pub shown: Vec<(Instance, State)>,
    pub total: usize,
    /// Whether there are more than were counted.
    pub is_cut: bool,
}

/// A clause, and whether it holds for the instance.
#[derive(Clone, Debug, PartialEq)]
pub struct ClauseView {
    /// As one would write it.
    pub clause: String,
    pub outcome: Outcome,
}

impl ClauseView {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        matches!(self.outcome, Outcome::Holds(_))
    }
}

/// Whether a clause holds, and why.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Holds(Proof),
    /// How far it comes; several where several come as far.
    Fails(Vec<Failing>),
    /// There is too much to try.
    TooMuch,
}

/// What makes a clause hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proof {
    /// Facts as they are written, and absences as `not r(…)`.
    pub facts: Vec<String>,
    /// From when on the clock allows it.
    pub since: Option<Timestamp>,
    /// Until when.
    pub until: Option<Timestamp>,
}

/// Where a clause fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Failing {
    /// The facts that hold.
    pub holds: Vec<String>,
    /// The literal, as written.
    pub literal: String,
    /// What is wrong with it, with values.
    pub reason: String,
    /// Facts that are nearly what it asks for.
    pub near: Vec<String>,
}

/// What is known of an instance beside its needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// Every `ok` clause. Where more urgent things are to be said, none.
    pub ok: Vec<ClauseView>,
    /// `ok needs`.
    pub is_milestone: bool,
    pub has_action: bool,
    pub attempt: Option<Attempt>,
    pub waiver: Option<Waiver>,
    /// The `hold` clauses that hold.
    pub held: Vec<Reason>,
    /// Why it can never be brought about, by its own clauses and attempts.
    pub gone: Vec<Reason>,
    /// The `working` clauses that hold.
    pub working: Vec<ClauseView>,
    pub live: Option<Live>,
}

/// A reason in the program's words.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    pub reason: String,
    /// `None` where an attempt said it.
    pub proof: Option<Proof>,
}

/// Who accepts that it is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    pub until: Timestamp,
    pub reason: String,
    pub who: String,
    pub is_in_force: bool,
}

/// What only a running server knows of an instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// When the last look began that ended well.
    pub looked: Option<Timestamp>,
    /// Why the last look failed, if it did.
    pub look_failure: Option<String>,
    /// Since when it is being looked at.
    pub looking_since: Option<Timestamp>,
    pub next_look: Option<Timestamp>,
    pub in_flight: Option<InFlight>,
    /// When it will be tried next.
    pub next_try: Option<Timestamp>,
    /// What keeps it from being started although it is ready, in words that are the same for all
    /// that it keeps: `pool sftp is tripped`, `goal csv is paused`, `not looked at yet`.
    pub obstacle: Option<String>,
}

/// An action on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct InFlight {
    pub since: Timestamp,
    /// When it is asked to stop.
    pub until: Timestamp,
    pub pid: Option<u32>,
}

/// What one `needs` clause asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct NeedGroup {
    /// The clause, without its keyword.
    pub clause: String,
    /// How many instances in each state, the most urgent first.
    pub states: Vec<(State, usize)>,
    /// The most urgent.
    pub shown: Vec<Node>,
    /// Whether there are more than were counted.
    pub is_cut: bool,
}

impl NeedGroup {
    /// How many instances it asks for.
    pub fn total(&self) -> usize {
        self.states.iter().map(|(_, number)| number).sum()
    }

    /// Whether any of them is missing.
    pub fn is_missing(&self) -> bool {
        self.states.iter().any(|(state, _)| state.is_missing())
    }
}
