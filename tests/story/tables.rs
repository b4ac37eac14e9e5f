//! What is there at the end, and who has done it.

use rusqlite::{Connection, OpenFlags};

use super::story::Story;

/// Every campaign and day that is wanted is in the table with the rows that its file and the
/// prices make, and nothing else is; where an estimate was inserted by hand, that is.
pub fn all_is_right(story: &mut Story) {
    story.settle();
    let (first, last) = (story.size.first_day(), story.to);
    let campaigns = story.campaigns.join("'),('");
    // As world/publish and world/prices make them.
    let expected = format!(
        "select c, d::date, ad, clicks, clicks * (ad * 3 + extract(day from d)::int) / 100.0
         from (values ('{campaigns}')) campaigns(c),
             generate_series(date '{first}', date '{last}', interval '1 day') d,
             generate_series(1, 20) ad,
             lateral (values ((c::int * 7 + extract(day from d)::int * 13 + ad * 31) % 1000))
                 made(clicks)
         where (c, d) != ('501', '2026-03-25')
         union all select '501', date '2026-03-25', 0, 400, 100.00"
    );
    let found = "select campaign, day, ad, clicks, cost from results";
    let days = (last - first).get_days() as usize + 1;
    assert_eq!(story.world.count("results"), (story.campaigns.len() * days - 1) * 20 + 1);
    for (one, other) in [(&*expected, found), (found, &*expected)] {
        let different = story.world.sql(&format!("({one}) except ({other}) limit 5"));
        assert_eq!(different, "", "rows that are on one side only");
    }
    nobody_was_asked(story);
}

/// The only thing that people have told the server is what they want.
fn nobody_was_asked(story: &Story) {
    let path = story.world.path("owed-data/owed.db");
    let store = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let store = store.expect("anybody may read it");
    let by_people = "select count(*) from owed_history where author_kind = 'person'";
    let told: i64 = store.query_row(by_people, [], |row| row.get(0)).expect("a count");
    let days = (story.to - super::size::LAST_DAY).get_days() + 1;
    assert_eq!(told, i64::from(days), "once for each time that somebody wanted more");
}
