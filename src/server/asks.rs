//! Questions, answered.

use std::time::{Duration, Instant};

use serde_json::json;

use super::protocol::{Ask, Pauses, Reply};
use crate::feed::parse_cell;
use crate::model::{Relation, Row, Timestamp, Type, Value, Zone};
use crate::runtime::{
    Handle, Instances, Machine, Past, Pausable, Receipt, Request, Rules, Standing, fact_json,
    find_relation, history, standing, status, system_now, why,
};

/// Answers a question of somebody; the last reply is the answer.
pub(super) async fn answer(ask: Ask, handle: &Handle, who: &str) -> Vec<Reply> {
    let answered = match ask {
        Ask::List { relation, prefix } => list(handle, relation, prefix).await,
        other => one(other, handle, who).await.map(|reply| vec![reply]),
    };
    answered.unwrap_or_else(|why| vec![Reply::Error(why)])
}

async fn one(ask: Ask, handle: &Handle, who: &str) -> Result<Reply, String> {
    let rules = handle.rules();
    let parse = |text: &str| Instances::parse(&rules.program, text);
    match ask {
        Ask::List { .. } => unreachable!("it has many replies"),
        Ask::Status { goal } => {
            let status = handle
                .query(move |machine| status(machine, goal.as_deref(), system_now()))
                .await??;
            let json = serde_json::to_value(status).map_err(|error| error.to_string())?;
            Ok(Reply::Answer(json))
        }
        Ask::Why { instance, limit } => {
            let limit = if limit == 0 { usize::MAX } else { limit };
            let ask = move |machine: &mut _| why(machine, instance.as_deref(), limit);
            let answer = handle.query(ask).await??;
            Ok(Reply::Answer(json!({ "text": answer.text, "why": answer.json })))
        }
        Ask::Count { instances } => {
            let instances = parse(&instances)?;
            let counted = handle.query(move |machine| standing(machine, &instances)).await?;
            Ok(Reply::Answer(json!({
                "expected": counted.expected, "missing": counted.missing, "gone": counted.gone,
            })))
        }
        Ask::Waive { instances, until, reason } => {
            if reason.trim().is_empty() {
                return Err("a waiver needs a reason".to_string());
            }
            let Instances { goal, pattern, .. } = parse(&instances)?;
            let until = waived_until(&until, system_now(), &rules.program.zone)?;
            let request = Request::Waive { goal, pattern, until, reason };
            let receipt = handle.ask(rules.generation, who.to_string(), request).await?;
            let Receipt { revision, changed, instances } = receipt;
            Ok(Reply::Answer(json!({
                "tx": revision, "changed": changed, "instances": instances,
                "until": until.to_string(),
            })))
        }
        Ask::Retry { instances } => {
            let Instances { goal, pattern, .. } = parse(&instances)?;
            asked(handle, &rules, who, Request::Retry { goal, pattern }).await
        }
        Ask::Pause { what } => {
            let what = pausable(what, &rules)?;
            asked(handle, &rules, who, Request::Pause(what)).await
        }
        Ask::Resume { what } => {
            let what = pausable(what, &rules)?;
            asked(handle, &rules, who, Request::Resume(what)).await
        }
        Ask::History { instance, limit } => {
            let folder = handle.query(|machine| machine.store().folder().to_path_buf()).await?;
            let program = rules.program.clone();
            let read = move || history(&folder, &program, &instance, limit.max(1));
            let read = tokio::task::spawn_blocking(read).await;
            let Past { entries, since } = read.map_err(|error| error.to_string())??;
            let since = since.map(|since| since.to_string());
            Ok(Reply::Answer(json!({ "history": entries, "since": since })))
        }
        Ask::Wait { instances } => wait(handle, parse(&instances)?).await,
    }
}

async fn asked(
    handle: &Handle,
    rules: &Rules,
    who: &str,
    request: Request,
) -> Result<Reply, String> {
    let Receipt { revision, changed, instances } =
        handle.ask(rules.generation, who.to_string(), request).await?;
    Ok(Reply::Answer(json!({ "tx": revision, "changed": changed, "instances": instances })))
}

/// The end of a waiver: a time, a date's beginning, or so long from now.
fn waived_until(text: &str, now: Timestamp, zone: &Zone) -> Result<Timestamp, String> {
    let is = |ty: Type| parse_cell(text, ty).ok();
    let moment = match (is(Type::Time), is(Type::Date), is(Type::Duration)) {
        (Some(Value::Time(time)), _, _) => Some(time),
        (_, Some(Value::Date(date)), _) => date.midnight(zone),
        (_, _, Some(Value::Duration(duration))) => now.checked_add(duration),
        _ => {
            return Err(format!(
                "\"{text}\" is no time; expected one such as 2026-03-25T08:00Z, a date, or a \
                 duration from now such as 7d"
            ));
        }
    };
    let moment = moment.ok_or_else(|| format!("\"{text}\" is beyond the calendar"))?;
    match moment > now {
        true => Ok(moment),
        false => Err(format!("{moment} is over; a waiver needs an end that is still to come")),
    }
}

