//! Messages in both directions and the secrets of workflows, through the whole server, on both databases: real mails by a
//! real SMTP server, SMS by a server that speaks as Twilio's.

mod drip;
mod inbound;
mod items;
mod race;
mod secrets;
mod sms;
mod suppression;

use std::{collections::HashMap, future::Future, time::Duration};

use anyhow::{Context, Result, ensure};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::StreamExt;
use hmac::{Hmac, Mac};
use pointsman::{
    actions::{
        egress,
        email::{Security, SmtpConfig},
        sms::SmsConfig,
    },
    engine::{history::What, housekeeping},
};
use pointsman_entities::{ids::RunId, run, step};
use pointsman_graph::decision::Decision;
use pointsman_tests::{
    app::TestApp,
    program::client,
    servers::{
        http::{Reply, Sink},
        smtp::{Options, Smtp},
    },
    world::{self, Backend, INBOUND_TOKEN, Outside},
};
use reqwest::{Response, StatusCode};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value as Json, json};
use url::form_urlencoded;

const DAY: Duration = Duration::from_secs(86_400);
const PATIENCE: Duration = Duration::from_secs(60);

/// What signs in the name of Twilio.
const SMS_TOKEN: &str = "twilio-signs-with-this";

/// A server with a mail server behind it, and what runs on it.
struct Office {
    app: TestApp,
    smtp: Smtp,
    client: reqwest::Client,
}

impl Office {
    async fn open(backend: Backend) -> Result<Self> {
        Self::open_with(backend, None).await
    }

    /// With an SMS provider too.
    async fn with_sms(backend: Backend, twilio: &Sink) -> Result<Self> {
        Self::open_with(backend, Some(twilio)).await
    }

    async fn open_with(backend: Backend, twilio: Option<&Sink>) -> Result<Self> {
        let smtp = Smtp::start(&Options::default())?;
        let outside = Outside {
            smtp: Some(SmtpConfig {
                host: "127.0.0.1".into(),
                port: smtp.port(),
                security: Security::Plain,
                username: None,
                password: String::new().into(),
                from: "Acme <crm@acme.example>".into(),
                ca: None,
                timeout: Duration::from_secs(5),
            }),
            sms: twilio.map(|twilio| SmsConfig {
                account: "AC0123456789abcdef".into(),
                token: SMS_TOKEN.into(),
                from: "+1 415 555 0199".into(),
                base_url: twilio.url(""),
            }),
            egress: egress::Settings {
                allow: vec!["127.0.0.0/8".parse()?],
                ca: None,
            },
            nats: None,
        };
        let app = TestApp::start_with(backend, &outside).await?;
        Ok(Self {
            app,
            smtp,
            client: client(),
        })
    }

    async fn publish(&self, definition: Json) -> Result<()> {
        world::publish(&self.app.app.installation.workflows, definition)
            .await
            .map(drop)
    }

    /// A contact of the name, with the address `<name>@example.com`; its id.
    async fn contact(&self, name: &str, phone: Option<&str>) -> Result<String> {
        let email = format!("{name}@example.com");
        let contact = json!([{ "name": name, "email": email, "phone": phone }]);
        self.app.create("contacts", contact).await?.pop().context("a contact")
    }

    /// One field of a contact.
    async fn of_contact(&self, id: &str, field: &str) -> Result<Json> {
        let query = format!("query($id: ID!) {{ contact(id: $id) {{ {field} }} }}");
        let data = self.app.data(&query, json!({ "id": id })).await?;
        Ok(data["contact"][field].clone())
    }

