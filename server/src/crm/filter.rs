//! Conditions on records: the same one as SQL and in memory.
//!
//! Null rules as in expressions: orderings and text tests are false on an empty field, equality takes null as a value.
//! Letters compare exactly.

use std::{cmp::Ordering, sync::Arc};

use pointsman_entities::time::Timestamp;
use pointsman_graph::{
    expression::{Comparison, Filter as Pushed},
    value::Value as Computed,
};
use sea_orm::{
    Value as Bound,
    sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query},
};

use super::{
    custom::stored,
    id,
    object::{Field, Kind, Object},
    record::Record,
    snapshot::of,
    validate,
    value::Value,
};

/// The column beside every amount.
const CURRENCY: &str = "amount_currency";

/// A condition on a record.
#[derive(Clone, Debug)]
pub enum Filter {
    Always(bool),
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// The record's id is one of these.
    Ids(Vec<pointsman_entities::ids::RecordId>),
    Field {
        index: usize,
        test: Test,
    },
    /// The record that the field refers to is there and fulfils the condition: one hop.
    Related {
        index: usize,
        object: Arc<Object>,
        filter: Box<Filter>,
    },
}

/// A condition on one field.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    Compare(Comparison, Value),
    In(Vec<Value>),
    IsNull,
    Contains(String),
    StartsWith(String),
    EndsWith(String),
    /// The option is among those of a multi-select.
    Holds(String),
}

impl Filter {
    /// The filter as a condition on the object's table. `table` is the name by which the statement knows it.
    #[must_use]
    pub fn to_sql(&self, object: &Object, table: &str) -> Condition {
        match self {
            Self::Always(selects) => Condition::all().add(Expr::val(*selects)),
            Self::All(parts) => parts
                .iter()
                .fold(Condition::all(), |all, part| all.add(part.to_sql(object, table))),
            Self::Any(parts) if parts.is_empty() => Condition::all().add(Expr::val(false)),
            Self::Any(parts) => parts
                .iter()
                .fold(Condition::any(), |any, part| any.add(part.to_sql(object, table))),
            Self::Not(part) => Condition::all().add(settled(part.to_sql(object, table)).not()),
            Self::Ids(ids) => Condition::all().add(column(table, "id").is_in(ids.iter().map(|id| id.0))),
            Self::Field { index, test } => match object.fields.get(*index) {
                Some(field) => test.condition(field, table),
                None => Condition::all().add(Expr::val(false)),
            },
            Self::Related {
                index,
                object: related,
                filter,
            } => {
                let Some(field) = object.fields.get(*index) else {
                    return Condition::all().add(Expr::val(false));
                };
                let select = Query::select()
                    .column("id")
                    .from(related.table)
                    .cond_where(of(related))
                    .cond_where(filter.to_sql(related, related.table))
                    .and_where(Expr::col((related.table, "deleted_at")).is_null())
                    .to_owned();
                Condition::all()
                    .add(field.expr(table).is_not_null())
                    .add(field.expr(table).in_subquery(select))
            }
        }
    }

    /// Whether the record fulfils the condition; none where it depends on a related record, which only SQL can tell.
    #[must_use]
    pub fn matches(&self, record: &Record) -> Option<bool> {
        Some(match self {
            Self::Always(selects) => *selects,
            Self::All(parts) => parts
                .iter()
                .map(|part| part.matches(record))
                .try_fold(true, |all, part| Some(all && part?))?,
            Self::Any(parts) => parts
                .iter()
                .map(|part| part.matches(record))
                .try_fold(false, |any, part| Some(any || part?))?,
            Self::Not(part) => !part.matches(record)?,
            Self::Ids(ids) => ids.contains(&record.id),
            Self::Field { index, test } => record.values.get(*index).is_some_and(|value| test.matches(value)),
            Self::Related { .. } => return None,
        })
    }

