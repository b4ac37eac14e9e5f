//! Functions of dates, and time zones by name.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::{CalendarSpan, Date, NoValue, Value, Zone};

/// How many zone names a thread remembers; there are about 600 in the world, but any text may
/// be asked for.
const ZONES_KEPT_MAX: usize = 1024;

thread_local! {
    // Functions run once a row: a zone is looked up once a thread.
    static ZONES: RefCell<FxHashMap<Arc<str>, Option<Zone>>> = RefCell::default();
}

/// Calls `read` with the zone of that IANA name.
pub(super) fn zone_named<T>(
    name: &Arc<str>,
    read: impl FnOnce(&Zone) -> Result<T, NoValue>,
) -> Result<T, NoValue> {
    ZONES.with_borrow_mut(|zones| {
        if !zones.contains_key(name) {
            if zones.len() >= ZONES_KEPT_MAX {
                zones.clear();
            }
            zones.insert(Arc::clone(name), Zone::find(name));
        }
        read(zones[name].as_ref().ok_or(NoValue::UnknownZone)?)
    })
}

pub(super) fn shift_date(date: Date, span: CalendarSpan) -> Result<Value, NoValue> {
    date.checked_add(span).map(Value::Date).ok_or(NoValue::DateOutOfRange)
}

/// The first day of the week (Monday), month, quarter or year that the date is in.
pub(super) fn start_of(date: Date, unit: &str) -> Result<Value, NoValue> {
    let civil = date.civil();
    let (months_back, days_back) = match unit {
        "week" => (0, civil.weekday().to_monday_zero_offset()),
        "month" => (0, civil.day() - 1),
        "quarter" => ((civil.month() - 1) % 3, civil.day() - 1),
        "year" => (civil.month() - 1, civil.day() - 1),
        _ => return Err(NoValue::UnknownUnit),
    };
    // Days first: from the first of a month, months never clip.
    let days = CalendarSpan { months: 0, days: -i32::from(days_back) };
    let months = CalendarSpan { months: -i32::from(months_back), days: 0 };
    let first = date.checked_add(days).and_then(|first| first.checked_add(months));
    first.map(Value::Date).ok_or(NoValue::DateOutOfRange)
}
