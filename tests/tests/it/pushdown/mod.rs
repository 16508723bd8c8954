//! The same condition as SQL: a filter that the database runs selects the records for which the evaluator says yes, or there is
//! no filter. Random conditions over awkward records, the same ones each time.

mod conditions;

use std::{collections::BTreeSet, sync::Arc};

use anyhow::{Context, Result, ensure};
use pointsman::crm::{
    Record,
    custom::{definition::Type as Kind, fields::NewField},
    filter::Filter,
    query::{Page, Query},
};
use pointsman_graph::{
    expression::{Budget, Expression, TypeScope, Variables},
    value::{Schema, Timestamp, Type, Value},
};
use pointsman_tests::world::{START, World, field, options};
use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Value as Json, json};

use crate::both;
use conditions::Conditions;

/// Conditions for each of the two objects.
const CONDITIONS: usize = 5_000;

/// Records of each object.
const RECORDS: usize = 40;

both! {
    async fn ten_thousand_conditions_select_the_same_records_as_the_evaluator(world: World) -> Result<World> {
        custom_fields(&world).await?;
        for object in ["contact", "deal"] {
            for number in 0..RECORDS {
                world.create(object, values(object, number)).await?;
            }

            let told = agree(&world, object).await?;

            ensure!(told > CONDITIONS / 3, "only {told} conditions on a {object} were translated");
        }
        Ok(world)
    }

    /// What a write would make of a value is not what an expression says of it.
    async fn a_value_is_compared_as_it_is_written(world: World) -> Result<World> {
        world.create("contact", json!({ "name": "Ann", "email": "ann@example.com", "country": "de" })).await?;
        world.create("deal", json!({ "name": "Big", "closeDate": "2026-01-05" })).await?;

        for (object, condition, expected) in [
            ("contact", "record.name == 'Ann'", 1),
            ("contact", "record.name == ' Ann '", 0),
            ("contact", "record.firstName == ''", 0),
            ("contact", "record.firstName != ''", 1),
            ("contact", "record.email == 'ANN@example.com'", 0),
            ("contact", "record.country in ['de']", 0),
            ("contact", "record.name.contains('n\\u0000')", 0),
            ("deal", "record.closeDate < timestamp('2026-01-05T12:00:00Z')", 1),
            ("deal", "record.closeDate == timestamp('2026-01-05T12:00:00Z')", 0),
            ("deal", "record.closeDate < now", 1),
        ] {
            let side = Side::new(&world, object).await?;
            let expression = side.compile(condition).with_context(|| condition.to_owned())?;
            let filter = side.filter(&expression).with_context(|| format!("{condition} has no translation"))?;

            let selected = side.selected(&world, filter).await?;

            ensure!(selected.len() == expected, "{condition} selects {}", selected.len());
            ensure!(Some(selected) == side.evaluated(&expression), "{condition}");
        }
        Ok(world)
    }
}

/// Custom fields of contacts, which conditions mention as core fields.
async fn custom_fields(world: &World) -> Result<()> {
    let choice = |key: &str, kind| NewField {
        options: options(&["BASIC", "FULL", "A_B"]),
        ..field(key, kind)
    };
    let decimal = NewField {
        scale: Some(2),
        ..field("fee", Kind::Decimal)
    };
    let company = NewField {
        target: Some("company".into()),
        ..field("partner", Kind::Reference)
    };
    for new in [
        field("nickname", Kind::Text),
        field("seats", Kind::Integer),
        decimal,
        field("vip", Kind::Boolean),
        field("renewal", Kind::Date),
        field("seenAt", Kind::DateTime),
        choice("plan", Kind::Select),
        choice("modules", Kind::MultiSelect),
        company,
    ] {
        world.define(&new).await?;
    }
    Ok(())
}

/// How many of the conditions were translated; none of them otherwise than the evaluator has it.
async fn agree(world: &World, object: &str) -> Result<usize> {
    let side = Side::new(world, object).await?;
    let mut conditions = Conditions::new(object, &side.records, StdRng::seed_from_u64(20_260_105));
    let (mut compiled, mut translated) = (0, 0);
    while compiled < CONDITIONS {
        let source = conditions.next();
        let Some(expression) = side.compile(&source) else {
            continue;
        };
        compiled += 1;
        let Some(filter) = side.filter(&expression) else {
            continue;
        };
        translated += 1;
        let expected = side
            .evaluated(&expression)
            .with_context(|| format!("{source} has no value, yet a translation"))?;

        let by_memory = side
            .records
            .iter()
            .filter(|record| filter.matches(record) == Some(true));
        let by_memory: BTreeSet<_> = by_memory.map(|record| record.global_id()).collect();
        let by_database = side.selected(world, filter).await?;

        ensure!(
            by_database == expected,
            "{source}\nthe database: {by_database:?}\nthe evaluator: {expected:?}"
        );
        ensure!(
            by_memory == expected,
            "{source}\nin memory: {by_memory:?}\nthe evaluator: {expected:?}"
        );
    }
    Ok(translated)
}

