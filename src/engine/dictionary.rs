//! Texts as words: each distinct text has one word, shared by all workers.

use std::sync::{Arc, RwLock};

use rustc_hash::FxHashMap;

/// Every text that the engine has met. A text keeps its word for as long as the engine lives.
#[derive(Debug, Default)]
pub struct Dictionary {
    texts: RwLock<Texts>,
}

#[derive(Debug, Default)]
struct Texts {
    by_word: Vec<Arc<str>>,
    by_text: FxHashMap<Arc<str>, u64>,
}

impl Dictionary {
    /// The word of a text, which is given one if it has none.
    pub fn word(&self, text: &Arc<str>) -> u64 {
        if let Some(word) = self.find(text) {
            return word;
        }
        let mut texts = self.texts.write().expect("no holder of the lock panics");
        if let Some(word) = texts.by_text.get(text) {
            return *word;
        }
        let word = texts.by_word.len() as u64;
        texts.by_word.push(text.clone());
        texts.by_text.insert(text.clone(), word);
        word
    }

    /// The word of a text that was met before.
    pub fn find(&self, text: &str) -> Option<u64> {
        self.texts.read().expect("no holder of the lock panics").by_text.get(text).copied()
    }

    /// The text of a word that was given out.
    pub fn text(&self, word: u64) -> Arc<str> {
        let texts = self.texts.read().expect("no holder of the lock panics");
        texts.by_word[usize::try_from(word).expect("words of texts are places")].clone()
    }
}
