//! Notifications of PostgreSQL: that there is something new to be read, and nothing else.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use tokio_postgres::AsyncMessage;
use tracing::{info, warn};

use super::bell::Bell;
use super::place::Place;
use crate::model::Relation;
use crate::runtime::sql::{Database, Messages, Server, explain};

/// What a channel tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelNews {
    /// Something may have changed: it was said, or nobody listened for a while.
    Change,
    /// Nobody listens for now, and why; it is tried again.
    Lost(String),
}

/// Rings a source's bell whenever its channel tells of something, if it has one. While nobody
/// listens, which is said once, it is read by the clock alone.
pub(super) async fn stir_when_told(relation: &Relation, url: &str, place: &Place, bell: Bell) {
    let source = relation.source.as_ref();
    let Some(channel) = source.and_then(|source| source.notify.as_deref()) else { return };
    let name = &relation.name;
    let mut is_lost = false;
    let told = |news| match news {
        ChannelNews::Change => {
            if std::mem::take(&mut is_lost) {
                info!("the source of {name} listens on channel \"{channel}\" again");
            }
            bell.stir();
        }
        ChannelNews::Lost(why) => {
            if !std::mem::replace(&mut is_lost, true) {
                warn!("the source of {name} is read by the clock alone: {why}");
            }
        }
    };
    listen(url, channel, place, told).await;
}

/// Listens on a channel of the database that a URL names, for as long as it is not dropped. A
/// lost connection is made again, after a pause that doubles. Call it in a tokio runtime.
pub async fn listen(url: &str, channel: &str, place: &Place, mut told: impl FnMut(ChannelNews)) {
    let mut pause = PAUSE_MIN;
    loop {
        let lost = match Database::find(url, place.folder()) {
            Ok((Database::Postgres(server), url)) => {
                let why = follow(&server, channel, || {
                    pause = PAUSE_MIN;
                    told(ChannelNews::Change);
                });
                url.hide(&why.await)
            }
            Ok((Database::Sqlite(_), _)) => "only PostgreSQL notifies".to_string(),
            Err(error) => error.to_string(),
        };
        told(ChannelNews::Lost(format!("cannot listen on channel \"{channel}\": {lost}")));
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Listens on one connection, and says why it ended.
async fn follow(server: &Server, channel: &str, mut changed: impl FnMut()) -> String {
    let (client, mut messages) = match server.connect_to_listen().await {
        Ok(connected) => connected,
        Err(error) => return explain(&error),
    };
    let listen = format!("listen \"{}\"", channel.replace('"', "\"\""));
    {
        // The statement is answered only while the connection is followed.
        let mut begun = pin!(client.batch_execute(&listen));
        loop {
            tokio::select! {
                done = &mut begun => match done {
                    Ok(()) => break,
                    Err(error) => return explain(&error),
                },
                ended = next(&mut messages) => if let Err(why) = ended { return why },
            }
        }
    }
    // What was said before we listened is not said again.
    changed();
    loop {
        match next(&mut messages).await {
            Ok(true) => changed(),
            Ok(false) => {}
            Err(why) => return why,
        }
    }
}

/// Whether the next message is a notification.
async fn next(messages: &mut Messages) -> Result<bool, String> {
    match poll_fn(messages).await {
        Some(Ok(AsyncMessage::Notification(_))) => Ok(true),
        Some(Ok(_)) => Ok(false),
        Some(Err(error)) => Err(explain(&error)),
        None => Err("the connection was closed".to_string()),
    }
}

const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);
