//! Texts with placeholders, taken apart: what stands between braces, and all else.

/// A part of such a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Braced<'a> {
    /// As it stands; a brace that is written twice is one.
    Text(&'a str),
    /// What stands between two braces.
    Placeholder(&'a str),
    /// A brace without its other half. Nothing is told of what follows.
    Lone(&'a str),
}

/// The parts of a text, in order.
pub fn braced(text: &str) -> impl Iterator<Item = Braced<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let at = rest.find(['{', '}']).unwrap_or(rest.len());
        if at > 0 {
            let (text, after) = rest.split_at(at);
            rest = after;
            return Some(Braced::Text(text));
        }
        let (brace, after) = rest.split_at_checked(1)?;
        if let Some(after) = after.strip_prefix(brace) {
            rest = after;
            return Some(Braced::Text(brace));
        }
        match (brace, after.split_once('}')) {
            ("{", Some((inside, after))) => {
                rest = after;
                Some(Braced::Placeholder(inside))
            }
            _ => {
                rest = "";
                Some(Braced::Lone(brace))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::Braced::{Lone, Placeholder, Text};
    use super::*;

    #[test]
    fn braces() {
        let parts = |text| braced(text).collect::<Vec<_>>();
        assert_eq!(parts(""), []);
        assert_eq!(parts("a{b:%d}{c}"), [Text("a"), Placeholder("b:%d"), Placeholder("c")]);
        assert_eq!(parts("{{a}}é"), [Text("{"), Text("a"), Text("}"), Text("é")]);
        assert_eq!(parts("a}b{c}"), [Text("a"), Lone("}")]);
        assert_eq!(parts("{{{a}"), [Text("{"), Placeholder("a")]);
        assert_eq!(parts("{a"), [Lone("{")]);
    }
}
