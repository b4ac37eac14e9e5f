//! Objects of a store, `s3://…` or `gs://…`, as rows: their keys are paths, and all below the
//! pattern's folder are listed each time.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::client::{HttpClient, HttpConnector};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{ClientOptions, ObjectMeta, ObjectStore};

use super::error::SourceError;
use super::pattern::{PathPattern, Said};
use super::read::Reading;
use super::secret::{Filled, fill_in};
use crate::model::{Relation, Row, Source, Timestamp, Value};
use crate::runtime::http::Client;

/// The rows of all objects that a pattern describes. Who we are, and where the store is if it is
/// not Amazon's or Google's, is in the environment, as for their own tools.
pub(super) async fn objects(
    written: &str,
    source: &Source,
    relation: &Relation,
) -> Result<Reading, SourceError> {
    let filled = fill_in(written)?;
    let Address { store, path } = address(&filled)?;
    let pattern = PathPattern::parse(path, relation)?;
    let timeout = source.timeout.and_then(|timeout| timeout.to_std()).unwrap_or(TIMEOUT);
    let work = list(&*store, &pattern, relation);
    let reading = tokio::time::timeout(timeout, work).await;
    let reading =
        reading.unwrap_or_else(|_| Err(format!("the list takes longer than {timeout:?}")));
    reading.map_err(|why| filled.error(&why))
}

struct Address<'a> {
    store: Arc<dyn ObjectStore>,
    /// Within its bucket.
    path: &'a str,
}

fn address(filled: &Filled) -> Result<Address<'_>, SourceError> {
    let (scheme, rest) = filled.reveal().split_once("://").unwrap_or_default();
    let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
    let store: Result<Arc<dyn ObjectStore>, _> = match scheme {
        "s3" => {
            let builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
            builder.with_http_connector(Connector).build().map(|store| Arc::new(store) as _)
        }
        "gs" => {
            let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket);
            builder.with_http_connector(Connector).build().map(|store| Arc::new(store) as _)
        }
        _ => return Err(filled.error("the URL is of no store that we know: s3://… or gs://…")),
    };
    let store = store.map_err(|error| filled.error(&error.to_string()))?;
    Ok(Address { store, path })
}

/// Our own client, which trusts what the system trusts.
#[derive(Debug)]
struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = Client::default();
        let made = client
            .get()
            .map_err(|why| object_store::Error::Generic { store: "http", source: why.into() })?;
        Ok(HttpClient::new(made.clone()))
    }
}

async fn list(
    store: &dyn ObjectStore,
    pattern: &PathPattern,
    relation: &Relation,
) -> Result<Reading, String> {
    let root = pattern.root();
    let prefix = root.to_str().filter(|root| !root.is_empty()).map(object_store::path::Path::from);
    let mut reading = Reading::default();
    let mut objects = store.list(prefix.as_ref());
    while let Some(object) = objects.try_next().await.map_err(|error| error.to_string())? {
        let key = PathBuf::from(object.location.as_ref());
        let Ok(path) = key.strip_prefix(root) else { continue };
        match pattern.read(path) {
            Said::Nothing => {}
            Said::Wrong(why) => reading.skipped.push(format!("{}: {why}", key.display())),
            Said::Values(values) => reading.rows.push(row(values, &object, relation)),
        }
    }
    // A store lists them in an order of its own.
    reading.rows.sort();
    reading.skipped.sort();
    Ok(reading)
}

fn row(values: Vec<(usize, Value)>, object: &ObjectMeta, relation: &Relation) -> Row {
    let mut row: Vec<Option<Value>> = vec![None; relation.columns.len()];
    for (place, value) in values {
        row[place] = Some(value);
    }
    let told = |name: &str| match name {
        "bytes" => Value::Int(i64::try_from(object.size).unwrap_or(i64::MAX)),
        _ => {
            let micros = object.last_modified.timestamp_micros();
            Value::Time(Timestamp::from_micros(micros).unwrap_or(Timestamp::MIN))
        }
    };
    let columns = relation.columns.iter().zip(row);
    columns.map(|(column, value)| value.unwrap_or_else(|| told(&column.name))).collect()
}

/// How long a list may take that nobody gave a time.
const TIMEOUT: Duration = Duration::from_secs(60);
