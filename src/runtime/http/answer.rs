//! A request that is sent, and what its answer means.

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};

use super::client::Client;
use super::request::Outgoing;
use crate::model::Method;
use crate::runtime::causes::with_causes;
use crate::runtime::event::Ended;

/// Whose answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// It is what was seen.
    Check,
    /// It says how it went.
    Action,
}

/// Sends it, and waits for the answer; a run that is dropped closes the connection.
pub async fn send(client: &Client, outgoing: &Outgoing, who: For) -> Ended {
    match exchange(client, outgoing, who).await {
        Ok(ended) => ended,
        Err(why) => Ended::failed(outgoing.hide(&why)),
    }
}

async fn exchange(client: &Client, outgoing: &Outgoing, who: For) -> Result<Ended, String> {
    let request = request(client.get()?, outgoing)?;
    let mut response = request.send().await.map_err(|error| explain(&error))?;
    let status = response.status();
    if status.is_success() {
        return match (who, status) {
            (For::Check, StatusCode::ACCEPTED) => Ok(Ended::later()),
            (For::Check, _) => Ok(Ended::done(whole_body(&mut response).await?)),
            (For::Action, _) => {
                // Read, so that the connection can be used again.
                let _ = first_of_body(&mut response).await;
                Ok(Ended::done(Vec::new()))
            }
        };
    }
    let mut said = vec![format!("HTTP {}", status.as_str())];
    said.extend(status.canonical_reason().map(str::to_string));
    if let Some(elsewhere) = response.headers().get(LOCATION).filter(|_| status.is_redirection()) {
        said.push(format!("to {}", String::from_utf8_lossy(elsewhere.as_bytes())));
    }
    let told = outgoing.hide(&first_of_body(&mut response).await);
    let said = outgoing.hide(&said.join(" "));
    let all = if told.is_empty() { said } else { format!("{said}: {told}") };
    Ok(match (who, status) {
        (For::Action, StatusCode::GONE) => Ended::gone(all),
        _ => Ended::failed(all),
    })
}

fn request(
    client: &reqwest::Client,
    outgoing: &Outgoing,
) -> Result<reqwest::RequestBuilder, String> {
    let method = match outgoing.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let url = outgoing.url.reveal();
    let url = reqwest::Url::parse(url).map_err(|error| format!("the URL is none: {error}"))?;
    let mut request = client.request(method, url);
    if let Some(body) = &outgoing.body {
        request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
    }
    for (name, value) in &outgoing.headers {
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
        let mut value = HeaderValue::from_str(value.reveal())
            .map_err(|_| format!("the value of header {name} is none that http can send"))?;
        value.set_sensitive(true);
        request = request.header(header, value);
    }
    Ok(request)
}

/// All of a body.
async fn whole_body(response: &mut reqwest::Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| explain(&error))? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(format!("the answer is longer than {BODY_BYTES_MAX} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// How a body begins, in one line of text; what cannot be read is left out.
async fn first_of_body(response: &mut reqwest::Response) -> String {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > SAID_BYTES_MAX {
            break;
        }
    }
    let text = String::from_utf8_lossy(&body);
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(SAID_CHARS_MAX).collect()
}

/// An error with its causes, without the URL.
fn explain(error: &reqwest::Error) -> String {
    let words = with_causes(Vec::new(), error);
    match words.is_empty() {
        true if error.is_timeout() => "the answer took too long".to_string(),
        true => "the request could not be sent".to_string(),
        false => words,
    }
}

/// As for what a command prints.
const BODY_BYTES_MAX: usize = 64 << 20;
/// How much of an answer that says no is read, and how much of it is shown.
const SAID_BYTES_MAX: usize = 16 << 10;
const SAID_CHARS_MAX: usize = 300;
