//! A small HTTP server on loopback: it answers as it is told, and remembers what it was asked.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Method and path.
    pub line: String,
    /// `name: value`, the names in small letters.
    pub headers: Vec<String>,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        let of_name = |header: &&String| header.split(": ").next() == Some(name);
        self.headers.iter().find(of_name)?.split_once(": ").map(|(_, value)| value)
    }
}

/// The server; it lives as long as the test.
pub struct Web {
    port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

impl Web {
    /// What it is asked goes to `answer`, which says what comes back: everything below the line
    /// of the version.
    pub fn start(answer: impl Fn(&Seen) -> String + Send + Sync + 'static) -> Web {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let (seen, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let all: Arc<Mutex<Vec<Seen>>> = seen.clone();
        let streams = Arc::new(Mutex::new(Vec::new()));
        let open = streams.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (seen.clone(), answer.clone());
                let second = stream.try_clone().expect("a second end");
                open.lock().expect("nobody panics with it").push(second);
                thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        Web { port, seen: all, streams }
    }

    /// One that says the same to all.
    pub fn saying(status: &str, body: &str) -> Web {
        let answer = reply(status, body);
        Web::start(move |_| answer.clone())
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Ends what it says, to everybody, in the middle.
    pub fn hang_up(&self) {
        for stream in &*self.streams.lock().expect("nobody panics with it") {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Write);
        }
    }

    /// All that it was asked, in order.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("nobody panics with it").clone()
    }
}

/// A whole answer.
pub fn reply(status: &str, body: &str) -> String {
    format!("{status}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn serve(stream: TcpStream, seen: &Mutex<Vec<Seen>>, answer: &dyn Fn(&Seen) -> String) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second end"));
    let mut writer = stream;
    while let Some(one) = read(&mut reader) {
        seen.lock().expect("nobody panics with it").push(one.clone());
        let answer = answer(&one);
        // One that has gone wants no answer.
        let _ = writer.write_all(format!("HTTP/1.1 {answer}").as_bytes());
    }
}

fn read(reader: &mut impl BufRead) -> Option<Seen> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_string()),
        }
    }
    let line = lines.remove(0).trim_end_matches(" HTTP/1.1").to_string();
    let mut seen = Seen { line, headers: lines, body: String::new() };
    if let Some(length) = seen.header("content-length").and_then(|text| text.parse().ok()) {
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        seen.body = String::from_utf8(body).expect("requests are UTF-8");
    }
    Some(seen)
}
