//! What carries out a run: a process, statements for a database, or a request. Each is begun,
//! can be asked to stop, and reports its end in the same way.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::watch;
use tracing::info;

use super::event::{Ended, ProcessExit};
use super::http::{self, Asked, Client, For, Outgoing};
use super::process::{self, Ending, Guard, Job, Labels, Launch, Limits, Refused};
use super::sql::{Statements, execute};
use crate::model::{Column, HttpTask, Row, SqlTask, Task};

/// What a run is of.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub task: &'a Task,
    /// The goal's.
    pub parameters: &'a [Column],
    pub instances: &'a [Row],
    /// Whether it is for as many as there are, though they may be one at the moment.
    pub is_batch: bool,
    pub labels: Labels<'a>,
    /// What `env (…)` names.
    pub environment: &'a [String],
    /// Where the rules file lies.
    pub folder: &'a Path,
}

/// A run that has begun, to be followed to its end.
pub type End = Pin<Box<dyn Future<Output = Ended> + Send>>;

/// Begins runs.
pub struct Runner {
    guard: Arc<Guard>,
    client: Client,
}

impl Runner {
    /// With a guard over the processes.
    pub fn new(guard: Arc<Guard>) -> Runner {
        Runner { guard, client: Client::default() }
    }

    /// What kills its processes if we are gone.
    pub fn guard(&self) -> &Arc<Guard> {
        &self.guard
    }

    /// Begins a run. Call it in a tokio runtime.
    ///
    /// # Errors
    /// If a value may not stand where the rule puts it. Nothing was begun.
    pub fn begin(&self, run: Run<'_>) -> Result<(Stopper, End), Refused> {
        match run.task {
            Task::Command(command) => {
                let Run { parameters, instances, labels, environment, folder, .. } = run;
                let job = Job { command, parameters, instances, labels, environment, folder };
                let launch = Launch::new(&job)?;
                let (stopper, end) = process::spawn(launch, Limits::default(), self.guard.clone());
                let end = Box::pin(async move { of_process(end.await) });
                Ok((Stopper::Process(stopper), end))
            }
            Task::Sql(task) => sql(task, run),
            Task::Http(task) => self.http(task, run),
        }
    }

    fn http(&self, task: &HttpTask, run: Run<'_>) -> Result<(Stopper, End), Refused> {
        let Run { parameters, instances, is_batch, labels, .. } = run;
        let key = labels.key;
        let outgoing = Outgoing::new(Asked { task, parameters, instances, is_batch, key })?;
        let who = if labels.attempt.is_some() { For::Action } else { For::Check };
        let (stopper, stopped) = Stopper::new();
        let client = self.client.clone();
        let end = async move {
            tokio::select! {
                ended = http::send(&client, &outgoing, who) => ended,
                () = stopped => Ended::failed("it was asked to stop, and did not wait"),
            }
        };
        Ok((stopper, Box::pin(end)))
    }
}

fn sql(task: &SqlTask, run: Run<'_>) -> Result<(Stopper, End), Refused> {
    let statements = Statements::new(task, run.parameters, run.instances, run.folder)?;
    let (stopper, stopped) = Stopper::new();
    let goal = run.labels.goal.unwrap_or_default().to_string();
    let end = async move {
        match execute(statements, stopped).await {
            Ok(rows) => {
                let what = if rows == 1 { "row" } else { "rows" };
                info!(goal, rows, "sql of {goal}: {rows} {what}");
                Ended::done(Vec::new())
            }
            Err(why) => Ended::failed(why),
        }
    };
    Ok((stopper, Box::pin(end)))
}

/// Asks a run to stop. Does nothing once it has ended.
#[derive(Clone, Debug)]
pub enum Stopper {
    Process(process::Stopper),
    Other(Arc<watch::Sender<bool>>),
}

impl Stopper {
    /// One for what is no process, and what is over when it is asked to stop.
    fn new() -> (Stopper, impl Future<Output = ()> + Send + 'static) {
        let (order, mut orders) = watch::channel(false);
        let stopped = async move {
            // Who has dropped the stopper asks for nothing.
            if orders.wait_for(|stop| *stop).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        (Stopper::Other(Arc::new(order)), stopped)
    }

    /// Gives it a while to end by itself.
    pub fn stop(&self) {
        match self {
            Stopper::Process(process) => process.stop(),
            Stopper::Other(order) => drop(order.send_replace(true)),
        }
    }

    /// At once, where there is anything that would take its time.
    pub fn kill(&self) {
        match self {
            Stopper::Process(process) => process.kill(),
            Stopper::Other(order) => drop(order.send_replace(true)),
        }
    }
}

/// How a process ended, as the machine wants to know it.
fn of_process(ended: process::Ended) -> Ended {
    let complaint = ended.stderr_tail;
    let exit = match ended.ending {
        Ending::Exited(code) => ProcessExit::Code(code),
        Ending::Killed(signal) => ProcessExit::Signal(signal),
        Ending::NotStarted(why) => ProcessExit::Failed(why),
        Ending::Flooded { bytes_max } => {
            ProcessExit::Failed(format!("it printed more than {bytes_max} bytes, and was killed"))
        }
    };
    Ended { exit, output: ended.stdout, complaint }
}
