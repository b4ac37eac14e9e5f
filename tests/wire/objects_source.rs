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

#[cfg(feature = "object-store")]
mod stores {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use crate::postgres::skipped;
    use crate::web::{Seen, Web, reply};

    const RULES: &str = "observe landed(c: text, d: date, bytes: int, modified: time)\n\
                         from files \"STORE://$BUCKET/landing/{c}/{d:%Y%m%d}.csv\" every 5m.\n\
                         output all(c: text, d: date, bytes: int, modified: time).\n\
                         all(c, d, b, m) :- landed(c, d, b, m).\n";

    /// A store on loopback that lists what there is, in two pages.
    fn store() -> Web {
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
        let token =
            "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>";
        let objects = object("landing/501/20260325.csv", 12) + &object("landing/502/2026.csv", 3);
        let first = page(token, &objects);
        let end = "<IsTruncated>false</IsTruncated>";
        let last = page(end, &object("landing/500/20260324.csv", 7));
        Web::start(move |seen| match seen.line.contains("continuation-token=t") {
            true => last.clone(),
            false => first.clone(),
        })
    }

    /// The objects of a store are rows, for who is told by these variables where it is and who we
    /// are; `{web}` and `{folder}` are filled in. Gives the first request, and all that was said.
    fn objects_are_rows(
        scheme: &str,
        environment: &[(&str, &str)],
        files: &[(&str, &str)],
    ) -> (Seen, String) {
        let web = store();
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let place = folder.path().display().to_string();
        let fill = |text: &str| text.replace("{web}", &web.url("")).replace("{folder}", &place);
        let rules = RULES.replace("STORE", scheme);
        for (name, text) in files.iter().chain(&[("world.rules", rules.as_str())]) {
            let is_rules = *name == "world.rules";
            let text = if is_rules { text.to_string() } else { fill(text) };
            std::fs::write(folder.path().join(name), text).expect("it can be written to");
        }
        let mut owed = Command::new(env!("CARGO_BIN_EXE_owed"));
        owed.args(["plan", "world.rules", "--list", "all"]).current_dir(folder.path());
        owed.envs(environment.iter().map(|(name, value)| (*name, fill(value))));
        let output = owed.env("BUCKET", "warehouse").output().expect("it can be started");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}");
        for part in ["500", "2026-03-24", "501", "2026-03-25", "2026-03-26T08:00Z"] {
            assert!(printed.contains(part), "{part}: {printed}{said}");
        }
        assert!(!printed.contains("502"), "{printed}");
        assert!(said.contains("landing/502/2026.csv"), "what is passed over is said: {said}");
        let first = web.seen().swap_remove(0);
        assert!(first.line.starts_with("GET /warehouse?"), "{first:?}");
        assert!(first.line.contains("prefix=landing"), "{first:?}");
        (first, printed + &said)
    }

    /// One that speaks as Amazon's does.
    #[test]
    fn of_amazon() {
        let environment = [
            ("AWS_ENDPOINT", "{web}"),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "us3r"),
            ("AWS_SECRET_ACCESS_KEY", "s3cret-key"),
        ];
        let (seen, said) = objects_are_rows("s3", &environment, &[]);
        assert!(seen.header("authorization").is_some_and(|it| it.contains("us3r")), "{seen:?}");
        assert!(!said.contains("s3cret"), "{said}");
    }

    /// One that speaks as Google's does and asks nobody who he is, as emulators do: the file of
    /// the service account says where it is.
    #[test]
    fn of_an_emulator_of_google() {
        let account = r#"{"gcs_base_url": "{web}", "disable_oauth": true,
            "client_email": "", "private_key": "", "private_key_id": ""}"#;
        let environment = [("GOOGLE_SERVICE_ACCOUNT", "{folder}/gcs.json")];
        objects_are_rows("gs", &environment, &[("gcs.json", account)]);
    }

    /// One that wants to know: who we are is in the file that Google's own tools go by, and is
    /// signed with the key in it.
    #[test]
    fn of_google() {
        let key = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
        let Some(key) = openssl(&key, "") else {
            return skipped("a signed request, for openssl is not installed");
        };
        let account = serde_json::json!({
            "type": "service_account", "client_email": "owed@warehouse", "private_key_id": "k3y",
            "private_key": key,
        });
        let environment = [
            ("GOOGLE_APPLICATION_CREDENTIALS", "{folder}/account.json"),
            ("GOOGLE_BASE_URL", "{web}"),
        ];
        let files = [("account.json", account.to_string())];
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, &**text)).collect();
        let (seen, said) = objects_are_rows("gs", &environment, &files);
        let token = seen.header("authorization").and_then(|it| it.strip_prefix("Bearer "));
        let claims = token.and_then(|it| it.split('.').nth(1)).expect("a token of three parts");
        let mut claims = claims.replace('-', "+").replace('_', "/");
        claims.push_str(&"=".repeat((4 - claims.len() % 4) % 4));
        let claims = openssl(&["base64", "-d", "-A"], &claims).expect("it is base64");
        assert!(claims.contains("\"iss\":\"owed@warehouse\""), "{claims}");
        assert!(!said.contains("PRIVATE KEY"), "{said}");
    }

    fn openssl(arguments: &[&str], input: &str) -> Option<String> {
        let mut command = Command::new("openssl");
        let command = command.args(arguments).stderr(Stdio::null());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        child.stdin.take().expect("it is piped").write_all(input.as_bytes()).ok()?;
        let output = child.wait_with_output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
