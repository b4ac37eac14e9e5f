//! An explanation as JSON: everything that the text says, and what it leaves out. Names may be
//! added, never taken away.

use serde_json::{Map, Value as Json, json};

use super::attempt::{Attempt, Phase};
use super::explanation::{
    Asked, Below, ClauseView, Details, Explanation, Failing, Live, NeedGroup, Node, Outcome, Proof,
    Reason, Rest, Several, State,
};
use super::instance::Instance;
use crate::feed::json_value;
use crate::model::{Goal, Timestamp};
use crate::program::Program;

/// The explanation as one object.
///
/// # Panics
/// If it is not of this program.
pub fn explanation_json(explanation: &Explanation, program: &Program) -> Json {
    let writer = Writer { program };
    let mut object = writer.node(&explanation.instance);
    object.insert("asked".into(), writer.asked(&explanation.asked));
    json!({ "now": moment(explanation.now), "instance": object })
}

pub(super) struct Writer<'a> {
    pub(super) program: &'a Program,
}

impl Writer<'_> {
    fn goal(&self, name: &str) -> &Goal {
        let goal = self.program.goals.iter().find(|goal| goal.name == name);
        goal.unwrap_or_else(|| panic!("the program has no goal {name}"))
    }

    pub(super) fn instance(&self, instance: &Instance) -> Map<String, Json> {
        let parameters = self.goal(&instance.goal).parameters.iter().zip(&instance.row);
        let row = parameters.map(|(column, value)| (column.name.clone(), json_value(value)));
        let mut object = Map::new();
        object.insert("goal".into(), json!(instance.goal));
        object.insert("row".into(), Json::Object(row.collect()));
        object
    }

    fn node(&self, node: &Node) -> Map<String, Json> {
        let mut object = self.instance(&node.instance);
        object.insert("state".into(), json!(node.state.name()));
        if let Some(due) = node.due {
            object.insert("due".into(), moment(due));
            object.insert("late".into(), json!(node.is_late));
        }
        details(&node.details, &mut object);
        if !node.needs.is_empty() {
            object.insert("needs".into(), node.needs.iter().map(|one| self.group(one)).collect());
        }
        match &node.rest {
            Rest::Nothing => {}
            Rest::Above => drop(object.insert("rest".into(), json!("above"))),
            Rest::Cycle => drop(object.insert("rest".into(), json!("cycle"))),
            Rest::Below(below) => drop(object.insert("below".into(), self.below(below))),
        }
        object
    }

    fn below(&self, below: &Below) -> Json {
        let bottoms: Vec<Json> = below.bottoms.iter().map(|one| self.node(one).into()).collect();
        json!({ "missing": below.missing, "is_cut": below.is_cut, "bottoms": bottoms })
    }

    fn group(&self, group: &NeedGroup) -> Json {
        let states = |(state, number): &(State, usize)| (state.name().to_string(), json!(number));
        let states: Map<String, Json> = group.states.iter().map(states).collect();
        let shown: Vec<Json> = group.shown.iter().map(|node| self.node(node).into()).collect();
        json!({
            "clause": group.clause, "total": group.total(), "is_cut": group.is_cut,
            "states": states, "instances": shown
        })
    }

    fn asked(&self, asked: &Asked) -> Json {
        json!({
            "expect": asked.clauses.iter().map(clause).collect::<Vec<_>>(),
            "fact": asked.is_given,
            "needed_by": self.several(&asked.needed_by),
            "settled": self.several(&asked.settled)
        })
    }

    fn several(&self, several: &Several) -> Json {
        let one = |(instance, state): &(Instance, State)| {
            let mut object = self.instance(instance);
            object.insert("state".into(), json!(state.name()));
            Json::Object(object)
        };
        let shown: Vec<Json> = several.shown.iter().map(one).collect();
        json!({ "total": several.total, "is_cut": several.is_cut, "instances": shown })
    }
}

pub(super) fn moment(moment: Timestamp) -> Json {
    json!(moment.to_string())
}

