//! A pattern of paths, both ways: which values a path says, and where a walk can find such paths.

use std::path::{Component, Path, PathBuf};

use jiff::fmt::strtime;

use super::error::SourceError;
use crate::feed::parse_cell;
use crate::model::{Braced, Date, Relation, Timestamp, Type, Value, braced};

/// `landing/{campaign}/{day:%Y%m%d}.csv`, taken apart.
#[derive(Clone, Debug)]
pub struct PathPattern {
    /// The folder that all its files are in.
    root: PathBuf,
    /// What comes below it, folder by folder and then the file.
    parts: Vec<Part>,
}

/// The name of a folder or file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    /// `**`: any number of folders, none as well.
    Folders,
    Name(Vec<Piece>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Column { place: usize, name: String, ty: Type, format: Option<String> },
}

/// What a path below the root says.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// It is none of the pattern's.
    Nothing,
    /// Of each column that is in the path, by place.
    Values(Vec<(usize, Value)>),
    /// It looks like one of the pattern's, but a value is none.
    Wrong(String),
}

impl PathPattern {
    /// Takes a pattern apart that the checker has seen; `$NAME` is filled in already.
    ///
    /// # Errors
    /// If it says no file.
    pub fn parse(text: &str, relation: &Relation) -> Result<PathPattern, SourceError> {
        let mut parts: Vec<Part> = Vec::new();
        let mut root = PathBuf::new();
        if text.starts_with('/') {
            root.push("/");
        }
        for name in text.split('/').filter(|name| !name.is_empty() && *name != ".") {
            let part = match name {
                "**" => Part::Folders,
                name => Part::Name(pieces(name, relation)),
            };
            match (parts.is_empty(), &part) {
                (true, Part::Name(only)) if plain(only).is_some() => {
                    root.extend(plain(only));
                    parts.clear();
                }
                _ => parts.push(part),
            }
        }
        match parts.last() {
            Some(Part::Name(_)) => Ok(PathPattern { root, parts }),
            // A path without placeholders is a relation of at most one file.
            None => match (root.parent(), root.file_name()) {
                (Some(folder), Some(file)) => {
                    let file = file.to_string_lossy().into_owned();
                    let parts = vec![Part::Name(vec![Piece::Text(file)])];
                    Ok(PathPattern { root: folder.to_path_buf(), parts })
                }
                _ => Err(SourceError::new("the pattern names no file")),
            },
            Some(Part::Folders) => Err(SourceError::new("the pattern ends in a folder")),
        }
    }

    /// The folder that all files are in, relative to that of the rules.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether files may be in folders below the root.
    pub fn is_deep(&self) -> bool {
        self.parts.len() > 1
    }

    /// Whether they may be at any depth.
    pub fn is_endless(&self) -> bool {
        self.parts.contains(&Part::Folders)
    }

    /// Whether the path says a column.
    pub fn names(&self, column: usize) -> bool {
        let pieces = self.parts.iter().flat_map(|part| match part {
            Part::Folders => &[],
            Part::Name(pieces) => pieces.as_slice(),
        });
        pieces.into_iter().any(|piece| match piece {
            Piece::Text(_) => false,
            Piece::Column { place, .. } => *place == column,
        })
    }

    /// Where a walk stands that begins in the root.
    pub(super) fn start(&self) -> Places {
        self.reach(vec![0])
    }

    /// Where it stands once it has gone into a folder of that name; nothing is there if empty.
    pub(super) fn enter(&self, places: &Places, name: &str) -> Places {
        let mut next = Vec::new();
        for place in &places.0 {
            match &self.parts[*place] {
                Part::Folders if !name.starts_with('.') => next.push(*place),
                Part::Name(pieces) if place + 1 < self.parts.len() && fits(pieces, name) => {
                    next.push(place + 1);
                }
                Part::Folders | Part::Name(_) => {}
            }
        }
        self.reach(next)
    }

    /// Whether a file of that name here can be one of the pattern's.
    pub(super) fn has_file(&self, places: &Places, name: &str) -> bool {
        let last = self.parts.len() - 1;
        let Part::Name(pieces) = &self.parts[last] else { return false };
        places.0.contains(&last) && fits(pieces, name)
    }

    /// With the places behind each `**`, which may be no folder at all.
    fn reach(&self, mut places: Vec<usize>) -> Places {
        let mut at = 0;
        while at < places.len() {
            let place = places[at];
            if self.parts[place] == Part::Folders && !places.contains(&(place + 1)) {
                places.push(place + 1);
            }
            at += 1;
        }
        places.sort_unstable();
        places.dedup();
        Places(places)
    }

    /// What a path says, relative to the root.
    pub fn read(&self, path: &Path) -> Said {
        let names: Option<Vec<&str>> = path
            .components()
            .map(|component| match component {
                Component::Normal(name) => name.to_str(),
                _ => None,
            })
            .collect();
        let Some(names) = names else { return Said::Nothing };
        let mut search = Search { values: Vec::new(), wrong: None };
        match search.parts(&self.parts, &names) {
            true => Said::Values(search.values),
            false => search.wrong.map_or(Said::Nothing, Said::Wrong),
        }
    }
}

/// Parts that the next name may be, by their places in the pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Places(Vec<usize>);

