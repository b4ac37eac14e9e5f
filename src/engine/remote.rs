//! Workers in other processes: how the one that leads brings them together, and what each of them
//! does.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::cluster::{Cluster, Ended, Group, Link, Peer, Session, line};
use crate::plan::Plan;

use super::authority::{Authority, answer};
use super::code::Surroundings;
use super::crew::{Other, serve};
use super::dictionary::Dictionary;
use super::lane::Lane;
use super::lost::Lost;
use super::post::PostBuilder;

/// What a member of a cluster is to run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Task {
    plan: Plan,
    rounds_max: u32,
}

/// Brings all members together, and waits for those that are away.
///
/// # Errors
/// If one is gone again.
pub fn gather(
    cluster: &Cluster,
    plan: &Plan,
    dictionary: &Arc<Dictionary>,
    rounds_max: u32,
) -> Result<(PostBuilder, Vec<Other>), Lost> {
    let task = Task { plan: plan.clone(), rounds_max };
    let Some(Group { links, rows }) = cluster.gather(&task) else { Lost.unwind() };
    let ended = Ended::default();
    let others = links.into_iter().zip(rows.iter().flatten());
    let others = others.map(|(link, rows)| other(link, rows, &ended, dictionary));
    let others = others.collect::<io::Result<Vec<Other>>>().map_err(|_| Lost)?;
    let post = PostBuilder::over(rows, 0, ended).map_err(|_| Lost)?;
    Ok((post, others))
}

fn other(
    link: Link,
    rows: &TcpStream,
    ended: &Ended,
    dictionary: &Arc<Dictionary>,
) -> io::Result<Other> {
    let Link { address, control, texts } = link;
    let beside = vec![texts.try_clone()?, rows.try_clone()?];
    let dictionary = dictionary.clone();
    std::thread::spawn(move || answer(texts, &dictionary));
    let (orders, reports) = line(control, Peer::Member(address), ended.clone(), beside)?;
    Ok(Other { orders: Some(orders), reports, thread: None })
}

/// Takes part in a group, until it ends.
pub fn take_part(session: Session<Task>) {
    // That the group has ended is told by the line.
    let _ = Lost::catch(|| try_take_part(session).map_err(|_| Lost));
}

fn try_take_part(session: Session<Task>) -> io::Result<()> {
    let Session { task, own, control, texts, rows } = session;
    let ended = Ended::default();
    let mut beside = vec![texts.try_clone()?];
    for stream in rows.iter().flatten() {
        beside.push(stream.try_clone()?);
    }
    let (reports, orders) = line(control, Peer::Leader, ended.clone(), beside)?;
    let dictionary = Arc::new(Dictionary::of_member(Authority::new(texts)));
    let zone = Arc::new(task.plan.zone.clone());
    let around = Surroundings { dictionary: dictionary.clone(), zone };
    let post = PostBuilder::over(rows, own, ended)?.build();
    let lane = Lane::new(post, Arc::new(task.plan), around, task.rounds_max);
    serve(lane, &orders, &reports, &dictionary);
    Ok(())
}
