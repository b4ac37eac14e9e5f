//! The ad network's password changes, and nobody has told us.

use super::size::shown;
use super::story::Story;

const NEW: &str = "qzb7w1x9k4-changed";

/// A thousand files are missing, and the network is asked a few times, not thousands: one alarm,
/// and one cause.
pub fn the_pool_trips(story: &mut Story) {
    let day = story.next_day();
    story.world.change_password(NEW);
    story.passwords.push(NEW.to_string());
    assert_eq!(story.world.refusals(), 0);
    story.want_to(day);

    let world = &story.world;
    let root = world.until("one cause is named", || match world.roots().as_slice() {
        [root] if root.starts_with("pool sftp is tripped, ") => Ok(root.clone()),
        roots => Err(roots.join("\n\n")),
    });
    let campaigns = shown(story.campaigns.len());
    let kept = format!("  {campaigns} csv; {campaigns} results wait for it\n");
    assert!(root.contains(&kept), "{root}");
    world.until("some probes have failed", || match world.refusals() {
        refusals @ ..6 => Err(format!("{refusals} refusals")),
        _ => Ok(()),
    });
    world.until("it says why", || {
        let why = world.why(&format!("results(\"501\", {day})"));
        why.contains("Permission denied (password)").then_some(()).ok_or(why)
    });
    assert_few_attempts(story, day);
    assert_eq!(alarms(story), 1, "{}", story.server().log());
}

/// Somebody who has the new password fetches the files by hand. That is seen, and everything
/// above them follows. The next day, once we have the password too, goes by itself.
pub fn files_are_fetched_by_hand(story: &mut Story) {
    let day = story.to;
    let before = story.world.transfers().len();
    story.world.shell(&format!(
        "umask 077; printf %s {NEW} > secrets/by-hand; umask 022
         mkdir by-hand
         echo 'get {day}/*.csv by-hand/' | sshpass -f secrets/by-hand sftp -P $SFTP_PORT \
             -oBatchMode=no -oUserKnownHostsFile=known_hosts -b - $SFTP_USER@127.0.0.1 > /dev/null
         mkdir landing/{day}
         mv by-hand/*.csv landing/{day}/"
    ));
    story.settle();
    assert_eq!(story.loaded(day), story.campaigns.len());
    assert_eq!(story.world.transfers().len() - before, story.campaigns.len());
    assert_few_attempts(story, day);
    let csv = story.world.attempts(&csv_of_first(story, day));
    assert!(csv.iter().all(|outcome| outcome == "failed"), "{csv:?}");

    let refusals = story.world.refusals();
    story.world.shell(&format!("umask 077; printf %s {NEW} > secrets/sftp-password"));
    let day = story.next_day();
    story.want_to(day);
    story.settle();
    assert_eq!(story.loaded(day), story.campaigns.len());
    assert_eq!(story.world.refusals(), refusals);
    let recovered = story.server().log().matches("pool sftp: a probe came through").count();
    assert_eq!((alarms(story), recovered), (1, 1), "{}", story.server().log());
}

fn csv_of_first(story: &Story, day: jiff::civil::Date) -> String {
    format!("csv(\"{}\", {day})", story.campaigns[0])
}

fn alarms(story: &Story) -> usize {
    story.server().log().matches("failures in a row, one probe at a time").count()
}

/// The network has refused us far fewer times than there are files, and no file was tried more
/// often than the network has refused us. Where they are many, most are not tried at all, but the
/// first is.
fn assert_few_attempts(story: &Story, day: jiff::civil::Date) {
    let refusals = story.world.refusals();
    assert!(refusals < 20, "{refusals} refusals");
    let tries = story.world.attempts(&csv_of_first(story, day)).len();
    assert!((1..=refusals + 1).contains(&tries), "{tries} attempts, {refusals} refusals");
}
