//! Sources that are the objects of a store, and what is said of them by a program that knows none.

#[cfg(not(feature = "object-store"))]
#[test]
fn a_build_without_stores_says_so() {
    let from = "files \"s3://bucket/{id}.csv\" every 5m";
    let said = crate::world::read_from("r(id: text)", from, std::path::Path::new("."));
    let expected = "cannot read the source of relation \"r\", files \"s3://bucket/{id}.csv\": this \
                    program was built without object stores: cargo build --features object-store";
    assert_eq!(said, expected);
}

/// A store that speaks as Amazon's does, on loopback, lists what there is, in two pages.
#[cfg(feature = "object-store")]
#[test]
fn objects_are_rows() {
    use std::process::Command;

    use crate::web::{Web, reply};

    const RULES: &str = "observe landed(c: text, d: date, bytes: int, modified: time)\n\
                         from files \"s3://$BUCKET/landing/{c}/{d:%Y%m%d}.csv\" every 5m.\n\
                         output all(c: text, d: date, bytes: int, modified: time).\n\
                         all(c, d, b, m) :- landed(c, d, b, m).\n";
    let object = |key: &str, bytes: u32| {
        format!(
            "<Contents><Key>{key}</Key><LastModified>2026-03-26T08:00:00.000Z</LastModified>\
             <Size>{bytes}</Size></Contents>"
        )
    };
    let page = |more: &str, objects: &str| {
        let head = "<?xml version=\"1.0\"?><ListBucketResult>";
        reply("200 OK", &format!("{head}{more}{objects}</ListBucketResult>"))
    };
    let token = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>";
    let objects = object("landing/501/20260325.csv", 12) + &object("landing/502/2026.csv", 3);
    let first = page(token, &objects);
    let last = page("<IsTruncated>false</IsTruncated>", &object("landing/500/20260324.csv", 7));
    let web = Web::start(move |seen| match seen.line.contains("continuation-token=t") {
        true => last.clone(),
        false => first.clone(),
    });
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    std::fs::write(folder.path().join("world.rules"), RULES).expect("it can be written to");
    let mut owed = Command::new(env!("CARGO_BIN_EXE_owed"));
    owed.args(["plan", "world.rules", "--list", "all"]).current_dir(folder.path());
    owed.env("AWS_ENDPOINT", web.url("")).env("AWS_ALLOW_HTTP", "true");
    owed.env("AWS_ACCESS_KEY_ID", "us3r").env("AWS_SECRET_ACCESS_KEY", "s3cret-key");
    let output = owed.env("BUCKET", "warehouse").output().expect("it can be started");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    for part in ["500", "2026-03-24", "501", "2026-03-25", "2026-03-26T08:00Z"] {
        assert!(printed.contains(part), "{part}: {printed}{said}");
    }
    assert!(!printed.contains("502"), "{printed}");
    assert!(said.contains("landing/502/2026.csv"), "what is passed over is said: {said}");
    assert!(web.seen()[0].line.starts_with("GET /warehouse?"), "{:?}", web.seen()[0]);
    assert!(web.seen()[0].header("authorization").is_some_and(|it| it.contains("us3r")));
    assert!(!(printed + &said).contains("s3cret"));
}
