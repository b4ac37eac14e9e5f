//! What one worker sends another: a batch, who sent it, and which of its letters it is. Within a
//! process it changes hands as it is; between processes it is words in little-endian order.

use std::io::Write;

use timely::bytes::arc::Bytes;
use timely::communication::Bytesable;

use super::batch::Batch;

/// One worker's part in something that all do together.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// The worker that sends it.
    pub from: usize,
    /// How many letters that worker had sent to the same one before.
    pub number: u64,
    pub batch: Batch,
}

const WORD: usize = size_of::<u64>();

/// Words before those of the batch: sender, number, width.
const HEAD: usize = 3;

impl Bytesable for Letter {
    fn from_bytes(bytes: Bytes) -> Letter {
        let (words, rest) = bytes.as_chunks::<WORD>();
        assert!(words.len() >= HEAD && rest.is_empty(), "a letter is whole words");
        let mut words = words.iter().map(|word| u64::from_le_bytes(*word));
        let [from, number, width] = [(); HEAD].map(|()| words.next().expect("as many at least"));
        let place = |word| usize::try_from(word).expect("a place in memory");
        Letter {
            from: place(from),
            number,
            batch: Batch::from_words(place(width), words.collect()),
        }
    }

    fn length_in_bytes(&self) -> usize {
        (HEAD + self.batch.words().len()) * WORD
    }

    fn into_bytes<W: Write>(&self, writer: &mut W) {
        let head = [self.from as u64, self.number, self.batch.width() as u64];
        for word in head.iter().chain(self.batch.words()) {
            writer.write_all(&word.to_le_bytes()).expect("there is room for the letter's length");
        }
    }
}

#[cfg(test)]
mod tests {
    use timely::bytes::arc::BytesMut;

    use super::*;

    #[test]
    fn a_letter_comes_out_of_its_bytes_as_it_was() {
        let mut batch = Batch::new(2);
        batch.push(&[7, u64::MAX], -1);
        batch.push(&[8, 0], 3);
        for batch in [batch, Batch::new(0), Batch::new(5)] {
            let letter = Letter { from: 3, number: 1 << 40, batch };
            let mut bytes = Vec::new();
            letter.into_bytes(&mut bytes);
            assert_eq!(bytes.len(), letter.length_in_bytes());
            let bytes = BytesMut::from(bytes).freeze();
            assert_eq!(Letter::from_bytes(bytes), letter);
        }
    }
}
