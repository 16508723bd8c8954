//! The real server in the test's own process: the whole program on a port of its own, spoken to over HTTP.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, ensure};
use pointsman::{app::App, auth::NewKey, crm::access::Role, source::Source, store::Location};
use reqwest::{Client, Response, header::HeaderMap};
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::{
    clock::ManualClock,
    dump::{self, Dump},
    servers::postgres::Database,
    world::{self, Backend, Outside, START},
};

/// A server with an administrator's key, on a clock that stands still.
pub struct TestApp {
    pub app: App,
    pub clock: ManualClock,
    /// An API key of the role `ADMIN`.
    pub key: String,
    client: Client,
    folder: TempDir,
    database: Option<Arc<Database>>,
    outside: Outside,
}

/// A request as a test wants it sent.
#[derive(Clone, Debug, Default)]
pub struct Call {
    pub query: String,
    pub variables: Json,
    /// A bearer token; none goes without credentials.
    pub token: Option<String>,
    pub idempotency_key: Option<String>,
    pub cookie: Option<String>,
}

/// A body as it is sent, however wrong.
#[derive(Clone, Debug)]
pub struct Raw {
    pub body: Vec<u8>,
    pub token: Option<String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Json,
}

impl TestApp {
    /// Starts an empty installation.
    pub async fn start(backend: Backend) -> Result<Self> {
        Self::start_with(backend, &Outside::default()).await
    }

    /// Starts an empty installation that can reach the servers of a test.
    pub async fn start_with(backend: Backend, outside: &Outside) -> Result<Self> {
        let database = match backend {
            Backend::Sqlite => None,
            Backend::Postgres => Some(Arc::new(Database::empty()?)),
        };
        let mut app = Self::open(database, String::new(), outside.clone()).await?;
        let new = NewKey {
            name: "test".into(),
            role: Role::Admin,
            owner: None,
            expires_at: None,
        };
        let key = app.app.installation.accounts.create_key(new).await?;
        key.text.expose_secret().clone_into(&mut app.key);
        Ok(app)
    }

    /// Starts another server node on the same PostgreSQL, with a clock of its own.
    pub async fn beside(&self) -> Result<Self> {
        let database = self.database.as_ref().context("a database for two")?;
        Self::open(Some(Arc::clone(database)), self.key.clone(), self.outside.clone()).await
    }

    async fn open(database: Option<Arc<Database>>, key: String, outside: Outside) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let location = match &database {
            None => Location::Folder(folder.path().to_owned()),
            Some(database) => Location::Postgres {
                url: database.url(),
                connections: 12,
            },
        };
        let config = world::config(folder.path().to_owned(), location, &outside);
        let clock = ManualClock::at(START);
        let app = App::start(&config, Source::on(Box::new(clock.clone()))).await?;
        // Another test of this process may have been first.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            app,
            clock,
            key,
            client: Client::builder().build()?,
            folder,
            database,
            outside,
        })
    }

    /// An address on the server.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.app.address)
    }

    /// The folder of the data, where they live in one.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the data lives, where it is PostgreSQL.
    #[must_use]
    pub fn database_url(&self) -> Option<String> {
        self.database.as_ref().map(|database| database.url())
    }

    /// All that the database holds.
    pub async fn dump(&self) -> Result<Dump> {
        dump::dump(self.app.installation.crm.store().reads()).await
    }

    /// Sends a request, whatever comes of it.
    pub async fn send(&self, call: Call) -> Result<Reply> {
        let mut body = json!({ "query": call.query });
        if !call.variables.is_null() {
            body["variables"] = call.variables;
        }
        let mut request = self.client.post(self.url("/graphql")).json(&body);
        if let Some(token) = &call.token {
            request = request.bearer_auth(token);
        }
        if let Some(key) = &call.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        if let Some(cookie) = &call.cookie {
            request = request.header("cookie", cookie);
        }
        Reply::of(request.send().await?).await
    }

    /// Sends a body as it is.
    pub async fn post(&self, raw: Raw) -> Result<Reply> {
        let request = self.client.post(self.url("/graphql")).body(raw.body);
        let mut request = request.header("content-type", "application/json");
        if let Some(token) = &raw.token {
            request = request.bearer_auth(token);
        }
        Reply::of(request.send().await?).await
    }

    /// The administrator's request.
    pub fn call(&self, query: &str, variables: Json) -> Call {
        Call {
            query: query.to_owned(),
            variables,
            token: Some(self.key.clone()),
            ..Call::default()
        }
    }

    /// Data for the administrator; an error in the answer fails the test.
    pub async fn data(&self, query: &str, variables: Json) -> Result<Json> {
        let reply = self.send(self.call(query, variables)).await?;
        ensure!(reply.body.get("errors").is_none(), "{:#}", reply.body);
        Ok(reply.body["data"].clone())
    }

    /// Writes records of an object in bulk; their ids.
    pub async fn create(&self, plural: &str, inputs: Json) -> Result<Vec<String>> {
        let mut object: String = plural.to_owned();
        object.get_mut(..1).context("a name")?.make_ascii_uppercase();
        let singular = match object.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => object.trim_end_matches('s').to_owned(),
        };
        let query = format!(
            "mutation($inputs: [{singular}CreateInput!]!) {{
               {plural}Create(inputs: $inputs) {{ {plural} {{ id }} userErrors {{ code message field }} }} }}"
        );
        let data = self.data(&query, json!({ "inputs": inputs })).await?;
        let payload = &data[format!("{plural}Create")];
        ensure!(payload["userErrors"] == json!([]), "{payload:#}");
        let records = payload[plural].as_array().context("records")?;
        Ok(records
            .iter()
            .filter_map(|record| record["id"].as_str().map(str::to_owned))
            .collect())
    }

    /// How many statements readers have sent so far.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.app.installation.crm.store().statements()
    }

    /// Stops the server; its queues must have drained.
    pub async fn stop(self) {
        self.app.stop().await;
    }
}

impl Reply {
    async fn of(response: Response) -> Result<Self> {
        Ok(Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.json().await?,
        })
    }

    /// The code of the first error.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
    }
}
