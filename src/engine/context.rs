//! What a worker's operators share, and how the parts of a plan become the pipelines that
//! they run.

use std::sync::Arc;

use crate::model::Type;
use crate::plan::{Arrangement, ArrangementId, Join, Map, NodeId, Plan, SiteId, Step};

use super::census::Holders;
use super::clock::Clock;
use super::code::Surroundings;
use super::errors::Errors;
use super::meter::Meter;
use super::pipeline::Pipeline;
use super::profiler::Profiler;

/// What a worker's operators share.
#[derive(Clone)]
pub struct Context {
    pub plan: Arc<Plan>,
    pub around: Surroundings,
    pub errors: Errors,
    pub meter: Meter,
    pub clock: Clock,
    pub holders: Holders,
    pub profiler: Profiler,
    pub rounds_max: u32,
}

impl Context {
    /// The pipeline of a map.
    pub fn map_pipeline(&self, map: &Map) -> Pipeline {
        self.pipeline(&map.steps, &map.keep, self.columns(map.input), map.site)
    }

    /// The pipeline of a join, over key, left values and right values.
    pub fn join_pipeline(&self, join: &Join) -> Pipeline {
        let mut columns = self.arranged_columns(join.left);
        let key = self.plan.arrangements[join.right.index()].key.len();
        columns.extend(self.arranged_columns(join.right).split_off(key));
        self.pipeline(&join.steps, &join.keep, &columns, join.site)
    }

    /// The pipeline of an arrangement: its key, then its values.
    pub fn arrangement_pipeline(&self, arrangement: &Arrangement) -> Pipeline {
        let keep: Vec<usize> = arrangement.key.iter().chain(&arrangement.values).copied().collect();
        let columns = self.columns(arrangement.input);
        self.pipeline(&arrangement.steps, &keep, columns, arrangement.site)
    }

    fn pipeline(&self, steps: &[Step], keep: &[usize], columns: &[Type], site: SiteId) -> Pipeline {
        Pipeline::new(steps, keep, columns, site, &self.around, &self.errors, &self.meter)
    }

    fn columns(&self, node: NodeId) -> &[Type] {
        &self.plan.nodes[node.index()].columns
    }

    fn arranged_columns(&self, id: ArrangementId) -> Vec<Type> {
        let arrangement = &self.plan.arrangements[id.index()];
        let mut columns = self.columns(arrangement.input).to_vec();
        columns.extend(arrangement.steps.iter().filter_map(|step| match step {
            Step::Compute(_, ty) => Some(*ty),
            Step::Test(_) => None,
        }));
        let kept = arrangement.key.iter().chain(&arrangement.values);
        kept.map(|column| columns[*column]).collect()
    }
}
