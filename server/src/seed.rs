//! Records to begin with: the pipeline that every installation has, and a demonstration that is the same each time.
//! Written as all records are, so that seeding is also a test of the write path.

use std::sync::Arc;

use pointsman_entities::{ids::RecordId, pipeline, time::Timestamp};
use sea_orm::{EntityTrait, PaginatorTrait};

use crate::{
    crm::{
        Access, Crm, Record, Value,
        mutate::{Mutation, Outcome},
        validate,
        write::{Automation, Command, Problem, Verb},
    },
    store,
};

/// Name, chance of winning in percent, and what a deal there is.
const STAGES: [(&str, i64, &str); 6] = [
    ("New", 10, "OPEN"),
    ("Qualified", 25, "OPEN"),
    ("Proposal", 50, "OPEN"),
    ("Negotiation", 75, "OPEN"),
    ("Won", 100, "WON"),
    ("Lost", 0, "LOST"),
];

const COMPANIES: usize = 40;
const CONTACTS: usize = 200;
const DEALS: usize = 40;
const TASKS: usize = 60;
const NOTES: usize = 30;
const DAY: i64 = 86_400_000_000;

const FIRST: [&str; 20] = [
    "Ada",
    "Alan",
    "Barbara",
    "Chen",
    "Dorothy",
    "Edsger",
    "Fatima",
    "Grace",
    "Hedy",
    "Ivan",
    "Joan",
    "Katherine",
    "Linus",
    "Margaret",
    "Niklaus",
    "Olga",
    "Radia",
    "Shafi",
    "Tim",
    "Yukihiro",
];
const LAST: [&str; 20] = [
    "Abbas",
    "Bauer",
    "Costa",
    "Dubois",
    "Eriksen",
    "Fischer",
    "García",
    "Haddad",
    "Ito",
    "Jensen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Novak",
    "Okafor",
    "Petrov",
    "Rossi",
    "Silva",
    "Tanaka",
    "Weber",
];
const TRADE: [&str; 8] = [
    "Logistics",
    "Foods",
    "Robotics",
    "Textiles",
    "Energy",
    "Software",
    "Instruments",
    "Shipping",
];
const PLACE: [&str; 5] = ["Northern", "Harbour", "Alpine", "Meridian", "Delta"];
const CITY: [(&str, &str); 5] = [
    ("Rotterdam", "NL"),
    ("Hamburg", "DE"),
    ("Lyon", "FR"),
    ("Porto", "PT"),
    ("Gdańsk", "PL"),
];

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Seeded {
    pub companies: usize,
    pub contacts: usize,
    pub deals: usize,
    pub tasks: usize,
    pub notes: usize,
}

/// Why the records could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the database failed")]
    Database(#[from] sea_orm::DbErr),
    #[error("a {object} was refused: {message}")]
    Refused { object: String, message: String },
}

/// Gives an installation without a pipeline its first one.
///
/// # Errors
/// Where the database fails.
pub async fn first_pipeline(crm: &Crm) -> Result<(), Error> {
    if pipeline::Entity::find().count(crm.store().reads()).await? > 0 {
        return Ok(());
    }
    let pipelines = create(crm, "pipeline", vec![vec![("name", Value::text("Sales"))]]).await?;
    let Some(pipeline) = pipelines.first() else {
        return Ok(());
    };
    let stage = |(position, (name, probability, kind)): (i64, (&str, i64, &str))| {
        vec![
            ("name", Value::text(name)),
            ("pipeline", Value::Id(pipeline.id)),
            ("position", Value::Integer(position)),
            ("probability", Value::Integer(probability)),
            ("kind", Value::text(kind)),
        ]
    };
    create(crm, "stage", (0..).zip(STAGES).map(stage).collect()).await?;
    Ok(())
}

/// Writes the demonstration. Starts no workflows.
///
/// # Errors
/// Where the database fails.
pub async fn demonstration(crm: &Crm) -> Result<Seeded, Error> {
    let now = crm.source().now();
    let companies = create(crm, "company", (0..COMPANIES).map(company).collect()).await?;
    let contacts = create(crm, "contact", (0..CONTACTS).map(|n| contact(n, &companies)).collect()).await?;
    let stages = stages(crm).await?;
    let deal = |n: usize| deal(n, [&companies, &contacts], &stages, now);
    let deals = create(crm, "deal", (0..DEALS).map(deal).collect()).await?;
    let tasks = create(crm, "task", (0..TASKS).map(|n| task(n, &contacts, now)).collect()).await?;
    let notes = create(crm, "note", (0..NOTES).map(|n| note(n, &deals)).collect()).await?;
    Ok(Seeded {
        companies: companies.len(),
        contacts: contacts.len(),
        deals: deals.len(),
        tasks: tasks.len(),
        notes: notes.len(),
    })
}

