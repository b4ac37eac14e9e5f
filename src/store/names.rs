//! Names in the database: as in the rules, but where SQLite does not tell them apart.

/// A table's name for a relation, beside the tables there are.
pub(super) fn table_name<'a>(
    relation: &str,
    taken: impl Iterator<Item = &'a str> + Clone,
) -> String {
    let small = relation.to_ascii_lowercase();
    // SQLite keeps the first for itself, and we the second.
    match small.starts_with("sqlite_") || small.starts_with("owed_") {
        true => free_name(&format!("relation_{relation}"), taken),
        false => free_name(relation, taken),
    }
}

/// The name, or the name with the first number that makes it another than those there are:
/// SQLite takes small and capital letters for the same.
pub(super) fn free_name<'a>(name: &str, taken: impl Iterator<Item = &'a str> + Clone) -> String {
    let is_taken = |name: &str| taken.clone().any(|other| other.eq_ignore_ascii_case(name));
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !is_taken(name)).expect("there are more numbers than names")
}

/// A name as SQL has it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_where_they_can_be() {
        let name = |name: &str, taken: &[&str]| table_name(name, taken.iter().copied());
        assert_eq!(name("csv.attempt", &["csv"]), "csv.attempt");
        assert_eq!(name("Csv", &["csv"]), "Csv_2");
        assert_eq!(name("CSV", &["csv", "Csv_2"]), "CSV_3");
        assert_eq!(name("SQLite_x", &[]), "relation_SQLite_x");
        assert_eq!(name("owed_history", &["relation_owed_history"]), "relation_owed_history_2");
        assert_eq!(name("owed.paused", &[]), "owed.paused");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
