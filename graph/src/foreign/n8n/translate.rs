//! From JavaScript to CEL, where both mean the same. What would mean something else is refused.

use super::{
    cel::{self, Hold, Piece, Sort},
    data::{Data, Found},
    script::{Operator, Script},
};

/// What an expression of one node can read.
pub(super) struct Scope<'a> {
    /// The item that comes in: `$json`.
    pub here: Option<&'a Data>,
    /// What a node of that name gave: `$('name')`.
    pub named: &'a dyn Fn(&str) -> Option<Data>,
}

/// One expression in CEL.
#[derive(Debug, PartialEq)]
pub(super) struct Translated {
    pub piece: Piece,
    /// Whether it reads what a placeholder will give.
    pub pending: bool,
}

/// Translates an expression; none where CEL has no exact counterpart.
pub(super) fn translate(script: &Script, scope: &Scope<'_>) -> Option<Translated> {
    let mut translation = Translation { scope, pending: false };
    let piece = translation.piece(script)?;
    cel::is_sound(&piece.text).then_some(Translated {
        piece,
        pending: translation.pending,
    })
}

struct Translation<'a> {
    scope: &'a Scope<'a>,
    pending: bool,
}

impl Translation<'_> {
    fn piece(&mut self, script: &Script) -> Option<Piece> {
        Some(match script {
            Script::Null => Piece::whole("null", Sort::Any),
            Script::Bool(value) => Piece::whole(value.to_string(), Sort::Bool),
            Script::Number(number) => Piece::whole(number.clone(), Sort::Number),
            Script::Text(text) => Piece::whole(cel::quoted(text), Sort::Text),
            Script::Not(of) => self.condition(of)?.negated(),
            Script::Minus(of) => Piece {
                text: format!("-{}", self.piece(of)?.within(Hold::Whole)),
                hold: Hold::Sign,
                sort: Sort::Number,
            },
            Script::Binary(operator, left, right) => self.binary(*operator, left, right)?,
            Script::Choice(condition, yes, no) => self.choice(condition, yes, no)?,
            Script::List(items) => {
                let items: Option<Vec<_>> = items.iter().map(|item| Some(self.piece(item)?.text)).collect();
                Piece::whole(format!("[{}]", items?.join(", ")), Sort::List)
            }
            Script::Object(entries) => self.object(entries)?,
            Script::Joined(parts) => self.joined(parts)?,
            Script::Name(_) | Script::Member(..) | Script::Index(..) | Script::Call(..) => self.path(script)?,
        })
    }

    /// A piece that is known to be true or false: JavaScript takes anything for one, CEL doesn't.
    fn condition(&mut self, script: &Script) -> Option<Piece> {
        self.piece(script).filter(|piece| piece.sort == Sort::Bool)
    }

    fn binary(&mut self, operator: Operator, left: &Script, right: &Script) -> Option<Piece> {
        let relation =
            |sign: &str, left: &Piece, right: &Piece| Piece::binary(left, sign, right, Hold::Relation, Sort::Bool);
        Some(match operator {
            Operator::Or => Piece::binary(
                &self.condition(left)?,
                "||",
                &self.condition(right)?,
                Hold::Or,
                Sort::Bool,
            ),
            Operator::And => Piece::binary(
                &self.condition(left)?,
                "&&",
                &self.condition(right)?,
                Hold::And,
                Sort::Bool,
            ),
            Operator::Else => self.otherwise(left, right)?,
            Operator::Equal => relation("==", &self.piece(left)?, &self.piece(right)?),
            Operator::NotEqual => relation("!=", &self.piece(left)?, &self.piece(right)?),
            Operator::Less => relation("<", &self.piece(left)?, &self.piece(right)?),
            Operator::LessOrEqual => relation("<=", &self.piece(left)?, &self.piece(right)?),
            Operator::Greater => relation(">", &self.piece(left)?, &self.piece(right)?),
            Operator::GreaterOrEqual => relation(">=", &self.piece(left)?, &self.piece(right)?),
            Operator::Plus => self.sum(left, right)?,
            Operator::Minus => number(&self.piece(left)?, "-", &self.piece(right)?, Hold::Sum),
            Operator::Times => number(&self.piece(left)?, "*", &self.piece(right)?, Hold::Product),
            Operator::Rest => number(&self.piece(left)?, "%", &self.piece(right)?, Hold::Product),
            Operator::Over => {
                // Whole numbers divide to whole numbers in CEL.
                let real = |piece: Piece| Piece::whole(format!("double({})", piece.text), Sort::Number);
                number(&real(self.piece(left)?), "/", &real(self.piece(right)?), Hold::Product)
            }
        })
    }

    /// `+` joins texts as soon as one side is one.
    fn sum(&mut self, left: &Script, right: &Script) -> Option<Piece> {
        let (left, right) = (self.piece(left)?, self.piece(right)?);
        Some(match [left.sort, right.sort].contains(&Sort::Text) {
            true => Piece::binary(&left.as_text(), "+", &right.as_text(), Hold::Sum, Sort::Text),
            false => Piece::binary(&left, "+", &right, Hold::Sum, Sort::Any),
        })
    }

    fn otherwise(&mut self, left: &Script, right: &Script) -> Option<Piece> {
        let (value, instead) = (self.piece(left)?, self.piece(right)?);
        let text = format!(
            "{} != null ? {} : {}",
            value.within(Hold::Sum),
            value.within(Hold::Or),
            instead.within(Hold::Or)
        );
        Some(Piece {
            text,
            hold: Hold::Choice,
            sort: if value.sort == instead.sort {
                value.sort
            } else {
                Sort::Any
            },
        })
    }

    fn choice(&mut self, condition: &Script, yes: &Script, no: &Script) -> Option<Piece> {
        let condition = self.condition(condition)?;
        let (yes, no) = (self.piece(yes)?, self.piece(no)?);
        let text = format!(
            "{} ? {} : {}",
            condition.within(Hold::Or),
            yes.within(Hold::Or),
            no.within(Hold::Or)
        );
        Some(Piece {
            text,
            hold: Hold::Choice,
            sort: if yes.sort == no.sort { yes.sort } else { Sort::Any },
        })
    }

    fn object(&mut self, entries: &[(String, Script)]) -> Option<Piece> {
        let entry =
            |(name, value): &(String, Script)| Some(format!("{}: {}", cel::quoted(name), self.piece(value)?.text));
        let entries: Option<Vec<_>> = entries.iter().map(entry).collect();
        // The blank keeps two braces apart, which would end a template's expression.
        Some(Piece::whole(format!("{{{} }}", entries?.join(", ")), Sort::Any))
    }

    fn joined(&mut self, parts: &[Script]) -> Option<Piece> {
        let parts: Option<Vec<_>> = parts.iter().map(|part| Some(self.piece(part)?.as_text())).collect();
        let join = |left: Piece, right: Piece| Piece::binary(&left, "+", &right, Hold::Sum, Sort::Text);
        Some(
            parts?
                .into_iter()
                .reduce(join)
                .unwrap_or_else(|| Piece::whole("''", Sort::Text)),
        )
    }

    fn path(&mut self, script: &Script) -> Option<Piece> {
        if let Some(found) = self.found(script) {
            self.pending |= found.pending;
            return Some(Piece::whole(found.path, Sort::Any));
        }
        match script {
            Script::Name(name) if name == "$now" => Some(Piece::whole("now", Sort::Time)),
            Script::Name(name) if name == "$itemIndex" => Some(Piece::whole("index", Sort::Number)),
            Script::Member(of, name) if name == "length" => self.length(of),
            Script::Member(of, name) => self.member(of, name),
            Script::Index(of, index) => {
                let text = format!("{}[{}]", self.piece(of)?.within(Hold::Whole), self.piece(index)?.text);
                Some(Piece::whole(text, Sort::Any))
            }
            Script::Call(method, arguments) => self.call(method, arguments),
            _ => None,
        }
    }

    fn member(&mut self, of: &Script, name: &str) -> Option<Piece> {
        let known = match of {
            Script::Name(of) => match (of.as_str(), name) {
                ("$workflow", "id") => Some("workflow.id"),
                ("$workflow", "name") => Some("workflow.name"),
                ("$execution", "id") => Some("run.id"),
                _ => None,
            },
            _ => None,
        };
        match known {
            Some(known) => Some(Piece::whole(known, Sort::Text)),
            None => Some(Piece::whole(
                cel::select(&self.piece(of)?.within(Hold::Whole), name),
                Sort::Any,
            )),
        }
    }

    fn length(&mut self, of: &Script) -> Option<Piece> {
        Some(Piece::whole(format!("size({})", self.piece(of)?.text), Sort::Number))
    }

    fn call(&mut self, method: &Script, arguments: &[Script]) -> Option<Piece> {
        let Script::Member(of, name) = method else {
            return match arguments {
                [of] if is_name(method, "String") => Some(self.piece(of)?.as_text()),
                _ => None,
            };
        };
        match (name.as_str(), arguments) {
            ("plus" | "minus", arguments) => self.moved(of, if name == "plus" { "+" } else { "-" }, arguments),
            ("toISO" | "toISOString", []) => {
                let time = self.piece(of).filter(|piece| piece.sort == Sort::Time)?;
                Some(time.as_text())
            }
            ("toString", []) => Some(self.piece(of)?.as_text()),
            ("length", []) => self.length(of),
            ("isEmpty", []) => Some(self.empty(of)?),
            ("isNotEmpty", []) => Some(self.empty(of)?.negated()),
            ("includes", [part]) => match &**of {
                Script::List(_) => {
                    let (part, list) = (self.piece(part)?, self.piece(of)?);
                    Some(Piece::binary(&part, "in", &list, Hold::Relation, Sort::Bool))
                }
                _ => None,
            },
            _ => self.text_method(of, name, arguments),
        }
    }

    fn empty(&mut self, of: &Script) -> Option<Piece> {
        let (length, none) = (self.length(of)?, Piece::whole("0", Sort::Number));
        Some(Piece::binary(&length, "==", &none, Hold::Relation, Sort::Bool))
    }

    /// Methods that only texts have.
    fn text_method(&mut self, of: &Script, name: &str, arguments: &[Script]) -> Option<Piece> {
        let (method, sort) = match (name, arguments.len()) {
            ("startsWith", 1) => ("startsWith", Sort::Bool),
            ("endsWith", 1) => ("endsWith", Sort::Bool),
            ("trim", 0) => ("trim", Sort::Text),
            ("split", 1) => ("split", Sort::List),
            ("replaceAll" | "replace", 2) => ("replace", Sort::Text),
            _ => return None,
        };
        let of = self.piece(of)?.within(Hold::Whole);
        let mut given: Vec<_> = arguments
            .iter()
            .map(|argument| Some(self.piece(argument)?.text))
            .collect::<Option<_>>()?;
        if name == "replace" {
            // JavaScript's replaces the first only.
            given.push("1".to_owned());
        }
        Some(Piece::whole(format!("{of}.{method}({})", given.join(", ")), sort))
    }

    /// A time moved by spans of exact length: `$now.minus({days: 3})`, `$now.plus(2, 'hours')`.
    fn moved(&mut self, of: &Script, sign: &str, arguments: &[Script]) -> Option<Piece> {
        let time = self.piece(of).filter(|piece| piece.sort == Sort::Time)?;
        let parts: Vec<(&str, &Script)> = match arguments {
            [Script::Object(parts)] => parts.iter().map(|(unit, amount)| (unit.as_str(), amount)).collect(),
            [amount, Script::Text(unit)] => vec![(unit, amount)],
            _ => return None,
        };
        let spans: Option<Vec<_>> = parts.into_iter().map(|(unit, amount)| span(unit, amount)).collect();
        let add = |time: Piece, span: String| {
            let span = Piece::whole(format!("duration('{span}')"), Sort::Any);
            Piece::binary(&time, sign, &span, Hold::Sum, Sort::Time)
        };
        Some(spans?.into_iter().fold(time, add))
    }

    /// What a path of data stands at in ours.
    fn found(&self, script: &Script) -> Option<Found> {
        match script {
            Script::Member(of, name) => match self.data(of) {
                Some(data) => data.field(name),
                None => Some(self.found(of)?.select(name)),
            },
            Script::Index(of, index) => match &**index {
                Script::Number(number) => {
                    let of = self.found(of)?;
                    Some(Found {
                        path: format!("{}[{number}]", of.path),
                        ..of
                    })
                }
                _ => None,
            },
            whole => self.data(whole)?.whole(),
        }
        .filter(|_| !is_length(script))
    }

    /// The item that a script names: `$json`, `$input.item.json`, `$node["x"].json`, `$('x').first().json`.
    fn data(&self, script: &Script) -> Option<Data> {
        match script {
            Script::Name(name) if name == "$json" => self.scope.here.cloned(),
            Script::Member(of, name) if name == "json" => match &**of {
                Script::Member(node, name) if is_name(node, "$node") => (self.scope.named)(name),
                _ => self.item_of(of),
            },
            _ => None,
        }
    }

    fn item_of(&self, script: &Script) -> Option<Data> {
        let source = match script {
            Script::Member(source, name) if name == "item" => source,
            Script::Call(method, arguments) if arguments.is_empty() => match &**method {
                Script::Member(source, name) if name == "first" || name == "last" => source,
                _ => return None,
            },
            _ => return None,
        };
        match &**source {
            Script::Name(name) if name == "$input" => self.scope.here.cloned(),
            Script::Call(of, arguments) if is_name(of, "$") => match arguments.as_slice() {
                [Script::Text(name)] => (self.scope.named)(name),
                _ => None,
            },
            _ => None,
        }
    }
}

fn is_name(script: &Script, wanted: &str) -> bool {
    matches!(script, Script::Name(name) if name == wanted)
}

/// `length` is no field of the data but its size.
fn is_length(script: &Script) -> bool {
    matches!(script, Script::Member(_, name) if name == "length")
}

fn number(left: &Piece, sign: &str, right: &Piece, hold: Hold) -> Piece {
    Piece::binary(left, sign, right, hold, Sort::Number)
}

/// An ISO 8601 duration of exact length.
fn span(unit: &str, amount: &Script) -> Option<String> {
    let Script::Number(amount) = amount else { return None };
    let amount: u32 = amount.parse().ok()?;
    Some(match unit.trim_end_matches('s') {
        "week" => format!("P{amount}W"),
        "day" => format!("P{amount}D"),
        "hour" => format!("PT{amount}H"),
        "minute" => format!("PT{amount}M"),
        "second" => format!("PT{amount}S"),
        _ => return None,
    })
}
