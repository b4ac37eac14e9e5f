//! GNU make decides the same files: one a result, one a campaign's day, one a dependency.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use harness::Report;

use super::job::Size;

/// How often each question is asked.
const TIMES: usize = 5;

/// Everything is there; then one campaign comes. The total is how many commands make would run.
pub fn measure(size: Size) -> Report {
    let folder = std::env::temp_dir().join(format!("owed-peers-make-{}", std::process::id()));
    let mut report = Report::default();
    write_files(&folder, size).expect("the temporary folder takes files");
    write_makefile(&folder, size.campaigns, size.days).expect("and a makefile");
    let (mut nothing, commands) = ask(&folder);
    assert_eq!(commands, 0, "all files are there");
    report.times("empty", &mut nothing);
    write_makefile(&folder, size.campaigns + 1, size.days).expect("and a makefile");
    let (mut campaign, commands) = ask(&folder);
    assert_eq!(commands as u32, 2 * size.days, "a file and a result a day");
    report.times("campaign", &mut campaign);
    fs::remove_dir_all(&folder).expect("it was made above");
    report
}

fn write_files(folder: &Path, size: Size) -> std::io::Result<()> {
    for kind in ["dependency", "csv", "results"] {
        let campaigns = if kind == "dependency" { 1 } else { size.campaigns };
        for c in 0..campaigns {
            fs::create_dir_all(folder.join(format!("{kind}/{c}")))?;
            for d in 0..size.days {
                fs::write(folder.join(format!("{kind}/{c}/{d}")), "")?;
            }
        }
    }
    Ok(())
}

fn write_makefile(folder: &Path, campaigns: u32, days: u32) -> std::io::Result<()> {
    let mut makefile = std::io::BufWriter::new(fs::File::create(folder.join("Makefile"))?);
    writeln!(makefile, ".SUFFIXES:\nMAKEFLAGS += -rR\nall:")?;
    for c in 0..campaigns {
        for d in 0..days {
            writeln!(makefile, "all: results/{c}/{d}")?;
            writeln!(makefile, "results/{c}/{d}: csv/{c}/{d} dependency/0/{d}\n\tload {c} {d}")?;
            writeln!(makefile, "csv/{c}/{d}:\n\tfetch {c} {d}")?;
        }
    }
    makefile.flush()
}

/// How long `make -n` takes, in milliseconds, and how many commands it would run.
fn ask(folder: &Path) -> (Vec<f64>, usize) {
    let mut commands = 0;
    let times = (0..TIMES).map(|_| {
        let start = Instant::now();
        let output = Command::new("make").arg("-n").arg("all").current_dir(folder).output();
        let took = start.elapsed().as_secs_f64() * 1e3;
        let output = output.expect("GNU make is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout);
        let wanted = |line: &&str| line.starts_with("load ") || line.starts_with("fetch ");
        commands = text.lines().filter(wanted).count();
        took
    });
    let times = times.collect();
    (times, commands)
}
