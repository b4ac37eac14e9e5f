//! `owed watch`, as a process that is listened to.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout};

use crate::world::{World, until};

/// `owed watch`, once it hears.
pub struct Watching {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Watching {
    /// Listens to a relation of one column of text, and is the first to change it.
    pub fn start(world: &World, relation: &str) -> Watching {
        let mut child = world.start(&["watch", relation]);
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
        let (hears, heard) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut line = String::new();
                lines.read_line(&mut line).expect("it reads");
                hears.send(line).expect("somebody waits");
            });
            let (mut line, noise) = (None, format!("{relation}(\"noise\")"));
            until("it hears", || {
                world.done(&["tell", &format!("+{noise}"), &format!("-{noise}")]);
                line = heard.try_recv().ok();
                line.is_some()
            });
            assert!(line.is_some_and(|line| line.ends_with(&format!("{noise}\n"))));
        });
        Watching { child, lines }
    }

    /// Its exit code, once it has said all.
    pub fn end(mut self) -> Option<i32> {
        std::io::read_to_string(&mut self.lines).expect("it is text");
        self.child.wait().expect("it ends").code()
    }
}
