//! Stories of a server in a world of virtual time: `tests/reconcile/*.txt`. Each block names its
//! rules and says what is so and what commands do; what the server did is written below.
//! `UPDATE=1` rewrites that.

#[path = "common/mod.rs"]
mod common;
#[path = "reconcile/script.rs"]
mod script;
mod world;

use std::path::Path;

datatest_stable::harness! {
    { test = tell, root = "tests/reconcile", pattern = r"\.txt$" },
}

fn tell(path: &Path) -> datatest_stable::Result<()> {
    let folder = path.parent().expect("the file lies in a folder").to_path_buf();
    common::golden::run(path, |input| script::play(input, &folder))
}
