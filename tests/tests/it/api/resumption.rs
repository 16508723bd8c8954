//! A thousand runs watched by subscribers that are cut a hundred times while sixteen clients write: each event is seen once,
//! in order, wherever the cut falls.

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use pointsman::{crm::id, engine::tail::Position};
use pointsman_entities::{change, run, run_event};
use pointsman_tests::{app::TestApp, socket::Subscription};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::{Value as Json, json};

use super::workflows::publish;
use crate::served;

const RUNS: usize = 1_000;
const WRITERS: usize = 16;
const CUTS: usize = 100;

/// The cursor of a log's beginning.
const BEGINNING: &str = "MS4wLjA";

/// A run of two segments: no mail server is configured, so the mail fails after the first.
fn two_segments() -> Json {
    json!({
        "nodes": [
            { "key": "made", "config": { "recordCreated": { "object": "contact" } } },
            { "key": "first", "config": { "updateRecord": { "values": { "score": "1" } } } },
            { "key": "mail", "config": { "sendEmail": { "to": "ann@example.com", "subject": "Hello", "text": "Hello" } } },
            { "key": "second", "config": { "updateRecord": { "values": { "score": "2" } } } },
        ],
        "edges": [{ "from": "made", "to": "first" }, { "from": "first", "to": "mail" }, { "from": "mail", "port": "error", "to": "second" }],
    })
}

/// Lets each transaction linger for a random moment when all its rows are written, so that later ones overtake it.
async fn dawdle(reads: &DatabaseConnection) -> Result<()> {
    reads
        .execute_unprepared(
            "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN PERFORM pg_sleep(random() * 0.01); RETURN NULL; END $$;
             CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON change DEFERRABLE INITIALLY DEFERRED
               FOR EACH ROW EXECUTE FUNCTION dawdle();
             CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON run_event DEFERRABLE INITIALLY DEFERRED
               FOR EACH ROW EXECUTE FUNCTION dawdle();",
        )
        .await?;
    Ok(())
}

async fn write(app: &TestApp) -> Result<()> {
    let contacts = (0..RUNS).map(|number| app.create("contacts", json!([{ "name": format!("Contact {number}") }])));
    stream::iter(contacts)
        .buffer_unordered(WRITERS)
        .try_collect::<Vec<_>>()
        .await
        .map(drop)
}

/// The cursors of so many events of a feed, as a subscriber sees them that is cut again and again.
async fn cut(app: &TestApp, query: &str, field: &str, count: usize) -> Result<Vec<String>> {
    let mean = count / (CUTS + 10);
    let mut cursors: Vec<String> = Vec::new();
    let mut cuts = 0;
    while cursors.len() < count {
        let after = cursors.last().map_or(BEGINNING, String::as_str);
        let mut feed = Subscription::open(app.app.address, &app.key, query, json!({ "after": after })).await?;
        // From one event to twice the mean.
        for _ in 0..(1 + cuts * 7 % (2 * mean)).min(count - cursors.len()) {
            let event = feed.event(field).await?;
            cursors.push(event["cursor"].as_str().context("a cursor")?.to_owned());
        }
        cuts += 1;
    }
    ensure!(cuts >= CUTS, "{cuts} cuts only");
    Ok(cursors)
}

/// The cursors of so many events of a feed, as a subscriber sees them that is never cut, and so hears of each at once.
async fn follow(app: &TestApp, query: &str, field: &str, count: usize) -> Result<Vec<String>> {
    let mut feed = Subscription::open(app.app.address, &app.key, query, json!({ "after": BEGINNING })).await?;
    let mut cursors = Vec::new();
    while cursors.len() < count {
        let event = feed.event(field).await?;
        cursors.push(event["cursor"].as_str().context("a cursor")?.to_owned());
    }
    Ok(cursors)
}

