//! One client: its lines are taken in order, and so are the answers; what it subscribed to comes
//! in between.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Interest};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;

use super::asks::answer;
use super::protocol::{Ask, END, Hello, Reply};
use crate::feed::{
    Batcher, Event, Format, LINE_BYTES_MAX, Mistake, parse_line, write_delta, write_echo,
};
use crate::model::{Author, AuthorKind, crash_point};
use crate::runtime::{Handle, Publication, Receipt, Rules};

/// How many answers may be on their way to a client before its next line is read.
const ANSWERS_MAX: usize = 1_024;
/// How many changes may wait for a client that does not read, before it is let go.
const PUBLICATIONS_MAX: usize = 4_096;
/// How long a client may take to read an answer, before it is let go.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether a client that says nothing more is still there.
const PULSE: Duration = Duration::from_secs(1);

/// An answer that is on its way.
type Pending = Pin<Box<dyn Future<Output = String> + Send>>;

/// What the writing half is to do, in order.
enum Out {
    Line(Pending),
    Subscribe(mpsc::Receiver<Publication>, Format),
}

/// Serves a client until it goes, or has to.
pub(super) async fn serve(stream: UnixStream, handle: Handle, who: String) {
    let (input, output) = stream.into_split();
    let (out, outs) = mpsc::channel(ANSWERS_MAX);
    let mut reader = Reader {
        rules: handle.rules(),
        handle,
        batcher: Batcher::default(),
        author: Author::new(AuthorKind::Feed, who.clone()),
        who,
        out,
        number: 0,
        wants_end: false,
    };
    let server = reader.handle.clone();
    let mut write = tokio::spawn(write(output, outs, server.clone()));
    let mut input = BufReader::new(input);
    tokio::select! {
        () = reader.read(&mut input) => {}
        // What it might still say is for nobody.
        () = server.stopped() => {}
    }
    drop(reader);
    tokio::select! {
        // What was promised is still said, and what was subscribed to still comes,
        _ = &mut write => {}
        // as long as somebody is there.
        () = hung_up(input.get_ref()) => write.abort(),
    }
}

/// Comes back when a client is gone altogether, and has not only said all that it had to say.
async fn hung_up(input: &OwnedReadHalf) {
    loop {
        tokio::time::sleep(PULSE).await;
        match input.ready(Interest::WRITABLE).await {
            Ok(ready) if !ready.is_write_closed() => {}
            Ok(_) | Err(_) => return,
        }
    }
}

struct Reader {
    handle: Handle,
    rules: Rules,
    batcher: Batcher,
    author: Author,
    who: String,
    out: mpsc::Sender<Out>,
    number: u64,
    wants_end: bool,
}

impl Reader {
    async fn read(&mut self, input: &mut BufReader<OwnedReadHalf>) {
        loop {
            let mut line = Vec::new();
            let limit = LINE_BYTES_MAX as u64 + 1;
            let read = (&mut *input).take(limit).read_until(b'\n', &mut line).await;
            self.number += 1;
            match read {
                Ok(0) => break,
                Ok(_) if line.len() > LINE_BYTES_MAX => {
                    let why = format!("the line is longer than {LINE_BYTES_MAX} bytes");
                    // Where the next one begins is not known any more.
                    self.refuse(&Mistake::new(why), Format::Text).await;
                    break;
                }
                Ok(_) => {}
                Err(_) => break,
            }
            let taken = match String::from_utf8(line) {
                Ok(line) => self.take(line.trim_end_matches(['\n', '\r'])).await,
                Err(_) => self.refuse(&Mistake::new("the line is not UTF-8"), Format::Text).await,
            };
            if taken.is_none() {
                return;
            }
        }
        if let Err(mistake) = self.batcher.finish() {
            self.refuse(&mistake, Format::Text).await;
        }
        if self.wants_end {
            self.reply(format!("{END}\n")).await;
        }
    }

    /// Takes a line; `None` when nobody listens any more.
    async fn take(&mut self, line: &str) -> Option<()> {
        let trimmed = line.trim();
        let format = match trimmed.starts_with('{') {
            true => Format::Json,
            false => Format::Text,
        };
        if format == Format::Json {
            if let Ok(ask) = serde_json::from_str::<Ask>(trimmed) {
                return self.ask(ask).await;
            }
            if trimmed.starts_with("{\"ask\"") {
                let why = serde_json::from_str::<Ask>(trimmed).err().map(|why| why.to_string());
                return self.reply(Reply::Error(why.unwrap_or_default()).line()).await;
            }
            match serde_json::from_str::<Hello>(trimmed) {
                Ok(Hello::Subscribe(names)) => return self.subscribe(names, format).await,
                Ok(Hello::As(kind)) => return self.call_itself(&kind).await,
                Err(_) => {}
            }
        }
        let subscribed = trimmed.strip_prefix("subscribe");
        if let Some(names) = subscribed.filter(|names| names.is_empty() || names.starts_with(' ')) {
            let names = names.split_whitespace().map(str::to_string).collect();
            return self.subscribe(names, format).await;
        }
        self.feed(line, format).await
    }

