//! A client that speaks the feed over the socket.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

pub struct Client {
    reader: BufReader<UnixStream>,
    writer: BufWriter<UnixStream>,
}

impl Client {
    pub fn connect(folder: &Path) -> Client {
        let stream = UnixStream::connect(folder.join("owed-data/socket")).expect("it listens");
        let writer = BufWriter::new(stream.try_clone().expect("it is open"));
        Client { reader: BufReader::new(stream), writer }
    }

    /// Sends a line at once.
    pub fn send(&mut self, line: &str) {
        self.add(line);
        self.writer.flush().expect("the server listens");
    }

    /// Sends a line some time.
    pub fn add(&mut self, line: &str) {
        writeln!(self.writer, "{line}").expect("the server listens");
    }

    pub fn receive(&mut self) -> String {
        let mut line = String::new();
        let read = self.reader.read_line(&mut line).expect("the server answers");
        assert!(read > 0, "the server has closed the connection");
        line
    }

    /// Sends what ends a transaction, and waits for its receipt.
    pub fn tell(&mut self, line: &str) {
        self.send(line);
        let answer = self.receive();
        assert!(answer.starts_with("committed"), "{line}: {answer}");
    }

    /// Waits for a line that begins so.
    pub fn until(&mut self, start: &str) {
        while !self.receive().starts_with(start) {}
    }
}
