//! A client that keeps its receipts.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::Value as Json;

use super::ledger::{Ledger, Transaction};
use super::server::PATIENCE;

/// That the server does not answer any more.
#[derive(Debug)]
pub struct Gone;

/// A connection to a server.
pub struct Client {
    stream: UnixStream,
    lines: BufReader<UnixStream>,
}

impl Client {
    /// Connects to the server of a folder.
    pub fn connect(socket: &Path) -> Result<Client, Gone> {
        let stream = UnixStream::connect(socket).map_err(|_| Gone)?;
        stream.set_read_timeout(Some(PATIENCE)).expect("it is not zero");
        let lines = BufReader::new(stream.try_clone().map_err(|_| Gone)?);
        Ok(Client { stream, lines })
    }

    /// Sends transactions, and does not wait.
    pub fn send(
        &mut self,
        ledger: &mut Ledger,
        transactions: Vec<Transaction>,
    ) -> Result<(), Gone> {
        let text: String = transactions.iter().map(Transaction::text).collect();
        transactions.into_iter().for_each(|one| ledger.sent(one));
        self.stream.write_all(text.as_bytes()).map_err(|_| Gone)
    }

    /// Waits for all receipts; tells how many were refusals, and the last reason.
    pub fn receive(&mut self, ledger: &mut Ledger) -> Result<(usize, String), Gone> {
        let (mut refused, mut reason) = (0, String::new());
        while ledger.waits() {
            let line = self.line()?;
            if line.starts_with("committed ") {
                ledger.committed();
            } else if line.starts_with("refused ") {
                ledger.refused();
                refused += 1;
                reason = line;
            } else {
                panic!("an answer to a transaction: {line}");
            }
        }
        Ok((refused, reason))
    }

    /// Sends one transaction, and waits until it is durable, however often the rules change.
    pub fn tell(&mut self, ledger: &mut Ledger, lines: &[String]) -> Result<(), Gone> {
        loop {
            self.send(ledger, vec![Transaction::of(lines)])?;
            let (refused, reason) = self.receive(ledger)?;
            if refused == 0 {
                return Ok(());
            }
            assert!(reason.contains("the rules have changed"), "{reason}");
        }
    }

    /// Asks, and gives the rows and the answer, or why there is none.
    pub fn ask(&mut self, question: &Json) -> Result<Result<(Vec<Json>, Json), String>, Gone> {
        self.stream.write_all(format!("{question}\n").as_bytes()).map_err(|_| Gone)?;
        let mut rows = Vec::new();
        loop {
            let line = self.line()?;
            let mut reply: Json = serde_json::from_str(&line).expect("an object");
            let members = reply.as_object_mut().expect("an object");
            if let Some(row) = members.remove("row") {
                rows.push(row);
            } else if let Some(answer) = members.remove("answer") {
                return Ok(Ok((rows, answer)));
            } else {
                return Ok(Err(line));
            }
        }
    }

    /// The rows of a relation; none if there is no such relation.
    pub fn list(&mut self, relation: &str) -> Result<Option<Vec<Json>>, Gone> {
        let question = serde_json::json!({ "ask": "list", "relation": relation, "prefix": [] });
        Ok(self.ask(&question)?.ok().map(|(rows, _)| rows))
    }

    fn line(&mut self) -> Result<String, Gone> {
        let mut line = String::new();
        match self.lines.read_line(&mut line) {
            Ok(_) if line.ends_with('\n') => Ok(line.trim_end().to_string()),
            Ok(_) => Err(Gone),
            Err(error) => {
                use std::io::ErrorKind::{TimedOut, WouldBlock};
                let is_late = matches!(error.kind(), TimedOut | WouldBlock);
                assert!(!is_late, "the server does not answer");
                Err(Gone)
            }
        }
    }
}