type Values = Vec<(&'static str, Value)>;

fn company(n: usize) -> Values {
    let name = format!("{} {}", pick(&PLACE, n / TRADE.len()), pick(&TRADE, n));
    let (city, country) = pick(&CITY, n);
    let domain = format!("{}.example", name.to_lowercase().replace(' ', "-"));
    vec![
        ("name", Value::text(name)),
        ("website", Value::text(format!("https://{domain}/"))),
        ("domain", Value::text(domain)),
        ("industry", Value::text(pick(&TRADE, n))),
        ("employees", Value::Integer(whole(n * 37 % 900) + 5)),
        ("city", Value::text(city)),
        ("country", Value::text(country)),
    ]
}

fn contact(n: usize, companies: &[Arc<Record>]) -> Values {
    let (first, last) = (pick(&FIRST, n), pick(&LAST, n / FIRST.len() + n));
    let company = companies.get(n % COMPANIES);
    let domain = company.and_then(|company| company.get("domain").as_text().map(str::to_owned));
    let email = domain.map(|domain| format!("{}.{n}@{domain}", first.to_lowercase()));
    vec![
        ("firstName", Value::text(first)),
        ("lastName", Value::text(last)),
        ("email", email.map_or(Value::Null, Value::text)),
        ("company", company.map_or(Value::Null, |company| Value::Id(company.id))),
        ("score", Value::Integer(whole(n * 13 % 100))),
    ]
}

fn deal(n: usize, [companies, contacts]: [&[Arc<Record>]; 2], stages: &[RecordId], now: Timestamp) -> Values {
    let amount = rust_decimal::Decimal::from(n * 1_250 + 900);
    let money = crate::crm::value::Money::of(amount, validate::DEFAULT_CURRENCY);
    let id = |records: &[Arc<Record>]| records.get(n).map_or(Value::Null, |record| Value::Id(record.id));
    vec![
        ("name", Value::text(format!("{} order {}", pick(&TRADE, n), n + 1))),
        ("amount", money.map_or(Value::Null, Value::Money)),
        (
            "stage",
            stages
                .get(n % STAGES.len())
                .map_or(Value::Null, |stage| Value::Id(*stage)),
        ),
        ("closeDate", Value::Time(now.plus_micros(whole(n % 60 + 1) * DAY))),
        ("company", id(companies)),
        ("contact", id(contacts)),
    ]
}

fn task(n: usize, contacts: &[Arc<Record>], now: Timestamp) -> Values {
    let contact = contacts.get(n * 3);
    let name = contact.and_then(|contact| contact.get("name").as_text().map(str::to_owned));
    vec![
        ("title", Value::text(format!("Call {}", name.unwrap_or_default()))),
        ("dueAt", Value::Time(now.plus_micros(whole(n % 14 + 1) * DAY))),
        ("contact", contact.map_or(Value::Null, |contact| Value::Id(contact.id))),
    ]
}

fn note(n: usize, deals: &[Arc<Record>]) -> Values {
    vec![
        (
            "body",
            Value::text(format!("They asked for the offer in {} copies.", n % 3 + 2)),
        ),
        ("deal", deals.get(n).map_or(Value::Null, |deal| Value::Id(deal.id))),
    ]
}

/// The stages of the first pipeline, in their order.
async fn stages(crm: &Crm) -> Result<Vec<RecordId>, Error> {
    use sea_orm::QueryOrder;
    let stages = pointsman_entities::stage::Entity::find()
        .order_by_asc(pointsman_entities::stage::Column::Position)
        .all(crm.store().reads())
        .await?;
    Ok(stages.into_iter().map(|stage| stage.id).collect())
}

async fn create(crm: &Crm, name: &str, records: Vec<Values>) -> Result<Vec<Arc<Record>>, Error> {
    let refused = |message: String| Error::Refused {
        object: name.to_owned(),
        message,
    };
    let object = crm.object(name).ok_or_else(|| refused("no such object".into()))?;
    let index = |(field, value): (&str, Value)| object.field(field).map(|(index, _)| (index, value));
    let command = |values: Values| Command {
        object: Arc::clone(&object),
        verb: Verb::Create {
            values: values.into_iter().filter_map(index).collect(),
        },
    };
    let mutation = Mutation {
        access: &Access::system(),
        commands: records.into_iter().map(command).collect(),
        automation: Automation::Suppress,
        key: None,
        beside: None,
    };
    match crm.mutate(&mutation).await? {
        Outcome::Written(records) => Ok(records),
        Outcome::Refused(problems) => Err(refused(texts(&problems))),
        Outcome::Repeated(_) | Outcome::KeyReused => Ok(Vec::new()),
    }
}

fn texts(problems: &[(usize, Problem)]) -> String {
    let texts: Vec<&str> = problems.iter().map(|(_, problem)| problem.message.as_str()).collect();
    texts.join("; ")
}

fn pick<T: Copy + Default>(list: &[T], n: usize) -> T {
    list.get(n % list.len()).copied().unwrap_or_default()
}

fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap_or_default()
}
