//! Filters as clients write them, turned into conditions on records. Tests on one field all have to hold.

use async_graphql::{ID, InputObject};
use pointsman_graph::expression::Comparison;

use super::{
    cell::Cell,
    custom::CustomFilter,
    error::{Error, Result},
    money::Money,
    scalar::{Date, DateTime},
};
use crate::crm::{
    Access, Catalogue, Value,
    filter::{Filter, Test},
    id,
    object::{Field, Kind, Object},
    validate::{self, Invalid},
};

/// Tests on a text. Letters compare exactly.
#[derive(Clone, Debug, Default, InputObject)]
pub struct TextFilter {
    /// The same text.
    pub eq: Option<String>,
    /// Another text, or none.
    pub neq: Option<String>,
    /// One of these.
    pub r#in: Option<Vec<String>>,
    /// None of these.
    pub not_in: Option<Vec<String>>,
    /// Sorted before it.
    pub lt: Option<String>,
    /// Sorted before it, or the same.
    pub lte: Option<String>,
    /// Sorted after it.
    pub gt: Option<String>,
    /// Sorted after it, or the same.
    pub gte: Option<String>,
    /// Holds this text.
    pub contains: Option<String>,
    /// Begins with this text.
    pub starts_with: Option<String>,
    /// Whether the field is empty.
    pub is_null: Option<bool>,
}

