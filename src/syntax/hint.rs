//! What to do about a refusal, where it looks like a slip that is known.

use super::complaint::{Place, expects, innermost_parenthesis, words};
use super::starts::{CLAUSES, Level, STATEMENTS};
use super::token::{Spanned, Token};

/// A sentence that says what to do, if the slip is known.
pub(super) fn find(place: &Place, tokens: &[Spanned<'_>]) -> Option<String> {
    let found = &tokens.get(place.at)?.token;
    let before = tokens[place.start..place.at].last().map(|spanned| &spanned.token);
    let next = tokens.get(place.at + 1).map(|spanned| &spanned.token);
    for_a_word(place, before, found)
        .or_else(|| for_a_name(place, tokens, before, found))
        .or_else(|| for_a_symbol(place, tokens, before, found, next).map(str::to_owned))
}

/// The word that is nearest to what was written, if any is near.
pub(super) fn nearest<'a>(word: &str, of: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    of.into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(candidate, word), candidate))
        .filter(|(distance, _)| *distance > 0 && *distance <= word.chars().count() / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Whether an atom has terms with and without names.
pub(super) fn is_mixed(place: &Place, tokens: &[Spanned<'_>]) -> bool {
    let (Some(found), Some(open)) = (tokens.get(place.at), innermost_parenthesis(place, tokens))
    else {
        return false;
    };
    let is_list = matches!(
        tokens[place.start..open].last().map(|spanned| &spanned.token),
        Some(Token::Name("env" | "key"))
    );
    let only_names = expects(place, "NAME") && !expects(place, "INT") && expects(place, ")");
    let lacks_name = only_names || (expects(place, ":") && !expects(place, ","));
    let is_named = matches!(tokens[place.at - 1].token, Token::Name(_));
    let has_name = found.token == Token::Colon && is_named && !expects(place, ":");
    !is_list && !declares(&tokens[place.start].token) && (lacks_name || has_name)
}

/// Words of other languages, and words that are nearly right.
fn for_a_word(place: &Place, before: Option<&Token<'_>>, found: &Token<'_>) -> Option<String> {
    let hint = match (before, found) {
        (_, Token::Name("and" | "AND")) => "Write `,` between the conditions of a body.",
        (_, Token::Name("or" | "OR")) => "Write a second rule for an alternative.",
        (Some(Token::Name("NOT" | "Not")), _) => "Write `not`, in small letters.",
        (_, Token::Name("if" | "when" | "where")) if expects(place, ":-") => {
            "Write `:-` between a rule's head and body."
        }
        (Some(Token::Int(_)), Token::Name("s" | "m" | "h" | "d" | "w" | "mo" | "y")) => {
            "Write a duration's unit right behind its number: `4h`."
        }
        (Some(Token::Name(word)), Token::Name(_) | Token::Dotted(_) | Token::Text(_))
            if place.level == Level::Statement && place.at == place.start + 1 =>
        {
            let nearest = nearest(word, STATEMENTS)?;
            return Some(format!("Did you mean `{nearest}`?"));
        }
        (_, Token::Name(word)) if !expects(place, "NAME") => match nearest(word, words(place)) {
            Some(nearest) => return Some(format!("Did you mean `{nearest}`?")),
            None if CLAUSES.contains(word) && expects(place, ".") => {
                "If a new clause begins here, end the one before it with a full stop."
            }
            None => return None,
        },
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Where a name or a column's declaration is expected.
fn for_a_name(
    place: &Place,
    tokens: &[Spanned<'_>],
    before: Option<&Token<'_>>,
    found: &Token<'_>,
) -> Option<String> {
    let wants_name = expects(place, "NAME") && !expects(place, "INT");
    match found {
        _ if is_mixed(place, tokens) => {
            Some("Name all columns, `r(a: x, b: y)`, or none.".to_owned())
        }
        _ if declares(&tokens[place.start].token) && expects(place, ":") => {
            Some("A column is declared with its type: `name: text`.".to_owned())
        }
        Token::Colon => {
            let reserved = before.filter(|before| before.is_reserved())?;
            Some(format!("{reserved} is reserved; take another name."))
        }
        Token::Dotted(_) if wants_name => Some("This name has no dots.".to_owned()),
        _ if found.is_reserved() && wants_name && place.at > place.start => {
            Some(format!("{found} is reserved; take another name."))
        }
        _ => None,
    }
}

fn for_a_symbol(
    place: &Place,
    tokens: &[Spanned<'_>],
    before: Option<&Token<'_>>,
    found: &Token<'_>,
    next: Option<&Token<'_>>,
) -> Option<&'static str> {
    let negates =
        tokens[place.start..place.at].iter().rev().take(2).any(|it| it.token == Token::Not);
    let only_parenthesis = expects(place, "(") && !expects(place, ",") && !expects(place, "NAME");
    Some(match (before, found) {
        (Some(Token::Comma), Token::Stop) => "Remove the comma before the full stop.",
        (_, Token::When) if expects(place, ".") => "A statement has one `:-`.",
        (_, found) if is_comparison(found) && expects(place, "+") && !expects(place, "=") => {
            "Comparisons do not chain: write two, with `,` between."
        }
        (_, Token::In) if negates => {
            "`not` does not go with `in`; compare with the ends of the range."
        }
        (_, Token::Not) if next == Some(&Token::In) => {
            "`not` does not go with `in`; compare with the ends of the range."
        }
        (_, Token::In) => "A range is a condition of its own: `x in a..b`.",
        (_, Token::Not) => "`not` stands before a whole condition: `not r(x)`.",
        (_, Token::BraceOpen) if place.level == Level::GoalHead => {
            "A goal has parameters, if only `()`: `goal g(c: text) { … }`."
        }
        (_, Token::BraceOpen) => "Only a goal has a block in braces.",
        (Some(Token::Name(_) | Token::Dotted(_)), _)
            if only_parenthesis && !matches!(found, Token::Name(_) | Token::Text(_)) =>
        {
            "A relation has parentheses, if only `()`: `r(x)`."
        }
        (_, Token::ParenClose) if innermost_parenthesis(place, tokens).is_none() => {
            "There is no `(` for this one."
        }
        (
            _,
            Token::Name(_)
            | Token::Dotted(_)
            | Token::Colon
            | Token::Minus
            | Token::Less
            | Token::Equal,
        ) if expects(place, ":-") => "Write `:-` before the conditions of a body.",
        _ => return None,
    })
}

/// Whether a statement that begins so declares columns.
fn declares(first: &Token<'_>) -> bool {
    matches!(first, Token::Name("input" | "observe" | "output" | "goal"))
}

fn is_comparison(token: &Token<'_>) -> bool {
    matches!(
        token,
        Token::Equal
            | Token::NotEqual
            | Token::Less
            | Token::LessOrEqual
            | Token::Greater
            | Token::GreaterOrEqual
    )
}
