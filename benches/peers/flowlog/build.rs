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
        fs::write(&changing, mutable(&text)).expect("cargo's folder is there");
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
