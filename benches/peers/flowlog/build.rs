//! Has FlowLog generate Rust from the programs, each as it is and with facts that may change.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=../programs");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let mut programs = Vec::new();
    for name in ["tc", "sg", "reach", "cspa", "etl", "skew", "counts", "campaigns"] {
        let feature = format!("CARGO_FEATURE_{}", name.to_uppercase());
        if env::var_os(feature).is_none() {
            continue;
        }
        let path = format!("../programs/{name}.dl");
        let text = fs::read_to_string(&path).expect("the program is there");
        let changing = Path::new(&out).join(format!("{name}_changing.dl"));
        write_as_old_as(Path::new(&path), &changing, &mutable(&text));
        programs.push(changing);
        // What changes all the time is not asked for in a batch.
        if !["etl", "skew", "counts", "campaigns"].contains(&name) {
            programs.push(path.into());
        }
    }
    let none: &[&str] = &[];
    if let Err(mistake) = flowlog_build::Builder::default().compile(&programs, none) {
        panic!("{mistake}");
    }
}

/// FlowLog has cargo watch what it compiles: a file that is new each time would be compiled anew
/// each time.
fn write_as_old_as(original: &Path, path: &Path, text: &str) {
    fs::write(path, text).expect("cargo's folder is there");
    let modified = fs::metadata(original).and_then(|original| original.modified());
    let file = fs::File::options().write(true).open(path).expect("it was just written");
    file.set_modified(modified.expect("it was just read")).expect("it is ours");
}

/// Marks the relations that are given.
fn mutable(program: &str) -> String {
    let given: Vec<&str> = program
        .lines()
        .filter_map(|line| line.strip_prefix(".input ")?.split('(').next())
        .collect();
    let line = |line: &str| {
        let declared = line.strip_prefix(".decl ").and_then(|rest| rest.split('(').next());
        match declared.is_some_and(|name| given.contains(&name)) {
            true => format!("{line} mutable\n"),
            false => format!("{line}\n"),
        }
    };
    program.lines().map(line).collect()
}
