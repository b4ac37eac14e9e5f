//! Texts as words: each distinct text has one word, shared by all workers. The process that leads
//! gives words out; a member of a cluster asks it, and remembers.

use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rustc_hash::FxHashMap;

use super::authority::Authority;
use super::census::Census;

/// The texts that the engine holds. A text keeps its word until a [`Census`] finds it in no row;
/// the word is then given to another one.
#[derive(Debug, Default)]
pub struct Dictionary {
    texts: RwLock<Texts>,
    /// Who gives words out, where that is somebody else.
    authority: Option<Authority>,
}

#[derive(Debug, Default)]
struct Texts {
    by_word: Vec<Option<Arc<str>>>,
    by_text: FxHashMap<Arc<str>, u64>,
    free: Vec<u64>,
    /// Words below it are never free: rules name their texts.
    pinned: usize,
}

impl Dictionary {
    /// A member's, which remembers what it asked for.
    pub fn of_member(authority: Authority) -> Dictionary {
        Dictionary { texts: RwLock::default(), authority: Some(authority) }
    }

    /// The word of a text, which is given one if it has none.
    pub fn word(&self, text: &Arc<str>) -> u64 {
        if let Some(word) = self.find(text) {
            return word;
        }
        if let Some(authority) = &self.authority {
            let word = authority.word(text);
            self.remember(word, text);
            return word;
        }
        let mut texts = self.write();
        if let Some(word) = texts.by_text.get(text) {
            return *word;
        }
        let word = match texts.free.pop() {
            Some(word) => {
                texts.by_word[place(word)] = Some(text.clone());
                word
            }
            None => {
                texts.by_word.push(Some(text.clone()));
                texts.by_word.len() as u64 - 1
            }
        };
        texts.by_text.insert(text.clone(), word);
        word
    }

    /// The word of a text that is held.
    pub fn find(&self, text: &str) -> Option<u64> {
        self.read().by_text.get(text).copied()
    }

    /// The text of a word that is in use.
    pub fn text(&self, word: u64) -> Arc<str> {
        let known = self.read().by_word.get(place(word)).cloned().flatten();
        match (known, &self.authority) {
            (Some(text), _) => text,
            (None, Some(authority)) => {
                let text = authority.text(word);
                self.remember(word, &text);
                text
            }
            (None, None) => panic!("a word in a row has its text, {word} has none"),
        }
    }

    fn remember(&self, word: u64, text: &Arc<str>) {
        let mut texts = self.write();
        let at = place(word);
        if texts.by_word.len() <= at {
            texts.by_word.resize(at + 1, None);
        }
        texts.by_word[at] = Some(text.clone());
        texts.by_text.insert(text.clone(), word);
    }

    /// How many texts are held.
    pub fn len(&self) -> usize {
        self.read().by_text.len()
    }

    /// Holds the texts that there are for good.
    pub fn pin(&self) {
        let mut texts = self.write();
        texts.pinned = texts.by_word.len();
    }

    /// A census of the words given out so far, in which nothing is seen yet.
    pub fn census(&self) -> Census {
        Census::new(self.read().by_word.len())
    }

    /// Forgets the texts that the census has not seen.
    pub fn forget_unseen(&self, census: &Census) {
        let mut texts = self.write();
        for word in texts.pinned..texts.by_word.len() {
            if !census.has_seen(word)
                && let Some(text) = texts.by_word[word].take()
            {
                texts.by_text.remove(&text);
                // A member gives none out.
                if self.authority.is_none() {
                    texts.free.push(word as u64);
                }
            }
        }
        let texts = &mut *texts;
        let used = texts.by_word.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        texts.by_word.truncate(used.max(texts.pinned));
        texts.free.retain(|word| place(*word) < texts.by_word.len());
        texts.by_text.shrink_to_fit();
        texts.by_word.shrink_to_fit();
        texts.free.shrink_to_fit();
    }

    fn read(&self) -> RwLockReadGuard<'_, Texts> {
        self.texts.read().expect("no holder of the lock panics")
    }

    fn write(&self) -> RwLockWriteGuard<'_, Texts> {
        self.texts.write().expect("no holder of the lock panics")
    }
}

fn place(word: u64) -> usize {
    usize::try_from(word).expect("words of texts are places")
}
