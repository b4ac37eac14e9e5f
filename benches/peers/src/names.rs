//! Names that come and go: what is left of them in memory when none is there any more?

use std::path::Path;
use std::time::Duration;

use harness::{Report, resident_mib};
use owed::engine::Engine;
use owed::model::{Change, RelationId, Timestamp, Transaction, Value};

use crate::ours::{program, watching};

const RULES: &str = "
    input campaign(name: text).
    input owner(name: text, who: text) key (name).
    output owned(name: text, who: text).
    owned(c, w) :- campaign(c), owner(c, w).";

const NAMES: usize = 400_000;
const AT_ONCE: usize = 1_000;

struct Names {
    engine: Engine,
    campaign: RelationId,
    owner: RelationId,
}

/// A thousand names live at a time; and, once more, all of them.
pub fn measure() -> Report {
    assert!(Path::new("/proc/self/status").exists(), "memory is measured on Linux");
    let program = program(RULES);
    let find = |name: &str| program.schema.find(name).expect("a relation of the rules").id;
    let engine = Engine::new(watching(&program, &[find("owned")]), 1);
    let mut names = Names { engine, campaign: find("campaign"), owner: find("owner") };
    // What every engine has once it has run at all.
    names.come_and_go(0..AT_ONCE);
    let mut report = Report::default();
    let (before_mib, before) = (resident_mib(), names.engine.texts());
    for first in (0..NAMES).step_by(AT_ONCE) {
        names.come_and_go(first..first + AT_ONCE);
        if first + AT_ONCE == NAMES / 10 {
            report.number("tenth-mib", resident_mib() - before_mib);
        }
    }
    report.number("turning-mib", resident_mib() - before_mib);
    report.number("turning-texts", names.engine.texts() as f64 - before as f64);
    names.come_and_go(NAMES..NAMES * 2);
    report.number("at-once-mib", resident_mib() - before_mib);
    // Indexes that have nothing to do still have the names until they are merged, and the allocator
    // gives back only what was free for a second.
    std::thread::sleep(Duration::from_secs(2));
    (0..100).for_each(|_| names.come_and_go(0..10));
    names.engine.forget_texts();
    report.number("idle-mib", resident_mib() - before_mib);
    report.number("idle-texts", names.engine.texts() as f64 - before as f64);
    report
}

impl Names {
    fn come_and_go(&mut self, numbers: std::ops::Range<usize>) {
        let now = Timestamp::parse("2036-01-01T00:00Z").expect("a time");
        let name = |n: usize| Value::text(format!("a campaign by the name of {n}"));
        for are_there in [true, false] {
            let mut changes = Vec::with_capacity(numbers.len() * 2);
            for n in numbers.clone() {
                let owner = vec![name(n), Value::text(format!("owner {n}"))];
                for (relation, row) in [(self.campaign, vec![name(n)]), (self.owner, owner)] {
                    changes.push(match are_there {
                        true => Change::Insert { relation, row },
                        false => Change::Delete {
                            relation,
                            pattern: row.into_iter().map(Some).collect(),
                        },
                    });
                }
            }
            let transaction = Transaction { now, changes };
            self.engine.apply(transaction).expect("the names fit");
        }
    }
}
