//! A running server, for those who talk to it.

use tokio::sync::{mpsc, oneshot, watch};

use super::clock::Clock;
use super::event::{Ended, Receipt, Request};
use super::keeper::{Message, NewRules, Publication, Rules};
use super::machine::Machine;
use super::news::News;
use crate::feed::Submission;
use crate::model::{Author, RelationId, Timestamp};
use crate::reconcile::RunId;
use crate::store::Adoption;

/// The way to the machine. Each call waits while too much is on its way already.
#[derive(Clone)]
pub struct Handle {
    queue: mpsc::Sender<Message>,
    rules: watch::Receiver<Rules>,
    clock: Clock,
}

/// What everybody hears once the server is on its way out.
const STOPPING: &str = "the server is stopping";

impl Handle {
    pub(super) fn new(
        queue: mpsc::Sender<Message>,
        rules: watch::Receiver<Rules>,
        clock: Clock,
    ) -> Handle {
        Handle { queue, rules, clock }
    }

    /// Now, by the machine's clock: after what it has taken in, and before what it will.
    pub(super) fn moment(&self) -> Timestamp {
        self.clock.moment()
    }

    /// The rules in force now.
    pub fn rules(&self) -> Rules {
        self.rules.borrow().clone()
    }

    /// The generation of the rules in force now.
    pub fn generation(&self) -> u64 {
        self.rules.borrow().generation
    }

    /// Sends a transaction on its way, and gives what becomes of it: others may be sent before
    /// that is known.
    pub async fn send(
        &self,
        generation: u64,
        author: Author,
        submission: Submission,
    ) -> impl Future<Output = Result<Receipt, String>> + Send + use<> {
        let (reply, answer) = oneshot::channel();
        let message = Message::Submit { generation, author, submission, reply };
        // If nobody takes it, nobody answers.
        let _ = self.queue.send(message).await;
        async move { answer.await.unwrap_or_else(|_| Err(STOPPING.to_string())) }
    }

    /// Asks for something that concerns many instances.
    ///
    /// # Errors
    /// Why it is refused.
    pub async fn ask(
        &self,
        generation: u64,
        who: String,
        request: Request,
    ) -> Result<Receipt, String> {
        self.call(|reply| Message::Ask { generation, who, request, reply }).await?
    }

    /// Looks at the machine between two turns.
    ///
    /// # Errors
    /// If the server is stopping.
    pub async fn query<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Machine) -> T + Send + 'static,
    ) -> Result<T, String> {
        let make = |reply: oneshot::Sender<T>| {
            Message::Query(Box::new(move |machine: &mut Machine| {
                // Who has gone away needs no answer.
                let _ = reply.send(query(machine));
            }))
        };
        self.call(make).await
    }

    /// Subscribes to the changes of relations; what is not read in time ends the subscription.
    ///
    /// # Errors
    /// If there is no such relation.
    pub async fn subscribe(
        &self,
        relations: Vec<String>,
        publications_max: usize,
    ) -> Result<mpsc::Receiver<Publication>, String> {
        let (sender, receiver) = mpsc::channel(publications_max);
        self.call(|reply| Message::Subscribe { relations, sender, reply }).await??;
        Ok(receiver)
    }

    pub(super) async fn reload(&self, rules: NewRules) -> Result<Vec<Adoption>, String> {
        self.call(|reply| Message::Reload { rules: Box::new(rules), reply }).await?
    }

    pub(super) async fn ended(&self, run: RunId, ended: Ended) {
        // A server that is gone has no use for it.
        let _ = self.queue.send(Message::Ended { run, ended }).await;
    }

    pub(super) async fn source_read(&self, generation: u64, relation: RelationId, news: News) {
        let _ = self.queue.send(Message::SourceRead { generation, relation, news }).await;
    }

    /// Nothing new is started from now on.
    pub(super) async fn close(&self) {
        let _ = self.queue.send(Message::Close).await;
    }

    /// Comes back once the machine has stopped, and all that it had to answer is answered.
    pub async fn stopped(&self) {
        self.queue.closed().await;
    }

    /// Ends the machine's thread.
    pub(super) async fn stop(&self) {
        let _ = self.queue.send(Message::Stop).await;
    }

    async fn call<T>(
        &self,
        message: impl FnOnce(oneshot::Sender<T>) -> Message,
    ) -> Result<T, String> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(message(reply)).await.map_err(|_| STOPPING.to_string())?;
        answer.await.map_err(|_| STOPPING.to_string())
    }
}
