//! The whole of checking, mistake by mistake: goals and their options, names, rules, types,
//! binding, stratification. Each step goes on after mistakes; later ones say nothing that
//! follows from what was said before.

use std::collections::HashSet;

use super::binding;
use super::draft::{Draft, Literal};
use super::emit;
use super::expand::{Origin, expand_with_origins, is_sound};
use super::facts;
use super::goals;
use super::names::{Names, Text};
use super::resolve::Resolver;
use super::sources;
use super::stratify::Dependencies;
use super::termination;
use super::typing::Typing;
use super::unused;
use super::{Builtins, Program, Rule};
use crate::diagnostic::{Diagnostic, Sources, Span};
use crate::model::{Column, Relation, RelationId, Schema, Zone};
use crate::syntax::ast::{self, File, Goal, Statement, StatementKind};

/// The program that a file means, if it has no mistake; and all its mistakes, by their places.
pub fn check(file: &File, sources: &Sources) -> (Option<Program>, Vec<Diagnostic>) {
    check_text(file, sources, Text::Whole)
}

/// The same for a file of which some may be missing; then there is no program.
pub fn check_text(
    file: &File,
    sources: &Sources,
    text: Text,
) -> (Option<Program>, Vec<Diagnostic>) {
    let statements = expand_with_origins(file);
    let all_goals = goals_of(file);
    // The relations of a goal that is not expanded are unknown.
    let text = if all_goals.iter().all(|goal| is_sound(goal)) { text } else { Text::Partial };
    let mut names = Names::collect(&statements, &all_goals, text);
    let mut diagnostics = std::mem::take(&mut names.diagnostics);
    let goals = goals::check(file, &names, &mut diagnostics);
    let zone = zone(file, &mut diagnostics);
    let said = diagnostics.len();
    let mut types = Typing::default();
    let mut resolver = Resolver::new(&names, &mut types);
    let mut drafts: Vec<Draft> =
        rules(&statements).map(|(rule, origin)| resolver.rule(rule, origin)).collect();
    let columns = column_nodes(&names, &resolver);
    diagnostics.append(&mut resolver.diagnostics);
    for draft in &mut drafts {
        binding::bind(draft, &mut types, &mut diagnostics);
    }
    types.solve();
    diagnostics.append(&mut types.diagnostics);
    steps(&drafts, &types, &mut diagnostics);
    let (schema, untyped) = schema(&names, &columns, &types, &mut diagnostics);
    let dependencies = Dependencies::of(&drafts, &names);
    dependencies.stratify(&names, &mut diagnostics);
    termination::check(&drafts, &dependencies, &mut diagnostics);
    if text == Text::Whole && !diagnostics.iter().any(Diagnostic::is_error) {
        diagnostics.extend(types.undecided.take().map_or(untyped, |undecided| vec![undecided]));
    }
    if text == Text::Whole && !diagnostics.iter().any(Diagnostic::is_error) {
        unused::warn(file, &names, &drafts, &mut diagnostics);
    }
    let diagnostics = tidy(diagnostics, said);
    // Rules that ask what may stand in the missing part are neither mistaken nor complete.
    if text == Text::Partial || diagnostics.iter().any(Diagnostic::is_error) {
        return (None, diagnostics);
    }
    let find = |name: &str| names.find(name).expect("built in");
    let rules: Vec<Rule> =
        drafts.iter().map(|draft| emit::rule(draft, &types, &zone, sources)).collect();
    let mut diagnostics = diagnostics;
    facts::check(&schema, &rules, &mut diagnostics);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return (None, diagnostics);
    }
    let program = Program {
        builtins: Builtins {
            today: find("today"),
            rule_error: find("rule_error"),
            source_status: find("source.status"),
        },
        rules,
        schema,
        goals: goals.goals,
        pools: goals.pools,
        zone,
    };
    (Some(program), diagnostics)
}

fn goals_of(file: &File) -> Vec<&Goal> {
    let statements = file.statements.iter();
    statements
        .filter_map(|statement| match &statement.kind {
            StatementKind::Goal(goal) => Some(goal),
            _ => None,
        })
        .collect()
}

