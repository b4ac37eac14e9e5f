//! Counts by callgrind: it counts only while [`counted`] runs, and writes a file each time when
//! that ends.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::expected::Counts;

/// The function within which instructions are counted.
const COUNTED: &str = "*instructions::callgrind::counted";

/// Does what is to be counted. The parts of a program go by their order.
#[inline(never)]
pub fn counted(name: &str, part: &mut dyn FnMut()) {
    part();
    // Not the last thing to be done, or there would be no return from here.
    black_box(name);
}

/// Runs programs under callgrind, all at the same time, and gives what each of their parts took.
///
/// # Errors
/// What a program or callgrind says.
pub fn count<'a>(programs: impl Iterator<Item = &'a str>) -> Result<Counts, String> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut running = Vec::new();
    for name in programs {
        let child = start(name, &folder.path().join(name))
            .map_err(|why| format!("cannot start valgrind, of the package of that name: {why}"))?;
        running.push((name, child));
    }
    let mut counts = Counts::new();
    for (name, child) in running {
        let ended = child.wait_with_output().expect("it ends");
        if !ended.status.success() {
            return Err(format!("{name}: {}", String::from_utf8_lossy(&ended.stderr)));
        }
        // The program tells the names of its parts, in their order.
        let parts = String::from_utf8_lossy(&ended.stdout);
        for (at, part) in parts.lines().enumerate() {
            let file = folder.path().join(format!("{name}.{}", at + 1));
            counts.insert(format!("{name}, {part}"), read(&file)?);
        }
    }
    Ok(counts)
}

fn start(program: &str, out: &Path) -> std::io::Result<Child> {
    Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--dump-after={COUNTED}"))
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .args(["--run", program])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// The sum of a file of callgrind's.
fn read(file: &Path) -> Result<u64, String> {
    let text = fs::read_to_string(file).map_err(|why| format!("{}: {why}", file.display()))?;
    let sum = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let sum = sum.and_then(|sum| sum.trim().parse().ok()).filter(|sum| *sum > 0);
    sum.ok_or_else(|| format!("{} counts nothing:\n{text}", file.display()))
}
