//! A stream's lines, each of a limited length: one that is longer is passed over, not kept.

use std::io::{self, BufRead};

use super::Mistake;

/// A longer line is refused.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// Reads lines one after the other and counts them.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    number: u64,
}

/// A line as it came, without its line break, and its number, counted from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct RawLine {
    pub number: u64,
    /// Its text; or that it is too long, or not UTF-8.
    pub text: Result<String, Mistake>,
}

/// What some systems begin a UTF-8 file with.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl<R: BufRead> Lines<R> {
    /// The lines of a stream.
    pub fn new(input: R) -> Lines<R> {
        Lines { input, number: 0 }
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// What reading the stream gives.
    pub fn read(&mut self) -> io::Result<Option<RawLine>> {
        let mut bytes = Vec::new();
        let mut length_bytes = 0;
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            match (buffer.is_empty(), length_bytes) {
                (true, 0) => return Ok(None),
                (true, _) => break,
                (false, _) => {}
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let piece = &buffer[..end.unwrap_or(buffer.len())];
            length_bytes += piece.len();
            if length_bytes <= LINE_BYTES_MAX {
                bytes.extend_from_slice(piece);
            }
            let used = piece.len() + usize::from(end.is_some());
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        if self.number == 0 && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        self.number += 1;
        Ok(Some(RawLine { number: self.number, text: decode(bytes, length_bytes) }))
    }
}

fn decode(mut bytes: Vec<u8>, length_bytes: usize) -> Result<String, Mistake> {
    if length_bytes > LINE_BYTES_MAX {
        return Err(Mistake::new(format!("the line is longer than {LINE_BYTES_MAX} bytes")));
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to() + 1;
        Mistake::new(format!("byte {at} of the line is not UTF-8"))
    })
}
