//! Finds conditions that always hold, or never. What a condition reads is tried out with every value that can make a
//! difference to it: each literal it is compared with, something between and beyond, each option of an enum, null. What it
//! can't look into counts as yes or no, whichever. So what is found is certain; not everything that is so is found.

use std::{cmp::Ordering, sync::Arc};

use super::{
    Budget, Comparison, Variables,
    evaluate::Evaluation,
    node::{Kind, Node},
};
use crate::value::{Type, Value, order};

/// The most cases that are tried out.
const CASES: usize = 512;

/// Whether the condition comes to the same whatever it reads; none where that isn't certain.
pub(crate) fn constant(root: &Node, source: &str) -> Option<bool> {
    let mut subjects = Subjects {
        source,
        known: Vec::new(),
    };
    let formula = subjects.formula(root);
    let places: Vec<_> = subjects.known.iter().map(Subject::places).collect();
    let cases = places.iter().try_fold(1_usize, |cases, places| {
        cases.checked_mul(places.len()).filter(|cases| *cases <= CASES)
    })?;
    let formula = formula.numbered(&subjects.known);
    let first = formula.holds(&places, 0)?;
    let same = |case| formula.holds(&places, case) == Some(first);
    (1..cases).all(same).then_some(first)
}

/// What is left of a condition: comparisons of what it reads with literals.
enum Formula<L> {
    Constant(bool),
    /// A subject beside a literal.
    Test(usize, Comparison, L),
    /// A subject that is true or false.
    Yes(usize),
    Not(Box<Formula<L>>),
    And(Vec<Formula<L>>),
    Or(Vec<Formula<L>>),
}

/// Where a literal stands among those of its subject.
#[derive(Clone, Copy)]
enum Number {
    At(usize),
    Null,
}

/// Where a subject stands among its literals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The literal of that number.
    At(usize),
    /// Before the literal of that number, and behind the one before it.
    Before(usize),
    Null,
    /// Compares with nothing.
    NaN,
}

/// One thing that a condition reads.
struct Subject {
    text: Arc<str>,
    /// What it is compared with, in order, each once.
    literals: Vec<Value>,
    /// Whether it can be nothing but one of the literals.
    closed: bool,
    nullable: bool,
    double: bool,
}

/// What a condition reads, each once.
struct Subjects<'s> {
    source: &'s str,
    known: Vec<Subject>,
}

impl Subjects<'_> {
    fn formula(&mut self, node: &Node) -> Formula<Value> {
        if let Some(value) = value(node) {
            return Formula::Constant(value == Value::Bool(true));
        }
        match &node.kind {
            Kind::And(both) => Formula::And(both.iter().map(|side| self.formula(side)).collect()),
            Kind::Or(both) => Formula::Or(both.iter().map(|side| self.formula(side)).collect()),
            Kind::Not(inner) => Formula::Not(Box::new(self.formula(inner))),
            Kind::Compare(op, both) => {
                let [left, right] = &**both;
                let test = match (value(left), value(right)) {
                    (None, Some(literal)) => self.test(*op, left, literal),
                    (Some(literal), None) => self.test(op.flipped(), right, literal),
                    (None, None) | (Some(_), Some(_)) => None,
                };
                test.unwrap_or_else(|| self.yes(node))
            }
            Kind::In(both) => {
                let [element, collection] = &**both;
                let tests: Option<Vec<_>> = match value(collection) {
                    Some(Value::List(items)) => items
                        .iter()
                        .map(|literal| self.test(Comparison::Equal, element, literal.clone()))
                        .collect(),
                    Some(_) | None => None,
                };
                tests.map_or_else(|| self.yes(node), Formula::Or)
            }
            _ => self.yes(node),
        }
    }

    /// A comparison; none where the literal has no place among others of the subject's type.
    fn test(&mut self, op: Comparison, node: &Node, literal: Value) -> Option<Formula<Value>> {
        let equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
        let ordered = order(&literal, &literal).is_ok() && *node.ty.without_null() != Type::Dyn;
        if !(ordered || literal == Value::Null && equality) {
            return None;
        }
        let subject = self.subject(node, *node.ty.without_null() == Type::Bool);
        self.known.get_mut(subject)?.learn(&literal);
        Some(Formula::Test(subject, op, literal))
    }

    /// Something of which nothing is known but that it is true or false.
    fn yes(&mut self, node: &Node) -> Formula<Value> {
        Formula::Yes(self.subject(node, true))
    }

    fn subject(&mut self, node: &Node, yes_or_no: bool) -> usize {
        let text = self.source.get(node.span.clone()).unwrap_or_default();
        if let Some(place) = self.known.iter().position(|subject| *subject.text == *text) {
            return place;
        }
        self.known.push(Subject::new(node, text, yes_or_no));
        self.known.len() - 1
    }
}

