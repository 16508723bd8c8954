//! Conditions that were clicked together: left side, operator, right side.

use serde_json::Value as Json;

use super::{
    cel::{Hold, Piece, Sort},
    file::Node,
    texts::Texts,
};

/// The groups of conditions before the second version of `if`, with what they compare.
const GROUPS: [(&str, Sort); 4] = [
    ("boolean", Sort::Bool),
    ("dateTime", Sort::Time),
    ("number", Sort::Number),
    ("string", Sort::Text),
];

/// The condition of a node, under `conditions`, as an expression.
pub(super) fn of_node(node: &Node, texts: &mut Texts<'_>) -> Option<String> {
    match node.parameter(&["conditions", "conditions"]) {
        Some(_) => group(node.parameter(&["conditions"])?, "condition", texts),
        None => grouped_by_sort(node, texts),
    }
}

/// The newer form: `{combinator, conditions, options}`.
pub(super) fn group(group: &Json, field: &str, texts: &mut Texts<'_>) -> Option<String> {
    let exactly = group.pointer("/options/caseSensitive").and_then(Json::as_bool) != Some(false);
    let conditions = group.get("conditions")?.as_array()?;
    let pieces = conditions.iter().map(|one| {
        let operator = one.get("operator")?;
        let sort = sort(operator.get("type")?.as_str()?);
        let operation = operator.get("operation")?.as_str()?;
        let comparison = Comparison {
            left: one.get("leftValue")?,
            operation,
            right: one.get("rightValue"),
            sort,
            exactly,
        };
        comparison.piece(field, texts)
    });
    let any = group.get("combinator").and_then(Json::as_str) == Some("or");
    combined(pieces.collect::<Option<_>>()?, any)
}

/// The older form: `{string: [{value1, operation, value2}], number: […]}` and `combineOperation`.
fn grouped_by_sort(node: &Node, texts: &mut Texts<'_>) -> Option<String> {
    let mut pieces = Vec::new();
    for (name, sort) in GROUPS {
        for one in node.list(&["conditions", name]) {
            let usual = if sort == Sort::Number { "smaller" } else { "equal" };
            let operation = one.get("operation").and_then(Json::as_str).unwrap_or(usual);
            let comparison = Comparison {
                left: one.get("value1")?,
                operation,
                right: one.get("value2"),
                sort,
                exactly: true,
            };
            pieces.push(comparison.piece("condition", texts)?);
        }
    }
    combined(pieces, node.text(&["combineOperation"]) == Some("any"))
}

fn sort(name: &str) -> Sort {
    match name {
        "string" => Sort::Text,
        "number" => Sort::Number,
        "boolean" => Sort::Bool,
        "dateTime" => Sort::Time,
        "array" => Sort::List,
        _ => Sort::Any,
    }
}

fn combined(pieces: Vec<Piece>, any: bool) -> Option<String> {
    let (sign, hold) = if any { ("||", Hold::Or) } else { ("&&", Hold::And) };
    let combine = |left: Piece, right: Piece| Piece::binary(&left, sign, &right, hold, Sort::Bool);
    pieces.into_iter().reduce(combine).map(|piece| piece.text)
}

/// One comparison.
pub(super) struct Comparison<'n> {
    pub left: &'n Json,
    pub operation: &'n str,
    /// Some operators have none.
    pub right: Option<&'n Json>,
    /// What is compared.
    pub sort: Sort,
    /// Whether letters of another case are other letters.
    pub exactly: bool,
}

