//! The client that all requests of a server share: connections are kept and used again.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::redirect::Policy;

use crate::runtime::tls;

/// Made when it is first asked for. A copy is the same client.
#[derive(Clone, Default)]
pub struct Client {
    made: Arc<OnceLock<Result<reqwest::Client, String>>>,
}

impl Client {
    /// The client itself.
    ///
    /// # Errors
    /// Why there is none.
    pub fn get(&self) -> Result<&reqwest::Client, String> {
        self.made.get_or_init(make).as_ref().map_err(Clone::clone)
    }
}

fn make() -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls::system_roots())
        .user_agent(concat!("owed/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        // Whoever follows sends a secret to somebody else, or makes a GET of a POST.
        .redirect(Policy::none())
        .build()
        .map_err(|error| error.to_string())
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
