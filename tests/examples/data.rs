//! The data beside the example programs, made by rule rather than by hand: whoever wants to
//! know why a file is missing from a month finds the reason here.

use std::fmt::Write;

use jiff::civil::{Date, Weekday, date};
use jiff::{SignedDuration, tz::TimeZone};

/// Every generated file, by its path below `rules/`, and its content.
pub fn files() -> Vec<(&'static str, String)> {
    [campaigns(), exchanges(), events(), invoices()].concat()
}

/// A month of 1,000 campaigns, as somebody finds it in April.
fn campaigns() -> Vec<(&'static str, String)> {
    let days = || days(date(2026, 3, 1), date(2026, 3, 31));
    // Hadoop was down on the 17th, and nobody has run the job for that day since.
    let hadoop_failed = date(2026, 3, 17);
    // Somebody dropped this campaign's partition of the results table.
    let dropped = 42;
    // The landing directory was tidied up once: these days' files are gone, their results not.
    let tidied_until = date(2026, 3, 3);
    // Uploads that broke off and left empty files.
    let empty = [(77, date(2026, 3, 9)), (310, date(2026, 3, 21)), (905, date(2026, 3, 30))];

    let mut campaign = String::from("id\n");
    let mut csv_file = String::from("campaign,day,bytes\n");
    let mut results_rows = String::from("campaign,day,rows\n");
    for id in 1..=1000 {
        line(&mut campaign, format_args!("{id}"));
        for day in days() {
            let draw = scramble(&[id, day.day().unsigned_abs().into()]);
            let never_sent = draw.is_multiple_of(600);
            let is_empty = empty.contains(&(id, day));
            let rows = 200 + (draw >> 32) % 1800;
            let bytes = if is_empty { 0 } else { rows * 41 + (draw >> 16) % 37 };
            if !never_sent && day > tidied_until {
                line(&mut csv_file, format_args!("{id},{day},{bytes}"));
            }
            if !never_sent && !is_empty && day != hadoop_failed && id != dropped {
                line(&mut results_rows, format_args!("{id},{day},{rows}"));
            }
        }
    }
    let mut ready = String::from("day\n");
    for day in days().filter(|day| *day != hadoop_failed) {
        line(&mut ready, format_args!("{day}"));
    }
    vec![
        ("campaigns/campaign.csv", campaign),
        ("campaigns/wanted.csv", String::from("from,to\n2026-03-01,2026-03-31\n")),
        ("campaigns/csv_file.csv", csv_file),
        ("campaigns/results_rows.csv", results_rows),
        ("campaigns/dependency_ready.csv", ready),
    ]
}

/// January 2026 at four exchanges, as it stands on Monday the 19th.
fn exchanges() -> Vec<(&'static str, String)> {
    let exchanges: [(&str, &str, &str, u64, &[Date]); 4] = [
        ("XHKG", "Asia/Hong_Kong", "17h", 2600, &[]),
        ("XLON", "Europe/London", "17h30m", 1900, &[]),
        ("XNYS", "America/New_York", "18h", 2800, &[date(2026, 1, 19)]),
        ("XTKS", "Asia/Tokyo", "16h", 3900, &[date(2026, 1, 12)]),
    ];
    // Never fetched; and a transfer that broke off after a few hundred instruments.
    let missing = [("XLON", date(2026, 1, 14)), ("XNYS", date(2026, 1, 16))];
    let broken = ("XTKS", date(2026, 1, 15));

    let mut exchange = String::from("mic,zone,published\n");
    let mut listed = String::from("mic,instruments\n");
    let mut trading_day = String::from("mic,day\n");
    let mut price_file = String::from("mic,day,instruments\n");
    let mut book = String::from("mic,monday,files\n");
    for (mic, zone, published, instruments, holidays) in exchanges {
        line(&mut exchange, format_args!("{mic},{zone},{published}"));
        line(&mut listed, format_args!("{mic},{instruments}"));
        line(&mut book, format_args!("{mic},2026-01-05,5"));
        for day in days(date(2026, 1, 5), date(2026, 1, 30)) {
            let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            if weekend || holidays.contains(&day) {
                continue;
            }
            line(&mut trading_day, format_args!("{mic},{day}"));
            let have = if (mic, day) == broken { 412 } else { instruments - day.day() as u64 % 7 };
            if day < date(2026, 1, 17) && !missing.contains(&(mic, day)) {
                line(&mut price_file, format_args!("{mic},{day},{have}"));
            }
        }
    }
    vec![
        ("exchanges/exchange.csv", exchange),
        ("exchanges/listed.csv", listed),
        ("exchanges/trading_day.csv", trading_day),
        ("exchanges/price_file.csv", price_file),
        ("exchanges/book.csv", book),
    ]
}

