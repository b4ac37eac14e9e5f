//! Who shares the work: threads, or the members of a cluster.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::command_line::parse_workers;
use super::failure::Failure;
use super::log::{Log, start_log};
use crate::cluster::{Cluster, ClusterFile, Trouble};
use crate::engine::{self, keep_quiet_about_lost};

/// How the work is shared.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Workers {
    /// How many threads share the work
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_workers)]
    workers: usize,
    /// The file that names the processes that share the work with this one
    #[arg(long, value_name = "FILE", conflicts_with = "workers")]
    cluster: Option<PathBuf>,
}

impl Workers {
    /// As [`gather`](Workers::gather), for a command that has no log otherwise.
    pub(super) fn gather_aloud(&self) -> Result<engine::Workers, Failure> {
        if self.cluster.is_some() {
            start_log(Log::Text);
        }
        self.gather()
    }

    /// Those workers, once they are there.
    pub(super) fn gather(&self) -> Result<engine::Workers, Failure> {
        let Some(path) = &self.cluster else {
            return Ok(engine::Workers::Threads(self.workers));
        };
        keep_quiet_about_lost();
        let cluster = Cluster::new(read(path)?);
        cluster.await_members()?;
        Ok(engine::Workers::Cluster(Arc::new(cluster)))
    }
}

/// Reads a cluster's file, with the environment that we have.
pub(super) fn read(path: &Path) -> Result<ClusterFile, Failure> {
    Ok(ClusterFile::read(path, |name| std::env::var(name).ok())?)
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        Failure::World(trouble.to_string())
    }
}
