//! Civil dates, instants and durations, and what it means to add them. Calendar rules come
//! from jiff; the representations are small integers, so that they order and pack well.

use std::fmt;

use jiff::civil;
use jiff::tz::TimeZone;

/// A civil date, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

/// An instant, as microseconds since 1970-01-01T00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// An exact length of time, in microseconds; may be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

/// A length in calendar units: months and days are not of one length in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct CalendarSpan {
    pub months: i32,
    pub days: i32,
}

/// A time zone by its IANA name.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(TimeZone);

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
const EPOCH: civil::Date = civil::Date::constant(1970, 1, 1);

impl Date {
    /// The date that many days after 1970-01-01, within the years -9999 to 9999.
    pub fn from_days(days: i64) -> Option<Date> {
        let days = i32::try_from(days).ok()?;
        let date = Date(days);
        (Date::from_civil(civil::Date::MIN) <= date && date <= Date::from_civil(civil::Date::MAX))
            .then_some(date)
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i32 {
        self.0
    }

    /// The calendar's view of it.
    pub fn civil(self) -> civil::Date {
        EPOCH.checked_add(jiff::Span::new().days(self.0)).expect("only dates in range are made")
    }

    /// The date of a calendar day.
    pub fn from_civil(date: civil::Date) -> Date {
        Date((date - EPOCH).get_days())
    }

    /// Reads `2026-03-25`, and nothing else.
    pub fn parse(text: &str) -> Option<Date> {
        let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        plain.then(|| text.parse().ok().map(Date::from_civil)).flatten()
    }

    /// Months first, clipping to the month's last day, then days. `None` out of range.
    pub fn checked_add(self, span: CalendarSpan) -> Option<Date> {
        let moved = match span.months {
            0 => self,
            months => {
                Date::from_civil(self.civil().checked_add(jiff::Span::new().months(months)).ok()?)
            }
        };
        Date::from_days(i64::from(moved.0) + i64::from(span.days))
    }

    /// The instant at which this date's wall clock, in the zone, has run for `since_midnight`.
    /// A skipped time moves forward by the gap, a doubled one is the first.
    pub fn at(self, since_midnight: Duration, zone: &Zone) -> Option<Timestamp> {
        let days = since_midnight.0.div_euclid(MICROS_PER_DAY);
        let micros = since_midnight.0.rem_euclid(MICROS_PER_DAY);
        let date = Date::from_days(i64::from(self.0).checked_add(days)?)?;
        let clock = date
            .civil()
            .at(0, 0, 0, 0)
            .checked_add(jiff::SignedDuration::from_micros(micros))
            .ok()?;
        let instant = zone.0.to_ambiguous_timestamp(clock).compatible().ok()?;
        Some(Timestamp(instant.as_microsecond()))
    }

    /// The instant at which this date begins in the zone.
    pub fn midnight(self, zone: &Zone) -> Option<Timestamp> {
        self.at(Duration(0), zone)
    }

    /// The exact time from `other` to this date, 24 hours a day.
    pub fn since(self, other: Date) -> Duration {
        Duration((i64::from(self.0) - i64::from(other.0)) * MICROS_PER_DAY)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.civil())
    }
}

impl Timestamp {
    /// The earliest moment there is.
    pub const MIN: Timestamp = Timestamp(-377_705_023_201_000_000);
    /// The latest moment there is.
    pub const MAX: Timestamp = Timestamp(253_402_207_200_999_999);

    /// The instant that many microseconds after 1970-01-01T00:00Z, within the years -9999 to
    /// 9999.
    pub fn from_micros(micros: i64) -> Option<Timestamp> {
        let instant = Timestamp(micros);
        (Timestamp::MIN <= instant && instant <= Timestamp::MAX).then_some(instant)
    }

    /// Microseconds since 1970-01-01T00:00Z.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339, seconds optional, a zone required: `2026-03-25T08:00+01:00`.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let instant: jiff::Timestamp = text.parse().ok()?;
        Timestamp::from_micros(instant.as_microsecond())
    }

    /// `None` out of range.
    pub fn checked_add(self, duration: Duration) -> Option<Timestamp> {
        self.0.checked_add(duration.0).and_then(Timestamp::from_micros)
    }

    /// The exact time from `other` to this instant.
    pub fn since(self, other: Timestamp) -> Duration {
        Duration(self.0 - other.0)
    }

    /// The civil date in the zone at this instant.
    pub fn date(self, zone: &Zone) -> Date {
        Date::from_civil(self.civil(zone).date())
    }

    /// The wall clock in the zone at this instant.
    pub fn civil(self, zone: &Zone) -> civil::DateTime {
        zone.0.to_datetime(self.jiff())
    }

    /// The system clock's instant of the calendar library.
    pub fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).expect("only instants in range are made")
    }
}

/// In UTC; seconds are left out where they are zero.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = TimeZone::UTC.to_datetime(self.jiff());
        let (date, second, nanos) = (clock.date(), clock.second(), clock.subsec_nanosecond());
        write!(f, "{date}T{:02}:{:02}", clock.hour(), clock.minute())?;
        if nanos != 0 {
            let micros = format!("{:06}", nanos / 1000);
            write!(f, ":{second:02}.{}", micros.trim_end_matches('0'))?;
        } else if second != 0 {
            write!(f, ":{second:02}")?;
        }
        f.write_str("Z")
    }
}

impl Duration {
    pub const ZERO: Duration = Duration(0);

    /// Any number of microseconds.
    pub fn from_micros(micros: i64) -> Duration {
        Duration(micros)
    }

    /// `None` past what 64 bits of microseconds hold.
    pub fn from_seconds(seconds: i64) -> Option<Duration> {
        seconds.checked_mul(MICROS_PER_SECOND).map(Duration)
    }

    /// Whole days of 24 hours. `None` past what 64 bits of microseconds hold.
    pub fn from_days(days: i64) -> Option<Duration> {
        days.checked_mul(MICROS_PER_DAY).map(Duration)
    }

    /// In microseconds.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// `None` past what 64 bits of microseconds hold.
    pub fn checked_add(self, other: Duration) -> Option<Duration> {
        self.0.checked_add(other.0).map(Duration)
    }

    /// The standard library's duration; `None` if it is negative.
    pub fn to_std(self) -> Option<std::time::Duration> {
        u64::try_from(self.0).ok().map(std::time::Duration::from_micros)
    }
}

/// As a literal, from weeks down to fractions of a second: `1h30m`; zero is `0s`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let mut rest = self.0.unsigned_abs();
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, seconds) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
            let size = seconds * MICROS_PER_SECOND as u64;
            if rest >= size {
                write!(f, "{}{unit}", rest / size)?;
                rest %= size;
            }
        }
        if rest >= 1000 {
            write!(f, "{}ms", rest / 1000)?;
            rest %= 1000;
        }
        match rest {
            0 => Ok(()),
            micros => write!(f, "{micros}us"),
        }
    }
}

impl CalendarSpan {
    /// The same span backwards. `None` where a part has no opposite in 32 bits.
    pub fn checked_neg(self) -> Option<CalendarSpan> {
        Some(CalendarSpan { months: self.months.checked_neg()?, days: self.days.checked_neg()? })
    }
}

impl Zone {
    pub const UTC: Zone = Zone(TimeZone::UTC);

    /// The zone of that IANA name, such as `Europe/London`.
    pub fn find(name: &str) -> Option<Zone> {
        TimeZone::get(name).ok().map(Zone)
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}
