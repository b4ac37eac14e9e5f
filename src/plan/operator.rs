//! The relational operators of a plan. Nodes give bags of rows: a row's count is the number
//! of ways to derive it, and only [`Operator::Distinct`] and relations are sets by themselves.

use serde::{Deserialize, Serialize};

use crate::diagnostic::Span;
use crate::model::{Comparison, RangeStep, RelationId, Row, Schema, Type, Zone};
use crate::program::Builtins;

pub use crate::program::AggregateFunction;

use super::Scalar;

/// Everything the engine needs to keep a program's relations up to date.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// Workers have no use for it, and are not sent it.
    #[serde(skip)]
    pub schema: Schema,
    pub zone: Zone,
    pub builtins: Builtins,
    /// Every node after those that it reads, but for [`Operator::Recursive`].
    pub nodes: Vec<Node>,
    pub arrangements: Vec<Arrangement>,
    /// In the order of evaluation.
    pub strata: Vec<Stratum>,
    /// The rules that can meet an expression without a value.
    pub sites: Vec<Site>,
    /// The node of each relation that is maintained, by the relation's id.
    pub relations: Vec<Option<NodeId>>,
    /// Relations whose changes are reported, in the order of their ids.
    pub watched: Vec<RelationId>,
    /// Derived relations whose rows can be read, and where: indexed by the whole row.
    pub reads: Vec<(RelationId, ArrangementId)>,
    /// What each rule needs: for whoever explains the plan, not for members of a cluster.
    #[serde(skip)]
    pub shares: Vec<Share>,
}

impl Plan {
    /// Whether a relation's rows are given from outside of the engine.
    pub fn is_written(&self, relation: RelationId) -> bool {
        self.schema.relation(relation).is_base() || relation == self.builtins.source_status
    }

    /// The nodes outside of loops whose rows no operator and no index takes in.
    pub fn unread(&self) -> Vec<NodeId> {
        let operators = || self.nodes.iter().map(|node| &node.operator);
        let indexes = operators().flat_map(Operator::arrangements);
        let indexes = indexes.chain(self.reads.iter().map(|(_, index)| *index));
        let through_indexes = indexes.map(|id| self.arrangements[id.index()].input);
        let in_loops = self.strata.iter().flat_map(|stratum| match stratum {
            Stratum::Straight(_) => Vec::new(),
            Stratum::Loop(looped) => looped.definitions.iter().map(|(_, node)| *node).collect(),
        });
        let mut is_read = vec![false; self.nodes.len()];
        let read = operators().flat_map(Operator::nodes).chain(through_indexes).chain(in_loops);
        read.for_each(|id| is_read[id.index()] = true);
        let nodes = self.nodes.iter().zip(is_read).enumerate();
        let unread = nodes.filter(|(_, (node, is_read))| !is_read && node.inside.is_none());
        unread.map(|(at, _)| NodeId(u32::try_from(at).expect("few nodes"))).collect()
    }
}

/// A place in [`Plan::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u32);

/// A place in [`Plan::arrangements`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ArrangementId(pub u32);

/// A place in [`Plan::sites`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SiteId(pub u32);

impl NodeId {
    /// The place as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl ArrangementId {
    /// The place as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What `rule_error` says of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    pub rule: String,
    pub line: u32,
    /// Whether it reads `rule_error`, directly or not, and so is not counted there.
    pub reads_errors: bool,
}

/// Relations that are evaluated together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Stratum {
    /// One relation that does not depend on itself.
    Straight(RelationId),
    /// Relations that depend on each other.
    Loop(Loop),
}

/// Relations that are iterated until nothing changes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Loop {
    /// Each with the node inside the loop that defines it.
    pub definitions: Vec<(RelationId, NodeId)>,
    /// What `rule_error` is told where the bound of rounds cuts.
    pub site: SiteId,
}

/// A part of a plan that costs something by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Node(NodeId),
    Index(ArrangementId),
}

impl Part {
    /// The node at an index.
    pub fn node(at: usize) -> Part {
        Part::Node(NodeId(u32::try_from(at).expect("few nodes")))
    }
}

/// The parts of a plan that one rule needs; others may need them as well.
#[derive(Clone, Debug)]
pub struct Share {
    pub relation: RelationId,
    /// The rule's head, as written.
    pub rule: String,
    pub span: Span,
    pub line: u32,
    /// Without those that only put it together with other rules of its relation.
    pub parts: Vec<Part>,
    /// The node that gives what it derives.
    pub result: NodeId,
    /// What puts it together with others.
    pub merge: Vec<Part>,
}

