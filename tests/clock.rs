//! A system clock that is set back or forward by a year, at any moment and as often as it likes:
//! nothing that was told is lost, nothing is done twice at once, the store stays sound, and when
//! the clock is right everything comes about.

mod world;

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use fastrand::Rng;
use owed::model::{Duration, Timestamp};
use owed::reconcile::Mode;
use owed::runtime::Clock;
use owed::store::Reader;
use world::manners::ActionManner;
use world::stage::Stage;

const YEAR: i64 = 365 * 24 * 3600;
const START: &str = "2026-03-26T08:00Z";

/// It is set back while an action runs: time stands still until it is as late again, and what is
/// told and what ends is taken in all the same.
#[test]
fn set_back_a_year() {
    let mut story = Story::begin();
    story.tell("+campaign(\"501\")");
    story.pass(90);
    assert_eq!(story.acting(), 1, "{}", story.stage.trace);
    story.step(-YEAR);
    story.pass(90);
    let trace = &story.stage.trace;
    assert!(trace.contains("csv(\"501\", 2026-03-25) ends: exit 0"), "{trace}");
    story.tell("+campaign(\"502\")");
    story.pass(3600);
    story.step(YEAR);
    story.pass(3600);
    story.all_is_met();
}

/// It is set back, and the server is started again: it takes the clock as it is.
#[test]
fn set_back_a_year_and_started_again() {
    let mut story = Story::begin();
    story.tell("+campaign(\"501\")");
    story.pass(90);
    story.step(-YEAR);
    story.restart();
    story.pass(3600);
    story.tell("+campaign(\"502\")");
    // By this clock the days are not over yet: nothing is wanted, and nothing is done.
    assert!(story.stage.rows("results.expected").is_empty());
    assert_eq!(story.acting(), 0);
    story.step(YEAR);
    story.pass(3600);
    story.all_is_met();
}

/// It is set forward while an action runs, which has had its time then; and when it is right
/// again, a restart goes on from there.
#[test]
fn set_forward_a_year() {
    let mut story = Story::begin();
    story.tell("+campaign(\"501\")");
    story.pass(90);
    assert_eq!(story.acting(), 1, "{}", story.stage.trace);
    story.step(YEAR);
    story.pass(3600);
    story.all_is_met();
    story.step(-YEAR);
    story.pass(600);
    story.tell("+campaign(\"502\")");
    story.restart();
    story.pass(3600);
    story.all_is_met();
}

/// It jumps about, and the server is killed now and then.
#[test]
fn jumps_about() {
    let given = std::env::var("OWED_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = given.map_or(0..10, |seed: u64| seed..seed + 1);
    for seed in seeds {
        println!("OWED_SEED={seed}");
        let random = &mut Rng::with_seed(seed);
        let mut story = Story::begin();
        for campaign in 501..507 {
            story.tell(&format!("+campaign(\"{campaign}\")"));
            story.pass(random.i64(1..400));
            let by = random.i64(1..=YEAR);
            story.step(if random.bool() { by } else { -by });
            story.pass(random.i64(1..400));
            if random.u8(..3) == 0 {
                story.restart();
            }
        }
        story.set_right();
        story.restart();
        story.pass(2 * 3600);
        story.all_is_met();
    }
}

/// A server's moments come one after the other, whoever asks for them and however the system's
/// clock is set meanwhile: so one knows which of two things was first.
#[test]
fn moments_are_in_order() {
    static SYSTEM: AtomicI64 = AtomicI64::new(YEAR);
    let system = || Timestamp::from_micros(SYSTEM.load(Ordering::SeqCst)).expect("in range");
    let clock = Clock::new(system);
    let other = clock.clone();
    let mut moments = vec![clock.moment(), other.moment()];
    for set in [0, YEAR + 100, -YEAR, 2 * YEAR] {
        SYSTEM.store(set, Ordering::SeqCst);
        moments.extend([clock.moment(), other.moment(), clock.moment()]);
    }
    assert!(moments.is_sorted_by(|one, next| one < next), "{moments:?}");
    assert_eq!(moments[11].micros(), 2 * YEAR, "it goes by the system's clock again");
}

/// What happens, and what has to be so.
struct Story {
    stage: Stage,
    told: Vec<String>,
    /// How far the clock is from the right time, in seconds.
    off: i64,
}

impl Story {
    fn begin() -> Story {
        let rules = Path::new("tests/reconcile/campaigns.rules");
        let start = Timestamp::parse(START).expect("a time");
        let mut stage = Stage::new(rules, start, Mode::Act);
        let makes = |fact: &str| ActionManner {
            makes: vec![fact.to_string()],
            takes: seconds(120),
            ..Default::default()
        };
        stage.actions.insert("csv".to_string(), makes("csv_file({c}, {d}, 100)"));
        stage.actions.insert("results".to_string(), makes("results_rows({c}, {d}, 7)"));
        let ready = stage.fact("dependency_ready(2026-03-25)");
        stage.truth.insert(ready);
        let mut story = Story { stage, told: Vec::new(), off: 0 };
        story.stage.tell(&["+wanted(2026-03-25, 2026-03-25)".to_string()]);
        story
    }

    fn tell(&mut self, line: &str) {
        self.stage.tell(&[line.to_string()]);
        self.told.push(line.to_string());
        assert!(!self.stage.trace.contains("refused"), "{}", self.stage.trace);
        self.nothing_is_lost();
    }

    fn pass(&mut self, for_seconds: i64) {
        let end = self.stage.now.checked_add(seconds(for_seconds)).expect("in range");
        self.stage.run_until(end);
        self.nothing_is_lost();
    }

    fn step(&mut self, by: i64) {
        self.off += by;
        self.stage.note(&format!("the clock is set by {by} seconds"));
        self.stage.step_clock(seconds(by));
        self.stage.turn(Vec::new());
        self.nothing_is_lost();
    }

    fn set_right(&mut self) {
        self.step(-self.off);
    }

    fn restart(&mut self) {
        self.stage.note("restart");
        self.stage.crash();
        self.is_sound();
        self.stage.start();
        self.nothing_is_lost();
    }

    /// How many actions run.
    fn acting(&self) -> usize {
        self.stage.running.values().filter(|job| job.is_action).count()
    }

    fn nothing_is_lost(&mut self) {
        let there = self.stage.rows("campaign");
        let there: Vec<String> = there.iter().map(|row| format!("+campaign({})", row[0])).collect();
        assert_eq!(there, self.told, "{}", self.stage.trace);
    }

    fn is_sound(&self) {
        let verdict = Reader::open(&self.stage.data()).and_then(|reader| reader.verify());
        assert_eq!(verdict.expect("it can be read").faults, [""; 0], "{}", self.stage.trace);
    }

    fn all_is_met(&mut self) {
        self.is_sound();
        let states = self.stage.rows("results.state");
        let shown = format!("{}\n{states:?}", self.stage.trace);
        assert_eq!(states.len(), self.told.len(), "{shown}");
        for row in states {
            assert!(row.iter().any(|value| value.to_string() == "\"ok\""), "{shown}");
        }
        assert_eq!(self.acting(), 0, "{shown}");
    }
}

fn seconds(count: i64) -> Duration {
    Duration::from_micros(count * 1_000_000)
}