    /// Whether [`Filter::matches`] can tell of any record.
    #[must_use]
    pub fn stands_alone(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().all(Self::stands_alone),
            Self::Not(part) => part.stands_alone(),
            Self::Always(_) | Self::Ids(_) | Self::Field { .. } => true,
            Self::Related { .. } => false,
        }
    }

    /// The filter that an expression was turned into; none where a value can't be compared with its field as it is stored.
    #[must_use]
    pub fn from_expression(object: &Object, pushed: &Pushed) -> Option<Self> {
        let each = |parts: &[Pushed]| -> Option<Vec<Self>> {
            parts.iter().map(|part| Self::from_expression(object, part)).collect()
        };
        let test = |name: &str, test: Test| object.field(name).map(|(index, _)| Self::Field { index, test });
        match pushed {
            Pushed::Always(selects) => Some(Self::Always(*selects)),
            Pushed::All(parts) => Some(Self::All(each(parts)?)),
            Pushed::Any(parts) => Some(Self::Any(each(parts)?)),
            Pushed::Not(part) => Some(Self::Not(Box::new(Self::from_expression(object, part)?))),
            Pushed::Compare {
                field,
                op: Comparison::Equal,
                value,
            } if &**field == "id" => ids(object, [value]),
            Pushed::In { field, values } if &**field == "id" => ids(object, values.iter()),
            Pushed::Compare { field, op, value } => {
                let (_, known) = object.field(field)?;
                test(field, Test::Compare(*op, stored(known, value)?))
            }
            Pushed::In { field, values } => {
                let (_, known) = object.field(field)?;
                test(
                    field,
                    Test::In(values.iter().map(|value| stored(known, value)).collect::<Option<_>>()?),
                )
            }
            Pushed::Holds { field, text } => held(text, |text| test(field, Test::Holds(text))),
            Pushed::IsNull { field } => test(field, Test::IsNull),
            Pushed::Contains { field, text } => held(text, |text| test(field, Test::Contains(text))),
            Pushed::StartsWith { field, text } => held(text, |text| test(field, Test::StartsWith(text))),
            Pushed::EndsWith { field, text } => held(text, |text| test(field, Test::EndsWith(text))),
        }
    }
}

fn ids<'a>(object: &Object, values: impl IntoIterator<Item = &'a Computed>) -> Option<Filter> {
    let text = |value: &'a Computed| match value {
        Computed::String(text) => Some(text),
        Computed::Reference(reference) => Some(&reference.id),
        _ => None,
    };
    // Another spelling of an id is another text, and no record's id.
    let known = values.into_iter().filter_map(text).filter_map(|text| {
        let id = id::parse::<pointsman_entities::ids::RecordId>(object.name, text)?;
        (id::format(object.name, id) == **text).then_some(id)
    });
    Some(Filter::Ids(known.collect()))
}

/// The value as it is compared with what the field stores; none where that would not say what the expression says.
///
/// Never what a write would make of it: that trims, folds case and rounds to days, and the evaluator does none of it.
fn stored(field: &Field, value: &Computed) -> Option<Value> {
    match (&field.kind, value) {
        // Depends on each record's currency.
        (Kind::Money, _) => None,
        (Kind::Date | Kind::DateTime, Computed::Timestamp(time)) => {
            let micros = time.micros();
            let is_exact = pointsman_graph::value::Timestamp::from_micros(micros).is_ok_and(|stored| stored == *time);
            is_exact.then_some(Value::Time(Timestamp(micros)))
        }
        // PostgreSQL takes no NUL as a parameter.
        (kind, Computed::String(text)) if kind.is_text() => {
            (!text.contains('\0')).then(|| Value::text(Arc::clone(text)))
        }
        _ => {
            let stored = validate::from_expression(field, value, None).ok()?;
            (stored.to_expression(field) == *value).then_some(stored)
        }
    }
}

/// A test of a text that no record can hold is one that none passes.
fn held(text: &str, test: impl FnOnce(String) -> Option<Filter>) -> Option<Filter> {
    match text.contains('\0') {
        true => Some(Filter::Always(false)),
        false => test(text.to_owned()),
    }
}

fn column(table: &str, name: &'static str) -> Expr {
    Expr::col((Alias::new(table), Alias::new(name)))
}

impl Test {
    /// The test on the field's columns. Amounts of different currencies are different, and have no order.
    fn condition(&self, field: &Field, table: &str) -> Condition {
        let test = self.to_sql(field, field.expr(table));
        let Self::Compare(comparison, Value::Money(money)) = self else {
            return Condition::all().add(test);
        };
        let (currency, code) = (column(table, CURRENCY), money.currency.code());
        match comparison {
            Comparison::NotEqual => Condition::any().add(test).add(currency.ne(code)),
            Comparison::Equal
            | Comparison::Less
            | Comparison::LessOrEqual
            | Comparison::Greater
            | Comparison::GreaterOrEqual => Condition::all().add(test).add(currency.eq(code)),
        }
    }

