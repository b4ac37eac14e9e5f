//! An explanation for people: what is the matter on top, what it needs as a tree below.

use super::attempt::{Attempt, Phase};
use super::explanation::{
    Asked, Below, ClauseView, Details, Explanation, Failing, Live, NeedGroup, Node, Outcome, Proof,
    Rest, Several, State,
};
use super::page::{Page, number_in_words, number_of};
use crate::model::Timestamp;

/// The explanation as lines of 80 columns.
pub fn write_explanation(explanation: &Explanation) -> String {
    let mut writer = Writer { page: Page::default() };
    writer.page.line("", &format!("now {:#}", explanation.now));
    writer.page.line("", "");
    writer.node(&explanation.instance, &Branch::top(), "", Some(&explanation.asked));
    writer.page.text
}

struct Writer {
    page: Page,
}

/// How the lines of a part of the tree begin.
struct Branch {
    first: String,
    rest: String,
}

impl Branch {
    fn top() -> Branch {
        Branch { first: String::new(), rest: String::new() }
    }

    fn child(&self, is_last: bool) -> Branch {
        let (first, rest) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        Branch { first: format!("{}{first}", self.rest), rest: format!("{}{rest}", self.rest) }
    }
}

/// What stands under an instance.
enum Child<'a> {
    Node(&'a Node, &'static str),
    Group(&'a NeedGroup),
    Line(String),
}

impl Writer {
    fn node(&mut self, node: &Node, branch: &Branch, verb: &str, asked: Option<&Asked>) {
        let children = children(node);
        let stem = if children.is_empty() { "  " } else { "│ " };
        let body = format!("{}{stem}", branch.rest);
        let title = format!("{verb}{}: {}", node.instance, state(node));
        self.page.branch(&branch.first, &branch.rest, &title);
        match asked {
            Some(asked) if node.state == State::NotExpected => self.unasked(node, asked, &body),
            Some(asked) => self.asked(node, asked, &body),
            None => {}
        }
        self.details(node, &body);
        self.children(&children, branch);
    }

