//! Times as people write them: RFC 3339, and what may be wrong with it.

use std::fmt;

use super::time::{Date, Timestamp};

/// Why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotATime {
    Malformed,
    /// Before [`Timestamp::MIN`] or after [`Timestamp::MAX`].
    OutOfRange,
    /// It would lose digits.
    TooFine,
    /// It would be taken for the second before.
    LeapSecond,
}

impl Timestamp {
    /// Reads RFC 3339, seconds optional, a zone required: `2026-03-25T08:00+01:00`.
    ///
    /// # Errors
    /// If it is written otherwise, or is nothing that a [`Timestamp`] can be.
    pub fn parse(text: &str) -> Result<Timestamp, NotATime> {
        let (short, is_too_fine) = without_nanoseconds(text);
        let Ok(instant) = short.parse::<jiff::Timestamp>() else {
            let is_elsewhen = is_time_of_another_year(&short);
            return Err(if is_elsewhen { NotATime::OutOfRange } else { NotATime::Malformed });
        };
        if is_too_fine {
            return Err(NotATime::TooFine);
        }
        if has_leap_second(&short) {
            return Err(NotATime::LeapSecond);
        }
        Timestamp::from_micros(instant.as_microsecond()).ok_or(NotATime::OutOfRange)
    }
}

impl NotATime {
    /// What to do about it, as a sentence.
    pub fn remedy(self) -> &'static str {
        match self {
            NotATime::Malformed => {
                "A time is like `2026-03-25T08:00Z` or `2026-03-25T08:00:30+01:00`."
            }
            NotATime::OutOfRange => {
                "The first time is 0001-01-01T00:00Z, the last 9999-12-30T21:59:59.999999Z."
            }
            NotATime::TooFine => "A second has at most six digits behind its point.",
            NotATime::LeapSecond => "There are no leap seconds: a minute ends with 59.",
        }
    }
}

/// To be said of the text.
impl fmt::Display for NotATime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotATime::Malformed => "is not a time",
            NotATime::OutOfRange => "is out of range",
            NotATime::TooFine => "has digits below a microsecond",
            NotATime::LeapSecond => "has a 60th second",
        })
    }
}

const FRACTION_DIGITS_MAX: usize = 6;

/// The text without the digits below a microsecond, and whether any of them is not 0.
fn without_nanoseconds(text: &str) -> (String, bool) {
    let Some(point) = text.find(['.', ',']) else { return (text.to_owned(), false) };
    let fraction = text[point + 1..].bytes().take_while(u8::is_ascii_digit).count();
    let (kept, end) = (point + 1 + fraction.min(FRACTION_DIGITS_MAX), point + 1 + fraction);
    let is_too_fine = text[kept..end].bytes().any(|digit| digit != b'0');
    (format!("{}{}", &text[..kept], &text[end..]), is_too_fine)
}

/// Whether it would be a time in a year that the calendar has from end to end.
fn is_time_of_another_year(text: &str) -> bool {
    let is_day = text.get(..10).is_some_and(|day| Date::parse(day).is_some());
    is_day && format!("2000{}", &text[4..]).parse::<jiff::Timestamp>().is_ok()
}

fn has_leap_second(text: &str) -> bool {
    let clock = text.find(['T', 't', ' ']).map_or("", |at| &text[at + 1..]);
    let wall = clock.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b':');
    let digits: Vec<u8> = wall.filter(u8::is_ascii_digit).collect();
    digits.get(4..6) == Some(b"60")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_why() {
        let last = Timestamp::MAX;
        let cases = [
            ("2026-03-25T08:00", Err(NotATime::Malformed)),
            ("2023-02-29T08:00Z", Err(NotATime::Malformed)),
            ("9999-12-31T25:00Z", Err(NotATime::Malformed)),
            ("10000-01-01T00:00Z", Err(NotATime::Malformed)),
            ("9999-12-30T21:59:59.999999Z", Ok(last)),
            ("9999-12-30T21:59:59.999999000000Z", Ok(last)),
            ("9999-12-30T22:59:59.999999+01:00", Ok(last)),
            ("9999-12-30T22:00Z", Err(NotATime::OutOfRange)),
            ("9999-12-31T23:59:59Z", Err(NotATime::OutOfRange)),
            ("0000-12-31T23:59Z", Err(NotATime::OutOfRange)),
            ("2026-03-25T08:00:00.0000001Z", Err(NotATime::TooFine)),
            ("2026-03-25T08:00:00.00000000001+01:00", Err(NotATime::TooFine)),
            ("2026-06-30T23:59:60Z", Err(NotATime::LeapSecond)),
            ("2026-06-30T23:59:60.5+01:00", Err(NotATime::LeapSecond)),
            ("20260630T235960Z", Err(NotATime::LeapSecond)),
            ("2026-06-30T23:60Z", Err(NotATime::Malformed)),
        ];
        for (text, expected) in cases {
            assert_eq!(Timestamp::parse(text), expected, "{text}");
        }
        let ends = NotATime::OutOfRange.remedy();
        for end in [Timestamp::MIN, Timestamp::MAX] {
            assert!(ends.contains(&end.to_string()), "{end}");
        }
    }
}