/// One operator, and where it runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Node {
    pub operator: Operator,
    /// The types of its columns.
    pub columns: Vec<Type>,
    /// The stratum of the loop that it runs in, if any.
    pub inside: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Operator {
    /// A base relation's facts, or those of `today` or `rule_error`.
    Base(RelationId),
    /// The rows that the program itself states: distinct.
    Constants(Vec<Row>),
    /// A relation of the loop, as of the round before.
    Recursive(RelationId),
    /// A relation of a loop, once the loop has ended.
    Result(RelationId),
    Map(Map),
    Join(Join),
    /// The rows of `left` whose key is not in `right`: the left key, then its values.
    Antijoin {
        left: ArrangementId,
        right: ArrangementId,
    },
    Range(Range),
    /// The first `keep` columns of the rows for which every test against the current time holds.
    Clock {
        input: NodeId,
        tests: Vec<ClockTest>,
        keep: usize,
    },
    /// One row per group: the first `group` columns of its rows, then the results.
    Aggregate {
        input: NodeId,
        group: usize,
        aggregations: Vec<Aggregation>,
        site: SiteId,
    },
    Union(Vec<NodeId>),
    Distinct(NodeId),
}

impl Operator {
    /// The nodes whose rows it takes in as they are.
    pub fn nodes(&self) -> Vec<NodeId> {
        match self {
            Operator::Map(map) => vec![map.input],
            Operator::Range(range) => vec![range.input],
            Operator::Clock { input, .. }
            | Operator::Aggregate { input, .. }
            | Operator::Distinct(input) => vec![*input],
            Operator::Union(inputs) => inputs.clone(),
            Operator::Base(_)
            | Operator::Constants(_)
            | Operator::Recursive(_)
            | Operator::Result(_)
            | Operator::Join(_)
            | Operator::Antijoin { .. } => Vec::new(),
        }
    }

    /// The indexes that it reads.
    pub fn arrangements(&self) -> Vec<ArrangementId> {
        match self {
            Operator::Join(join) => vec![join.left, join.right],
            Operator::Antijoin { left, right } => vec![*left, *right],
            Operator::Base(_)
            | Operator::Constants(_)
            | Operator::Recursive(_)
            | Operator::Result(_)
            | Operator::Map(_)
            | Operator::Range(_)
            | Operator::Clock { .. }
            | Operator::Aggregate { .. }
            | Operator::Union(_)
            | Operator::Distinct(_) => Vec::new(),
        }
    }
}

/// Per row: run the steps, each appending a column or dropping the row, then keep columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Map {
    pub input: NodeId,
    pub steps: Vec<Step>,
    pub keep: Vec<usize>,
    pub site: SiteId,
}

/// Rows of equal keys side by side: the key, the left values, the right values; then as a
/// [`Map`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Join {
    pub left: ArrangementId,
    pub right: ArrangementId,
    pub steps: Vec<Step>,
    pub keep: Vec<usize>,
    pub site: SiteId,
}

/// A row becomes one row for each value of a range: its first `keep` columns, then the value. The
/// two columns after those are the range's ends. Rows that agree in the kept columns and overlap
/// in their ranges are netted before any value is made, so that a range that grows costs only its
/// new values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    pub input: NodeId,
    pub keep: usize,
    pub inclusive: bool,
    pub step: RangeStep,
    /// The type of the values.
    pub ty: Type,
    pub site: SiteId,
}

/// `now comparison moment`, where the moment is a column that holds times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockTest {
    pub comparison: Comparison,
    pub column: usize,
}

/// One aggregate over the rows of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Aggregation {
    pub function: AggregateFunction,
    /// The columns of the arguments.
    pub arguments: Vec<usize>,
    /// The types of the arguments.
    pub types: Vec<Type>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// Append the expression's value, which is of that type.
    Compute(Scalar, Type),
    /// Drop the row unless the expression, a bool, is true.
    Test(Scalar),
}

impl Step {
    /// Whether some row may have no value for it.
    pub fn can_fail(&self) -> bool {
        match self {
            Step::Compute(scalar, _) | Step::Test(scalar) => scalar.can_fail(),
        }
    }
}

/// A node's rows indexed by a key, after the steps of a [`Map`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrangement {
    pub input: NodeId,
    pub steps: Vec<Step>,
    pub key: Vec<usize>,
    pub values: Vec<usize>,
    pub site: SiteId,
    /// The stratum of the loop that it is kept in, if any.
    pub inside: Option<usize>,
}
