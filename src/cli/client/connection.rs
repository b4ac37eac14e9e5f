//! The way to a running server.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value as Json;

use crate::cli::data::Data;
use crate::cli::failure::Failure;
use crate::server::{Ask, Reply};

/// Which server is meant.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Server {
    #[command(flatten)]
    data: Data,
    /// The server's socket, if not `socket` in the data directory
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

/// Where a server's socket is unless it was said otherwise.
pub(in crate::cli) fn socket_in(folder: &Path) -> PathBuf {
    folder.join("socket")
}

/// A connection to a server.
pub(super) struct Connection {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

impl Server {
    /// Connects.
    pub(super) fn connect(&self) -> Result<Connection, Failure> {
        let path = self.socket.clone().unwrap_or_else(|| socket_in(&self.data.folder()));
        let stream = UnixStream::connect(&path).map_err(|error| {
            let path = path.display();
            Failure::World(match error.kind() {
                ErrorKind::NotFound | ErrorKind::ConnectionRefused => format!(
                    "no server listens on {path}; start one with `owed serve FILE`, or say where \
                     it keeps its data with --data or OWED_DATA"
                ),
                ErrorKind::PermissionDenied => {
                    format!("cannot open {path}: it is for the user who runs the server")
                }
                ErrorKind::InvalidInput => format!(
                    "the path {path} is too long for a socket; name the one that the server has \
                     with --socket"
                ),
                _ => format!("cannot open {path}: {error}"),
            })
        })?;
        let writer = stream.try_clone().map_err(|error| gone(&error))?;
        Ok(Connection { reader: BufReader::new(stream), writer })
    }
}

fn gone(error: &std::io::Error) -> Failure {
    Failure::World(format!("the connection to the server broke: {error}"))
}

impl Connection {
    /// Asks, gives each row of the answer to `row`, and returns the answer.
    pub(super) fn ask_rows(
        &mut self,
        ask: &Ask,
        mut row: impl FnMut(Json) -> Result<(), Failure>,
    ) -> Result<Json, Failure> {
        let line = serde_json::to_string(ask).expect("questions are plain data");
        self.send(&line)?;
        loop {
            let line = self.receive()?.ok_or_else(|| {
                Failure::World("the server closed the connection; is it stopping?".to_string())
            })?;
            match serde_json::from_str(&line) {
                Ok(Reply::Row(json)) => row(json)?,
                Ok(Reply::Answer(json)) => return Ok(json),
                Ok(Reply::Error(why)) => return Err(Failure::World(why)),
                Err(_) => return Err(Failure::World(format!("the server said: {line}"))),
            }
        }
    }

    /// Asks what has one answer.
    pub(super) fn ask(&mut self, ask: &Ask) -> Result<Json, Failure> {
        self.ask_rows(ask, |_| Ok(()))
    }

    /// Sends a line.
    pub(super) fn send(&mut self, line: &str) -> Result<(), Failure> {
        self.writer.write_all(line.as_bytes()).map_err(|error| gone(&error))?;
        self.writer.write_all(b"\n").map_err(|error| gone(&error))
    }

    /// The half that sends, for another thread.
    pub(super) fn writer(&self) -> Result<UnixStream, Failure> {
        self.writer.try_clone().map_err(|error| gone(&error))
    }

    /// Says that nothing more will be sent.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.writer.shutdown(std::net::Shutdown::Write).map_err(|error| gone(&error))
    }

    /// The next line; `None` at the end.
    pub(super) fn receive(&mut self) -> Result<Option<String>, Failure> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(line.trim_end_matches('\n').to_string())),
            Err(error) => Err(gone(&error)),
        }
    }

    /// How long an answer is waited for.
    pub(super) fn set_timeout(&self, timeout: Duration) -> Result<(), Failure> {
        self.reader.get_ref().set_read_timeout(Some(timeout)).map_err(|error| gone(&error))
    }

    /// As [`Connection::ask`]; `None` when the time is over.
    pub(super) fn ask_in_time(&mut self, ask: &Ask) -> Result<Option<Json>, Failure> {
        let line = serde_json::to_string(ask).expect("questions are plain data");
        self.send(&line)?;
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(_) => match serde_json::from_str(&line) {
                Ok(Reply::Answer(json)) => Ok(Some(json)),
                Ok(Reply::Error(why)) => Err(Failure::World(why)),
                _ => Err(Failure::World("the server closed the connection".to_string())),
            },
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Ok(None)
            }
            Err(error) => Err(gone(&error)),
        }
    }
}

/// A text out of an answer.
pub(super) fn text<'j>(json: &'j Json, name: &str) -> &'j str {
    json.get(name).and_then(Json::as_str).unwrap_or_default()
}

/// A number out of an answer.
pub(super) fn number(json: &Json, name: &str) -> u64 {
    json.get(name).and_then(Json::as_u64).unwrap_or_default()
}

/// A moment out of an answer, to the second: no person reads more of it.
pub(super) fn to_second(moment: &str) -> String {
    match moment.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => moment.to_string(),
    }
}
