//! Scripts that can be executed as soon as they are there: what a thread is just starting holds
//! all files that its process has open, and what is held open for writing cannot be executed. So
//! another process does the writing.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes a script for the shell.
pub fn write(path: &Path, text: &str) {
    let mut writer = Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .expect("there is a shell");
    let script = format!("#!/bin/sh\n{text}\n");
    let mut input = writer.stdin.take().expect("it is piped");
    input.write_all(script.as_bytes()).expect("it reads");
    drop(input);
    assert!(writer.wait().expect("it ends").success(), "{} is written", path.display());
}

/// Copies a folder, as `cp` does.
#[allow(dead_code, reason = "not every test has scripts of an example")]
pub fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-r").arg(from).arg(to).status();
    assert!(copied.is_ok_and(|copied| copied.success()), "{} is copied", from.display());
}
