//! 25 March of campaign 501 is deleted from the table.

use super::size::LAST_DAY;
use super::story::{ONCE, Story};

const RESULTS: &str = "results(\"501\", 2026-03-25)";
const CSV: &str = "csv(\"501\", 2026-03-25)";
const ROWS: &str = "results where campaign = '501' and day = '2026-03-25'";

/// It is noticed, and loaded from the file that is still here.
pub fn rows_come_back(story: &mut Story) {
    let world = &story.world;
    assert_eq!(LAST_DAY.to_string(), "2026-03-25");
    let (before, transfers) = (world.attempts(RESULTS), world.transfers().len());
    world.sql(&format!("delete from {ROWS}"));
    world.until("it is back", || match world.count(ROWS) {
        20 => Ok(()),
        rows => Err(format!("{rows} rows")),
    });
    story.settle();
    assert_eq!(world.attempts(RESULTS), [before, ONCE.map(String::from).to_vec()].concat());
    assert_eq!(world.transfers().len(), transfers, "nothing is fetched again");
}

/// Its file is gone too, here and at the network: it says so, and why. An estimate that somebody
/// inserts by hand is as good.
pub fn what_is_gone_is_gone(story: &mut Story) {
    let world = &story.world;
    std::fs::remove_file(world.path("network/files/2026-03-25/501.csv")).expect("it is there");
    std::fs::remove_file(world.path("landing/2026-03-25/501.csv")).expect("it is there");
    world.until("that is seen", || match world.rows("csv_file", &["501", "2026-03-25"]) {
        rows if rows.is_empty() => Ok(()),
        rows => Err(rows.join("\n")),
    });
    // While the results are there nobody needs it.
    assert_eq!(world.rows("csv.missing", &[]), [""; 0]);

    world.sql(&format!("delete from {ROWS}"));
    let reason = "the ad network has closed 2026-03-25, and has no file of 501";
    world.until("it is gone", || match world.rows("results.gone", &[]) {
        rows if rows == ["results.gone(\"501\", 2026-03-25)"] => Ok(()),
        rows => Err(rows.join("\n")),
    });
    let gone = format!("csv.gone_because(\"501\", 2026-03-25, \"{reason}\")");
    assert_eq!(world.rows("csv.gone_because", &[]), [gone]);
    let why = world.why(RESULTS);
    assert!(why.contains(reason), "{why}");
    assert_eq!(world.owed_ends(&["wait", RESULTS]).0, Some(1), "it is not waited for");
    assert_eq!(world.attempts(CSV).last().map(String::as_str), Some("gone"));

    world.sql("insert into results values ('501', '2026-03-25', 0, 400, 100.00)");
    world.until("that is seen", || match world.rows("results.gone", &[]) {
        rows if rows.is_empty() => Ok(()),
        rows => Err(rows.join("\n")),
    });
    story.settle();
    assert_eq!(
        world
            .sql("select clicks from results where campaign = '501' and day = '2026-03-25'")
            .trim(),
        "400"
    );
}
