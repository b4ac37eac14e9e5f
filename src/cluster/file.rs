//! The file that names the members of a cluster, and where the secret is.

use std::fmt;
use std::path::Path;

use super::trouble::Trouble;

/// What a cluster's file says.
#[derive(Clone, Debug)]
pub struct ClusterFile {
    /// `host:port` of each member, in order. The process that leads is none of them.
    pub members: Vec<String>,
    pub secret: Secret,
}

/// What all processes of a cluster know, and nobody else. It is never shown.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// With the process that leads they are 64.
const MEMBERS_MAX: usize = 63;

/// Shorter ones can be guessed.
const SECRET_BYTES_MIN: usize = 16;

impl ClusterFile {
    /// Reads a cluster's file, and the secret from where it is: a file beside it, or a variable
    /// that `variable` finds.
    ///
    /// # Errors
    /// The line that is wrong, or what cannot be read.
    pub fn read(
        path: &Path,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<ClusterFile, Trouble> {
        let unread = |path: &Path, source| Trouble::Unread { path: path.to_path_buf(), source };
        let text = std::fs::read_to_string(path).map_err(|error| unread(path, error))?;
        let (mut members, mut secret) = (Vec::new(), None);
        for (at, line) in text.lines().enumerate() {
            let wrong = |why: String| Trouble::Line { path: path.to_path_buf(), line: at + 1, why };
            let words: Vec<&str> =
                line.split('#').next().unwrap_or("").split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                ["member", _] if members.len() == MEMBERS_MAX => {
                    return Err(wrong(format!("there are {MEMBERS_MAX} members already")));
                }
                ["member", address] if has_port(address) => members.push(address.to_string()),
                ["member", address] => {
                    return Err(wrong(format!("\"{address}\" is not HOST:PORT")));
                }
                ["secret", place] if secret.is_none() => secret = Some(place.to_string()),
                ["secret", _] => return Err(wrong("there is a secret already".to_string())),
                _ => {
                    let known =
                        "expected \"member HOST:PORT\", \"secret FILE\" or \"secret $NAME\"";
                    return Err(wrong(known.to_string()));
                }
            }
        }
        let lacks = |what| Trouble::Lacks { path: path.to_path_buf(), what };
        let place = secret.ok_or_else(|| lacks("secret"))?;
        if members.is_empty() {
            return Err(lacks("member"));
        }
        let secret = match place.strip_prefix('$') {
            Some(name) => {
                variable(name).ok_or_else(|| Trouble::Unset { name: name.to_string() })?
            }
            None => {
                let file = path.parent().unwrap_or(Path::new("")).join(&place);
                std::fs::read_to_string(&file).map_err(|error| unread(&file, error))?
            }
        };
        let secret = Secret::new(&secret).ok_or(Trouble::ShortSecret { place })?;
        Ok(ClusterFile { members, secret })
    }
}

impl Secret {
    /// A secret, white space around it left out; `None` if it is shorter than 16 bytes.
    pub fn new(text: &str) -> Option<Secret> {
        let bytes = text.trim().as_bytes().to_vec();
        (bytes.len() >= SECRET_BYTES_MIN).then_some(Secret(bytes))
    }

    /// For those who prove that they know it.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

fn has_port(address: &str) -> bool {
    let parts = address.rsplit_once(':');
    parts.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ClusterFile, String> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("secret"), "0123456789abcdef\n").expect("a file");
        std::fs::write(folder.path().join("short"), "guess\n").expect("a file");
        let path = folder.path().join("c");
        std::fs::write(&path, text).expect("a file");
        let shown = |error: Trouble| error.to_string().replace(&path.display().to_string(), "c");
        ClusterFile::read(&path, |name| (name == "SET").then(|| "x".repeat(20))).map_err(shown)
    }

    #[test]
    fn members_and_a_secret_are_what_it_says() {
        for secret in ["secret", "$SET"] {
            let file = read(&format!("# two\nsecret {secret}\nmember a:1 # one\n\nmember b:2\n"));
            let file = file.expect("a right file");
            assert_eq!(file.members, ["a:1", "b:2"]);
            assert_eq!(format!("{:?}", file.secret), "Secret(…)");
        }
    }

    #[test]
    fn what_is_wrong_is_said_by_line() {
        let wrong = |text: &str| read(text).expect_err("a wrong file");
        assert_eq!(wrong("member a\n"), "c:1: \"a\" is not HOST:PORT");
        assert!(wrong("\nmembers a:1\n").starts_with("c:2: expected \"member HOST:PORT\""));
        assert_eq!(wrong("secret secret\n"), "c names no member");
        assert_eq!(wrong("member a:1\n"), "c names no secret");
        let many = "member a:1\n".repeat(64);
        assert_eq!(wrong(&many), "c:64: there are 63 members already");
        assert_eq!(wrong("secret $NOT\nmember a:1\n"), "the variable NOT is not set");
        let short = "the secret of short has less than 16 bytes";
        assert_eq!(wrong("secret short\nmember a:1\n"), short);
    }
}