    fn to_sql(&self, field: &Field, column: Expr) -> Expr {
        match self {
            Self::Compare(Comparison::Equal, Value::Null) | Self::IsNull => column.is_null(),
            Self::Compare(Comparison::NotEqual, Value::Null) => column.is_not_null(),
            Self::Compare(Comparison::Equal, value) => column.eq(bound(value)),
            Self::Compare(Comparison::NotEqual, value) => column.clone().ne(bound(value)).or(column.is_null()),
            Self::Compare(Comparison::Less, value) => column.lt(bound(value)),
            Self::Compare(Comparison::LessOrEqual, value) => column.lte(bound(value)),
            Self::Compare(Comparison::Greater, value) => column.gt(bound(value)),
            Self::Compare(Comparison::GreaterOrEqual, value) => column.gte(bound(value)),
            Self::In(values) => {
                let known = column
                    .clone()
                    .is_in(values.iter().filter(|value| !value.is_null()).map(bound));
                if values.iter().any(Value::is_null) {
                    known.or(column.is_null())
                } else {
                    known
                }
            }
            Self::Contains(_) | Self::StartsWith(_) | Self::EndsWith(_) if !field.kind.is_text() => Expr::val(false),
            Self::Holds(option) => column.like(pattern("%", &stored::among(option), "%")),
            Self::Contains(text) => column.like(pattern("%", text, "%")),
            Self::StartsWith(text) => column.like(pattern("", text, "%")),
            Self::EndsWith(text) => column.like(pattern("%", text, "")),
        }
    }

    /// Whether the value passes.
    pub(super) fn matches(&self, value: &Value) -> bool {
        let text = |test: &dyn Fn(&str) -> bool| value.as_text().is_some_and(test);
        match self {
            Self::Compare(Comparison::Equal, other) => value == other,
            Self::Compare(Comparison::NotEqual, other) => value != other,
            Self::Compare(Comparison::Less, other) => ranked(value, other).is_some_and(Ordering::is_lt),
            Self::Compare(Comparison::LessOrEqual, other) => ranked(value, other).is_some_and(Ordering::is_le),
            Self::Compare(Comparison::Greater, other) => ranked(value, other).is_some_and(Ordering::is_gt),
            Self::Compare(Comparison::GreaterOrEqual, other) => ranked(value, other).is_some_and(Ordering::is_ge),
            Self::In(values) => values.contains(value),
            Self::IsNull => value.is_null(),
            Self::Contains(part) => text(&|text| text.contains(part)),
            Self::StartsWith(part) => text(&|text| text.starts_with(part)),
            Self::EndsWith(part) => text(&|text| text.ends_with(part)),
            Self::Holds(option) => matches!(value, Value::Choices(_)) && value.chooses(option),
        }
    }
}

/// SQL's unknown becomes false. Needed below a negation only: elsewhere unknown selects no row, as false does, and a bare
/// comparison can use an index.
fn settled(condition: Condition) -> Expr {
    Expr::from(Func::coalesce([Expr::from(condition), Expr::val(false)]))
}

/// How two values of one field compare, as the database orders them; none where either is empty.
#[must_use]
pub fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::Id(a), Value::Id(b)) => Some(a.cmp(b)),
        (Value::Money(a), Value::Money(b)) => Some(a.minor.cmp(&b.minor)),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.units.cmp(&b.units)),
        (Value::Choices(a), Value::Choices(b)) => Some(stored::joined(a).cmp(&stored::joined(b))),
        _ => None,
    }
}

/// As [`order`], but amounts of different currencies have none.
fn ranked(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Money(a), Value::Money(b)) if a.currency != b.currency => None,
        _ => order(a, b),
    }
}

/// The value as a statement's parameter.
#[must_use]
pub fn bound(value: &Value) -> Bound {
    match value {
        Value::Null => Bound::BigInt(None),
        Value::Bool(value) => (*value).into(),
        Value::Integer(value) => (*value).into(),
        Value::Text(text) => text.to_string().into(),
        Value::Time(time) => time.micros().into(),
        Value::Id(id) => id.0.into(),
        Value::Money(money) => money.minor.into(),
        Value::Decimal(scaled) => scaled.units.into(),
        Value::Choices(options) => stored::joined(options).into(),
    }
}

/// Text that holds the part; what SQL reads as wild cards stands for itself.
#[must_use]
pub fn holding(part: &str) -> sea_orm::sea_query::LikeExpr {
    pattern("%", part, "%")
}

fn pattern(before: &str, text: &str, after: &str) -> sea_orm::sea_query::LikeExpr {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    sea_orm::sea_query::LikeExpr::new(format!("{before}{escaped}{after}")).escape('\\')
}
