//! How long does it take to know which files there are?
//!
//! `cargo bench --bench sources -- [CAMPAIGNS] [FOLDER]` makes a folder for each of so many
//! campaigns (2,000, unless said otherwise) with a file for each of 31 days, below the folder (the
//! system's for temporary files), walks through them as a source does, looks at one of them as
//! after an event. Of a walk the time on a
//! processor is told, too, which is the same on a machine that others share.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use owed::compile::compile;
use owed::model::{Relation, SourceKind};
use owed::runtime::{Files, Place};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RULES: &str = "
    observe named(campaign: text, day: date) from files \"landing/{campaign}/{day:%Y%m%d}.csv\".
    observe sized(campaign: text, day: date, bytes: int, modified: time)
        from files \"landing/{campaign}/{day:%Y%m%d}.csv\".
    observe anywhere(campaign: text, day: date)
        from files \"landing/**/{campaign}/{day:%Y%m%d}.csv\".
";
const DAYS: i64 = 31;
/// Of so many times the median counts.
const TIMES: usize = 5;

fn main() {
    let mut arguments = env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let campaigns: i64 = arguments.next().map_or(2_000, |text| text.parse().expect("a number"));
    let below = arguments.next().map_or_else(env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(below).expect("there is room");
    make(folder.path(), campaigns);
    let compiled = compile(Path::new("sources.rules"), &mut |_| Ok(RULES.into()));
    let schema = compiled.program.expect("the bench's rules are right").schema;
    let place = Place::new(folder.path());
    let files = usize::try_from(campaigns * DAYS).expect("few");
    println!("{files} files in {campaigns} folders; medians of {TIMES}");

    for name in ["named", "sized", "anywhere"] {
        let relation = schema.find(name).expect("it is declared");
        let mut found = found(relation, &place);
        let before = on_processor();
        let walked = median(|| found.walk().expect("it can be listed"));
        let worked = (on_processor() - before) / u32::try_from(TIMES).expect("few");
        println!("walk for {name:9}   {walked:8.2?}, {worked:8.2?} of them on a processor");
        let reading = median(|| assert_eq!(found.reading().rows.len(), files));
        println!("all rows of it       {reading:8.2?}");
        let one = Path::new("1/20260307.csv");
        let looked = median(|| assert!(!found.look_at(one).expect("it is there")));
        println!("look at one          {looked:8.2?}");
    }
}

fn make(folder: &Path, campaigns: i64) {
    for campaign in 0..campaigns {
        let own = folder.join("landing").join(campaign.to_string());
        fs::create_dir_all(&own).expect("a folder");
        for day in 1..=DAYS {
            fs::write(own.join(format!("202603{day:02}.csv")), "id\n").expect("room");
        }
    }
}

fn found(relation: &Relation, place: &Place) -> Files {
    let kind = &relation.source.as_ref().expect("it has one").kind;
    let SourceKind::Files { pattern } = kind else { panic!("{kind} is no pattern") };
    Files::of(pattern, relation, place).expect("no variable is in it")
}

/// How long this thread was on a processor, of which Linux keeps account.
fn on_processor() -> Duration {
    let account = fs::read_to_string("/proc/thread-self/schedstat").expect("this is Linux");
    let first = account.split(' ').next().expect("there are three numbers");
    Duration::from_nanos(first.parse().expect("a number"))
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    times.sort();
    times[TIMES / 2]
}
