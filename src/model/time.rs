//! Civil dates, instants and durations, and what it means to add them. Calendar rules come
//! from jiff; the representations are small integers, so that they order and pack well.

use std::fmt;

use serde::{Deserialize, Serialize};

use jiff::civil;
use jiff::tz::TimeZone;

/// A civil date, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Date(i32);

/// An instant, as microseconds since 1970-01-01T00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

/// An exact length of time, in microseconds; may be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Duration(i64);

/// A length in calendar units: months and days are not of one length in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct CalendarSpan {
    pub months: i32,
    pub days: i32,
}

/// A time zone by its IANA name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Zone(TimeZone);

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
/// Days from 0000-03-01 to 1970-01-01.
const DAYS_BEFORE_EPOCH: i64 = 719_468;
const DAYS_PER_ERA: i64 = 146_097;

impl Date {
    /// The earliest date there is, 0000-01-01: every date is written with four digits a year.
    pub const MIN: Date = Date(-719_528);
    /// The latest date there is, 9999-12-31.
    pub const MAX: Date = Date(2_932_896);

    /// The date that many days after 1970-01-01, within the years 0 to 9999.
    pub fn from_days(days: i64) -> Option<Date> {
        let date = Date(i32::try_from(days).ok()?);
        (Date::MIN..=Date::MAX).contains(&date).then_some(date)
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i32 {
        self.0
    }

    /// The calendar's view of it.
    pub fn civil(self) -> civil::Date {
        // H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
        let days = i64::from(self.0) + DAYS_BEFORE_EPOCH;
        let era = days.div_euclid(DAYS_PER_ERA);
        let day_of_era = days.rem_euclid(DAYS_PER_ERA);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        civil_date(year, month, day).expect("only dates in range are made")
    }

    /// The date of a calendar day; `None` before the year 0.
    pub fn from_civil(date: civil::Date) -> Option<Date> {
        // As above, days_from_civil.
        let (month, day) = (i64::from(date.month()), i64::from(date.day()));
        let year = i64::from(date.year()) - i64::from(month <= 2);
        let year_of_era = year.rem_euclid(400);
        let shifted_month = (month + 9) % 12;
        let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Date::from_days(year.div_euclid(400) * DAYS_PER_ERA + day_of_era - DAYS_BEFORE_EPOCH)
    }

    /// Reads `2026-03-25`, and nothing else.
    pub fn parse(text: &str) -> Option<Date> {
        let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        plain.then(|| text.parse().ok().and_then(Date::from_civil)).flatten()
    }

    /// Months first, clipping to the month's last day, then days. `None` out of range.
    pub fn checked_add(self, span: CalendarSpan) -> Option<Date> {
        let moved = match span.months {
            0 => self,
            months => {
                let civil = self.civil();
                let month = i64::from(civil.year()) * 12 + i64::from(civil.month()) - 1;
                let month = month + i64::from(months);
                let first = civil_date(month.div_euclid(12), month.rem_euclid(12) + 1, 1)?;
                let day = civil.day().min(first.days_in_month());
                Date::from_civil(first.with().day(day).build().ok()?)?
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
        if zone.0 == TimeZone::UTC {
            return Timestamp::from_micros(i64::from(date.0) * MICROS_PER_DAY + micros);
        }
        let clock = civil::Time::midnight().checked_add(jiff::SignedDuration::from_micros(micros));
        let wall = date.civil().to_datetime(clock.ok()?);
        let instant = zone.0.to_ambiguous_timestamp(wall).compatible().ok()?;
        Timestamp::from_micros(instant.as_microsecond())
    }

    /// The instant at which this date begins in the zone.
    pub fn midnight(self, zone: &Zone) -> Option<Timestamp> {
        self.at(Duration(0), zone)
    }

    /// The instant at which the date so many days after this one begins in the zone; for dates
    /// outside of what an instant can be, the first or the last instant there is.
    pub fn begins(self, days_later: i32, zone: &Zone) -> Timestamp {
        let days = i64::from(self.0) + i64::from(days_later);
        let end = if days > 0 { Timestamp::MAX } else { Timestamp::MIN };
        Date::from_days(days).and_then(|date| date.midnight(zone)).unwrap_or(end)
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
    /// The earliest moment there is, 0001-01-01T00:00Z: it has a date in every zone.
    pub const MIN: Timestamp = Timestamp(-62_135_596_800_000_000);
    /// The latest moment there is, 9999-12-30T21:59:59.999999Z: it has a date in every zone.
    pub const MAX: Timestamp = Timestamp(253_402_207_199_999_999);

    /// The instant that many microseconds after 1970-01-01T00:00Z, within [`Timestamp::MIN`] and
    /// [`Timestamp::MAX`].
    pub fn from_micros(micros: i64) -> Option<Timestamp> {
        let instant = Timestamp(micros);
        (Timestamp::MIN <= instant && instant <= Timestamp::MAX).then_some(instant)
    }

    /// Microseconds since 1970-01-01T00:00Z.
    pub fn micros(self) -> i64 {
        self.0
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
        if zone.0 == TimeZone::UTC {
            let days = self.0.div_euclid(MICROS_PER_DAY);
            return Date::from_days(days).expect("instants lie within the dates");
        }
        Date::from_civil(self.civil(zone).date()).expect("instants lie within the dates")
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

/// The date of the calendar's year, month and day; `None` outside of the calendar.
fn civil_date(year: i64, month: i64, day: i64) -> Option<civil::Date> {
    let (month, day) = (month.try_into().ok()?, day.try_into().ok()?);
    civil::Date::new(year.try_into().ok()?, month, day).ok()
}

/// In UTC; seconds are left out where they are zero. `{:#}` leaves out what is less than a second,
/// which nobody wants to read who is no program.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = TimeZone::UTC.to_datetime(self.jiff());
        let (date, second, nanos) = (clock.date(), clock.second(), clock.subsec_nanosecond());
        write!(f, "{date}T{:02}:{:02}", clock.hour(), clock.minute())?;
        if nanos != 0 && !f.alternate() {
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
    pub const fn from_micros(micros: i64) -> Duration {
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

/// As a literal, from days down to fractions of a second: `1h30m`; zero is `0s`.
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

impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.name().to_string()
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Zone, String> {
        Zone::find(&name).ok_or_else(|| format!("there is no zone \"{name}\""))
    }
}

impl Zone {
    pub const UTC: Zone = Zone(TimeZone::UTC);

    /// The zone of that IANA name, such as `Europe/London`.
    pub fn find(name: &str) -> Option<Zone> {
        TimeZone::get(name).ok().filter(|zone| !zone.is_unknown()).map(Zone)
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).expect("a date")
    }

    fn at(day: &str, hours: i64, zone: &str) -> String {
        let zone = Zone::find(zone).expect("a zone");
        let clock = Duration::from_seconds(hours * 1800).expect("short");
        date(day).at(clock, &zone).map_or("none".to_owned(), |time| time.to_string())
    }

    #[test]
    fn dates_agree_with_the_calendar_library() {
        let epoch = civil::Date::constant(1970, 1, 1);
        for days in (Date::MIN.0..=Date::MAX.0).step_by(97).chain([Date::MIN.0, Date::MAX.0]) {
            let civil = epoch.checked_add(jiff::Span::new().days(days)).expect("in range");
            assert_eq!(Date(days).civil(), civil);
            assert_eq!(Date::from_civil(civil), Some(Date(days)));
            assert_eq!(Date::parse(&Date(days).to_string()), Some(Date(days)));
        }
        assert_eq!(Date::from_days(i64::from(Date::MIN.0) - 1), None);
        assert_eq!(Date::from_days(i64::from(Date::MAX.0) + 1), None);
    }

    #[test]
    fn months_clip_to_their_last_day() {
        let shift = |day: &str, months, days| {
            let moved = date(day).checked_add(CalendarSpan { months, days });
            moved.map_or("none".to_owned(), |date| date.to_string())
        };
        assert_eq!(shift("2026-01-31", 1, 0), "2026-02-28");
        assert_eq!(shift("2028-02-29", 12, 0), "2029-02-28");
        assert_eq!(shift("2026-03-31", -1, 1), "2026-03-01");
        assert_eq!(shift("2026-03-31", -13, 0), "2025-02-28");
        assert_eq!(shift("9999-12-31", 0, 1), "none");
        assert_eq!(shift("9999-12-01", 1, 0), "none");
        assert_eq!(shift("0000-01-01", 0, -1), "none");
        assert_eq!(shift("2026-01-01", i32::MAX, i32::MAX), "none");
        assert_eq!(shift("2026-01-01", i32::MIN, i32::MIN), "none");
    }

    #[test]
    fn wall_clocks_skip_and_double() {
        assert_eq!(at("2026-03-29", 18, "Europe/London"), "2026-03-29T08:00Z");
        assert_eq!(at("2026-03-29", 3, "Europe/London"), "2026-03-29T01:30Z");
        assert_eq!(at("2026-10-25", 3, "Europe/London"), "2026-10-25T00:30Z");
        assert_eq!(at("2026-10-25", -2, "Europe/London"), "2026-10-24T22:00Z");
        assert_eq!(at("2026-10-23", 98, "Europe/London"), "2026-10-25T00:00Z");
        assert_eq!(at("2018-11-04", 0, "America/Sao_Paulo"), "2018-11-04T03:00Z");
        assert_eq!(at("0001-01-01", 0, "UTC"), "0001-01-01T00:00Z");
        assert_eq!(at("0001-01-01", -1, "UTC"), "none");
        assert_eq!(at("9999-12-31", 47, "America/New_York"), "none");
    }

    #[test]
    fn times_have_a_date_in_every_zone_and_read_back() {
        for time in [Timestamp::MIN, Timestamp::MAX, Timestamp(-1), Timestamp(1_500_000)] {
            assert_eq!(Timestamp::parse(&time.to_string()), Ok(time));
            for zone in ["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "America/New_York"] {
                let zone = Zone::find(zone).expect("a zone");
                assert!(Date::MIN <= time.date(&zone) && time.date(&zone) <= Date::MAX);
            }
        }
        let time = Timestamp::parse("2026-03-25T08:00:30+01:00").expect("a time");
        assert_eq!(time.to_string(), "2026-03-25T07:00:30Z");
        assert_eq!(Zone::find("Etc/Unknown"), None);
        assert_eq!(Zone::find("Europe/Atlantis"), None);
    }

    #[test]
    fn durations_are_written_in_units() {
        assert_eq!(Duration::ZERO.to_string(), "0s");
        assert_eq!(Duration(-5_400_000_001).to_string(), "-1h30m1us");
        assert_eq!(Duration(90_061_001_000).to_string(), "1d1h1m1s1ms");
        assert!(Duration(i64::MIN).to_string().starts_with("-106751991d"));
    }
}