/// Makes the filter of a type whose values have an order.
macro_rules! range {
    ($(#[$doc:meta])* $name:ident of $type:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, InputObject)]
        pub struct $name {
            /// The same value.
            pub eq: Option<$type>,
            /// Another value, or none.
            pub neq: Option<$type>,
            /// One of these.
            pub r#in: Option<Vec<$type>>,
            /// None of these.
            pub not_in: Option<Vec<$type>>,
            /// Less, or earlier.
            pub lt: Option<$type>,
            /// Less or the same.
            pub lte: Option<$type>,
            /// Greater, or later.
            pub gt: Option<$type>,
            /// Greater or the same.
            pub gte: Option<$type>,
            /// Whether the field is empty.
            pub is_null: Option<bool>,
        }

        impl ToTests for $name {
            fn tests(self) -> Tests {
                Tests::default()
                    .equality(self.eq, self.neq, self.r#in, self.not_in)
                    .range(self.lt, self.lte, self.gt, self.gte)
                    .emptiness(self.is_null)
            }
        }
    };
}

range! {
    /// Tests on a whole number.
    IntFilter of i32
}

range! {
    /// Tests on an instant.
    DateTimeFilter of DateTime
}

range! {
    /// Tests on a day.
    DateFilter of Date
}

/// Tests on a yes or no.
#[derive(Clone, Debug, Default, InputObject)]
pub struct BooleanFilter {
    /// This value.
    pub eq: Option<bool>,
    /// The other value.
    pub neq: Option<bool>,
}

/// Tests on an amount. Amounts of different currencies are different, and have no order.
#[derive(Clone, Debug, Default, InputObject)]
pub struct MoneyFilter {
    /// The same amount of the same currency.
    pub eq: Option<Money>,
    /// Another amount, another currency, or none.
    pub neq: Option<Money>,
    /// Less of the same currency.
    pub lt: Option<Money>,
    /// Less of the same currency, or the same.
    pub lte: Option<Money>,
    /// More of the same currency.
    pub gt: Option<Money>,
    /// More of the same currency, or the same.
    pub gte: Option<Money>,
    /// Whether the field is empty.
    pub is_null: Option<bool>,
}

/// Tests on an id.
#[derive(Clone, Debug, Default, InputObject)]
pub struct IdFilter {
    /// This record.
    pub eq: Option<ID>,
    /// Another record, or none.
    pub neq: Option<ID>,
    /// One of these.
    pub r#in: Option<Vec<ID>>,
    /// None of these.
    pub not_in: Option<Vec<ID>>,
    /// Whether there is none.
    pub is_null: Option<bool>,
}

/// Tests on one field, as a client's filter names them.
#[derive(Default)]
pub struct Tests(Vec<(bool, Given)>);

enum Given {
    Compare(Comparison, std::result::Result<Value, Invalid>),
    In(Vec<std::result::Result<Value, Invalid>>),
    Test(Test),
}

impl Tests {
    fn compare<T: Cell>(mut self, comparison: Comparison, value: Option<T>) -> Self {
        self.0
            .extend(value.map(|value| (true, Given::Compare(comparison, value.keep()))));
        self
    }

    fn within<T: Cell>(mut self, holds: bool, values: Option<Vec<T>>) -> Self {
        let values = values.map(|values| values.into_iter().map(T::keep).collect());
        self.0.extend(values.map(|values| (holds, Given::In(values))));
        self
    }

    fn test(mut self, holds: bool, test: Option<Test>) -> Self {
        self.0.extend(test.map(|test| (holds, Given::Test(test))));
        self
    }

    /// Whether the field is empty.
    pub fn emptiness(self, is_null: Option<bool>) -> Self {
        self.test(is_null.unwrap_or_default(), is_null.map(|_| Test::IsNull))
    }

    /// Equality and membership.
    pub fn equality<T: Cell>(
        self,
        eq: Option<T>,
        neq: Option<T>,
        within: Option<Vec<T>>,
        without: Option<Vec<T>>,
    ) -> Self {
        self.compare(Comparison::Equal, eq)
            .compare(Comparison::NotEqual, neq)
            .within(true, within)
            .within(false, without)
    }

    fn range<T: Cell>(self, lt: Option<T>, lte: Option<T>, gt: Option<T>, gte: Option<T>) -> Self {
        self.compare(Comparison::Less, lt)
            .compare(Comparison::LessOrEqual, lte)
            .compare(Comparison::Greater, gt)
            .compare(Comparison::GreaterOrEqual, gte)
    }
}

/// A client's filter on one field.
pub trait ToTests {
    /// What it tests.
    fn tests(self) -> Tests;
}

impl ToTests for TextFilter {
    fn tests(self) -> Tests {
        Tests::default()
            .equality(self.eq, self.neq, self.r#in, self.not_in)
            .range(self.lt, self.lte, self.gt, self.gte)
            .test(true, self.contains.map(Test::Contains))
            .test(true, self.starts_with.map(Test::StartsWith))
            .emptiness(self.is_null)
    }
}

impl ToTests for BooleanFilter {
    fn tests(self) -> Tests {
        Tests::default().equality(self.eq, self.neq, None, None)
    }
}

impl ToTests for MoneyFilter {
    fn tests(self) -> Tests {
        Tests::default()
            .equality(self.eq, self.neq, None, None)
            .range(self.lt, self.lte, self.gt, self.gte)
            .emptiness(self.is_null)
    }
}

/// A client's filter on an object, as the object's table has it.
pub trait ToFilter {
    /// Adds its parts to the condition.
    ///
    /// # Errors
    /// Where a test can't be put to its field.
    fn parts(self, condition: &mut Building<'_>) -> Result<()>;
}

/// A condition in the making, on one object.
pub struct Building<'a> {
    catalogue: &'a Catalogue,
    access: &'a Access,
    object: &'a Object,
    /// Whether this object is itself one hop away.
    related: bool,
    parts: Vec<Filter>,
}

/// The condition that a client's filter means.
///
/// # Errors
/// Where a test can't be put to its field.
pub fn condition<F: ToFilter>(
    catalogue: &Catalogue,
    access: &Access,
    object: &Object,
    filter: Option<F>,
) -> Result<Filter> {
    let mut building = Building {
        catalogue,
        access,
        object,
        related: false,
        parts: Vec::new(),
    };
    if let Some(filter) = filter {
        filter.parts(&mut building)?;
    }
    Ok(Filter::All(building.parts))
}

impl Building<'_> {
    fn nested<F: ToFilter>(&self, filter: F) -> Result<Filter> {
        let mut nested = Building {
            parts: Vec::new(),
            ..*self
        };
        filter.parts(&mut nested)?;
        Ok(Filter::All(nested.parts))
    }

    /// `and`, `or` and `not`.
    pub fn combine<F: ToFilter>(&mut self, and: Option<Vec<F>>, or: Option<Vec<F>>, not: Option<F>) -> Result<()> {
        for filter in and.into_iter().flatten() {
            self.parts.push(self.nested(filter)?);
        }
        if let Some(filters) = or {
            let any = filters
                .into_iter()
                .map(|filter| self.nested(filter))
                .collect::<Result<_>>()?;
            self.parts.push(Filter::Any(any));
        }
        if let Some(filter) = not {
            self.parts.push(Filter::Not(Box::new(self.nested(filter)?)));
        }
        Ok(())
    }

    /// Tests on a field of the object.
    pub fn field(&mut self, name: &str, filter: Option<impl ToTests>) -> Result<()> {
        let (Some(filter), Some((index, field))) = (filter, self.object.field(name)) else {
            return Ok(());
        };
        seen(self.access, self.object, field)?;
        for (holds, given) in filter.tests().0 {
            let test = Filter::Field {
                index,
                test: given.on(field)?,
            };
            self.parts.push(negated(holds, test));
        }
        Ok(())
    }

    /// Tests on custom fields.
    pub fn custom(&mut self, filters: Option<Vec<CustomFilter>>) -> Result<()> {
        for filter in filters.into_iter().flatten() {
            let (index, tests) = filter.tests(self.object)?;
            if let Some(field) = self.object.fields.get(index) {
                seen(self.access, self.object, field)?;
            }
            let tests = tests
                .into_iter()
                .map(|(holds, test)| negated(holds, Filter::Field { index, test }));
            self.parts.extend(tests);
        }
        Ok(())
    }

    /// Tests on the record's own id.
    pub fn id(&mut self, filter: Option<IdFilter>) {
        let Some(filter) = filter else { return };
        let ids = |ids: Vec<ID>| Filter::Ids(ids.iter().filter_map(|id| id::parse(self.object.name, id)).collect());
        let parts = [
            filter.eq.map(|id| ids(vec![id])),
            filter.neq.map(|id| negated(false, ids(vec![id]))),
            filter.r#in.map(ids),
            filter.not_in.map(|list| negated(false, ids(list))),
            filter.is_null.map(|is_null| Filter::Always(!is_null)),
        ];
        self.parts.extend(parts.into_iter().flatten());
    }

    /// Tests on the id of the record that a field refers to.
    pub fn reference(&mut self, name: &str, filter: Option<IdFilter>) -> Result<()> {
        let (Some(filter), Some((index, field))) = (filter, self.object.field(name)) else {
            return Ok(());
        };
        seen(self.access, self.object, field)?;
        let Kind::Reference { object } = &field.kind else {
            return Ok(());
        };
        let within = |ids: Vec<ID>| {
            let ids = ids
                .iter()
                .filter_map(|id| id::parse(object, id).map(Value::Id))
                .collect();
            Filter::Field {
                index,
                test: Test::In(ids),
            }
        };
        let is_null = Filter::Field {
            index,
            test: Test::IsNull,
        };
        let parts = [
            filter.eq.map(|id| within(vec![id])),
            filter.neq.map(|id| negated(false, within(vec![id]))),
            filter.r#in.map(within),
            filter.not_in.map(|list| negated(false, within(list))),
            filter.is_null.map(|holds| negated(holds, is_null)),
        ];
        self.parts.extend(parts.into_iter().flatten());
        Ok(())
    }

    /// A filter on the record that a field refers to: one hop.
    pub fn related<F: ToFilter>(&mut self, name: &str, filter: Option<F>) -> Result<()> {
        let (Some(filter), Some((index, field))) = (filter, self.object.field(name)) else {
            return Ok(());
        };
        seen(self.access, self.object, field)?;
        let Kind::Reference { object } = &field.kind else {
            return Ok(());
        };
        let Some(object) = self.catalogue.object(object).filter(|_| !self.related) else {
            return Err(Error::input(format!(
                "`{name}` is more than one hop away: a filter reaches the records that a record refers to, not theirs."
            )));
        };
        let mut related = Building {
            catalogue: self.catalogue,
            access: self.access,
            object,
            related: true,
            parts: Vec::new(),
        };
        filter.parts(&mut related)?;
        self.parts.push(Filter::Related {
            index,
            object: object.clone(),
            filter: Box::new(Filter::All(related.parts)),
        });
        Ok(())
    }
}

/// A hidden field is refused as one that isn't there: what a filter or an order finds would tell it.
///
/// # Errors
/// `BAD_USER_INPUT` where the field is hidden.
pub fn seen(access: &Access, object: &Object, field: &Field) -> Result<()> {
    match access.sees(object, field) {
        true => Ok(()),
        false => Err(Error::input(format!(
            "A {} has no field `{}`.",
            object.label.to_lowercase(),
            field.name
        ))),
    }
}

impl Given {
    fn on(self, field: &Field) -> Result<Test> {
        let usable = |value: std::result::Result<Value, Invalid>| {
            value.map_err(|invalid| Error::input(format!("`{}` {}.", field.name, invalid.message)))
        };
        Ok(match self {
            Self::Compare(comparison, value) => Test::Compare(comparison, canonical(field, usable(value)?)),
            Self::In(values) => Test::In(
                values
                    .into_iter()
                    .map(|value| Ok(canonical(field, usable(value)?)))
                    .collect::<Result<_>>()?,
            ),
            Self::Test(test) => test,
        })
    }
}

/// The value as the field would store it, such as an address in lower case; as it is where the field could not hold it.
pub fn canonical(field: &Field, value: Value) -> Value {
    validate::normalize(field, value.clone())
        .ok()
        .filter(|canonical| !canonical.is_null())
        .unwrap_or(value)
}

fn negated(holds: bool, filter: Filter) -> Filter {
    if holds { filter } else { Filter::Not(Box::new(filter)) }
}
