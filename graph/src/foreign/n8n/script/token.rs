//! The words of JavaScript. None where a character begins nothing that is read here, such as a pattern.

use std::{iter::Peekable, str::Chars};

/// One word.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Token {
    /// As it is written.
    Number(String),
    /// What it stands for.
    Text(String),
    Name(String),
    /// A text between backquotes.
    Pieces(Vec<Piece>),
    Sign(&'static str),
}

/// A part of a text between backquotes.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Piece {
    Text(String),
    /// The source of an expression.
    Script(String),
}

/// The longest first, so that none is taken for the beginning of another.
const SIGNS: [&str; 29] = [
    "===", "!==", "...", "=>", "==", "!=", "<=", ">=", "&&", "||", "??", "?.", "<", ">", "+", "-", "*", "/", "%", "!",
    "?", ":", ",", ".", "(", ")", "[", "]", "{",
];

/// All words of a source.
pub(in super::super) fn tokens(source: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = token(rest, first)?;
        found.push(token);
        rest = rest.get(length..)?.trim_start();
    }
    Some(found)
}

/// The word at the start of a text, and how many bytes it takes.
fn token(rest: &str, first: char) -> Option<(Token, usize)> {
    let is_of_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$');
    let while_all = |is_part: &dyn Fn(char) -> bool| rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
    match first {
        '0'..='9' => {
            let length = while_all(&|letter| letter.is_ascii_digit() || letter == '.');
            let number = rest.get(..length)?;
            number.parse::<f64>().ok()?;
            Some((Token::Number(number.to_owned()), length))
        }
        '\'' | '"' => text(rest.chars().peekable(), first),
        '`' => pieces(rest),
        _ if is_of_name(first) => {
            let length = while_all(&is_of_name);
            Some((Token::Name(rest.get(..length)?.to_owned()), length))
        }
        '}' => Some((Token::Sign("}"), 1)),
        _ => {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
            // `?.5` would be a choice; nobody writes it.
            (sign != "=>" && sign != "...").then_some((Token::Sign(sign), sign.len()))
        }
    }
}

fn text(mut letters: Peekable<Chars<'_>>, quote: char) -> Option<(Token, usize)> {
    letters.next();
    let (mut text, mut length) = (String::new(), quote.len_utf8());
    loop {
        let letter = letters.next()?;
        length += letter.len_utf8();
        match letter {
            '\\' => {
                let escaped = letters.next()?;
                length += escaped.len_utf8();
                text.push(unescaped(escaped)?);
            }
            _ if letter == quote => return Some((Token::Text(text), length)),
            _ => text.push(letter),
        }
    }
}

/// What follows a backslash; none for codes of characters.
fn unescaped(letter: char) -> Option<char> {
    match letter {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        'u' | 'x' | 'b' | 'f' | 'v' | '0'..='9' | '\n' => None,
        other => Some(other),
    }
}

/// A text between backquotes; expressions in it hold no braces of their own.
fn pieces(source: &str) -> Option<(Token, usize)> {
    let inner = source.get(1..)?;
    let end = inner.find('`')?;
    let mut rest = inner.get(..end)?;
    if rest.contains('\\') {
        return None;
    }
    let mut pieces = Vec::new();
    while let Some(open) = rest.find("${") {
        let close = open + rest.get(open..)?.find('}')?;
        pieces.push(Piece::Text(rest.get(..open)?.to_owned()));
        pieces.push(Piece::Script(rest.get(open + 2..close)?.to_owned()));
        rest = rest.get(close + 1..)?;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    pieces.retain(|piece| *piece != Piece::Text(String::new()));
    Some((Token::Pieces(pieces), end + 2))
}
