//! Sources that are a query to PostgreSQL.

use std::path::Path;

use crate::postgres::{PASSWORD, Postgres, skipped};
use crate::world::read;

fn ask(postgres: &Postgres, declared: &str, query: &str) -> String {
    read(declared, &postgres.url(), query, Path::new("."))
}

#[test]
fn rows_come_from_postgresql() {
    let Some(mut postgres) = Postgres::start() else { return };
    every_type_is_read(&postgres);
    texts_are_of_many_types(&postgres);
    columns_are_matched_by_name_and_type(&postgres);
    values_that_do_not_fit_say_where(&postgres);
    a_source_only_reads(&postgres);
    who_cannot_connect_hears_why(&postgres);
    certificates_are_verified_if_that_is_asked_for(&postgres);
    postgres.stop();
    let said = ask(&postgres, "r(n: int)", "select 1 as n");
    assert!(said.contains("Connection refused"), "{said}");
    is_silent_about_passwords(&said);
}

/// The server's settings make no difference.
fn every_type_is_read(postgres: &Postgres) {
    postgres.execute("alter role warehouse set datestyle = 'German'");
    postgres.execute("alter role warehouse set timezone = 'Asia/Tokyo'");
    let declared = "r(b: bool, i: int, f: float, t: text, d: date, m: time, s: duration)";
    let query = "select true as b, count(*) as i, 1.5::float8 as f, 'a b'::text as t, \
                 date '2026-03-25' as d, timestamptz '2026-03-25 08:00:00.5+01' as m, \
                 interval '1 day 02:00:00.25' as s \
                 union all select false, sum(-7::bigint), 2::numeric, '', date '0099-01-01', \
                 timestamptz '2026-03-25 08:00Z', interval '-3 minutes' order by 1 desc";
    let expected = "true, 1, 1.5, \"a b\", 2026-03-25, 2026-03-25T07:00:00.5Z, 1d2h250ms\n\
                    false, -7, 2.0, \"\", 0099-01-01, 2026-03-25T08:00Z, -3m\n";
    assert_eq!(ask(postgres, declared, query), expected);
    let query = "select timestamp '2026-03-25 08:00:00' as m, 5::int2 as i, 7::numeric(9,2) as n";
    let rows = ask(postgres, "r(m: time, i: int, n: int)", query);
    assert_eq!(rows, "2026-03-25T08:00Z, 5, 7\n");
}

fn texts_are_of_many_types(postgres: &Postgres) {
    postgres.execute("create type mood as enum ('calm', 'wild')");
    postgres.execute("create domain campaign_id as varchar(9) check (value <> '')");
    let query = "select 'wild'::mood as a, '501'::campaign_id as b, 'x'::char(3) as c, \
                 '00000000-0000-0000-0000-000000000001'::uuid as d, '{\"n\":1}'::json as e, \
                 'unknown' as f";
    let declared = "r(a: text, b: text, c: text, d: text, e: text, f: text)";
    let expected = "\"wild\", \"501\", \"x  \", \"00000000-0000-0000-0000-000000000001\", \
                    \"{\\\"n\\\":1}\", \"unknown\"\n";
    assert_eq!(ask(postgres, declared, query), expected);
}

/// Also where there are no rows.
fn columns_are_matched_by_name_and_type(postgres: &Postgres) {
    let said = ask(postgres, "r(id: text, n: int)", "select 'a' as id, count(*) where false");
    let expected = "the query does not give \"n\", and relation \"r\" has no \"count\"";
    assert!(said.ends_with(expected), "{said}");
    let said = ask(postgres, "r(n: int)", "select now() as n where false");
    let expected = "column \"n\" is timestamptz in the query, and int in relation \"r\"; cast it \
                    in the query";
    assert!(said.ends_with(expected), "{said}");
}

fn values_that_do_not_fit_say_where(postgres: &Postgres) {
    let cases = [
        ("int", "null::int", "row 2: column \"n\" is NULL; leave such rows out, or use coalesce"),
        ("int", "1.5", "row 2: column \"n\": \"1.5\" is not an int"),
        ("float", "'NaN'::float8", "row 2: column \"n\": \"NaN\" is not a float"),
    ];
    for (ty, value, expected) in cases {
        let query = format!("select 1::numeric as n union all select {value}");
        let said = ask(postgres, &format!("r(n: {ty})"), &query);
        assert!(said.contains(expected), "{said}");
    }
    let said = ask(postgres, "r(n: duration)", "select interval '1 month' as n");
    assert!(said.contains("months or years long"), "{said}");
    let said = ask(postgres, "r(n: time)", "select 'infinity'::timestamptz as n");
    assert!(said.contains("\"infinity\" is not a time"), "{said}");
}

fn a_source_only_reads(postgres: &Postgres) {
    postgres.execute("create table kept(id text)");
    let said = ask(
        postgres,
        "r(id: text)",
        "with x as (insert into kept values ('a') returning id) \
             select id from x",
    );
    assert!(said.contains("read-only transaction"), "{said}");
    let said = ask(postgres, "r(id: text)", "select 'a' as id; drop table kept");
    assert!(said.contains("multiple commands"), "{said}");
    let said = ask(postgres, "r(id: text)", "select id frm kept");
    assert!(said.contains("SQLSTATE 42601"), "{said}");
    assert_eq!(postgres.execute("select count(*) from kept"), "0");
}

fn who_cannot_connect_hears_why(postgres: &Postgres) {
    let of = |url: &str| read("r(n: int)", url, "select 1 as n", Path::new("."));
    let said = of(&postgres.url_of("warehouse", "wr0ng-password"));
    assert!(said.contains("password authentication failed for user \"warehouse\""), "{said}");
    assert!(!said.contains("wr0ng-password"), "{said}");
    let said = of(&format!("{}?sslmode=sometimes", postgres.url()));
    assert!(said.contains("there is no sslmode \"sometimes\""), "{said}");
    let said = of(&format!("{}?colour=blue", postgres.url()));
    assert!(said.contains("colour"), "{said}");
    is_silent_about_passwords(&said);
}

/// Encrypted where the server can, as in libpq; a certificate that nobody vouches for is refused
/// where it is to be verified.
fn certificates_are_verified_if_that_is_asked_for(postgres: &Postgres) {
    let encrypted = "select case when ssl then 1 else 0 end as n \
                     from pg_stat_ssl where pid = pg_backend_pid()";
    let of = |mode: &str| {
        let url = format!("{}{mode}", postgres.url());
        read("r(n: int)", &url, encrypted, Path::new("."))
    };
    assert_eq!(of(""), "0\n");
    assert_eq!(of("?sslmode=disable"), "0\n");
    let said = of("?sslmode=require");
    assert!(said.contains("server does not support TLS"), "{said}");
    if !postgres.begin_tls() {
        skipped("certificates, for openssl is not installed");
        return;
    }
    assert_eq!(of(""), "1\n");
    assert_eq!(of("?sslmode=require"), "1\n");
    assert_eq!(of("?sslmode=disable"), "0\n");
    for mode in ["?sslmode=verify-full", "?sslmode=verify-ca&application_name=x"] {
        let said = of(mode);
        assert!(said.contains("invalid peer certificate"), "{said}");
    }
    let roots = postgres.certificate();
    let vouched = format!("?sslmode=verify-full&sslrootcert={}", roots.display());
    assert_eq!(of(&vouched), "1\n");
}

fn is_silent_about_passwords(said: &str) {
    assert!(!said.contains(PASSWORD) && !said.contains("s3cret"), "{said}");
}