/// What a log holds, in the order in which it was committed.
async fn log<E: EntityTrait>(
    select: sea_orm::Select<E>,
    place: [E::Column; 2],
    reads: &DatabaseConnection,
) -> Result<Vec<Position>> {
    let [tx, seq] = place;
    let select = select.select_only().columns(place).order_by_asc(tx).order_by_asc(seq);
    let rows: Vec<(i64, i64)> = select.into_tuple().all(reads).await?;
    Ok(rows.into_iter().map(|(tx, seq)| Position { tx, seq }).collect())
}

fn cursors(log: &[Position]) -> Vec<String> {
    log.iter().map(|position| position.text()).collect()
}

/// The numbers of a run's events, as a subscriber sees them that is cut after so many.
async fn history(app: &TestApp, run: &run::Model, cut: usize) -> Result<Vec<i64>> {
    let query = "subscription($run: ID!, $after: Int) { runEvents(runId: $run, after: $after) { seq } }";
    let id = id::format("run", run.id);
    let watch = async |after: Option<i64>| {
        Subscription::open(app.app.address, &app.key, query, json!({ "run": id, "after": after })).await
    };
    let seq = |event: &Json| event["seq"].as_i64().context("a number");
    let mut events = watch(None).await?;
    let mut seen = Vec::new();
    for _ in 0..cut {
        seen.push(seq(&events.event("runEvents").await?)?);
    }
    if let Some(last) = seen.last() {
        events = watch(Some(*last)).await?;
    }
    for event in events.rest("runEvents").await? {
        seen.push(seq(&event)?);
    }
    Ok(seen)
}

served! {
    async fn each_event_of_a_thousand_runs_is_seen_once_and_in_order(app: TestApp) -> Result<TestApp> {
        let reads = app.app.installation.crm.store().reads();
        let is_postgres = reads.get_database_backend() == DbBackend::Postgres;
        if is_postgres {
            dawdle(reads).await?;
        }
        publish(&app, &two_segments()).await?;

        let moves = "subscription($after: String) { runChanged(after: $after) { cursor } }";
        let changes = "subscription($after: String) { recordChanged(object: \"contact\", after: $after) { cursor } }";
        let (_, followed, moved, changed) = futures_util::try_join!(
            write(&app),
            follow(&app, moves, "runChanged", 2 * RUNS),
            cut(&app, moves, "runChanged", 2 * RUNS),
            cut(&app, changes, "recordChanged", 3 * RUNS),
        )?;

        let moves = log(run_event::Entity::find(), [run_event::Column::Tx, run_event::Column::LogSeq], reads).await?;
        let contacts = change::Entity::find().filter(change::Column::Object.eq("contact"));
        let changes = log(contacts, [change::Column::Tx, change::Column::Seq], reads).await?;
        assert_eq!(moved, cursors(&moves));
        assert_eq!(followed, moved);
        assert_eq!(changed, cursors(&changes));
        let overtaken = |log: &[Position]| log.windows(2).any(|pair| pair[0].seq > pair[1].seq);
        assert_eq!((overtaken(&moves), overtaken(&changes)), (is_postgres, is_postgres));

        let runs: Vec<run::Model> = run::Entity::find().all(reads).await?;
        let whole = history(&app, runs.first().context("a run")?, 0).await?;
        assert!(whole.is_sorted_by(|one, next| one < next) && whole.last() == Some(&runs[0].seq), "{whole:?}");
        // Every tenth is cut, each time somewhere else.
        let cuts = (0..).map(|number| if number % 10 == 0 { number / 10 % whole.len() } else { 0 });
        let histories = runs.iter().zip(cuts).map(|(run, cut)| history(&app, run, cut));
        let seen: Vec<Vec<i64>> = stream::iter(histories).buffer_unordered(WRITERS).try_collect().await?;
        assert!(seen.iter().all(|seen| *seen == whole), "{seen:?}, not {whole:?} each");
        assert_eq!(runs.len(), RUNS);
        Ok(app)
    }
}