fn pausable(what: Pauses, rules: &Rules) -> Result<Pausable, String> {
    let program = &rules.program;
    match what {
        Pauses::Everything => Ok(Pausable::Everything),
        Pauses::Goal(name) => match program.goals.iter().find(|goal| goal.name == name) {
            Some(goal) if goal.action.is_none() => {
                Err(format!("goal \"{name}\" has no action that could be paused"))
            }
            Some(_) => Ok(Pausable::Goal(name)),
            None if name.contains('(') => {
                Err(format!("a goal is paused as a whole, and \"{name}\" is a part of one"))
            }
            None => Instances::parse(program, &name).map(|_| Pausable::Goal(name)),
        },
        Pauses::Pool(name) => match program.pools.iter().any(|pool| pool.name == name) {
            true => Ok(Pausable::Pool(name)),
            false => {
                let names = program.pools.iter().map(|pool| pool.name.as_str());
                let hint = crate::feed::nearest(&name, names).map(|hint| format!("; {hint}"));
                Err(format!("there is no pool \"{name}\"{}", hint.unwrap_or_default()))
            }
        },
    }
}

async fn list(
    handle: &Handle,
    relation: String,
    prefix: Vec<String>,
) -> Result<Vec<Reply>, String> {
    // The rules may change at any time but this one.
    let (relation, rows) = handle.query(move |machine| rows(machine, &relation, &prefix)).await??;
    let write = move || {
        let replies = rows.iter().map(|row| Reply::Row(fact_json(&relation, row)));
        replies.chain([Reply::Answer(json!({ "rows": rows.len() }))]).collect()
    };
    tokio::task::spawn_blocking(write).await.map_err(|error| error.to_string())
}

fn rows(
    machine: &mut Machine,
    relation: &str,
    prefix: &[String],
) -> Result<(Relation, Vec<Row>), String> {
    let program = machine.program().clone();
    let relation = find_relation(&program, relation)?;
    if prefix.len() > relation.columns.len() {
        let (name, columns) = (&relation.name, relation.columns.len());
        return Err(format!("relation \"{name}\" has {columns} columns, not {}", prefix.len()));
    }
    let cells = prefix.iter().zip(&relation.columns);
    let values = cells.map(|(cell, column)| {
        let parsed = parse_cell(cell, column.ty);
        parsed.map_err(|mistake| format!("column \"{}\": {mistake}", column.name))
    });
    let values = values.collect::<Result<Vec<Value>, String>>()?;
    let rows = machine.rows(relation.id, &values);
    let rows = rows.ok_or_else(|| format!("relation \"{}\" is the server's own", relation.name))?;
    Ok((relation.clone(), rows))
}

/// How many changes may come between two looks at how things stand.
const WAIT_PUBLICATIONS_MAX: usize = 1_024;

/// After each look at how things stand, that many times as long goes by before the next.
const WAIT_SHARE: u32 = 20;

/// Waits until none of the instances is missing.
async fn wait(handle: &Handle, instances: Instances) -> Result<Reply, String> {
    loop {
        let states = ["expected", "missing", "gone"];
        let names = states.map(|state| format!("{}.{state}", instances.name)).to_vec();
        let mut changes = handle.subscribe(names, WAIT_PUBLICATIONS_MAX).await?;
        loop {
            let asked = instances.clone();
            let (now, took) = handle.query(move |machine| timed(machine, &asked)).await?;
            if now.gone > 0 {
                let gone = now.gone;
                return Ok(Reply::Answer(json!({ "settled": false, "gone": gone })));
            }
            if now.missing == 0 {
                let is_whole = instances.pattern.iter().all(Option::is_none);
                if now.expected == 0 && !is_whole {
                    let what = match instances.one() {
                        Some(_) => "it is not expected",
                        None => "no such instance is expected",
                    };
                    return Err(format!("{what}, so that nothing brings it about"));
                }
                return Ok(Reply::Answer(json!({ "settled": true, "expected": now.expected })));
            }
            // Who was too slow subscribes anew.
            if changes.recv().await.is_none() {
                break;
            }
            // The machine's thread is not for those who wait alone.
            tokio::time::sleep(took * WAIT_SHARE).await;
            while changes.try_recv().is_ok() {}
        }
    }
}

fn timed(machine: &mut Machine, instances: &Instances) -> (Standing, Duration) {
    let began = Instant::now();
    (standing(machine, instances), began.elapsed())
}
