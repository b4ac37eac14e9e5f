//! What `plan --why` answers, in place of the report.

use std::io::Write;

use super::command_line::Output;
use super::failure::Failure;
use super::session::Session;
use super::versioned::versioned;
use crate::model::{RelationId, Timestamp};
use crate::program::Program;
use crate::why::{
    Instance, Limits, World, explain, explanation_json, find_roots, roots_json, write_explanation,
    write_roots,
};

/// What somebody wants to know.
pub(super) enum Question {
    /// Why one instance is in its state.
    Instance(Instance),
    /// What keeps all that is missing.
    Roots,
}

impl Question {
    /// What the arguments ask, if anything.
    pub(super) fn parse(
        program: &Program,
        instance: Option<&str>,
        is_about_roots: bool,
    ) -> Result<Option<Question>, Failure> {
        match instance {
            Some(text) => match Instance::parse(program, text) {
                Ok(instance) => Ok(Some(Question::Instance(instance))),
                Err(mistake) => Err(Failure::Usage(format!("--why '{text}': {mistake}"))),
            },
            None => Ok(is_about_roots.then_some(Question::Roots)),
        }
    }

    /// Writes the answer; `limit` is how many instances of one need, or roots, are shown; 0 is
    /// all.
    pub(super) fn answer(
        &self,
        program: &Program,
        session: &mut Session,
        limit: usize,
        output: Output,
    ) -> Result<(), Failure> {
        let now: Timestamp = session.now();
        let rows = &mut |relation: RelationId, prefix: &[_]| session.starting(relation, prefix);
        // Nothing runs here, so there is nothing more to know.
        let world = World { program, now, rows, live: &mut |_, _| None };
        let limit = if limit == 0 { usize::MAX } else { limit };
        let text = match (self, output) {
            (Question::Instance(instance), output) => {
                let explanation = explain(world, instance, Limits { instances: limit });
                match output {
                    Output::Text => write_explanation(&explanation),
                    Output::Json => versioned(explanation_json(&explanation, program)),
                }
            }
            (Question::Roots, Output::Text) => write_roots(&find_roots(world), limit),
            (Question::Roots, Output::Json) => versioned(roots_json(&find_roots(world), program)),
        };
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }
}