    fn children(&mut self, children: &[Child<'_>], branch: &Branch) {
        for (at, child) in children.iter().enumerate() {
            let below = branch.child(at + 1 == children.len());
            match child {
                Child::Node(node, verb) => self.node(node, &below, verb, None),
                Child::Group(group) => {
                    let total = number_in_words(group.total());
                    let states = in_states(&group.states);
                    let title = format!("needs {total} by {}: {states}", group.clause);
                    self.page.branch(&below.first, &below.rest, &title);
                    self.children(&of_group(group), &below);
                }
                Child::Line(text) => self.page.branch(&below.first, &below.rest, text),
            }
        }
    }

    fn asked(&mut self, node: &Node, asked: &Asked, body: &str) {
        for clause in &asked.clauses {
            if let Outcome::Holds(proof) = &clause.outcome {
                self.page.line(body, &format!("expected by its clause {}", clause.clause));
                self.proof(proof, body);
            }
        }
        if asked.is_given {
            self.page.line(body, &format!("expected by a fact: {}", node.instance));
        }
        if asked.needed_by.total > 0 {
            let total = number_of(asked.needed_by.total, "missing instance");
            let (least, several) = (at_least(&asked.needed_by), several(&asked.needed_by));
            self.page.line(body, &format!("needed by {least}{total}: {several}"));
        }
    }

    fn unasked(&mut self, node: &Node, asked: &Asked, body: &str) {
        for clause in &asked.clauses {
            self.clause("not expected by its clause", clause, body);
        }
        self.page.line(body, &format!("no fact asks for it: there is no {}", node.instance));
        match asked.settled.total {
            0 => self.page.line(body, "no missing instance needs it"),
            total => {
                let total = number_of(total, "instance");
                let (least, several) = (at_least(&asked.settled), several(&asked.settled));
                let text = format!(
                    "no missing instance needs it; {least}{total} would, were they missing: \
                     {several}"
                );
                self.page.line(body, &text);
            }
        }
    }

    fn details(&mut self, node: &Node, body: &str) {
        let details = &node.details;
        for line in own_lines(node) {
            self.page.line(body, &line);
        }
        for reason in &details.gone {
            let Some(proof) = &reason.proof else { continue };
            self.page.line(body, &format!("gone{}: {}", times(proof), reason.reason));
            self.proof(proof, body);
        }
        for clause in &details.working {
            let Outcome::Holds(proof) = &clause.outcome else { continue };
            let text = format!("somebody is on it{}: {}", times(proof), clause.clause);
            self.page.line(body, &text);
            self.proof(proof, body);
        }
        for reason in &details.held {
            let Some(proof) = &reason.proof else { continue };
            self.page.line(body, &format!("held{}: {}", times(proof), reason.reason));
            self.proof(proof, body);
        }
        if details.live.is_some() {
            for line in live_lines(details) {
                self.page.line(body, &line);
            }
        }
        let title = match node.state {
            State::Ok => "ok by its clause",
            State::NotExpected => "all the same it is ok, by its clause",
            _ => {
                let clauses = details.ok.len();
                return details.ok.iter().for_each(|clause| self.not_ok(clause, clauses, body));
            }
        };
        for clause in details.ok.iter().filter(|clause| clause.holds()) {
            self.clause(title, clause, body);
        }
    }

    /// A clause under a title, with what makes it hold, or how far it comes.
    fn clause(&mut self, title: &str, clause: &ClauseView, body: &str) {
        self.page.line(body, &format!("{title} {}", clause.clause));
        let below = format!("{body}  ");
        match &clause.outcome {
            Outcome::Holds(proof) => self.proof(proof, body),
            Outcome::Fails(failings) => {
                for failing in failings {
                    self.page.line(&below, &how_far(failing));
                    self.near(failing, &below);
                }
            }
            Outcome::TooMuch => self.page.line(&below, TOO_MUCH),
        }
    }

    /// The same in short, for the only `ok` clause of a goal.
    fn not_ok(&mut self, clause: &ClauseView, clauses: usize, body: &str) {
        match &clause.outcome {
            Outcome::Fails(failings) if clauses == 1 && failings.len() == 1 => {
                self.page.line(body, &format!("not ok: {}", how_far(&failings[0])));
                self.near(&failings[0], body);
            }
            _ => self.clause("not ok by its clause", clause, body),
        }
    }

    fn near(&mut self, failing: &Failing, body: &str) {
        if !failing.near.is_empty() {
            let text = format!("but there is {}", failing.near.join(", "));
            self.page.line(&format!("{body}  "), &text);
        }
    }

    fn proof(&mut self, proof: &Proof, body: &str) {
        if !proof.facts.is_empty() {
            let text = format!("from {}", proof.facts.join(", "));
            self.page.line(&format!("{body}  "), &text);
        }
    }
}

const TOO_MUCH: &str = "there is too much to try";

/// The state, and when it is or was due.
fn state(node: &Node) -> String {
    let name = node.state.name();
    let rest = match &node.rest {
        Rest::Nothing | Rest::Below(_) => "",
        Rest::Above => ", as above",
        Rest::Cycle => ", in a cycle: it waits for itself",
    };
    match (node.due, node.is_late) {
        (Some(due), true) => format!("{name}, late since {due:#}{rest}"),
        (Some(due), false) => format!("{name}, due {due:#}{rest}"),
        (None, _) => format!("{name}{rest}"),
    }
}

fn children(node: &Node) -> Vec<Child<'_>> {
    let mut children = Vec::new();
    for group in node.needs.iter().filter(|group| group.total() > 0) {
        match (group.shown.as_slice(), group.total()) {
            ([only], 1) => children.push(Child::Node(only, "needs ")),
            _ => children.push(Child::Group(group)),
        }
    }
    if let Rest::Below(Below { missing, is_cut, bottoms }) = &node.rest {
        let least = if *is_cut { "at least " } else { "" };
        let missing = number_of(*missing, "more missing instance");
        let last = if bottoms.is_empty() { "" } else { "; at the bottom:" };
        children.push(Child::Line(format!("… below it {least}{missing}{last}")));
        children.extend(bottoms.iter().map(|bottom| Child::Node(bottom, "")));
    }
    children
}

/// What is missing of a fan-in; of the rest, how much there is.
fn of_group(group: &NeedGroup) -> Vec<Child<'_>> {
    let is_shown = |node: &&Node| !matches!(node.state, State::Ok | State::NotExpected);
    let shown: Vec<&Node> = group.shown.iter().filter(is_shown).collect();
    let mut hidden = Vec::new();
    for (state, number) in &group.states {
        let count = shown.iter().filter(|node| node.state == *state).count();
        if *number > count {
            hidden.push((*state, number - count));
        }
    }
    let is_settled = |(state, _): &(State, usize)| !state.is_missing();
    let is_told = hidden.iter().all(is_settled) && !group.is_cut;
    let mut children: Vec<Child<'_>> =
        shown.into_iter().map(|node| Child::Node(node, "")).collect();
    if !is_told {
        let least = if group.is_cut { "at least " } else { "" };
        let total = number_in_words(hidden.iter().map(|(_, number)| number).sum());
        children.push(Child::Line(format!("… and {least}{total} more: {}", in_states(&hidden))));
    }
    children
}

fn in_states(states: &[(State, usize)]) -> String {
    match states {
        [(state, 1)] => state.name().to_string(),
        [(state, _)] => format!("all {}", state.name()),
        _ => {
            let one = |(state, number): &(State, usize)| {
                format!("{} {}", number_in_words(*number), state.name())
            };
            states.iter().map(one).collect::<Vec<_>>().join(", ")
        }
    }
}

fn at_least(several: &Several) -> &'static str {
    if several.is_cut { "at least " } else { "" }
}

fn several(several: &Several) -> String {
    let one = |(instance, state): &(super::Instance, State)| match state {
        State::Ok | State::Waived => format!("{instance} is {}", state.name()),
        _ => instance.to_string(),
    };
    let mut shown: Vec<String> = several.shown.iter().map(one).collect();
    if several.total > several.shown.len() {
        let more = several.total - several.shown.len();
        shown.push(format!("… and {} more", number_in_words(more)));
    }
    shown.join(", ")
}