impl Places {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether a name has the form of these pieces, whatever the values are.
fn fits(pieces: &[Piece], name: &str) -> bool {
    match pieces {
        [] => name.is_empty(),
        [Piece::Text(text), rest @ ..] => {
            name.strip_prefix(text.as_str()).is_some_and(|name| fits(rest, name))
        }
        // Names that begin with a dot are hidden, as they are from a shell's `*`.
        [Piece::Column { .. }, ..] if name.starts_with('.') => false,
        [Piece::Column { .. }, rest @ ..] => ends(name).any(|end| fits_behind(rest, &name[end..])),
    }
}

/// The same in the middle of a name, where a dot hides nothing.
fn fits_behind(pieces: &[Piece], name: &str) -> bool {
    match pieces {
        [Piece::Column { .. }, rest @ ..] => ends(name).any(|end| fits_behind(rest, &name[end..])),
        [Piece::Text(text), rest @ ..] => {
            name.strip_prefix(text.as_str()).is_some_and(|name| fits_behind(rest, name))
        }
        [] => name.is_empty(),
    }
}

/// Where a value at the beginning of a text may end: it has a character at least.
fn ends(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.char_indices().map(|(at, c)| at + c.len_utf8())
}

/// The text of a name without placeholders.
fn plain(pieces: &[Piece]) -> Option<&str> {
    match pieces {
        [Piece::Text(text)] => Some(text),
        _ => None,
    }
}

fn pieces(name: &str, relation: &Relation) -> Vec<Piece> {
    let (mut pieces, mut text) = (Vec::new(), String::new());
    for part in braced(name) {
        let inside = match part {
            Braced::Text(more) => {
                text.push_str(more);
                continue;
            }
            Braced::Placeholder(inside) => inside,
            Braced::Lone(_) => unreachable!("the checker has paired the braces: {name}"),
        };
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        let (name, format) = match inside.split_once(':') {
            Some((name, format)) => (name, Some(format.to_string())),
            None => (inside, None),
        };
        let place = relation.column(name).expect("the checker knows the names in braces");
        let ty = relation.columns[place].ty;
        pieces.push(Piece::Column { place, name: name.to_string(), ty, format });
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

/// Tries what each placeholder may stand for, the shortest first.
struct Search {
    values: Vec<(usize, Value)>,
    /// The first value that was none, where the form was right.
    wrong: Option<String>,
}

impl Search {
    fn parts(&mut self, parts: &[Part], names: &[&str]) -> bool {
        match (parts, names) {
            ([], []) => true,
            ([Part::Folders, rest @ ..], names) => {
                self.parts(rest, names)
                    || names.split_first().is_some_and(|(name, others)| {
                        !others.is_empty() && !name.starts_with('.') && self.parts(parts, others)
                    })
            }
            ([Part::Name(pieces), rest @ ..], [name, others @ ..]) => {
                fits(pieces, name)
                    && self.name(pieces, name, &mut |search| search.parts(rest, others))
            }
            ([], [_, ..]) | ([Part::Name(_), ..], []) => false,
        }
    }

    fn name(
        &mut self,
        pieces: &[Piece],
        name: &str,
        then: &mut dyn FnMut(&mut Search) -> bool,
    ) -> bool {
        match pieces {
            [] => name.is_empty() && then(self),
            [Piece::Text(text), rest @ ..] => match name.strip_prefix(text.as_str()) {
                Some(name) => self.name(rest, name, then),
                None => false,
            },
            [Piece::Column { place, name: column, ty, format }, rest @ ..] => {
                for end in ends(name) {
                    if !fits_behind(rest, &name[end..]) {
                        continue;
                    }
                    match value(&name[..end], *ty, format.as_deref()) {
                        Ok(value) => {
                            if self
                                .bind(*place, value, |search| search.name(rest, &name[end..], then))
                            {
                                return true;
                            }
                        }
                        Err(why) => {
                            self.wrong.get_or_insert(format!("\"{column}\": {why}"));
                        }
                    }
                }
                false
            }
        }
    }

    /// A column that is in the path twice has one value.
    fn bind(&mut self, place: usize, value: Value, then: impl FnOnce(&mut Search) -> bool) -> bool {
        match self.values.iter().find(|(bound, _)| *bound == place) {
            Some((_, bound)) => *bound == value && then(self),
            None => {
                self.values.push((place, value));
                let holds = then(self);
                if !holds {
                    self.values.retain(|(bound, _)| *bound != place);
                }
                holds
            }
        }
    }
}

/// A part of a name as a value; what has a format reads as what the format writes.
fn value(text: &str, ty: Type, format: Option<&str>) -> Result<Value, String> {
    let Some(format) = format else {
        return parse_cell(text, ty).map_err(|mistake| mistake.to_string());
    };
    let wrong = || format!("\"{text}\" is no {ty} of the form {format}");
    let parsed = strtime::parse(format, text).map_err(|_| wrong())?;
    let (value, written) = match ty {
        Type::Date => {
            let date = parsed.to_date().map_err(|_| wrong())?;
            (Date::from_civil(date).map(Value::Date), strtime::format(format, date))
        }
        Type::Time => {
            let moment = parsed.to_timestamp().or_else(|_| {
                let at = parsed.to_datetime().or_else(|_| parsed.to_date().map(Into::into));
                at.and_then(|at| jiff::tz::TimeZone::UTC.to_timestamp(at))
            });
            let moment = moment.map_err(|_| wrong())?;
            let value = Timestamp::from_micros(moment.as_microsecond()).map(Value::Time);
            (value, strtime::format(format, &moment.to_zoned(jiff::tz::TimeZone::UTC)))
        }
        Type::Bool | Type::Int | Type::Float | Type::Text | Type::Duration => {
            unreachable!("the checker lets only dates and times have a format")
        }
    };
    match value {
        Some(value) if written.is_ok_and(|written| written == text) => Ok(value),
        _ => Err(wrong()),
    }
}
