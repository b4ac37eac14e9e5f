//! What a process writes: its output up to a limit, and the end of its complaints.

use tokio::io::{AsyncRead, AsyncReadExt};

/// How much is read at once.
const PIECE_BYTES: usize = 16 * 1024;
/// How much of standard error is kept: its last bytes.
pub const STDERR_BYTES_MAX: usize = 4 * 1024;
/// A longer last line is cut.
const REASON_CHARS_MAX: usize = 500;

/// More came than may be kept.
pub(super) struct Flooded;

/// Reads to the end.
///
/// # Errors
/// If there is more than `bytes_max`; as much is in `kept` then.
pub(super) async fn read_all(
    mut from: impl AsyncRead + Unpin,
    kept: &mut Vec<u8>,
    bytes_max: usize,
) -> Result<(), Flooded> {
    let mut piece = vec![0; PIECE_BYTES];
    // A pipe that cannot be read has ended.
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let room = bytes_max - kept.len();
        kept.extend_from_slice(&piece[..length.min(room)]);
        if length > room {
            return Err(Flooded);
        }
    }
    Ok(())
}

/// Reads to the end, and keeps the last [`STDERR_BYTES_MAX`].
pub(super) async fn read_tail(mut from: impl AsyncRead + Unpin, kept: &mut Vec<u8>) {
    let mut piece = vec![0; PIECE_BYTES];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        kept.extend_from_slice(&piece[..length]);
        let beyond = kept.len().saturating_sub(STDERR_BYTES_MAX);
        kept.drain(..beyond);
    }
}

/// Bytes as text, without the half of a character that a tail may begin with, and with nothing
/// that would move a terminal's cursor.
pub(super) fn tail_text(tail: &[u8]) -> String {
    let cut = match tail.len() == STDERR_BYTES_MAX {
        true => tail.iter().take(3).take_while(|byte| (0x80..0xc0).contains(*byte)).count(),
        false => 0,
    };
    let text = String::from_utf8_lossy(&tail[cut..]);
    let is_shown = |one: &char| !one.is_control() || matches!(one, '\n' | '\t');
    let text: String = text.chars().filter(is_shown).collect();
    // What is not text is three times as long as text.
    let beyond = text.len().saturating_sub(STDERR_BYTES_MAX);
    let start = (beyond..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[start..].to_string()
}

/// The last line that says something.
pub(super) fn last_line(text: &str) -> Option<String> {
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.chars().take(REASON_CHARS_MAX).collect())
}