    async fn change_contact(&self, id: &str, input: Json) -> Result<()> {
        let query = "mutation($id: ID!, $input: ContactUpdateInput!) {
            contactUpdate(id: $id, input: $input) { userErrors { message } } }";
        let data = self.app.data(query, json!({ "id": id, "input": input })).await?;
        ensure!(data["contactUpdate"]["userErrors"] == json!([]), "{data}");
        Ok(())
    }

    /// All messages, the oldest first.
    async fn messages(&self) -> Result<Vec<Json>> {
        let query = "{ messages(first: 100, orderBy: [{field: CREATED_AT}]) { nodes {
            id channel direction state sender recipient subject text html messageId providerId automatic
            contact { name } answers { id } answeredAt } } }";
        let data = self.app.data(query, json!({})).await?;
        Ok(data["messages"]["nodes"].as_array().context("messages")?.clone())
    }

    fn reads(&self) -> &sea_orm::DatabaseConnection {
        self.app.app.installation.crm.store().reads()
    }

    async fn runs(&self) -> Result<Vec<run::Model>> {
        Ok(run::Entity::find()
            .order_by_asc(run::Column::Id)
            .all(self.reads())
            .await?)
    }

    async fn run(&self) -> Result<run::Model> {
        let mut runs = self.runs().await?;
        ensure!(runs.len() == 1, "{} runs", runs.len());
        runs.pop().context("a run")
    }

    async fn steps(&self, run: RunId) -> Result<HashMap<String, step::Model>> {
        let steps = step::Entity::find()
            .filter(step::Column::RunId.eq(run))
            .all(self.reads())
            .await?;
        Ok(steps.into_iter().map(|step| (step.step.clone(), step)).collect())
    }

    /// Waits until the run's history has an entry that is as wanted.
    async fn until(&self, run: RunId, wanted: impl Fn(&What) -> bool) -> Result<()> {
        let mut history = Box::pin(self.app.app.installation.engine.watch(run, 0));
        patient(async {
            while let Some(entry) = history.next().await {
                if wanted(&entry?.what) {
                    return Ok(());
                }
            }
            anyhow::bail!("the run ended before")
        })
        .await?
    }

    async fn waiting(&self, run: RunId, node: &str) -> Result<()> {
        let waits = |what: &What| matches!(what, What::Waiting { step, .. } if step.node.as_str() == node);
        self.until(run, waits)
            .await
            .with_context(|| format!("waiting at {node}"))
    }

    async fn unknown(&self, run: RunId, node: &str) -> Result<()> {
        let lost = |what: &What| matches!(what, What::Unknown { step, .. } if step.node.as_str() == node);
        self.until(run, lost).await
    }

    /// Waits until a step waits, named with its item.
    async fn step_waits(&self, run: RunId, name: &str) -> Result<()> {
        let wanted = |what: &What| matches!(what, What::Waiting { step, .. } if step.to_string() == name);
        self.until(run, wanted).await
    }

    /// Waits until the run's step is to be tried again.
    async fn retrying(&self, run: RunId, attempt: u32) -> Result<()> {
        let wanted =
            |what: &What| matches!(what, What::Decision(Decision::Retry { attempt: next, .. }) if *next == attempt);
        self.until(run, wanted).await
    }

    async fn finished(&self, run: RunId) -> Result<run::Model> {
        let history = self.app.app.installation.engine.watch(run, 0).collect::<Vec<_>>();
        patient(history)
            .await
            .with_context(|| format!("run {} does not end", run.0))?;
        let row = run::Entity::find_by_id(run).one(self.reads()).await?;
        row.context("a run")
    }

    /// Brings a mail as it is.
    async fn bring(&self, raw: &str) -> Result<Response> {
        let request = self
            .client
            .post(self.app.url("/inbound/email"))
            .bearer_auth(INBOUND_TOKEN);
        let request = request.header("content-type", "message/rfc822");
        Ok(request.body(raw.replace('\n', "\r\n")).send().await?)
    }

    /// Brings an SMS or a receipt as Twilio does; its `query` begins with `?`.
    async fn twilio(&self, query: &str, form: &[(&str, &str)]) -> Result<StatusCode> {
        let url = self.app.url(&format!("/inbound/twilio{query}"));
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = self
            .client
            .post(&url)
            .header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("x-twilio-signature", signature(&url, form)?);
        Ok(request.body(body).send().await?.status())
    }

    /// The subjects of the mails that an address was sent, in their order.
    fn subjects(&self, address: &str) -> Result<Vec<String>> {
        let mails = self
            .smtp
            .mails()?
            .into_iter()
            .filter(|mail| mail.envelope.recipients == [address]);
        let subject = |raw: &[u8]| Some(mail_parser::MessageParser::default().parse(raw)?.subject()?.to_owned());
        Ok(mails.filter_map(|mail| subject(&mail.raw)).collect())
    }

    /// A header of the last mail that an address was sent.
    fn header(&self, address: &str, name: &'static str) -> Result<String> {
        let mut mails = self.smtp.mails()?;
        mails.retain(|mail| mail.envelope.recipients == [address]);
        let last = mails.pop().context("a mail")?;
        let parsed = mail_parser::MessageParser::default()
            .parse(&last.raw)
            .context("a mail")?;
        Ok(parsed
            .header_raw(name)
            .with_context(|| format!("no {name}"))?
            .trim()
            .to_owned())
    }

    /// Lets the housekeeping pass.
    async fn tidy(&self) -> Result<()> {
        Ok(housekeeping::tick(&self.app.app.installation.engine).await?)
    }

    async fn close(self) {
        self.app.stop().await;
    }
}

async fn patient<T>(future: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(PATIENCE, future)
        .await
        .context("it takes too long")
}

/// As Twilio signs.
fn signature(url: &str, form: &[(&str, &str)]) -> Result<String> {
    let mut sorted = form.to_vec();
    sorted.sort_unstable();
    let mut mac: Hmac<sha1::Sha1> = Mac::new_from_slice(SMS_TOKEN.as_bytes())?;
    mac.update(url.as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    Ok(BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

/// A server that takes SMS.
async fn twilio(replies: impl Into<Vec<Reply>>) -> Result<Sink> {
    Sink::start(replies).await
}

/// What Twilio answers to a message that it takes.
fn taken() -> Reply {
    Reply::answer(
        201,
        &[("Content-Type", "application/json")],
        r#"{"sid":"SM1","status":"queued","to":"+14155550100"}"#,
    )
}

/// Runs each test on SQLite and on PostgreSQL.
macro_rules! offices {
    ($($(#[$doc:meta])* async fn $name:ident($backend:ident: Backend) -> Result<()> $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$doc])*
            async fn on($backend: Backend) -> Result<()> $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() -> Result<()> {
                on(Backend::Sqlite).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() -> Result<()> {
                on(Backend::Postgres).await
            }
        }
    )*};
}

use offices;