/// The records of one object, as an expression sees them.
struct Side {
    object: String,
    records: Vec<Arc<Record>>,
    scope: TypeScope,
}

impl Side {
    async fn new(world: &World, object: &str) -> Result<Self> {
        let catalogue: Arc<dyn Schema> = world.crm.catalogue();
        let record = catalogue.object(object).context("object")?;
        Ok(Self {
            object: object.to_owned(),
            records: world.all(object).await?,
            scope: TypeScope::new(catalogue)
                .with("record", Type::Record(record))
                .with("now", Type::Timestamp),
        })
    }

    fn compile(&self, source: &str) -> Option<Expression> {
        Expression::compile_condition(source, &self.scope).ok()
    }

    fn variables(&self) -> Variables {
        let now = Timestamp::from_micros(START.micros()).map_or(Value::Null, Value::Timestamp);
        Variables::default().with("now", now)
    }

    fn filter(&self, expression: &Expression) -> Option<Filter> {
        let object = self.records.first().map(|record| Arc::clone(&record.object))?;
        let pushed = expression.filter("record", &self.variables(), &mut Budget::default())?;
        Filter::from_expression(&object, &pushed)
    }

    /// None where the evaluator has no answer for some record.
    fn evaluated(&self, expression: &Expression) -> Option<BTreeSet<String>> {
        let mut holding = BTreeSet::new();
        for record in &self.records {
            let variables = self.variables().with("record", record.to_expression());
            if expression.holds(&variables, &mut Budget::default()).ok()? {
                holding.insert(record.global_id());
            }
        }
        Some(holding)
    }

    async fn selected(&self, world: &World, filter: Filter) -> Result<BTreeSet<String>> {
        let object = world.crm.object(&self.object).context("object")?;
        let query = Query {
            object,
            filter,
            order: Vec::new(),
        };
        let page = Page {
            size: 1_000,
            backward: false,
            from: None,
        };
        let found = world.crm.find(&world.access, &query, &page).await?;
        Ok(found.records.iter().map(|record| record.global_id()).collect())
    }
}

/// Values that differ in case, blanks, wild cards and emptiness; numbers and dates at the ends of their ranges.
fn values(object: &str, number: usize) -> Json {
    let text = |place: usize| match conditions::TEXTS[(number + place) % conditions::TEXTS.len()].trim() {
        "" => Json::Null,
        text => text.replace('\0', "").into(),
    };
    let pick = |choices: &[Json], place: usize| choices[(number / (place + 1) + place) % choices.len()].clone();
    let dates = [
        json!("2026-01-05"),
        json!("1970-01-01"),
        json!("1969-12-31"),
        Json::Null,
        json!("2026-01-04"),
        json!("9999-12-31"),
    ];
    match object {
        "contact" => json!({
            "name": format!("{number} {}", text(0).as_str().unwrap_or("x")),
            "firstName": text(1), "city": text(2), "description": text(3),
            "email": format!("Person{number}@Example.com"),
            "country": pick(&[json!("DE"), Json::Null, json!("fr")], 1),
            "status": pick(&[json!("LEAD"), json!("ACTIVE"), json!("CHURNED")], 2),
            "score": pick(&[json!(0), json!(-1), json!(75), Json::Null, json!(1_000_000), json!(-1_000_000)], 0),
            "emailOptOut": pick(&[json!(true), json!(false)], 1),
            "nickname": text(4),
            "seats": pick(&[json!(0), Json::Null, json!(i64::MAX), json!(i64::MIN), json!(75)], 0),
            "fee": pick(&[json!("75.50"), json!("75"), Json::Null, json!("-0.01"), json!("92233720368547758.07")], 1),
            "vip": pick(&[json!(true), Json::Null, json!(false)], 0),
            "renewal": pick(&dates, 1),
            "seenAt": pick(&[json!("2026-01-05T12:00:00Z"), Json::Null, json!("1969-12-31T23:59:59.9Z")], 2),
            "plan": pick(&[json!("BASIC"), json!("A_B"), Json::Null], 1),
            "modules": pick(&[json!(["BASIC"]), json!(["A_B", "FULL"]), Json::Null], 0),
        }),
        _ => json!({
            "name": text(0).as_str().unwrap_or("deal"), "source": text(1), "description": text(2),
            "amount": pick(&[json!("10.50"), Json::Null, json!("0"), json!("-3"), json!("92233720368547758.07")], 0),
            "probability": pick(&[json!(0), json!(100), json!(50)], 1),
            "closeDate": pick(&dates, 0),
        }),
    }
}
