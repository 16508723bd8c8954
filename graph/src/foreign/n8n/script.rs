//! Reads the part of JavaScript that people write between `{{ }}` in n8n: paths, operators, calls, literals. Anything else
//! is refused, never half read.

mod token;

use token::{Token, tokens};

/// The longest source, in bytes.
const LONGEST: usize = 4 * 1024;
/// How deep an expression may nest.
const DEEPEST: usize = 24;

/// A JavaScript expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Script {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    Text(String),
    Name(String),
    /// `of.name`
    Member(Box<Script>, String),
    /// `of[index]`
    Index(Box<Script>, Box<Script>),
    Call(Box<Script>, Vec<Script>),
    /// `!of`
    Not(Box<Script>),
    /// `-of`
    Minus(Box<Script>),
    Binary(Operator, Box<Script>, Box<Script>),
    /// `condition ? yes : no`
    Choice(Box<Script>, Box<Script>, Box<Script>),
    List(Vec<Script>),
    Object(Vec<(String, Script)>),
    /// A text with `${ }` in it.
    Joined(Vec<Script>),
}

/// An operator with two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    /// `??`
    Else,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Over,
    Rest,
}

/// From the weakest to the strongest.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("||", Operator::Or), ("??", Operator::Else)],
    &[("&&", Operator::And)],
    &[
        ("===", Operator::Equal),
        ("!==", Operator::NotEqual),
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
    ],
    &[
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
    &[("+", Operator::Plus), ("-", Operator::Minus)],
    &[("*", Operator::Times), ("/", Operator::Over), ("%", Operator::Rest)],
];

/// Reads an expression; none where it is more than that, or other than this reads.
pub(super) fn read(source: &str) -> Option<Script> {
    nested(source, 0)
}

fn nested(source: &str, depth: usize) -> Option<Script> {
    if source.len() > LONGEST {
        return None;
    }
    let mut reader = Reader {
        tokens: tokens(source)?,
        at: 0,
        depth,
    };
    let script = reader.expression()?;
    (reader.at == reader.tokens.len()).then_some(script)
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned()?;
        self.at += 1;
        Some(token)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Option<()> {
        self.takes(sign).then_some(())
    }

    fn expression(&mut self) -> Option<Script> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let condition = self.binary(0)?;
        let script = match self.takes("?") {
            true => {
                let yes = self.expression()?;
                self.expect(":")?;
                Script::Choice(condition.into(), yes.into(), self.expression()?.into())
            }
            false => condition,
        };
        self.depth -= 1;
        Some(script)
    }

    fn binary(&mut self, level: usize) -> Option<Script> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self.operator(operators) {
            left = Script::Binary(operator, left.into(), self.binary(level + 1)?.into());
        }
        Some(left)
    }

    fn operator(&mut self, operators: &[(&str, Operator)]) -> Option<Operator> {
        let found = operators.iter().find(|(sign, _)| self.takes(sign))?;
        Some(found.1)
    }

    fn unary(&mut self) -> Option<Script> {
        let mut signs = Vec::new();
        while let Some(sign) = ["!", "-"].into_iter().find(|sign| self.takes(sign)) {
            signs.push(sign);
        }
        let operand = self.chain()?;
        Some(signs.into_iter().rev().fold(operand, |of, sign| match sign {
            "!" => Script::Not(of.into()),
            _ => Script::Minus(of.into()),
        }))
    }

    fn chain(&mut self) -> Option<Script> {
        let mut of = self.primary()?;
        loop {
            if self.takes(".") || self.takes("?.") {
                of = match self.takes("[") {
                    true => self.index(of)?,
                    false => Script::Member(of.into(), self.name()?),
                };
            } else if self.takes("[") {
                of = self.index(of)?;
            } else if self.takes("(") {
                of = Script::Call(of.into(), self.items(")")?);
            } else {
                return Some(of);
            }
        }
    }

    fn index(&mut self, of: Script) -> Option<Script> {
        let index = self.expression()?;
        self.expect("]")?;
        Some(match index {
            Script::Text(name) => Script::Member(of.into(), name),
            index => Script::Index(of.into(), index.into()),
        })
    }

    fn name(&mut self) -> Option<String> {
        match self.next()? {
            Token::Name(name) => Some(name),
            Token::Number(_) | Token::Text(_) | Token::Pieces(_) | Token::Sign(_) => None,
        }
    }

    /// Expressions between commas, up to the closing sign.
    fn items(&mut self, close: &str) -> Option<Vec<Script>> {
        let mut items = Vec::new();
        while !self.takes(close) {
            items.push(self.expression()?);
            if !self.takes(",") {
                self.expect(close)?;
                break;
            }
        }
        Some(items)
    }

    fn primary(&mut self) -> Option<Script> {
        Some(match self.next()? {
            Token::Number(number) => Script::Number(number),
            Token::Text(text) => Script::Text(text),
            Token::Pieces(pieces) => Script::Joined(self.pieces(pieces)?),
            Token::Name(name) => match name.as_str() {
                "true" | "false" => Script::Bool(name == "true"),
                "null" | "undefined" => Script::Null,
                _ => Script::Name(name),
            },
            Token::Sign("(") => {
                let inner = self.expression()?;
                self.expect(")")?;
                inner
            }
            Token::Sign("[") => Script::List(self.items("]")?),
            Token::Sign("{") => Script::Object(self.entries()?),
            Token::Sign(_) => return None,
        })
    }

    fn pieces(&self, pieces: Vec<token::Piece>) -> Option<Vec<Script>> {
        let read = |piece| match piece {
            token::Piece::Text(text) => Some(Script::Text(text)),
            token::Piece::Script(source) => nested(&source, self.depth),
        };
        pieces.into_iter().map(read).collect()
    }

    fn entries(&mut self) -> Option<Vec<(String, Script)>> {
        let mut entries = Vec::new();
        while !self.takes("}") {
            let name = match self.next()? {
                Token::Name(name) | Token::Text(name) => name,
                Token::Number(_) | Token::Pieces(_) | Token::Sign(_) => return None,
            };
            let value = match self.takes(":") {
                true => self.expression()?,
                false => Script::Name(name.clone()),
            };
            entries.push((name, value));
            if !self.takes(",") {
                self.expect("}")?;
                break;
            }
        }
        Some(entries)
    }
}
