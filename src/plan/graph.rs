//! The plan as it grows: equal nodes and arrangements are made once and shared.

use std::collections::{BTreeSet, HashMap};

use crate::model::{RelationId, Type};

use super::operator::{
    Arrangement, ArrangementId, Node, NodeId, Operator, Part, Site, SiteId, Step,
};

/// Nodes and arrangements, each known by what it is.
#[derive(Default)]
pub struct Graph {
    pub nodes: Vec<Node>,
    pub arrangements: Vec<Arrangement>,
    pub sites: Vec<Site>,
    /// What was asked for since it was taken out.
    asked: BTreeSet<Part>,
    node_by_text: HashMap<String, NodeId>,
    arrangement_by_text: HashMap<String, ArrangementId>,
}

impl Graph {
    /// The node of that operator; an equal one that is there already is shared.
    pub fn node(&mut self, operator: Operator, columns: Vec<Type>) -> NodeId {
        let inside = self.inside(&operator);
        self.intern(operator, columns, inside)
    }

    /// The node that reads a relation from within its loop.
    pub fn recursive(
        &mut self,
        relation: RelationId,
        columns: Vec<Type>,
        stratum: usize,
    ) -> NodeId {
        self.intern(Operator::Recursive(relation), columns, Some(stratum))
    }

    /// The arrangement of a node; an equal one that is there already is shared.
    pub fn arrange(
        &mut self,
        input: NodeId,
        steps: Vec<Step>,
        key: Vec<usize>,
        values: Vec<usize>,
        site: SiteId,
    ) -> ArrangementId {
        let inside = self.nodes[input.index()].inside;
        let mut arrangement = Arrangement { input, steps, key, values, site, inside };
        if !arrangement.steps.iter().any(Step::can_fail) {
            arrangement.site = SiteId(0);
        }
        let text = format!("{arrangement:?}");
        if let Some(id) = self.arrangement_by_text.get(&text) {
            self.asked.insert(Part::Index(*id));
            return *id;
        }
        let id = ArrangementId(u32::try_from(self.arrangements.len()).expect("few arrangements"));
        self.asked.insert(Part::Index(id));
        self.arrangements.push(arrangement);
        self.arrangement_by_text.insert(text, id);
        id
    }

    /// The site of a rule.
    pub fn site(&mut self, site: Site) -> SiteId {
        let at = self.sites.iter().position(|known| *known == site).unwrap_or_else(|| {
            self.sites.push(site);
            self.sites.len() - 1
        });
        SiteId(u32::try_from(at).expect("few rules"))
    }

    /// Takes out the parts that were asked for since they were taken out last, new and shared.
    pub fn take_asked(&mut self) -> Vec<Part> {
        std::mem::take(&mut self.asked).into_iter().collect()
    }

    fn intern(
        &mut self,
        mut operator: Operator,
        columns: Vec<Type>,
        inside: Option<usize>,
    ) -> NodeId {
        forget_needless_site(&mut operator);
        // Operators without rows of their own may differ in their columns alone.
        let text = format!("{operator:?} {columns:?}");
        if let Some(id) = self.node_by_text.get(&text) {
            self.asked.insert(Part::Node(*id));
            return *id;
        }
        let id = NodeId(u32::try_from(self.nodes.len()).expect("few nodes"));
        self.asked.insert(Part::Node(id));
        self.nodes.push(Node { operator, columns, inside });
        self.node_by_text.insert(text, id);
        id
    }

    fn inside(&self, operator: &Operator) -> Option<usize> {
        let node = |id: NodeId| self.nodes[id.index()].inside;
        let arrangement = |id: ArrangementId| self.arrangements[id.index()].inside;
        let nodes = operator.nodes().into_iter().map(node);
        nodes.chain(operator.arrangements().into_iter().map(arrangement)).max().flatten()
    }
}

/// Operators that cannot fail are shared whatever rule they come from.
fn forget_needless_site(operator: &mut Operator) {
    match operator {
        Operator::Map(map) if !map.steps.iter().any(Step::can_fail) => map.site = SiteId(0),
        Operator::Join(join) if !join.steps.iter().any(Step::can_fail) => join.site = SiteId(0),
        Operator::Map(_)
        | Operator::Join(_)
        | Operator::Clock { .. }
        | Operator::Range(_)
        | Operator::Aggregate { .. }
        | Operator::Base(_)
        | Operator::Constants(_)
        | Operator::Recursive(_)
        | Operator::Result(_)
        | Operator::Antijoin { .. }
        | Operator::Union(_)
        | Operator::Distinct(_) => {}
    }
}
