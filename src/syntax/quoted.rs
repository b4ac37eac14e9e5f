//! Text literals: double quotes, and the escapes of JSON.

use super::lexer::Lexer;
use super::token::Token;
use crate::diagnostic::Diagnostic;

/// Reads the text literal that begins here. One that is not closed ends with its line, and an
/// invalid token follows it.
pub(super) fn read<'a>(lexer: &mut Lexer<'a>) -> Token<'a> {
    let start = lexer.offset();
    lexer.advance(1);
    let mut value = String::new();
    loop {
        let rest = lexer.rest();
        let plain = rest.find(['"', '\\', '\n']).unwrap_or(rest.len());
        value.push_str(&rest[..plain]);
        lexer.advance(plain);
        match lexer.byte(0) {
            b'"' => {
                lexer.advance(1);
                return Token::Text(value);
            }
            b'\\' => read_escape(lexer, &mut value),
            _ => {
                let end = lexer.offset();
                lexer.report(
                    Diagnostic::error("the text is not closed", lexer.span(start, start + 1))
                        .labelled("it opens here")
                        .hint("Close it with `\"` on the same line; a line break in it is `\\n`."),
                );
                lexer.push_pending(Token::Invalid, end, end);
                return Token::Text(value);
            }
        }
    }
}

fn read_escape(lexer: &mut Lexer<'_>, value: &mut String) {
    let start = lexer.offset();
    let escaped = match lexer.byte(1) {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return read_unicode(lexer, value),
        _ => {
            lexer.advance(1);
            let next = lexer.rest().chars().next().filter(|next| *next != '\n');
            let length = next.map_or(0, char::len_utf8);
            lexer.advance(length);
            let end = lexer.offset();
            lexer.report(
                Diagnostic::error("unknown escape in a text", lexer.span(start, end))
                    .hint("Write `\\\\` for a backslash; the escapes are those of JSON."),
            );
            return;
        }
    };
    lexer.advance(2);
    value.push(escaped);
}

/// `\u0041`, or two of them for what UTF-16 writes as a pair.
fn read_unicode(lexer: &mut Lexer<'_>, value: &mut String) {
    let start = lexer.offset();
    let first = hex_unit(lexer.rest());
    let second = lexer.rest().get(6..).and_then(hex_unit);
    let units = [first.unwrap_or(0), second.unwrap_or(0)];
    if first.is_some() {
        for length in [1, 2] {
            if let Some(Ok(decoded)) = char::decode_utf16(units[..length].to_vec()).next() {
                value.push(decoded);
                lexer.advance(6 * length);
                return;
            }
        }
    }
    lexer.advance(2);
    let digits = lexer.rest().bytes().take(4).take_while(u8::is_ascii_hexdigit).count();
    lexer.advance(digits);
    let end = lexer.offset();
    lexer.report(
        Diagnostic::error("this escape is no character", lexer.span(start, end))
            .hint("Write `\\u` and four hexadecimal digits, as in JSON."),
    );
}

fn hex_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}
