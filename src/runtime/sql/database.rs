//! Which database a URL names.

use std::path::{Path, PathBuf};

use super::postgres::Server;
use crate::runtime::source::{Filled, SourceError, fill_in};

/// A database that we can speak to.
#[derive(Clone)]
pub enum Database {
    Postgres(Box<Server>),
    /// The file.
    Sqlite(PathBuf),
}

impl Database {
    /// What a URL names, and the URL, which knows what is not to be shown. A path is relative to
    /// the folder.
    ///
    /// # Errors
    /// If it is no such URL.
    pub fn find(written: &str, folder: &Path) -> Result<(Database, Filled), SourceError> {
        let filled = fill_in(written)?;
        let url = filled.reveal().to_string();
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path {
                "" => Err(filled.error("the URL of an SQLite database names a file")),
                path => Ok((Database::Sqlite(folder.join(path)), filled)),
            };
        }
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            let reason = "the URL is of no database that we know: postgres://… or sqlite:…";
            return Err(filled.error(reason));
        }
        let (server, password) = Server::parse(&url, folder).map_err(|why| filled.error(&why))?;
        let as_written = password_of(&url).map(str::to_string);
        let secrets = [as_written, password].into_iter().flatten();
        let filled = secrets.fold(filled, |filled, secret| filled.also_hiding(&secret));
        Ok((Database::Postgres(Box::new(server)), filled))
    }
}

/// The password in a URL, as it is written there.
fn password_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (user, _) = rest.split_once('@')?;
    user.split_once(':').map(|(_, password)| password)
}
