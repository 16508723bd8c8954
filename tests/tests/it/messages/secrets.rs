//! Secrets: sent where they may go, and seen nowhere else.

use std::{
    fs,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use pointsman::{
    auth::NewKey,
    crm::access::Role,
    installation::{self, Installation},
    secrets::keyring,
    source::Source,
    store::{self, Location},
};
use pointsman_tests::{
    app::{Call, TestApp},
    servers::{
        http::{Reply, Sink},
        postgres::Database,
    },
    world::{self, Backend, Outside, node, workflow},
};
use sea_orm::{ConnectionTrait, Statement};
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};
use tracing_subscriber::fmt::MakeWriter;

use super::{Office, offices};

/// With characters that JSON and URLs write otherwise.
const VALUE: &str = "s3cret/v\"alue+of%20the office";
const IN_A_URL: &str = "s3cret%2Fv%22alue%2Bof%2520the%20office";
/// However it is written, it begins so.
const BEGINNING: &str = "s3cret";

async fn create(app: &TestApp, name: &str, host: &str) -> Result<Json> {
    let query = "mutation($input: SecretCreateInput!) {
        secretCreate(input: $input) { secret { id name hosts } userErrors { code field } } }";
    let input = json!({ "name": name, "value": VALUE, "hosts": [host] });
    Ok(app.data(query, json!({ "input": input })).await?["secretCreate"].clone())
}

fn host(sink: &Sink) -> String {
    format!("127.0.0.1:{}", sink.port())
}

/// A call with the secret in each of its parts.
fn call(url: &str) -> Json {
    workflow(
        vec![
            node("new", "recordCreated", json!({ "object": "contact" })),
            node(
                "call",
                "httpRequest",
                json!({
                    "method": "POST", "url": format!("{url}?key={{{{ secrets.vault }}}}"),
                    "headers": { "Authorization": "Bearer {{ secrets.vault }}" },
                    "json": { "token": "{{ secrets.vault }}", "name": "{{ record.name }}" },
                }),
            ),
            node(
                "keep",
                "updateRecord",
                json!({ "values": { "description": "{{ steps.call.output.body.you }}" } }),
            ),
        ],
        &["new -> call", "call.done -> keep"],
    )
}

/// The whole database as text.
async fn dump(office: &Office) -> Result<Vec<u8>> {
    if office.app.database_url().is_none() {
        let files = fs::read_dir(office.app.folder())?.collect::<io::Result<Vec<_>>>()?;
        let database = files
            .iter()
            .filter(|file| file.file_name().to_string_lossy().starts_with("pointsman.db"));
        return Ok(database
            .map(|file| fs::read(file.path()))
            .collect::<io::Result<Vec<_>>>()?
            .concat());
    }
    let reads = office.reads();
    let sql = "SELECT schema_to_xml('public', true, false, '')::text";
    let row = reads
        .query_one_raw(Statement::from_string(reads.get_database_backend(), sql))
        .await?;
    let xml: String = row.context("a row")?.try_get_by_index(0)?;
    let plain = xml
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    Ok(plain.into_bytes())
}

fn has(text: &[u8], part: &str) -> bool {
    text.windows(part.len()).any(|window| window == part.as_bytes())
}

