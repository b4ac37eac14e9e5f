//! How two processes get to know each other: each proves to the other that it has the secret, by a
//! keyed hash (HMAC-SHA-256) of what both have chosen at random. The secret itself is never sent,
//! and neither proof is of use for another connection, or for the other side.

use std::io;
use std::net::TcpStream;

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use super::file::Secret;
use super::frame::{GREETING_BYTES_MAX, read_frame_within, write_frame};

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// To see whether somebody is there.
    Nothing,
    /// To lead.
    Lead,
    /// Texts and their words, in a group.
    Texts(GroupId),
    /// Rows from a process of that group.
    Rows { group: GroupId, from: usize },
}

/// One coming together of all processes.
pub type GroupId = [u8; 16];

/// What is said first, by the one that connects.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Hello {
    version: String,
    random: Random,
    purpose: Purpose,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Challenge {
    version: String,
    random: Random,
    proof: Vec<u8>,
}

/// What the one that is connected to says in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Welcome {
    Come,
    /// It serves another leader.
    Busy,
}

/// How a greeting ended.
#[derive(Debug)]
pub enum Greeted<T> {
    Well(T),
    /// The other one does not have the secret.
    OtherSecret,
    OtherVersion(String),
}

type Random = [u8; 32];

/// Of this program: processes of one cluster are of one version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Greets the one that we have connected to.
///
/// # Errors
/// If the connection is broken, or the other one speaks of something else.
pub fn greet(
    stream: &mut TcpStream,
    secret: &Secret,
    purpose: Purpose,
) -> io::Result<Greeted<Welcome>> {
    let hello = Hello { version: VERSION.to_string(), random: random()?, purpose };
    write_frame(stream, &hello)?;
    let challenge: Challenge = read_frame_within(stream, GREETING_BYTES_MAX)?;
    if challenge.version != VERSION {
        return Ok(Greeted::OtherVersion(challenge.version));
    }
    let said = said(&hello, &challenge.random)?;
    if !is_proof(secret, LISTENER, &said, &challenge.proof) {
        return Ok(Greeted::OtherSecret);
    }
    write_frame(stream, &proof(secret, DIALER, &said))?;
    Ok(Greeted::Well(read_frame_within(stream, GREETING_BYTES_MAX)?))
}

/// Answers the greeting of one that has connected to us, and says what for; `welcome` is what it is
/// told once it has proved itself.
///
/// # Errors
/// As [`greet`].
pub fn answer(
    stream: &mut TcpStream,
    secret: &Secret,
    welcome: impl Fn(Purpose) -> Welcome,
) -> io::Result<Greeted<(Purpose, Welcome)>> {
    let hello: Hello = read_frame_within(stream, GREETING_BYTES_MAX)?;
    let random = random()?;
    let said = said(&hello, &random)?;
    let proof = proof(secret, LISTENER, &said);
    write_frame(stream, &Challenge { version: VERSION.to_string(), random, proof })?;
    if hello.version != VERSION {
        return Ok(Greeted::OtherVersion(hello.version));
    }
    // One that found our proof wrong says no more.
    let theirs: Vec<u8> = match read_frame_within(stream, GREETING_BYTES_MAX) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Ok(Greeted::OtherSecret);
        }
        read => read?,
    };
    if !is_proof(secret, DIALER, &said, &theirs) {
        return Ok(Greeted::OtherSecret);
    }
    let welcome = welcome(hello.purpose);
    write_frame(stream, &welcome)?;
    Ok(Greeted::Well((hello.purpose, welcome)))
}

const LISTENER: &[u8] = b"owed listens";
const DIALER: &[u8] = b"owed connects";

/// Something that nobody has said before.
pub fn random<const BYTES: usize>() -> io::Result<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| io::Error::other("the system has no random numbers"))?;
    Ok(bytes)
}

/// All that was said before the proofs.
fn said(hello: &Hello, random: &Random) -> io::Result<Vec<u8>> {
    bincode::serialize(&(hello, random)).map_err(io::Error::other)
}

fn proof(secret: &Secret, side: &[u8], said: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.bytes());
    hmac::sign(&key, &[side, said].concat()).as_ref().to_vec()
}

fn is_proof(secret: &Secret, side: &[u8], said: &[u8], proof: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.bytes());
    hmac::verify(&key, &[side, said].concat(), proof).is_ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    type Ends = (Greeted<Welcome>, io::Result<Greeted<(Purpose, Welcome)>>);

    /// How the two sides fare that have these secrets.
    fn meet(dialer: &str, listener: &str) -> Ends {
        let secrets = [dialer, listener].map(|text| Secret::new(text).expect("a long one"));
        let [dialer, listener] = secrets;
        let door = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = door.local_addr().expect("it is bound");
        std::thread::scope(|scope| {
            let answered = scope.spawn(move || {
                let (mut stream, _) = door.accept().expect("one comes");
                answer(&mut stream, &listener, |_| Welcome::Come)
            });
            let mut stream = TcpStream::connect(address).expect("it listens");
            let purpose = Purpose::Rows { group: [7; 16], from: 2 };
            let greeted = greet(&mut stream, &dialer, purpose).expect("it is answered");
            drop(stream);
            (greeted, answered.join().expect("it does not panic"))
        })
    }

    #[test]
    fn those_with_one_secret_meet() {
        let (greeted, answered) = meet("known to both of them", "known to both of them");
        assert!(matches!(greeted, Greeted::Well(Welcome::Come)), "{greeted:?}");
        let purpose = Purpose::Rows { group: [7; 16], from: 2 };
        let answered = answered.expect("it is greeted");
        let Greeted::Well((found, Welcome::Come)) = answered else { panic!("{answered:?}") };
        assert_eq!(found, purpose);
    }

    #[test]
    fn those_with_two_secrets_do_not() {
        let (greeted, answered) = meet("known to one of them", "known to the other one");
        assert!(matches!(greeted, Greeted::OtherSecret), "{greeted:?}");
        assert!(matches!(answered, Ok(Greeted::OtherSecret)), "{answered:?}");
    }

    #[test]
    fn one_who_makes_a_proof_up_is_found_out() {
        let secret = Secret::new("known to both of them").expect("a long one");
        let said = b"what both have said";
        let right = proof(&secret, DIALER, said);
        assert!(is_proof(&secret, DIALER, said, &right));
        // The listener's own proof does not serve the one that connects, nor one of other words.
        assert!(!is_proof(&secret, LISTENER, said, &right));
        assert!(!is_proof(&secret, DIALER, b"something else", &right));
        assert!(!is_proof(&secret, DIALER, said, &[]));
    }
}
