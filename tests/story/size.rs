//! How large the story is.

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::civil::{Date, date};

/// The campaigns and days that it begins with, and how long things may take then.
pub struct Size {
    /// The first and the last campaign; 1001 is not among them.
    pub campaigns: RangeInclusive<u32>,
    first_day: Date,
    /// Longer than this nothing takes.
    pub limit: Duration,
    /// How often sources are read.
    pub every: &'static str,
}

/// The last of the days that are wanted at first.
pub const LAST_DAY: Date = date(2026, 3, 25);

impl Size {
    /// As `OWED_STORY` says.
    pub fn chosen() -> Size {
        match std::env::var("OWED_STORY").as_deref() {
            Err(_) | Ok("100x7") => Size {
                campaigns: 501..=600,
                first_day: date(2026, 3, 19),
                limit: Duration::from_secs(120),
                every: "1s",
            },
            Ok("1000x31") => Size {
                campaigns: 1..=1000,
                first_day: date(2026, 2, 23),
                limit: Duration::from_secs(900),
                every: "5s",
            },
            Ok(other) => panic!("OWED_STORY is 100x7 or 1000x31, and not {other}"),
        }
    }

    pub fn campaigns(&self) -> Vec<String> {
        self.campaigns.clone().map(|campaign| campaign.to_string()).collect()
    }

    /// Those that are wanted at first.
    pub fn days(&self) -> Vec<Date> {
        let days = self.first_day.series(jiff::ToSpan::days(1));
        days.take_while(|day| *day <= LAST_DAY).collect()
    }

    pub fn first_day(&self) -> Date {
        self.first_day
    }
}

/// A count of at most six digits as `owed` shows it to people.
pub fn shown(count: usize) -> String {
    match count {
        0..1000 => count.to_string(),
        _ => format!("{},{:03}", count / 1000, count % 1000),
    }
}
