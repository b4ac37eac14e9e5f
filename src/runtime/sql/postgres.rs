//! Connections to PostgreSQL, as its URLs ask for them.

use std::path::Path;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::ClientConfig;
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Error, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::runtime::causes::with_causes;
use crate::runtime::tls;

/// A server, and how to come to it.
#[derive(Clone)]
pub struct Server {
    config: Config,
    /// `None` where nothing is to be encrypted.
    tls: Option<ClientConfig>,
}

impl Server {
    /// What a URL says, and the password in it. Whether certificates are verified is said as in
    /// libpq: by `sslmode=verify-ca` or `verify-full`, and `sslrootcert`.
    pub(super) fn parse(url: &str, folder: &Path) -> Result<(Server, Option<String>), String> {
        let (url, ssl) = take_ssl(url);
        let mut config: Config = url.parse().map_err(|error: Error| explain(&error))?;
        if config.get_application_name().is_none() {
            config.application_name("owed");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        let roots = ssl.roots.as_ref().map(|file| {
            tls::roots_of(&folder.join(file))
                .map_err(|error| format!("the roots of sslrootcert cannot be read: {error}"))
        });
        let (mode, tls) = match (ssl.mode.as_deref(), roots.transpose()?) {
            (Some("disable"), _) => (SslMode::Disable, None),
            (Some("verify-ca" | "verify-full"), None) => {
                (SslMode::Require, Some(tls::system_roots()))
            }
            (Some("verify-ca" | "verify-full" | "require"), Some(roots)) => {
                (SslMode::Require, Some(roots))
            }
            (Some("require"), None) => (SslMode::Require, Some(tls::unverified())),
            (Some("prefer" | "allow") | None, _) => (SslMode::Prefer, Some(tls::unverified())),
            (Some(other), _) => return Err(format!("there is no sslmode \"{other}\"")),
        };
        config.ssl_mode(mode);
        let password = config.get_password().map(|it| String::from_utf8_lossy(it).into_owned());
        Ok((Server { config, tls }, password))
    }

    /// Connects. The connection is closed when its client is dropped.
    pub async fn connect(&self) -> Result<Client, Error> {
        Ok(match &self.tls {
            None => follow(self.config.connect(NoTls).await?),
            Some(tls) => follow(self.config.connect(MakeRustlsConnect::new(tls.clone())).await?),
        })
    }

    /// Connects, and leaves it to the caller to follow the connection, and what comes by it.
    pub async fn connect_to_listen(&self) -> Result<(Client, Messages), Error> {
        Ok(match &self.tls {
            None => messages(self.config.connect(NoTls).await?),
            Some(tls) => messages(self.config.connect(MakeRustlsConnect::new(tls.clone())).await?),
        })
    }

    /// Asks the server to end what a client of it is doing.
    pub async fn cancel(&self, client: &Client) {
        let token = client.cancel_token();
        // Who cannot be asked ends by itself, when its connection is gone.
        let _ = match &self.tls {
            None => token.cancel_query(NoTls).await,
            Some(tls) => token.cancel_query(MakeRustlsConnect::new(tls.clone())).await,
        };
    }
}

/// What comes by a connection; the connection goes on only while it is asked for.
pub type Messages =
    Box<dyn FnMut(&mut Context<'_>) -> Poll<Option<Result<AsyncMessage, Error>>> + Send>;

fn messages<T>((client, mut connection): (Client, Connection<Socket, T>)) -> (Client, Messages)
where
    T: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
{
    (client, Box::new(move |context| connection.poll_message(context)))
}

fn follow<T>((client, connection): (Client, Connection<Socket, T>)) -> Client
where
    T: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
{
    // How it ends is told to whoever waits for an answer.
    tokio::spawn(connection);
    client
}

/// What a URL says of certificates, in words that our driver does not know all of.
#[derive(Default)]
struct Ssl {
    mode: Option<String>,
    roots: Option<String>,
}

fn take_ssl(url: &str) -> (String, Ssl) {
    let Some((address, parameters)) = url.split_once('?') else {
        return (url.to_string(), Ssl::default());
    };
    let mut ssl = Ssl::default();
    let decode =
        |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let rest: Vec<&str> = parameters
        .split('&')
        .filter(|parameter| match parameter.split_once('=') {
            Some(("sslmode", mode)) => {
                ssl.mode = Some(decode(mode));
                false
            }
            Some(("sslrootcert", file)) => {
                ssl.roots = Some(decode(file));
                false
            }
            _ => true,
        })
        .collect();
    match rest.as_slice() {
        [] => (address.to_string(), ssl),
        rest => (format!("{address}?{}", rest.join("&")), ssl),
    }
}

/// An error in one line of words: what the server says of it, or why we do not hear from it.
pub fn explain(error: &Error) -> String {
    let Some(told) = error.as_db_error() else {
        return with_causes(vec![error.to_string()], error);
    };
    let mut words = vec![format!("{} (SQLSTATE {})", told.message(), told.code().code())];
    words.extend(told.detail().map(str::to_string));
    words.extend(told.hint().map(str::to_string));
    words.join("; ").replace('\n', " ")
}

/// Where the URL does not say.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
