//! Custom fields of every type: written, read, filtered and ordered alike on both databases; renamed and retired without loss.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use futures_util::future::BoxFuture;
use pointsman::{
    crm::{
        Catalogue, Record, Value,
        custom::{
            define::{Dependants, Dependence},
            definition::Type,
            fields::{FieldChange, NewField},
        },
        filter::{Filter, Test},
        keyed::Request,
        query::{Page, Query, Sort},
    },
    store::{self, Epoch},
};
use pointsman_graph::expression::Comparison;
use pointsman_tests::world::{World, field, options};
use serde_json::{Value as Json, json};

use crate::both;

/// Nothing rests on any definition.
pub struct Nobody;

impl Dependants for Nobody {
    fn broken_by(&self, _: Arc<Catalogue>) -> BoxFuture<'_, Result<Dependence, store::Error>> {
        let epoch = Epoch {
            name: "triggers".into(),
            value: 0,
        };
        Box::pin(async {
            Ok(Dependence {
                epoch,
                names: Vec::new(),
            })
        })
    }
}

/// A field of every type, each with values in ascending order as text.
fn every_type() -> Vec<(NewField, [Json; 3])> {
    let choice = |key: &str, kind| NewField {
        options: options(&["BASIC", "EXTRA", "FULL"]),
        ..field(key, kind)
    };
    let decimal = NewField {
        scale: Some(3),
        ..field("discount", Type::Decimal)
    };
    vec![
        (
            field("nickname", Type::Text),
            [json!("Zoe"), json!("ann"), json!("Ärger")],
        ),
        (field("story", Type::LongText), [json!("A"), json!("B"), json!("a")]),
        (field("seats", Type::Integer), [json!(i64::MIN), json!(9), json!(10)]),
        (decimal, [json!("-9223372036854775.808"), json!("9.5"), json!("10.125")]),
        (field("vip", Type::Boolean), [json!(false), json!(true), json!(true)]),
        (
            field("renewal", Type::Date),
            [json!("1969-12-31"), json!("2026-01-05"), json!("9999-12-31")],
        ),
        (
            field("seenAt", Type::DateTime),
            [
                json!("1969-12-31T23:59:59.999999Z"),
                json!("2026-01-05T09:00:00Z"),
                json!("2026-01-05T09:00:00.000001Z"),
            ],
        ),
        (
            choice("plan", Type::Select),
            [json!("BASIC"), json!("EXTRA"), json!("FULL")],
        ),
        (
            choice("modules", Type::MultiSelect),
            [json!(["BASIC"]), json!(["FULL", "BASIC"]), json!(["EXTRA"])],
        ),
        (
            field("work", Type::Email),
            [json!("A@x.org"), json!("b@x.org"), json!("c@x.org")],
        ),
        (
            field("fax", Type::Phone),
            [json!("+1 555 1"), json!("+49 30 1"), json!("+5 5 5 5")],
        ),
        (
            field("blog", Type::Url),
            [json!("http://a.org/"), json!("http://b.org/"), json!("https://a.org/")],
        ),
    ]
}

