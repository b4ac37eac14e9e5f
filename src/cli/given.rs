//! Which facts a command looks at, and at which moment.

use std::path::PathBuf;

use super::clock::Clock;
use super::command_line::parse_moment;
use super::data::{self, default_folder};
use super::failure::Failure;
use super::feeds::open_all;
use super::load::Loaded;
use super::progress::Progress;
use super::vocabulary::vocabulary;
use super::{sources, talk};
use crate::feed::{Batcher, Event, parse_line};
use crate::model::{Change, Timestamp};

/// Where facts come from.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Given {
    /// Changes to apply on top of the sources; `-` is standard input
    #[arg(long, value_name = "FILE|-")]
    feed: Vec<PathBuf>,
    /// The moment to look at; `at` lines move on from there. The system's clock by default
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    now: Option<Timestamp>,
    /// Take the facts from this store, also of a running server, instead of the sources
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Take the facts that the store had at this moment, which is also the moment to look at
    /// unless `--now` is given. Without `--data` it is the store in $OWED_DATA, or ./owed-data
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    at: Option<Timestamp>,
}

impl Given {
    /// Whether anything is said.
    pub(super) fn is_any(&self) -> bool {
        let has_moment = self.now.or(self.at).is_some();
        has_moment || self.data.is_some() || !self.feed.is_empty()
    }

    /// The clock at the moment to look at.
    pub(super) fn clock(&self) -> Clock {
        Clock::standing(self.now.or(self.at))
    }

    /// All rows of the sources, or facts of the store, and changes of the feeds, in order. What
    /// matters is where they end, so they are one transaction. Tells whether a line was refused.
    pub(super) fn gather(
        &self,
        loaded: &Loaded,
        clock: &mut Clock,
        progress: &Progress,
    ) -> Result<(Vec<Change>, bool), Failure> {
        let feeds = open_all(&self.feed)?;
        let mut changes = match (&self.data, self.at) {
            (None, None) => {
                let tables = sources::read_all(loaded, progress)?;
                sources::inserts(tables, &loaded.program, clock.read())
            }
            (data, at) => {
                progress.say("reading the store");
                let folder = data.clone().unwrap_or_else(default_folder);
                data::read(&folder, at, &loaded.program.schema)?
            }
        };
        let vocabulary = vocabulary(&loaded.program);
        let mut is_refused = false;
        for mut feed in feeds {
            progress.say(format!("reading {}", feed.name().title()));
            let mut batcher = Batcher::default();
            while let Some(raw) = feed.read()? {
                let line = raw.text.and_then(|text| parse_line(&text, &vocabulary));
                let taken = batcher.push(raw.number, line).and_then(|event| match event {
                    Some(Event::Transaction(submission)) => {
                        changes.extend(submission.into_changes()?);
                        Ok(())
                    }
                    Some(Event::At(moment)) => clock.advance(moment).map(|_| ()),
                    Some(Event::Echo(_)) | None => Ok(()),
                });
                if let Err(mistake) = taken {
                    is_refused = true;
                    talk::refusal(&feed.name().place(raw.number), &mistake);
                }
            }
            if let Err(mistake) = batcher.finish() {
                is_refused = true;
                talk::refusal(&feed.name().title(), &mistake);
            }
        }
        Ok((changes, is_refused))
    }
}