    async fn feed(&mut self, line: &str, format: Format) -> Option<()> {
        // One transaction is read by one set of rules; if they change in it, it is refused.
        if !self.batcher.is_open() && self.handle.generation() != self.rules.generation {
            self.rules = self.handle.rules();
        }
        let parsed = parse_line(line, &self.rules.vocabulary());
        match self.batcher.push(self.number, parsed) {
            Ok(None) => Some(()),
            Ok(Some(Event::Echo(token))) => {
                let mut line = Vec::new();
                write_echo(&mut line, &token, format).expect("memory takes all");
                self.reply(String::from_utf8_lossy(&line).into_owned()).await
            }
            Ok(Some(Event::At(_))) => {
                let mistake = Mistake::new("\"at\" is for a clock that is driven");
                self.refuse(&mistake, format).await
            }
            Ok(Some(Event::Transaction(submission))) => {
                crash_point("connection.send.before");
                let (generation, author) = (self.rules.generation, self.author.clone());
                // It is on its way before the next line is read, and answered in its turn.
                let sent = self.handle.send(generation, author, submission).await;
                crash_point("connection.send.after");
                let number = self.number;
                self.line(Box::pin(async move {
                    match sent.await {
                        Ok(receipt) => committed(receipt, format),
                        Err(why) => refused(number, &why, format),
                    }
                }))
                .await
            }
            Err(mistake) => self.refuse(&mistake, format).await,
        }
    }

    async fn ask(&mut self, ask: Ask) -> Option<()> {
        let (handle, who) = (self.handle.clone(), self.who.clone());
        if let Ask::Wait { .. } = ask {
            // It may take for ever, and what comes after it is not to wait for that.
            let answered = async move { lines(&answer(ask, &handle, &who).await) };
            return self.line(Box::pin(answered)).await;
        }
        let replies = answer(ask, &handle, &who).await;
        self.reply(lines(&replies)).await
    }

    async fn subscribe(&mut self, names: Vec<String>, format: Format) -> Option<()> {
        match self.handle.subscribe(names, PUBLICATIONS_MAX).await {
            Ok(receiver) => self.out.send(Out::Subscribe(receiver, format)).await.ok(),
            Err(why) => self.refuse(&Mistake::new(why), format).await,
        }
    }

    async fn call_itself(&mut self, kind: &str) -> Option<()> {
        self.author.kind = match kind {
            "person" => AuthorKind::Person,
            "feed" => AuthorKind::Feed,
            other => {
                let mistake = Mistake::new(format!("nobody is a \"{other}\""));
                let mistake = mistake.hint("expected \"person\" or \"feed\"");
                return self.refuse(&mistake, Format::Json).await;
            }
        };
        self.wants_end = true;
        // A greeting is no line of the feed.
        self.number -= 1;
        Some(())
    }

    async fn refuse(&mut self, mistake: &Mistake, format: Format) -> Option<()> {
        self.reply(refused(self.number, &mistake.to_string(), format)).await
    }

    async fn reply(&mut self, line: String) -> Option<()> {
        self.line(Box::pin(std::future::ready(line))).await
    }

    async fn line(&mut self, line: Pending) -> Option<()> {
        self.out.send(Out::Line(line)).await.ok()
    }
}

fn lines(replies: &[Reply]) -> String {
    replies.iter().map(Reply::line).collect()
}

fn committed(receipt: Receipt, format: Format) -> String {
    let Receipt { revision, changed, .. } = receipt;
    match format {
        Format::Text => format!("committed {revision}\n"),
        Format::Json => format!("{{\"committed\":{revision},\"changed\":{changed}}}\n"),
    }
}

fn refused(number: u64, why: &str, format: Format) -> String {
    match format {
        Format::Text => format!("refused {number}: {why}\n"),
        Format::Json => {
            let object = serde_json::json!({ "refused": why, "line": number });
            format!("{object}\n")
        }
    }
}

/// Writes answers in their order, and changes as they come.
async fn write(mut output: OwnedWriteHalf, mut outs: mpsc::Receiver<Out>, handle: Handle) {
    let mut subscription: Option<(mpsc::Receiver<Publication>, Format)> = None;
    let mut is_all_said = false;
    loop {
        let publication = async {
            match &mut subscription {
                Some((receiver, format)) => receiver.recv().await.map(|one| render(&one, *format)),
                None => std::future::pending().await,
            }
        };
        let text = tokio::select! {
            out = outs.recv(), if !is_all_said => match out {
                Some(Out::Line(line)) => line.await,
                Some(Out::Subscribe(receiver, format)) => {
                    subscription = Some((receiver, format));
                    continue;
                }
                // Who has nothing more to say may still want to hear.
                None if subscription.is_some() => {
                    is_all_said = true;
                    continue;
                }
                None => return,
            },
            text = publication => match text {
                Some(text) => text,
                None => {
                    // A server that stops says no more.
                    if handle.query(|_| ()).await.is_ok() {
                        let _ = tokio::time::timeout(PATIENCE, output.write_all(ENDED)).await;
                    }
                    return;
                }
            },
        };
        crash_point("connection.answer.before");
        let written = tokio::time::timeout(PATIENCE, output.write_all(text.as_bytes())).await;
        if !matches!(written, Ok(Ok(()))) {
            return;
        }
        crash_point("connection.answer.after");
    }
}

/// For who did not read in time, or whose relations are gone.
const ENDED: &[u8] = b"refused 0: the subscription has ended: what it is about is gone from the \
    rules, or it was not read in time\n";

fn render(publication: &Publication, format: Format) -> String {
    let mut text = Vec::new();
    let schema = &publication.program.schema;
    write_delta(&mut text, &publication.delta, schema, format).expect("memory takes all");
    String::from_utf8_lossy(&text).into_owned()
}