both! {
    async fn values_of_every_type_are_kept_compared_and_ordered(world: World) -> Result<World> {
        for (new, values) in every_type() {
            world.define(&new).await?;
            for value in &values {
                let made = world.create("contact", json!({ "name": "Ann", &new.key: value })).await?;
                let read = world.read(&made).await?;
                ensure!(read.get(&new.key) == made.get(&new.key) && !read.get(&new.key).is_null(), "{}", new.key);
            }

            for descending in [false, true] {
                let found = search(&world, &new.key, None, descending).await?;
                ensure!(in_order(&found, &new.key, descending), "{}: {found:#?}", new.key);
            }
            let given: Vec<Arc<Record>> = search(&world, &new.key, None, false).await?;
            for pivot in given.iter().map(|record| record.get(&new.key)).filter(|value| !value.is_null()) {
                for comparison in [Comparison::Equal, Comparison::Less, Comparison::GreaterOrEqual, Comparison::NotEqual] {
                    let test = Test::Compare(comparison, pivot.clone());
                    agrees(&world, &new.key, test).await?;
                }
            }
            agrees(&world, &new.key, Test::IsNull).await?;
        }
        agrees(&world, "modules", Test::Holds("BASIC".into())).await?;
        ensure!(search(&world, "modules", Some(Test::Holds("BASIC".into())), false).await?.len() == 2);
        Ok(world)
    }

    async fn a_retired_field_hides_its_values_and_gets_them_back(world: World) -> Result<World> {
        let seats = world.define(&NewField { unique: true, ..field("seats", Type::Integer) }).await?;
        world.define(&field("nickname", Type::Text)).await?;
        let ann = world.create("contact", json!({ "name": "Ann", "seats": 5, "nickname": "A" })).await?;

        world.crm.retire_field(Request::from(&world.access), seats.id, &Nobody).await?.ok().context("retired")?;
        ensure!(world.read(&ann).await?.object.field("seats").is_none());
        world.update(&ann, json!({ "nickname": "B" })).await?;
        world.create("contact", json!({ "name": "Bob" })).await?;

        world.crm.restore_field(Request::from(&world.access), seats.id).await?.ok().context("restored")?;
        let ann = world.read(&ann).await?;
        ensure!(ann.get("seats") == &Value::Integer(5) && ann.get("nickname") == &Value::text("B"));
        ensure!(world.create("contact", json!({ "name": "Cid", "seats": 5 })).await.is_err(), "unique again");
        Ok(world)
    }

    async fn renaming_changes_what_people_see_alone(world: World) -> Result<World> {
        let plan = world.define(&NewField { options: options(&["BASIC", "FULL"]), ..field("plan", Type::Select) }).await?;
        let ann = world.create("contact", json!({ "name": "Ann", "plan": "BASIC" })).await?;
        let mut choices = options(&["FULL", "BASIC", "NEW"]);
        choices[1].label = "Starter".into();
        choices[1].retired = true;

        let change = FieldChange { label: Some("Tariff".into()), options: Some(choices), ..FieldChange::default() };
        let renamed = world.crm.update_field(Request::from(&world.access), plan.id, &change).await?.ok().context("renamed")?;

        ensure!((renamed.label.as_str(), renamed.key.as_str()) == ("Tariff", "plan"));
        ensure!(world.read(&ann).await?.get("plan") == &Value::text("BASIC"));
        world.update(&ann, json!({ "name": "Anna", "plan": "BASIC" })).await?;
        ensure!(world.create("contact", json!({ "name": "Bob", "plan": "BASIC" })).await.is_err(), "a retired option");
        world.create("contact", json!({ "name": "Bob", "plan": "NEW" })).await?;
        let fewer = FieldChange { options: Some(options(&["NEW"])), ..FieldChange::default() };
        ensure!(world.crm.update_field(Request::from(&world.access), plan.id, &fewer).await?.is_err(), "options stay");
        Ok(world)
    }

    async fn records_refer_to_custom_objects_and_from_them(world: World) -> Result<World> {
        world.define_object("service_contract").await?;
        let to_company = NewField { object: "service_contract".into(), target: Some("company".into()), ..field("client", Type::Reference) };
        world.define(&to_company).await?;
        world.define(&NewField { target: Some("service_contract".into()), ..field("contract", Type::Reference) }).await?;
        world.define_object("vehicle").await?;

        let company = world.create("company", json!({ "name": "Foods" })).await?;
        let contract = world.create("service_contract", json!({ "name": "Gold", "client": company.global_id() })).await?;
        let ann = world.create("contact", json!({ "name": "Ann", "contract": contract.global_id() })).await?;

        ensure!(contract.global_id().starts_with("service_contract_"), "{}", contract.global_id());
        ensure!(world.read(&ann).await?.get("contract") == &Value::Id(contract.id));
        ensure!(world.all("service_contract").await?.len() == 1 && world.all("vehicle").await?.is_empty());
        let vehicle = world.crm.object("vehicle").context("object")?;
        ensure!(world.crm.get(&world.access, &vehicle, &[contract.id]).await?.is_empty(), "it is no vehicle");
        let found = search(&world, "contract", Some(Test::In(vec![Value::Id(contract.id)])), false).await?;
        ensure!(found.len() == 1, "the records that refer to it");
        let nobody = json!({ "name": "Bob", "contract": company.global_id() });
        ensure!(world.create("contact", nobody).await.is_err(), "a company is no contract");
        world.update(&contract, json!({ "name": "Silver" })).await?;
        world.delete(&contract).await?;
        ensure!(world.all("service_contract").await?.is_empty());
        Ok(world)
    }
}

async fn search(world: &World, name: &str, test: Option<Test>, descending: bool) -> Result<Vec<Arc<Record>>> {
    let object = world.crm.object("contact").context("object")?;
    let (index, _) = object.field(name).context("field")?;
    let query = Query {
        object,
        filter: test.map_or(Filter::Always(true), |test| Filter::Field { index, test }),
        order: vec![Sort {
            field: index,
            descending,
            nulls_first: false,
        }],
    };
    let mut found = Vec::new();
    let mut from = None;
    loop {
        // Pages of two, so that cursors are compared as well.
        let page = Page {
            size: 2,
            backward: false,
            from,
        };
        let part = world.crm.find(&world.access, &query, &page).await?;
        from = part.records.last().map(|record| query.cursor(record));
        found.extend(part.records);
        if !part.has_next {
            return Ok(found);
        }
    }
}

fn in_order(records: &[Arc<Record>], name: &str, descending: bool) -> bool {
    let values: Vec<&Value> = records.iter().map(|record| record.get(name)).collect();
    let given = values.iter().position(|value| value.is_null()).unwrap_or(values.len());
    let nulls_last = values[given..].iter().all(|value| value.is_null());
    let ordered = values[..given].windows(2).all(|pair| {
        let order = pointsman::crm::filter::order(pair[0], pair[1]);
        order.is_some_and(|order| if descending { order.is_ge() } else { order.is_le() })
    });
    nulls_last && ordered && given >= 3
}

/// The database selects what memory selects.
async fn agrees(world: &World, name: &str, test: Test) -> Result<()> {
    let all = search(world, name, None, false).await?;
    let (index, _) = all.first().context("records")?.object.field(name).context("field")?;
    let filter = Filter::Field {
        index,
        test: test.clone(),
    };
    let mut expected: Vec<_> = all
        .iter()
        .filter(|record| filter.matches(record) == Some(true))
        .map(|record| record.id)
        .collect();
    let mut found: Vec<_> = search(world, name, Some(test.clone()), false)
        .await?
        .iter()
        .map(|record| record.id)
        .collect();
    expected.sort_unstable();
    found.sort_unstable();
    ensure!(found == expected, "{name} {test:?}");
    Ok(())
}