/// The days around the night in which Europe's clocks go forward, in three regions.
fn events() -> Vec<(&'static str, String)> {
    let regions = [("eu", "Europe/London"), ("in", "Asia/Kolkata"), ("us", "America/New_York")];
    let mut region = String::from("name,zone\n");
    let mut batch = String::new();
    let mut daily_rows = String::from("region,topic,day,events\n");
    for (name, zone) in regions {
        line(&mut region, format_args!("{name},{zone}"));
        for topic in ["click", "view"] {
            for day in days(date(2026, 3, 27), date(2026, 3, 30)) {
                let total = batches(&mut batch, name, zone, topic, day);
                // The roll-up of the last day has not run; one ran before its data was whole.
                let early = (name, topic, day) == ("us", "view", date(2026, 3, 28));
                let rows = if early { total - 57 } else { total };
                if day < date(2026, 3, 30) {
                    line(&mut daily_rows, format_args!("{name},{topic},{day},{rows}"));
                }
            }
        }
    }
    vec![
        ("events/region.csv", region),
        ("events/topic.csv", String::from("name\nclick\nview\n")),
        ("events/wanted.csv", String::from("from,to\n2026-03-27,2026-03-30\n")),
        ("events/batch.jsonl", batch),
        ("events/daily_rows.csv", daily_rows),
    ]
}

/// Writes the batches of one civil day, and counts their events.
fn batches(batch: &mut String, region: &str, zone: &str, topic: &str, day: Date) -> u64 {
    let zone = TimeZone::get(zone).expect("a zone that there is");
    let midnight = |day: Date| day.to_zoned(zone.clone()).expect("a midnight").timestamp();
    let (mut hour, end) = (midnight(day), midnight(day.tomorrow().expect("a tomorrow")));
    let mut total = 0;
    while hour < end {
        let micros = hour.as_microsecond().unsigned_abs();
        let draw = scramble(&[letters(region), letters(topic), micros]);
        // The collector in India lost an hour of clicks; some batches are still on their way.
        let lost = (region, topic, day) == ("in", "click", date(2026, 3, 29))
            && hour.to_zoned(zone.clone()).hour() == 13;
        if !lost && !draw.is_multiple_of(150) {
            let count = (draw >> 32) % 900;
            total += count;
            let at = hour.strftime("%Y-%m-%dT%H:%MZ");
            let key = format!(r#""region":"{region}","topic":"{topic}","hour":"{at}""#);
            line(batch, format_args!(r#"{{{key},"events":{count}}}"#));
        }
        hour += SignedDuration::from_hours(1);
    }
    total
}

/// January and February 2026 for five tenants, two of whom joined in between, and the first
/// days of March.
fn invoices() -> Vec<(&'static str, String)> {
    let tenants = [
        ("acme", "metered", date(2025, 6, 1)),
        ("birch", "metered", date(2025, 11, 15)),
        ("cobalt", "flat", date(2026, 1, 1)),
        ("dune", "metered", date(2026, 1, 20)),
        ("elm", "flat", date(2026, 2, 10)),
    ];
    let price = |plan: &str| if plan == "flat" { (0, 49_900) } else { (12, 1_000) };
    // The meter was not read on these days.
    let unread = [("birch", date(2026, 2, 11)), ("birch", date(2026, 2, 12))];
    let metered_until = date(2026, 3, 2);

    let mut tenant = String::from("id,plan,since\n");
    let mut usage = String::from("tenant,day,units\n");
    let mut invoice = String::from("tenant,month,cents\n");
    for (t, (id, plan, since)) in tenants.into_iter().enumerate() {
        line(&mut tenant, format_args!("{id},{plan},{since}"));
        for month in [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)] {
            let mut units = 0;
            for day in days(month.max(since), month.last_of_month().min(metered_until)) {
                let draw = scramble(&[t as u64, day.day_of_year().unsigned_abs().into()]) % 400;
                if !unread.contains(&(id, day)) {
                    line(&mut usage, format_args!("{id},{day},{draw}"));
                    units += draw;
                }
            }
            let (cents_per_unit, minimum) = price(plan);
            let cents = (units * cents_per_unit).max(minimum);
            // January is done but for one; of February only one invoice is out.
            let sent = match month.month() {
                1 => id != "dune" && units > 0,
                2 => id == "acme",
                _ => false,
            };
            if sent {
                line(&mut invoice, format_args!("{id},{month},{cents}"));
            }
        }
    }
    let tariff = "plan,cents_per_unit,minimum\nflat,0,49900\nmetered,12,1000\n";
    vec![
        ("invoices/tenant.csv", tenant),
        ("invoices/tariff.csv", String::from(tariff)),
        ("invoices/billing_from.csv", String::from("month\n2026-01-01\n")),
        ("invoices/usage.csv", usage),
        ("invoices/invoice.csv", invoice),
    ]
}

/// Both ends included.
fn days(from: Date, to: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(from), |day| day.tomorrow().ok()).take_while(move |day| *day <= to)
}

fn line(text: &mut String, words: std::fmt::Arguments) {
    writeln!(text, "{words}").expect("texts take all that is written");
}

/// A number for a name.
fn letters(name: &str) -> u64 {
    name.bytes().fold(0, |number, byte| number * 256 + u64::from(byte))
}

/// The same arbitrary number for the same parts, in every run and version: splitmix64.
fn scramble(parts: &[u64]) -> u64 {
    parts.iter().fold(0, |state, part| {
        let mut z = (state ^ part).wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    })
}
