//! Where a member has its texts and their words from: the process that leads holds the dictionary,
//! and answers one question at a time for each member.

use std::io;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use crate::cluster::{read_frame, write_frame};

use super::dictionary::Dictionary;
use super::lost::Lost;

/// A member's way to the dictionary.
#[derive(Debug)]
pub struct Authority(Mutex<TcpStream>);

#[derive(Debug, Serialize, Deserialize)]
enum Asked {
    Word(String),
    Text(u64),
}

#[derive(Debug, Serialize, Deserialize)]
enum Said {
    Word(u64),
    Text(String),
}

impl Authority {
    pub fn new(stream: TcpStream) -> Authority {
        Authority(Mutex::new(stream))
    }

    /// The word of a text. Where nobody answers any more, what this thread is at is unwound.
    pub fn word(&self, text: &str) -> u64 {
        match self.ask(&Asked::Word(text.to_string())) {
            Ok(Said::Word(word)) => word,
            Ok(Said::Text(_)) | Err(_) => Lost.unwind(),
        }
    }

    /// The text of a word that is in use; as [`word`](Authority::word).
    pub fn text(&self, word: u64) -> Arc<str> {
        match self.ask(&Asked::Text(word)) {
            Ok(Said::Text(text)) => text.into(),
            Ok(Said::Word(_)) | Err(_) => Lost.unwind(),
        }
    }

    fn ask(&self, asked: &Asked) -> io::Result<Said> {
        let stream = self.0.lock().map_err(|_| io::Error::other("a question was broken off"))?;
        write_frame(&mut &*stream, asked)?;
        read_frame(&mut &*stream)
    }
}

/// Answers a member until it goes away.
pub fn answer(mut member: TcpStream, dictionary: &Dictionary) {
    while let Ok(asked) = read_frame(&mut member) {
        let said = match asked {
            Asked::Word(text) => Said::Word(dictionary.word(&text.into())),
            Asked::Text(word) => Said::Text(dictionary.text(word).to_string()),
        };
        if write_frame(&mut member, &said).is_err() {
            return;
        }
    }
}
