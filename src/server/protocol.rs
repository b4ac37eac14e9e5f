//! What goes over the socket, a line each way. Lines of the feed are as in files. Beside them a
//! client may send `subscribe REL…`, and objects: `{"subscribe":["REL"]}`, `{"ask":"status"}`,
//! `{"as":"person"}`. The server answers a transaction with `committed N`, or `refused LINE:
//! why`, in the form of the line that ended it, and a question with one object.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A question, or something that is wanted of many instances.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// How goals, pools and what is in flight stand.
    Status {
        goal: Option<String>,
    },
    /// The rows of a relation whose first columns have these values, each a line of its own
    /// before the answer, which counts them.
    List {
        relation: String,
        prefix: Vec<String>,
    },
    /// Why an instance is in its state; without one, what keeps all that is missing.
    Why {
        instance: Option<String>,
        limit: usize,
    },
    /// How many instances a pattern means, by state.
    Count {
        instances: String,
    },
    Waive {
        instances: String,
        until: String,
        reason: String,
    },
    Retry {
        instances: String,
    },
    Pause {
        what: Pauses,
    },
    Resume {
        what: Pauses,
    },
    /// What ever happened to an instance.
    History {
        instance: String,
        limit: usize,
    },
    /// Answers when none of the instances is missing, or when one never will be there.
    Wait {
        instances: String,
    },
}

/// What is paused or goes on.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pauses {
    Everything,
    Goal(String),
    Pool(String),
}

/// An object that is no question.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Hello {
    /// The changes of these relations from now on.
    Subscribe(Vec<String>),
    /// How the history calls what this client writes: `person` or `feed`. Who says it hears
    /// [`END`] when all is answered.
    As(String),
}

/// The last line to a client who said who it is: a connection that breaks has none.
pub const END: &str = "{\"end\":true}";

/// What comes back for a question.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// One of several rows, before the answer.
    Row(Json),
    Answer(Json),
    Error(String),
}

impl Reply {
    /// The line, with its end.
    pub fn line(&self) -> String {
        let mut line = serde_json::to_string(self).expect("replies are plain data");
        line.push('\n');
        line
    }
}
