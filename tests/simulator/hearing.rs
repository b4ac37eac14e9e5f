//! What the machine hears of in one turn.

use owed::feed::Submission;
use owed::runtime::Event;

use super::world::{Happening, World};

impl World {
    /// What happens now, as far as the machine hears of it in one turn.
    pub fn due(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some((key, happening)) = self.queue.first_key_value() {
            let is_first = events.is_empty();
            // What is asked of all that are missing depends on who else is heard; and rules may
            // change, so that what was heard before is of other relations.
            let is_asked = matches!(happening, Happening::Ask(_));
            let begins = is_asked || matches!(happening, Happening::Mischief);
            if key.0 > self.real || (begins && !is_first) {
                break;
            }
            let (_, happening) = self.queue.pop_first().expect("it is there");
            let heard = self.happen(happening);
            let is_full = is_asked || (!self.is_calm && self.rng.u8(..4) == 0);
            if self.hear_together(heard, &mut events) || is_full {
                break;
            }
        }
        events
    }

    /// Adds what is heard to the events of a turn. What the machine decides upon before it hears
    /// the rest is heard alone, for nobody else knows the facts of that moment. Whether no more
    /// is to be heard.
    fn hear_together(&mut self, heard: Vec<Event>, events: &mut Vec<Event>) -> bool {
        let mut has_deferred = false;
        for event in heard {
            if events.is_empty() || !(is_alone(&event) || is_alone(&events[0])) {
                events.push(event);
            } else {
                let server = self.server;
                self.after(0, Happening::Hear { server, event });
                has_deferred = true;
            }
        }
        has_deferred || events.first().is_some_and(is_alone)
    }
}

/// Whether an event says something of other looks and attempts than its own.
fn is_alone(event: &Event) -> bool {
    match event {
        Event::Submit { submission: Submission { looked, reports, .. }, .. } => {
            !looked.is_empty() || !reports.is_empty()
        }
        Event::Ask { .. } => true,
        Event::Ended { ended, .. } => ended.output.windows(8).any(|word| word == b".attempt"),
        Event::SourceRead { .. } => false,
    }
}
