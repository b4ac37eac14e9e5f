//! Messages over a connection: a byte that says which format, a length, and the message.

use std::io::{self, Read, Write};

use bincode::Options;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The format of all messages; another one has another number.
const FORMAT: u8 = 1;

/// No message is longer.
const MESSAGE_BYTES_MAX: u64 = 1 << 34;

/// A greeting, which comes from anybody, is not longer than this.
pub(super) const GREETING_BYTES_MAX: u64 = 4_096;

/// Sends a message.
///
/// # Errors
/// If the connection is broken, or the message is too long.
pub fn write_frame(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let bytes = bincode::options().serialize(message).map_err(io::Error::other)?;
    if bytes.len() as u64 > MESSAGE_BYTES_MAX {
        return Err(io::Error::other("the message is too long"));
    }
    // In one piece, where it is short: each write may be a packet.
    let mut head = vec![FORMAT];
    head.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    if bytes.len() < 1_400 {
        head.extend_from_slice(&bytes);
        return to.write_all(&head);
    }
    to.write_all(&head)?;
    to.write_all(&bytes)
}

/// Receives a message.
///
/// # Errors
/// If the connection is broken, or what comes is no such message.
pub fn read_frame<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<T> {
    read_frame_within(from, MESSAGE_BYTES_MAX)
}

/// As [`read_frame`], for a message that is not longer than so many bytes.
pub(super) fn read_frame_within<T: DeserializeOwned>(
    from: &mut impl Read,
    bytes_max: u64,
) -> io::Result<T> {
    let mut head = [0; 9];
    from.read_exact(&mut head)?;
    let [format, length @ ..] = head;
    let length = u64::from_le_bytes(length);
    if format != FORMAT || length > bytes_max {
        let why = format!("no message of ours: format {format}, {length} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    // Memory grows with what comes, not with what was announced.
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let options = bincode::options().with_limit(bytes_max);
    options.deserialize(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_out_as_it_went_in_and_nothing_else_does() {
        for length in [0, 3, 100_000] {
            let message: Vec<u64> = (0..length).collect();
            let mut bytes = Vec::new();
            write_frame(&mut bytes, &message).expect("memory takes it");
            let back: Vec<u64> = read_frame(&mut bytes.as_slice()).expect("the same");
            assert_eq!(back, message);
            let cut = &bytes[..bytes.len() - 1];
            assert!(read_frame::<Vec<u64>>(&mut &cut[..]).is_err());
            bytes[0] = 2;
            assert!(read_frame::<Vec<u64>>(&mut bytes.as_slice()).is_err());
        }
        let long = [vec![FORMAT], u64::MAX.to_le_bytes().to_vec()].concat();
        assert!(read_frame::<Vec<u64>>(&mut long.as_slice()).is_err());
    }
}