fn how_far(failing: &Failing) -> String {
    match failing.holds.as_slice() {
        [] => failing.reason.clone(),
        [one] => format!("{one} holds, but {}", failing.reason),
        several => format!("{} hold, but {}", several.join(", "), failing.reason),
    }
}

fn times(proof: &Proof) -> String {
    let since = proof.since.map_or(String::new(), |since| format!(" since {since:#}"));
    let until = proof.until.map_or(String::new(), |until| format!(" until {until:#}"));
    format!("{since}{until}")
}

/// What is to be said of the instance itself.
fn own_lines(node: &Node) -> Vec<String> {
    let details = &node.details;
    let mut lines = Vec::new();
    if let Some(waiver) = &details.waiver {
        let (until, who, reason) = (waiver.until, &waiver.who, &waiver.reason);
        lines.push(match waiver.is_in_force {
            true => format!("waived until {until:#} by {who}: {reason}"),
            false => format!("a waiver by {who} was in force until {until:#}: {reason}"),
        });
    }
    if let Some(attempt) = &details.attempt {
        lines.extend(attempt_lines(attempt, node.state.is_missing()));
    }
    let is_blocked = node.needs.iter().any(NeedGroup::is_missing);
    let is_busy = |live: &Live| live.obstacle.is_some() || live.in_flight.is_some();
    let is_free = !details.live.as_ref().is_some_and(is_busy);
    let is_end = !is_blocked && node.rest == Rest::Nothing;
    match node.state {
        State::Ready if is_free => {
            lines.push("nothing holds it back: its action would start now".to_string());
        }
        State::Waiting if is_end && !details.has_action && !details.is_milestone => {
            lines.push("it has no action: it waits for the world".to_string());
        }
        _ => {}
    }
    if node.details.is_milestone {
        lines.push(match node.state {
            State::Ok => "ok needs: all that it needs is settled".to_string(),
            _ => "ok needs: it is ok when all that it needs is settled".to_string(),
        });
    }
    lines
}

fn attempt_lines(attempt: &Attempt, is_missing: bool) -> Vec<String> {
    let Attempt { number, started, ended, outcome, message, .. } = attempt;
    let mut said = message.lines();
    let message = said.next().map_or(String::new(), |first| format!(": {first}"));
    let is_counted = |retry: &u32| attempt.has_failed() && *number <= i64::from(*retry);
    let number = match attempt.retry.filter(is_counted) {
        Some(retry) => format!("attempt {number} of {retry}"),
        None => format!("attempt {number}"),
    };
    let mut lines = vec![match (attempt.phase, outcome.as_str()) {
        (Phase::InFlight { until }, _) => {
            format!("{number} has been running since {started:#}, and may until {until:#}")
        }
        (Phase::Unseen { until }, _) => {
            format!(
                "{number} succeeded at {ended:#}, and is not seen yet; it counts until {until:#}"
            )
        }
        (Phase::Overdue { since }, "running") => {
            format!("{number} began at {started:#} and was not over at {since:#}, so it failed")
        }
        (Phase::Overdue { since }, _) => {
            format!("{number} succeeded at {ended:#}, but nothing came of it until {since:#}")
        }
        (Phase::Failed, "unknown") => {
            format!("{number} ended at {ended:#}, nobody knows how{message}")
        }
        (Phase::Gone, _) => {
            format!("{number} said at {ended:#} that it can never succeed{message}")
        }
        (Phase::Failed | Phase::Idle, _) => format!("{number} {outcome} at {ended:#}{message}"),
    }];
    lines.extend(said.map(|line| format!("  | {line}")));
    if attempt.is_last_straw() && is_missing {
        lines.push("it failed as often as it may; it goes on being tried".to_string());
    }
    if let Some(until) = attempt.resting_until.filter(|_| is_missing) {
        lines.push(format!("it rests until {until:#}, and is tried again then"));
    }
    lines
}

fn live_lines(details: &Details) -> Vec<String> {
    let Some(live) = &details.live else { return Vec::new() };
    let Live { looked, look_failure, looking_since, next_look, in_flight, next_try, obstacle } =
        live;
    let at =
        |name: &str, moment: &Option<Timestamp>| moment.map(|moment| format!("{name} {moment:#}"));
    let flight = in_flight.as_ref().map(|flight| {
        let process = flight.pid.map_or(String::new(), |pid| format!(", process {pid}"));
        format!("its action is running since {:#}, until {:#}{process}", flight.since, flight.until)
    });
    let lines = [
        flight,
        obstacle.as_ref().map(|obstacle| format!("not started: {obstacle}")),
        at("next try at", next_try),
        at("last looked at", looked),
        look_failure.as_ref().map(|failure| format!("its last look failed: {failure}")),
        at("being looked at since", looking_since),
        at("next look at", next_look),
    ];
    lines.into_iter().flatten().collect()
}