impl Subject {
    fn new(node: &Node, text: &str, yes_or_no: bool) -> Self {
        let options: Option<Vec<_>> = match node.ty.without_null() {
            _ if yes_or_no => Some([false, true].map(Value::Bool).into()),
            Type::Enum { options, .. } => Some(options.iter().cloned().map(Value::String).collect()),
            _ => None,
        };
        let mut subject = Self {
            text: text.into(),
            literals: Vec::new(),
            closed: options.is_some(),
            nullable: may_be_null(node),
            double: options.is_none() && *node.ty.without_null() == Type::Double,
        };
        options.iter().flatten().for_each(|option| subject.learn(option));
        subject
    }

    fn learn(&mut self, literal: &Value) {
        if *literal == Value::Null || self.number(literal).is_some() {
            return;
        }
        let behind = |other: &Value| order(literal, other) == Ok(Ordering::Less);
        let place = self.literals.iter().position(behind).unwrap_or(self.literals.len());
        self.literals.insert(place, literal.clone());
    }

    fn number(&self, literal: &Value) -> Option<usize> {
        self.literals
            .iter()
            .position(|other| order(other, literal) == Ok(Ordering::Equal))
    }

    fn places(&self) -> Vec<Place> {
        let at = (0..self.literals.len()).map(Place::At);
        let before = (0..=self.literals.len()).filter(|_| !self.closed).map(Place::Before);
        let null = self.nullable.then_some(Place::Null);
        let nan = self.double.then_some(Place::NaN);
        at.chain(before).chain(null).chain(nan).collect()
    }
}

impl Formula<Value> {
    /// With each literal's number among those of its subject.
    fn numbered(self, subjects: &[Subject]) -> Formula<Option<Number>> {
        let all = |parts: Vec<Self>| parts.into_iter().map(|part| part.numbered(subjects)).collect();
        match self {
            Self::Constant(holds) => Formula::Constant(holds),
            Self::Yes(subject) => Formula::Yes(subject),
            Self::Test(subject, op, Value::Null) => Formula::Test(subject, op, Some(Number::Null)),
            Self::Test(subject, op, literal) => {
                let number = subjects.get(subject).and_then(|subject| subject.number(&literal));
                Formula::Test(subject, op, number.map(Number::At))
            }
            Self::Not(inner) => Formula::Not(Box::new(inner.numbered(subjects))),
            Self::And(parts) => Formula::And(all(parts)),
            Self::Or(parts) => Formula::Or(all(parts)),
        }
    }
}

impl Formula<Option<Number>> {
    /// What it comes to in one case, whose number is read as digits, one for each subject.
    fn holds(&self, places: &[Vec<Place>], case: usize) -> Option<bool> {
        match self {
            Self::Constant(holds) => Some(*holds),
            Self::Yes(subject) => place(places, case, *subject).map(|place| place == Place::At(1)),
            Self::Test(subject, op, literal) => Some(compare(place(places, case, *subject)?, *op, (*literal)?)),
            Self::Not(inner) => inner.holds(places, case).map(|holds| !holds),
            Self::And(parts) => parts
                .iter()
                .try_fold(true, |all, part| Some(part.holds(places, case)? && all)),
            Self::Or(parts) => parts
                .iter()
                .try_fold(false, |any, part| Some(part.holds(places, case)? || any)),
        }
    }
}

fn place(places: &[Vec<Place>], case: usize, subject: usize) -> Option<Place> {
    let rest = places
        .iter()
        .take(subject)
        .fold(case, |rest, places| rest / places.len().max(1));
    let own = places.get(subject)?;
    own.get(rest.checked_rem(own.len())?).copied()
}

fn compare(place: Place, op: Comparison, literal: Number) -> bool {
    let ordering = match (place, literal) {
        (Place::Null, Number::Null) => return op == Comparison::Equal,
        (Place::Null | Place::NaN, _) | (_, Number::Null) => return op == Comparison::NotEqual,
        (Place::At(at), Number::At(number)) => at.cmp(&number),
        (Place::Before(at), Number::At(number)) if at <= number => Ordering::Less,
        (Place::Before(_), Number::At(_)) => Ordering::Greater,
    };
    op.holds(ordering)
}

/// A field of a record or group that is surely there is never null unless its type says so.
fn may_be_null(node: &Node) -> bool {
    match (&node.ty, &node.kind) {
        (Type::Nullable(_) | Type::Null | Type::Dyn, _) => true,
        (Type::Record(_) | Type::Struct(_), Kind::Variable(_)) => false,
        (_, Kind::Select(select)) if select.declared => {
            let surely = matches!(select.operand.ty, Type::Record(_) | Type::Struct(_));
            !surely || may_be_null(&select.operand)
        }
        _ => true,
    }
}

/// The value of a part that reads nothing.
fn value(node: &Node) -> Option<Value> {
    if !reads_nothing(node) {
        return None;
    }
    let (bindings, mut budget) = (Variables::default(), Budget::default());
    Evaluation::new(&bindings, &mut budget, None).value(node).ok()
}

fn reads_nothing(node: &Node) -> bool {
    let reads = matches!(node.kind, Kind::Variable(_) | Kind::Local(_) | Kind::Unknown(_));
    !reads && node.children().into_iter().all(reads_nothing)
}
