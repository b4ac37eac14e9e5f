//! How much memory and processor time a piece of work took, as Linux counts them.

use std::fs;

/// Measures from its creation on.
pub struct Memory {
    before_mib: f64,
}

impl Memory {
    /// What came before does not count: the kernel forgets the process's peak.
    pub fn start() -> Memory {
        // Where it may not be written, the peak is the process's own, and said to be higher.
        let _ = fs::write("/proc/self/clear_refs", "5");
        Memory { before_mib: resident_mib() }
    }

    /// The most that was resident since, without what was there at the start.
    pub fn peak_mib(&self) -> f64 {
        status_mib("VmHWM") - self.before_mib
    }
}

pub fn resident_mib() -> f64 {
    status_mib("VmRSS")
}

/// Uses as much memory as any of the measurements does, if half of what is free is so much.
pub fn touch_memory() {
    const MOST: usize = 8 << 30;
    let free_mib = kib("/proc/meminfo", "MemAvailable") / 1024.0;
    let bytes = MOST.min((free_mib / 2.0) as usize * (1 << 20));
    std::hint::black_box(vec![1_u8; bytes]);
}

fn status_mib(name: &str) -> f64 {
    kib("/proc/self/status", name) / 1024.0
}

/// What the kernel tells in a file under a name.
fn kib(file: &str, name: &str) -> f64 {
    let lines = fs::read_to_string(file).expect("Linux has it");
    let line = lines.lines().find(|line| line.starts_with(name)).expect("Linux says so");
    let kib = line.split_whitespace().nth(1).and_then(|number| number.parse().ok());
    kib.expect("a number of KiB")
}

/// What the process and all its threads have used so far, in milliseconds, ten at a time. Other
/// work on the machine stretches the time of the clock, and hardly this one.
pub fn processor_ms() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux has it");
    let (_, fields) = stat.rsplit_once(')').expect("the name is in brackets");
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = [11, 12].map(|at| fields[at].parse::<f64>().expect("a number"));
    ticks.iter().sum::<f64>() * 10.0
}
