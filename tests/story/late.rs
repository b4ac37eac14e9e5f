//! What comes late, and what is new.

use std::collections::BTreeSet;

use super::size::{LAST_DAY, shown};
use super::story::{LATE, ONCE, Story, failed_day};

/// Everything is fetched and loaded but what waits for the network or the other team; nothing is
/// fetched twice, and each at the first try.
pub fn what_can_be_done_is_done(story: &mut Story) {
    let (campaigns, days) = (story.campaigns.len(), story.size.days().len());
    story.until_ok("the rest is loaded", campaigns * (days - 1) - LATE.len());
    let world = &story.world;
    let files = campaigns * days - LATE.len();
    world.until("the rest is fetched", || match world.rows("csv_file", &[]).len() {
        found if found == files => Ok(()),
        found => Err(format!("{found} files, not {files}")),
    });
    assert_eq!(
        world.count("(select distinct campaign, day from results) loaded"),
        campaigns * (days - 1) - LATE.len()
    );
    assert_each_once(&world.transfers(), files);
    let first = story.size.first_day();
    for campaign in [&story.campaigns[0], &story.campaigns[campaigns / 2]] {
        assert_eq!(world.attempts(&format!("csv(\"{campaign}\", {first})")), ONCE);
        assert_eq!(world.attempts(&format!("results(\"{campaign}\", {first})")), ONCE);
    }
}

/// Who is late is asked again, seldom and without keeping the others, and is loaded when it is
/// there.
pub fn a_file_comes_late(story: &mut Story) {
    let world = &story.world;
    for campaign in LATE {
        let csv = format!("csv(\"{campaign}\", {LAST_DAY})");
        world.until("it was asked for several times", || {
            let attempts = world.attempts(&csv);
            let failures = attempts.iter().filter(|outcome| *outcome == "failed").count();
            (failures >= 3).then_some(()).ok_or(attempts.join(", "))
        });
        world.until("it says why", || {
            let why = world.why(&csv);
            why.contains("the ad network does not have it yet").then_some(()).ok_or(why)
        });
        assert_eq!(world.rows("csv.gone", &[campaign]), [""; 0]);
        let late = format!("results.late(\"{campaign}\", {LAST_DAY})");
        assert!(world.rows("results.late", &[campaign]).contains(&late), "{late}");
    }
    // That they are not there says nothing of the network.
    assert_eq!(story.server().log().matches("failures in a row").count(), 0);

    let before = story.loaded(LAST_DAY);
    assert_eq!(before, story.campaigns.len() - LATE.len());
    world.publish(LAST_DAY, &LATE.map(String::from));
    world.run("world/close", &[&LAST_DAY.to_string()]);
    world.until("they are loaded", || match story.loaded(LAST_DAY) {
        found if found == story.campaigns.len() => Ok(()),
        found => Err(format!("{found} are loaded")),
    });
    for campaign in LATE {
        let attempts = world.attempts(&format!("csv(\"{campaign}\", {LAST_DAY})"));
        let (last, earlier) = attempts.split_last().expect("it was tried");
        assert_eq!(last, "succeeded");
        assert!(earlier.iter().all(|outcome| outcome != "gone" && outcome != "succeeded"));
        assert_eq!(world.attempts(&format!("results(\"{campaign}\", {LAST_DAY})")), ONCE);
    }
    assert_each_once(&world.transfers(), story.campaigns.len() * story.size.days().len());
}

/// A day of somebody else's table is missing: nothing is tried, what keeps it has one name, and
/// when it is there the day is loaded.
pub fn prices_come_late(story: &mut Story) {
    let world = &story.world;
    let (day, campaigns) = (failed_day(), story.campaigns.len());
    world.until("only that day is missing", || match world.roots().as_slice() {
        [root] => Ok(root.clone()).and_then(|root| {
            let expected = format!(
                "waiting for the world: prices has no action\n  \
                 1 prices; {} results wait for it\n  prices({day})",
                shown(campaigns)
            );
            (root == expected).then_some(()).ok_or(root)
        }),
        roots => Err(roots.join("\n\n")),
    });
    assert_eq!(story.loaded(day), 0);
    let results = format!("results(\"{}\", {day})", story.campaigns[0]);
    assert_eq!(world.attempts(&results), [""; 0]);

    world.price(day);
    story.settle();
    assert_eq!(story.loaded(day), campaigns);
    assert_eq!(world.attempts(&results), ONCE);
}

/// A campaign more is fetched and loaded for all days, and nothing else is.
pub fn a_campaign_is_new(story: &mut Story) {
    let new = "1001".to_string();
    let before = story.world.transfers().len();
    for day in story.size.days() {
        story.world.publish(day, std::slice::from_ref(&new));
    }
    story.world.run("world/sign", &[&new]);
    story.campaigns.push(new);
    let days = story.size.days().len();
    story.until_ok("it is loaded", story.campaigns.len() * days);
    let transfers = story.world.transfers().split_off(before);
    assert_each_once(&transfers, days);
    assert!(transfers.iter().all(|path| path.ends_with("/1001.csv")), "{transfers:?}");
    for day in story.size.days() {
        assert_eq!(story.world.attempts(&format!("results(\"1001\", {day})")), ONCE);
    }
}

/// So many files, each read from the network one time.
fn assert_each_once(transfers: &[String], files: usize) {
    let different: BTreeSet<&String> = transfers.iter().collect();
    assert_eq!((transfers.len(), different.len()), (files, files), "files, each read once");
}