fn rules(statements: &[(Statement, Origin)]) -> impl Iterator<Item = (&ast::Rule, &Origin)> {
    statements.iter().filter_map(|(statement, origin)| match &statement.kind {
        StatementKind::Rule(rule) => Some((rule, origin)),
        _ => None,
    })
}

fn zone(file: &File, diagnostics: &mut Vec<Diagnostic>) -> Zone {
    let mut found: Option<(Zone, Span)> = None;
    for statement in &file.statements {
        let StatementKind::Timezone(name) = &statement.kind else { continue };
        if let Some((_, before)) = found {
            let text = "the time zone is set twice";
            diagnostics.push(Diagnostic::error(text, name.span).with(before, "first here"));
            continue;
        }
        let zone = Zone::find(&name.value);
        if zone.is_none() {
            let text = format!("there is no time zone \"{}\"", name.value);
            let hint = "Zones have IANA names, such as \"Europe/London\".";
            diagnostics.push(Diagnostic::error(text, name.span).hint(hint));
        }
        found = Some((zone.unwrap_or(Zone::UTC), name.span));
    }
    found.map_or(Zone::UTC, |(zone, _)| zone)
}

type ColumnNodes = Vec<Vec<Option<super::typing::Node>>>;

fn column_nodes(names: &Names, resolver: &Resolver) -> ColumnNodes {
    let relations = (0..).zip(&names.relations);
    relations
        .map(|(id, relation)| {
            let places = 0..relation.columns.len();
            places.map(|place| resolver.column_node(RelationId(id), place)).collect()
        })
        .collect()
}

fn steps(drafts: &[Draft], types: &Typing, diagnostics: &mut Vec<Diagnostic>) {
    for literal in drafts.iter().flat_map(|draft| &draft.body) {
        if let Literal::In(range) = literal
            && !types.is_silenced(range.from.node)
            && let Some(ty) = types.ty(range.from.node)
            && let Err(diagnostic) = emit::range_step(range, ty)
        {
            diagnostics.push(diagnostic);
        }
    }
}

/// The relations with the types that were found, and of each column without one the mistake
/// that it is, if it does not follow from others.
fn schema(
    names: &Names,
    nodes: &ColumnNodes,
    types: &Typing,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Schema, Vec<Diagnostic>) {
    let mut schema = Schema::default();
    let mut untyped = Vec::new();
    for (relation, nodes) in names.relations.iter().zip(nodes) {
        let mut columns = Vec::new();
        for (column, node) in relation.columns.iter().zip(nodes) {
            let ty = column.ty.or_else(|| node.and_then(|node| types.ty(node)));
            if ty.is_none() {
                let text = format!(
                    "the type of column \"{}\" of \"{}\" cannot be told from its rules",
                    column.name, relation.name
                );
                let hint =
                    "Give it a rule that starts somewhere: from a typed column or a literal.";
                untyped.push(Diagnostic::error(text, column.span).hint(hint));
            }
            let ty = ty.unwrap_or(crate::model::Type::Bool);
            columns.push(Column { name: column.name.clone(), ty });
        }
        schema.add(Relation {
            id: RelationId(0),
            name: relation.name.clone(),
            columns,
            kind: relation.kind,
            key: relation.key.clone(),
            is_output: relation.is_output,
            source: relation
                .source
                .as_ref()
                .and_then(|source| sources::source(relation, source, diagnostics)),
            doc: relation.doc.clone(),
        });
    }
    (schema, untyped)
}

/// By place. A clause stands in several rules, so beside the first `said`, which are of no
/// rule, there is one message a place.
fn tidy(diagnostics: Vec<Diagnostic>, said: usize) -> Vec<Diagnostic> {
    let mut places: HashSet<Span> = HashSet::new();
    let mut kept: Vec<Diagnostic> = Vec::new();
    for (number, diagnostic) in diagnostics.into_iter().enumerate() {
        if places.insert(diagnostic.primary.span) || number < said {
            kept.push(diagnostic);
        }
    }
    kept.sort_by_key(|diagnostic| (diagnostic.primary.span, diagnostic.severity));
    kept
}
