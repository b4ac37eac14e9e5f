//! The server's data folder: how it looks after a crash at any point between two commits, and a
//! disk that is full.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Data {
    home: tempfile::TempDir,
    number: u32,
    is_disk: bool,
}

impl Data {
    /// A folder in memory; on a small file system of its own, if one may mount.
    pub fn new(on_disk: bool) -> Data {
        let memory = Path::new("/dev/shm");
        let home = match memory.is_dir() {
            true => tempfile::tempdir_in(memory),
            false => tempfile::tempdir(),
        };
        let home = home.expect("a folder can be made");
        let is_disk = on_disk && {
            let options = ["-t", "tmpfs", "-o", "size=32m", "tmpfs"];
            let mounted = Command::new("mount").args(options).arg(home.path()).output();
            mounted.is_ok_and(|mounted| mounted.status.success())
        };
        Data { home, number: 0, is_disk }
    }

    pub fn folder(&self) -> PathBuf {
        self.home.path().join(format!("data{}", self.number))
    }

    /// Whether the disk can be filled.
    pub fn is_disk(&self) -> bool {
        self.is_disk
    }

    fn log(&self) -> PathBuf {
        self.folder().join("owed.db-wal")
    }

    /// Where the commits in the write-ahead log end.
    pub fn commits(&self) -> Vec<u64> {
        // The format is that of https://www.sqlite.org/fileformat2.html#the_write_ahead_log.
        let Ok(log) = fs::read(self.log()) else { return Vec::new() };
        if log.len() < 32 {
            return Vec::new();
        }
        let word = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().expect("4 bytes"));
        let frame = 24 + word(8) as usize;
        let salts = &log[16..24];
        let mut ends = Vec::new();
        for at in (32..log.len().saturating_sub(frame - 1)).step_by(frame) {
            if &log[at + 8..at + 16] != salts {
                break;
            }
            if word(at + 4) > 0 {
                ends.push((at + frame) as u64);
            }
        }
        ends
    }

    /// What is on the disk now becomes the folder after a crash, with the log cut off there.
    pub fn crash(&mut self, log_bytes: Option<u64>) -> Crashed {
        self.make_room();
        let (before, number) = (self.folder(), self.number + 1);
        self.number = number;
        let after = self.folder();
        fs::create_dir(&after).expect("a folder can be made");
        for name in ["owed.db", "owed.db-wal"] {
            let from = before.join(name);
            if from.exists() {
                fs::copy(from, after.join(name)).expect("it can be copied");
            }
        }
        if let (Some(bytes), true) = (log_bytes, self.log().exists()) {
            let log = fs::OpenOptions::new().write(true).open(self.log());
            log.and_then(|log| log.set_len(bytes)).expect("it can be cut off");
        }
        Crashed(before)
    }

    /// Fills the disk but for some bytes.
    pub fn fill(&self, free: usize) {
        self.make_room();
        let ballast = self.ballast();
        let mut size = 8 << 20;
        while size >= 4096 {
            let mut file = fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open(&ballast)
                .expect("a name needs no room");
            if std::io::Write::write_all(&mut file, &vec![0; size]).is_err() {
                size /= 2;
            }
        }
        let file = fs::OpenOptions::new().write(true).open(&ballast).expect("it is there");
        let length = file.metadata().expect("it is there").len();
        file.set_len(length.saturating_sub(free as u64)).expect("it becomes shorter");
    }

    /// Empties the ballast before it goes: a program that another thread is starting holds all
    /// open files until it begins, and a file that is held keeps its room.
    pub fn make_room(&self) {
        let ballast = self.ballast();
        if ballast.exists() {
            fs::File::create(&ballast).expect("it can be emptied");
            fs::remove_file(&ballast).expect("it can be removed");
        }
    }

    fn ballast(&self) -> PathBuf {
        self.home.path().join("ballast")
    }
}

/// The folder of a server that was killed; it goes with this.
pub struct Crashed(PathBuf);

impl Drop for Crashed {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("it can be removed");
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        if self.is_disk {
            let unmounted = Command::new("umount").arg("-l").arg(self.home.path()).status();
            assert!(unmounted.is_ok_and(|status| status.success()), "the disk stays");
        }
    }
}