/// All that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Of this process, which runs this test alone.
    fn begin() -> Self {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
        let _other_test_of_this_process = subscriber.with_writer(log.clone()).try_init();
        log
    }

    fn text(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

offices! {
    async fn a_secret_reaches_its_host_and_is_seen_nowhere_else(backend: Backend) -> Result<()> {
        let log = Log::begin();
        tracing::trace!("the log is heard");
        let echo = format!(r#"{{"you":"sent {}"}}"#, VALUE.replace('"', "\\\""));
        let reply = Reply::answer(200, &[("Content-Type", "application/json"), ("X-Echo", VALUE)], echo);
        let sink = Sink::start([reply]).await?;
        let office = Office::open(backend).await?;
        create(&office.app, "vault", &host(&sink)).await?;
        office.publish(call(&sink.url("/hook"))).await?;

        office.contact("ann", None).await?;
        let run = office.run().await?.id;
        let ended = office.finished(run).await?;

        assert_eq!(ended.status, "SUCCEEDED", "{:?}", ended.error);
        let request = &sink.recorded()[0];
        assert_eq!(request.headers["authorization"], format!("Bearer {VALUE}"));
        assert_eq!(request.target, format!("/hook?key={IN_A_URL}"));
        let body: Json = serde_json::from_slice(&request.body)?;
        assert_eq!(body, json!({ "token": VALUE, "name": "ann" }));
        let shown = "{ secrets { name hosts lastUsedAt } runs(first: 5) { nodes { status steps { node input output error { code message } } } } }";
        let shown = office.app.data(shown, json!({})).await?;
        assert!(shown["secrets"][0]["lastUsedAt"].is_string());
        let shown = shown.to_string();
        assert!(shown.contains("{{ secrets.vault }}") && shown.contains("[vault]"), "{shown}");
        let (dump, logged) = (dump(&office).await?, log.text());
        assert!(has(&dump, "sent [vault]"), "the database is searched");
        assert!(has(&logged, "the log is heard"), "the log is searched");
        assert!(!has(&dump, BEGINNING), "it is in the database");
        assert!(!has(&logged, BEGINNING), "it is in the log");
        assert!(!shown.contains(BEGINNING), "it is in the API");
        office.close().await;
        Ok(())
    }

    async fn a_secret_is_not_sent_to_another_host(backend: Backend) -> Result<()> {
        let (bound, other) = (Sink::start([Reply::answer(200, &[], "")]).await?, Sink::start([Reply::answer(200, &[], "")]).await?);
        let office = Office::open(backend).await?;
        create(&office.app, "vault", &host(&bound)).await?;
        office.publish(call(&other.url("/hook"))).await?;

        office.contact("ann", None).await?;
        let run = office.run().await?.id;
        let ended = office.finished(run).await?;

        assert_eq!(ended.status, "FAILED");
        assert!(ended.error.is_some_and(|error| error.starts_with("EGRESS_REFUSED")));
        assert!(bound.recorded().is_empty() && other.recorded().is_empty());
        office.close().await;
        Ok(())
    }

    async fn a_redirect_does_not_carry_a_secret_away(backend: Backend) -> Result<()> {
        let other = Sink::start([Reply::answer(200, &[], "")]).await?;
        let there = other.url("/");
        let bound = Sink::start([Reply::answer(302, &[("Location", &there)], "")]).await?;
        let office = Office::open(backend).await?;
        create(&office.app, "vault", &host(&bound)).await?;
        let mut definition = call(&bound.url("/hook"));
        definition["nodes"][1]["config"] = json!({ "url": bound.url("/"), "headers": { "X-Key": "{{ secrets.vault }}" } });
        office.publish(definition).await?;

        office.contact("ann", None).await?;
        let run = office.run().await?.id;
        let ended = office.finished(run).await?;

        assert!(ended.error.is_some_and(|error| error.starts_with("EGRESS_REFUSED")));
        assert_eq!((bound.recorded().len(), other.recorded().len()), (1, 0));
        office.close().await;
        Ok(())
    }

    async fn a_record_that_speaks_of_secrets_gets_none(backend: Backend) -> Result<()> {
        let sink = Sink::start([Reply::answer(200, &[], "")]).await?;
        let office = Office::open(backend).await?;
        create(&office.app, "vault", &host(&sink)).await?;
        let mut definition = call(&sink.url("/hook"));
        definition["nodes"][1]["config"]["json"] = json!({ "name": "{{ record.description }}" });
        definition["nodes"][1]["config"]["url"] = json!(sink.url("/hook"));
        office.publish(definition).await?;

        let injected = "{{ secrets.vault }} ~vault~";
        office.app.create("contacts", json!([{ "name": "Eve", "description": injected }])).await?;
        let run = office.run().await?.id;
        office.finished(run).await?;

        let body: Json = serde_json::from_slice(&sink.recorded()[0].body)?;
        assert_eq!(body, json!({ "name": injected }));
        office.close().await;
        Ok(())
    }

    async fn secrets_are_kept_by_administrators_alone(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        let app = &office.app;
        let made = create(app, "vault", "api.example.com").await?;
        let id = made["secret"]["id"].as_str().context("an id")?.to_owned();

        let twice = create(app, "vault", "api.example.com").await?;
        let nameless = create(app, "2fa", "api.example.com").await?;
        let everywhere = create(app, "other", "*.example.com").await?;
        let change = "mutation($input: SecretUpdateInput!) { secretUpdate(input: $input) { secret { hosts } userErrors { code } } }";
        let input = json!({ "id": id, "value": "new", "hosts": ["api.example.com:8443"] });
        let changed = app.data(change, json!({ "input": input })).await?;
        let delete = "mutation($id: ID!) { secretDelete(id: $id) { deletedId userErrors { code } } }";
        let deleted = app.data(delete, json!({ "id": id })).await?;
        let again = app.data(delete, json!({ "id": id })).await?;
        let member = NewKey { name: "m".into(), role: Role::Member, owner: None, expires_at: None };
        let member = app.app.installation.accounts.create_key(member).await?;
        let token = Some(member.text.expose_secret().to_owned());
        let asked = app.send(Call { token, ..app.call("{ secrets { name } }", Json::Null) }).await?;

        assert_eq!(made["secret"], json!({ "id": id, "name": "vault", "hosts": ["api.example.com"] }));
        assert_eq!(twice["userErrors"], json!([{ "code": "TAKEN", "field": ["input", "name"] }]));
        assert_eq!(nameless["userErrors"], json!([{ "code": "INVALID", "field": ["input", "name"] }]));
        assert_eq!(everywhere["userErrors"], json!([{ "code": "INVALID", "field": ["input", "hosts", "0"] }]));
        assert_eq!(changed["secretUpdate"]["secret"]["hosts"], json!(["api.example.com:8443"]));
        assert_eq!(deleted["secretDelete"]["deletedId"], json!(id));
        assert_eq!(again["secretDelete"]["userErrors"], json!([{ "code": "NOT_FOUND" }]));
        assert_eq!(asked.code(), "FORBIDDEN");
        office.close().await;
        Ok(())
    }
}

#[tokio::test]
async fn postgresql_does_not_start_without_a_key() -> Result<()> {
    let database = Database::empty()?;
    let location = Location::Postgres {
        url: database.url(),
        connections: 4,
    };
    let folder = tempfile::tempdir()?;
    let mut config = world::config(folder.path().to_owned(), location, &Outside::default());
    config.secret_keys = Vec::new();

    let opened = Installation::open(&config, Source::system()).await;

    let error = opened.err().context("it started")?;
    let source = std::error::Error::source(&error)
        .and_then(std::error::Error::source)
        .context("a source")?;
    assert!(matches!(source.downcast_ref(), Some(keyring::Error::None)), "{source}");
    Ok(())
}

#[tokio::test]
async fn a_new_key_takes_over_what_the_old_one_sealed() -> Result<()> {
    const NEW: &str = "dGhlIG5leHQga2V5IHRoYXQgc2VhbHMgdGhlIHRlc3Q=";
    let folder = tempfile::tempdir()?;
    let open = async |keys: &[&str]| -> Result<Installation> {
        let location = Location::Folder(folder.path().to_owned());
        let mut config = world::config(folder.path().to_owned(), location, &Outside::default());
        config.secret_keys = keys.iter().map(|key| (*key).into()).collect();
        loop {
            match Installation::open(&config, Source::system()).await {
                // A folder's lock is freed a moment after its last user is gone.
                Err(installation::Error::Store(store::Error::InUse { .. })) => tokio::task::yield_now().await,
                opened => return Ok(opened?),
            }
        }
    };
    let first = open(&[world::SECRET_KEY]).await?;
    let secret = pointsman::secrets::New {
        name: "vault".into(),
        value: VALUE.into(),
        hosts: Vec::new(),
        by: None,
    };
    first
        .secrets
        .create(secret)
        .await?
        .map_err(|problem| anyhow::anyhow!("{problem}"))?;
    drop(first);

    drop(open(&[NEW, world::SECRET_KEY]).await?);
    let last = open(&[NEW]).await?;

    let revealed = last.secrets.reveal("vault").await?.context("a secret")?;
    assert_eq!(revealed.value.expose_secret(), VALUE);
    Ok(())
}