impl Comparison<'_> {
    /// The comparison as an expression; none where it can't be said exactly.
    pub(super) fn piece(&self, field: &str, texts: &mut Texts<'_>) -> Option<Piece> {
        let left = timed(texts.piece(field, self.left, self.sort)?, self.sort);
        if let Some(piece) = alone(&left, self.operation) {
            return Some(piece);
        }
        let is_length = self.operation.starts_with("length");
        let wanted = if is_length { Sort::Number } else { self.sort };
        let right = timed(texts.piece(field, self.right?, wanted)?, self.sort);
        if self.exactly || self.sort != Sort::Text {
            return with_right(&left, self.operation, &right, self.sort);
        }
        // Only ASCII can be folded, and only of a literal is it known to be that.
        let is_plain = right.text.starts_with('\'') && right.text.is_ascii();
        let fold = |piece: &Piece| Piece::whole(format!("{}.lowerAscii()", piece.within(Hold::Whole)), Sort::Text);
        is_plain.then(|| with_right(&fold(&left), self.operation, &fold(&right), self.sort))?
    }
}

/// Times stand as texts in JSON.
fn timed(piece: Piece, sort: Sort) -> Piece {
    match sort {
        Sort::Time if piece.sort != Sort::Time => Piece::whole(format!("timestamp({})", piece.text), Sort::Time),
        _ => piece,
    }
}

/// Operators without a right side.
fn alone(left: &Piece, operation: &str) -> Option<Piece> {
    let exists = || {
        let is_path = left.hold == Hold::Whole && left.text.contains('.') && !left.text.ends_with([']', ')', '\'']);
        let text = match is_path {
            true => format!("has({0}) && {0} != null", left.text),
            false => return relation(left, "!=", &Piece::whole("null", Sort::Any)),
        };
        Piece {
            text,
            hold: Hold::And,
            sort: Sort::Bool,
        }
    };
    let full = || {
        let size = Piece::whole(format!("size({})", left.text), Sort::Number);
        let full = relation(&size, ">", &Piece::whole("0", Sort::Number));
        Piece::binary(&exists(), "&&", &full, Hold::And, Sort::Bool)
    };
    Some(match operation {
        "exists" => exists(),
        "notExists" => exists().negated(),
        "notEmpty" | "isNotEmpty" => full(),
        "empty" | "isEmpty" => full().negated(),
        "true" => relation(left, "==", &Piece::whole("true", Sort::Bool)),
        "false" => relation(left, "==", &Piece::whole("false", Sort::Bool)),
        _ => return None,
    })
}

fn with_right(left: &Piece, operation: &str, right: &Piece, sort: Sort) -> Option<Piece> {
    let size = || Piece::whole(format!("size({})", left.text), Sort::Number);
    let text = |method: &str| {
        Piece::whole(
            format!("{}.{method}({})", left.within(Hold::Whole), right.text),
            Sort::Bool,
        )
    };
    let holds = || match sort {
        Sort::List => Piece::binary(right, "in", left, Hold::Relation, Sort::Bool),
        Sort::Bool | Sort::Text | Sort::Number | Sort::Time | Sort::Any => text("contains"),
    };
    Some(match operation {
        "equals" | "equal" => relation(left, "==", right),
        "notEquals" | "notEqual" => relation(left, "!=", right),
        "gt" | "larger" | "after" => relation(left, ">", right),
        "lt" | "smaller" | "before" => relation(left, "<", right),
        "gte" | "largerEqual" | "afterOrEquals" => relation(left, ">=", right),
        "lte" | "smallerEqual" | "beforeOrEquals" => relation(left, "<=", right),
        "contains" => holds(),
        "notContains" => holds().negated(),
        "startsWith" => text("startsWith"),
        "notStartsWith" => text("startsWith").negated(),
        "endsWith" => text("endsWith"),
        "notEndsWith" => text("endsWith").negated(),
        "lengthEquals" => relation(&size(), "==", right),
        "lengthNotEquals" => relation(&size(), "!=", right),
        "lengthGt" => relation(&size(), ">", right),
        "lengthLt" => relation(&size(), "<", right),
        "lengthGte" => relation(&size(), ">=", right),
        "lengthLte" => relation(&size(), "<=", right),
        _ => return None,
    })
}

fn relation(left: &Piece, sign: &str, right: &Piece) -> Piece {
    Piece::binary(left, sign, right, Hold::Relation, Sort::Bool)
}
