//! A part of a rule's body on its way to becoming an operator: rows whose columns hold
//! variables, with filters and computations that wait to be fused into whatever comes next.

use crate::model::Type;
use crate::program::VariableId;

use super::Scalar;
use super::graph::Graph;
use super::operator::{ArrangementId, Join, Map, NodeId, Operator, SiteId, Step};

/// See the module. Columns that hold no variable are not needed any more.
#[derive(Clone, Debug)]
pub struct Factor {
    source: Source,
    steps: Vec<Step>,
    columns: Vec<Option<VariableId>>,
    types: Vec<Type>,
    site: SiteId,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Node(NodeId),
    Join(ArrangementId, ArrangementId),
}

impl Factor {
    /// The rows of a node, whose columns hold these variables.
    pub fn new(
        graph: &Graph,
        node: NodeId,
        columns: Vec<Option<VariableId>>,
        site: SiteId,
    ) -> Factor {
        let types = graph.nodes[node.index()].columns.clone();
        assert_eq!(types.len(), columns.len(), "a variable or nothing for each column");
        Factor { source: Source::Node(node), steps: Vec::new(), columns, types, site }
    }

    /// The variables that it binds, in the order of its columns.
    pub fn variables(&self) -> impl Iterator<Item = VariableId> + '_ {
        self.columns.iter().flatten().copied()
    }

    /// The column that holds a variable.
    pub fn column(&self, variable: VariableId) -> Option<usize> {
        self.columns.iter().position(|column| *column == Some(variable))
    }

    /// Drops rows for which the condition is not true.
    pub fn test(&mut self, condition: Scalar) {
        self.steps.push(Step::Test(condition));
    }

    /// Adds a column.
    pub fn compute(&mut self, variable: Option<VariableId>, value: Scalar, ty: Type) -> usize {
        self.steps.push(Step::Compute(value, ty));
        self.columns.push(variable);
        self.types.push(ty);
        self.columns.len() - 1
    }

    /// The rows of the given columns, in that order.
    pub fn rows(&self, graph: &mut Graph, keep: Vec<usize>) -> NodeId {
        let columns = keep.iter().map(|column| self.types[*column]).collect();
        let (steps, site) = (self.steps.clone(), self.site);
        match self.source {
            Source::Node(input) => {
                let width = graph.nodes[input.index()].columns.len();
                if steps.is_empty() && keep.iter().copied().eq(0..width) {
                    return input;
                }
                graph.node(Operator::Map(Map { input, steps, keep, site }), columns)
            }
            Source::Join(left, right) => {
                graph.node(Operator::Join(Join { left, right, steps, keep, site }), columns)
            }
        }
    }

    /// The rows indexed by the given columns.
    pub fn arrange(&self, graph: &mut Graph, key: Vec<usize>, values: Vec<usize>) -> ArrangementId {
        match self.source {
            Source::Node(input) => graph.arrange(input, self.steps.clone(), key, values, self.site),
            Source::Join(..) => {
                let keep: Vec<usize> = key.iter().chain(&values).copied().collect();
                let (split, width) = (key.len(), keep.len());
                let node = self.rows(graph, keep);
                let (key, values) = ((0..split).collect(), (split..width).collect());
                graph.arrange(node, Vec::new(), key, values, self.site)
            }
        }
    }

    /// The matches of two factors in the variables they share; of the rest it keeps what
    /// `needed` names.
    pub fn join(
        graph: &mut Graph,
        left: &Factor,
        right: &Factor,
        needed: &impl Fn(VariableId) -> bool,
    ) -> Factor {
        let shared: Vec<VariableId> =
            left.variables().filter(|variable| right.column(*variable).is_some()).collect();
        let rest = |factor: &Factor| -> Vec<VariableId> {
            factor.variables().filter(|v| needed(*v) && !shared.contains(v)).collect()
        };
        let (left_rest, right_rest) = (rest(left), rest(right));
        let left_arranged = left.arrange_variables(graph, &shared, &left_rest);
        let right_arranged = right.arrange_variables(graph, &shared, &right_rest);
        let mut types = Vec::new();
        types.extend(shared.iter().chain(&left_rest).map(|v| left.type_of(*v)));
        types.extend(right_rest.iter().map(|v| right.type_of(*v)));
        let columns = shared.into_iter().chain(left_rest).chain(right_rest).map(Some).collect();
        let source = Source::Join(left_arranged, right_arranged);
        Factor { source, steps: Vec::new(), columns, types, site: left.site }
    }

    /// The rows whose values of `key` are not in `right`, which is arranged by them; of the
    /// rest it keeps what `needed` names.
    pub fn antijoin(
        &self,
        graph: &mut Graph,
        key: &[VariableId],
        right: ArrangementId,
        needed: &impl Fn(VariableId) -> bool,
    ) -> Factor {
        let rest: Vec<VariableId> =
            self.variables().filter(|v| needed(*v) && !key.contains(v)).collect();
        let left = self.arrange_variables(graph, key, &rest);
        let variables: Vec<VariableId> = key.iter().copied().chain(rest).collect();
        let types = variables.iter().map(|variable| self.type_of(*variable)).collect();
        let node = graph.node(Operator::Antijoin { left, right }, types);
        Factor::new(graph, node, variables.into_iter().map(Some).collect(), self.site)
    }

    /// The rows indexed by some variables, with others as values.
    pub fn arrange_variables(
        &self,
        graph: &mut Graph,
        key: &[VariableId],
        values: &[VariableId],
    ) -> ArrangementId {
        let places = |variables: &[VariableId]| variables.iter().map(|v| self.place(*v)).collect();
        let (key, values) = (places(key), places(values));
        self.arrange(graph, key, values)
    }

    /// The column that holds a variable which is known to be bound.
    pub fn place(&self, variable: VariableId) -> usize {
        self.column(variable).expect("the variable is bound by this factor")
    }

    fn type_of(&self, variable: VariableId) -> Type {
        self.types[self.place(variable)]
    }
}