fn details(details: &Details, object: &mut Map<String, Json>) {
    let mut insert = |name: &str, value: Json| drop(object.insert(name.into(), value));
    insert("has_action", json!(details.has_action));
    if details.is_milestone {
        insert("ok_needs", json!(true));
    }
    if !details.ok.is_empty() {
        insert("ok", details.ok.iter().map(clause).collect());
    }
    if let Some(one) = &details.attempt {
        insert("attempt", attempt(one));
    }
    if let Some(waiver) = &details.waiver {
        let until = moment(waiver.until);
        let (who, reason) = (&waiver.who, &waiver.reason);
        let waiver = json!({
            "until": until, "who": who, "reason": reason, "in_force": waiver.is_in_force
        });
        insert("waiver", waiver);
    }
    if !details.working.is_empty() {
        insert("working", details.working.iter().map(clause).collect());
    }
    for (name, reasons) in [("held", &details.held), ("gone", &details.gone)] {
        if !reasons.is_empty() {
            insert(name, reasons.iter().map(reason).collect());
        }
    }
    if let Some(known) = &details.live {
        insert("live", live(known));
    }
}

fn reason(reason: &Reason) -> Json {
    let mut object = Map::from_iter([("reason".into(), json!(reason.reason))]);
    if let Some(found) = &reason.proof {
        proof(found, &mut object);
    }
    Json::Object(object)
}

fn proof(proof: &Proof, object: &mut Map<String, Json>) {
    object.insert("facts".into(), json!(proof.facts));
    for (name, at) in [("since", proof.since), ("until", proof.until)] {
        if let Some(at) = at {
            object.insert(name.into(), moment(at));
        }
    }
}

fn clause(view: &ClauseView) -> Json {
    let mut object = Map::from_iter([("clause".into(), json!(view.clause))]);
    match &view.outcome {
        Outcome::Holds(found) => {
            object.insert("holds".into(), json!(true));
            proof(found, &mut object);
        }
        Outcome::Fails(failings) => {
            object.insert("holds".into(), json!(false));
            object.insert("fails".into(), failings.iter().map(failing).collect());
        }
        Outcome::TooMuch => drop(object.insert("holds".into(), Json::Null)),
    }
    Json::Object(object)
}

fn failing(failing: &Failing) -> Json {
    let Failing { holds, literal, reason, near } = failing;
    json!({ "holds": holds, "literal": literal, "reason": reason, "near": near })
}

fn attempt(attempt: &Attempt) -> Json {
    let (phase, at) = match attempt.phase {
        Phase::InFlight { until } => ("in flight", Some(("until", until))),
        Phase::Unseen { until } => ("not seen yet", Some(("until", until))),
        Phase::Overdue { since } => ("overdue", Some(("since", since))),
        Phase::Failed => ("failed", None),
        Phase::Gone => ("gone", None),
        Phase::Idle => ("idle", None),
    };
    let mut object = Map::from_iter([
        ("number".into(), json!(attempt.number)),
        ("started".into(), moment(attempt.started)),
        ("ended".into(), moment(attempt.ended)),
        ("outcome".into(), json!(attempt.outcome)),
        ("message".into(), json!(attempt.message)),
        ("phase".into(), json!(phase)),
    ]);
    let mut insert = |name: &str, value: Json| drop(object.insert(name.into(), value));
    if let Some(retry) = attempt.retry {
        insert("retry", json!(retry));
    }
    if let Some((name, at)) = at {
        insert(name, moment(at));
    }
    if let Some(until) = attempt.resting_until {
        insert("resting_until", moment(until));
    }
    Json::Object(object)
}

fn live(live: &Live) -> Json {
    let Live { looked, look_failure, looking_since, next_look, in_flight, next_try, obstacle } =
        live;
    let mut object = Map::new();
    let times = [
        ("looked", looked),
        ("looking_since", looking_since),
        ("next_look", next_look),
        ("next_try", next_try),
    ];
    for (name, at) in times {
        if let Some(at) = at {
            object.insert(name.into(), moment(*at));
        }
    }
    for (name, text) in [("look_failure", look_failure), ("obstacle", obstacle)] {
        if let Some(text) = text {
            object.insert(name.into(), json!(text));
        }
    }
    if let Some(flight) = in_flight {
        let (since, until) = (moment(flight.since), moment(flight.until));
        let flight = json!({ "since": since, "until": until, "pid": flight.pid });
        object.insert("in_flight".into(), flight);
    }
    Json::Object(object)
}
