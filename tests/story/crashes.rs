//! The server is killed, and PostgreSQL restarts, while work is on its way.

use super::story::Story;

/// Downloads die with the server; the next one looks, and fetches what is not there.
pub fn the_server_is_killed(story: &mut Story) {
    let day = story.next_day();
    story.world.write("network/seconds", "600\n");
    story.want_to(day);
    story.world.until("downloads are on their way", || {
        let sessions = story.world.processes("sftp").len();
        (sessions > 0).then_some(()).ok_or("none is".to_string())
    });
    story.kill_server();
    story.world.until("nothing is left behind", || match story.world.processes("fetch-csv") {
        left if left.is_empty() && story.world.processes("sshpass").is_empty() => Ok(()),
        left => Err(left.join("\n")),
    });
    assert_eq!(story.loaded(day), 0);

    story.world.write("network/seconds", "0\n");
    story.start_server();
    story.settle();
    assert_eq!(story.loaded(day), story.campaigns.len());
    let csv = format!("csv(\"{}\", {day})", story.campaigns[0]);
    let attempts = story.world.attempts(&csv);
    assert_eq!(attempts, ["unknown", "succeeded"]);
}

/// Loads break off and are done again; that nobody can look withdraws nothing.
pub fn the_warehouse_restarts(story: &mut Story) {
    let day = story.next_day();
    let ok = story.world.rows("results.ok", &[]).len();
    // Somebody's long transaction holds up the loads, and the restart ends it.
    let mut holder = story.world.command("psql");
    let hold = "begin; lock table results in share mode; select pg_sleep(600)";
    let holder = holder.args(["-Xq", "-c", hold]).stderr(std::process::Stdio::null());
    let mut holder = holder.spawn().expect("there is a psql");
    story.world.until("the table is locked", || {
        let locks = "pg_locks where mode = 'ShareLock' and relation = 'results'::regclass";
        (story.world.count(locks) > 0).then_some(()).ok_or("it is not".to_string())
    });
    story.want_to(day);
    story.world.until("loads are on their way", || {
        let waiting = "pg_stat_activity where wait_event_type = 'Lock'";
        (story.world.count(waiting) > 0).then_some(()).ok_or("none is".to_string())
    });
    story.world.run("world/warehouse", &["stop", "--mode=immediate"]);
    holder.wait().expect("it is ours");

    let results = format!("results(\"{}\", {day})", story.campaigns[0]);
    story.world.until("it is noticed", || {
        let attempts = story.world.attempts(&results);
        let failed = attempts.iter().any(|outcome| outcome == "failed");
        failed.then_some(()).ok_or(attempts.join(", "))
    });
    story.world.until("the source says what is the matter", || {
        let status = story.world.status().to_string();
        status.to_lowercase().contains("connect").then_some(()).ok_or(status)
    });
    assert_eq!(story.world.rows("results.ok", &[]).len(), ok, "nothing is withdrawn");

    story.world.run("world/warehouse", &["start"]);
    story.settle();
    assert_eq!(story.loaded(day), story.campaigns.len());
    assert_eq!(story.world.attempts(&results).last().map(String::as_str), Some("succeeded"));
}
