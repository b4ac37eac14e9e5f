//! Where the story stands: its world, its server, and what everybody expects by now.

use jiff::civil::Date;

use super::server::Server;
use super::size::{LAST_DAY, Size};
use super::world::World;

/// The attempts of an instance that is brought about at the first try.
pub const ONCE: [&str; 1] = ["succeeded"];

/// The campaigns whose files of the last day come late.
pub const LATE: [&str; 3] = ["503", "507", "511"];

/// The day for which the other team's job fails at first.
pub fn failed_day() -> Date {
    LAST_DAY - jiff::ToSpan::days(3)
}

pub struct Story {
    // Dropped in this order: the server ends before its world.
    server: Option<Server>,
    pub world: World,
    pub size: Size,
    /// Up to which day results are wanted.
    pub to: Date,
    /// All campaigns that are signed.
    pub campaigns: Vec<String>,
    /// Every password that was ever used.
    pub passwords: Vec<String>,
}

impl Story {
    /// The world as it is on the first day: nearly everything is there that will be needed.
    pub fn begin() -> Story {
        let size = Size::chosen();
        let (first, last) = (size.campaigns.start().to_string(), size.campaigns.end().to_string());
        let world = World::start(&[&first, &last], size.limit);
        let campaigns = size.campaigns();
        for day in size.days() {
            let has_come = |one: &&String| day != LAST_DAY || !LATE.contains(&one.as_str());
            let come: Vec<String> = campaigns.iter().filter(has_come).cloned().collect();
            world.publish(day, &come);
            if day != LAST_DAY {
                world.run("world/close", &[&day.to_string()]);
            }
            if day != failed_day() {
                world.price(day);
            }
        }
        world.quicken(size.every);
        let secret = |name: &str| world.read(&format!("secrets/{name}"));
        let header = secret("api-header");
        let token = header.trim().rsplit(' ').next().expect("it has several words");
        let passwords =
            vec![token.to_string(), secret("sftp-password"), secret("warehouse-password")];
        let server = Some(Server::start(&world));
        let mut story = Story { server, world, size, to: LAST_DAY, campaigns, passwords };
        story.want_to(LAST_DAY);
        story
    }

    /// The business wants results up to this day.
    pub fn want_to(&mut self, day: Date) {
        self.to = day;
        let wanted = format!("+wanted({}, {day})", self.size.first_day());
        self.world.owed(&["tell", &wanted]);
    }

    /// The next day begins: the ad network and the other team have done their part.
    pub fn next_day(&mut self) -> Date {
        let day = self.to + jiff::ToSpan::days(1);
        self.world.publish(day, &self.campaigns);
        self.world.run("world/close", &[&day.to_string()]);
        self.world.price(day);
        day
    }

    /// Until nothing that is wanted is missing.
    pub fn settle(&self) {
        let limit = format!("{}s", self.size.limit.as_secs());
        self.world.owed(&["wait", "results", "--timeout", &limit]);
    }

    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("it runs but while it is killed")
    }

    /// The server is killed, as a crash does it.
    pub fn kill_server(&mut self) {
        self.server.take().expect("it runs").kill();
    }

    pub fn start_server(&mut self) {
        self.server = Some(Server::start(&self.world));
    }

    /// How many results are in the table for a day.
    pub fn loaded(&self, day: Date) -> usize {
        let of_day = format!("(select distinct campaign from results where day = '{day}') loaded");
        self.world.count(&of_day)
    }

    /// Until so many results are ok.
    pub fn until_ok(&self, what: &str, results: usize) {
        self.world.until(what, || match self.world.rows("results.ok", &[]).len() {
            found if found == results => Ok(()),
            found => Err(format!("{found} results, not {results}: {}", self.complaint())),
        });
    }

    /// What is to be shown if something does not come.
    pub fn complaint(&self) -> String {
        let log = self.server().log();
        let lines: Vec<&str> = log.lines().rev().take(10).collect();
        format!("{}\n{}", self.world.roots().join("\n"), lines.join("\n"))
    }

    /// The last day is over: the server ends well.
    pub fn end(&mut self) {
        self.server.take().expect("it runs").stop();
    }
}
