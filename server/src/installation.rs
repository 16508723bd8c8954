//! Puts an installation together: the store, the CRM over it, its accounts, its workflows and their engine. Serves nothing:
//! commands work on it as `serve` does.

use std::sync::Arc;

use pointsman_entities::ids::MemberId;

use crate::{
    actions::{
        egress::{self, Egress},
        email::{self, Mailer},
        sms::{self, Texter},
    },
    auth::{self, Accounts},
    config::Config,
    crm::{Catalogues, Crm, write::Enrol},
    engine::{self, Actions, Engine, Link, Parts, hints::Hints, notices::Channel},
    messaging::{Links, Messaging},
    secrets::{self, Secrets, keyring::Keyring},
    seed,
    source::Source,
    store::{self, Location, Store},
    workflow::{self, enrol::Triggers, manage::Workflows, schedule::Schedules, versions::Versions},
};

/// An open installation.
pub struct Installation {
    pub crm: Arc<Crm>,
    pub accounts: Arc<Accounts>,
    pub workflows: Arc<Workflows>,
    pub engine: Arc<Engine>,
    pub secrets: Arc<Secrets>,
    pub messaging: Arc<Messaging>,
    pub links: Arc<Links>,
}

/// Why an installation can't be opened or served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the HTTP client of the actions can't be made")]
    Egress(#[from] egress::SetUpError),
    #[error("the mail server can't be used")]
    Mail(#[from] email::SetUpError),
    #[error("the SMS account can't be used")]
    Sms(#[from] sms::SetUpError),
    #[error("the secrets can't be had")]
    Secrets(#[from] secrets::Error),
    #[error("the accounts can't be read")]
    Accounts(#[from] auth::Error),
    #[error("the engine can't start")]
    Engine(#[from] engine::Error),
    #[error("the first records can't be written")]
    Seed(#[from] seed::Error),
    #[error("the first workflow can't be written")]
    Workflow(#[from] workflow::Error),
    #[error("{what} can't be listened on")]
    Listen {
        what: String,
        #[source]
        source: std::io::Error,
    },
}

impl Installation {
    /// Opens the database, brings its schema up to date, and gives a new one its first pipeline.
    ///
    /// # Errors
    /// Where the database or the configured actions can't be had.
    pub async fn open(config: &Config, source: Source) -> Result<Self, Error> {
        let actions = Actions {
            egress: Egress::new(&config.egress)?,
            mailer: config.smtp.clone().map(Mailer::new).transpose()?,
            texter: config.sms.clone().map(Texter::new).transpose()?,
        };
        let store = Arc::new(Store::open(&config.location).await?);
        let source = Arc::new(source);
        let catalogues = Arc::new(Catalogues::open(Arc::clone(&store)).await?);
        let keyring = Arc::new(keyring(config, &source)?);
        let links = Arc::new(Links::new(Arc::clone(&keyring)));
        let secrets = Arc::new(Secrets::new(Arc::clone(&store), Arc::clone(&source), keyring));
        secrets.reseal().await?;
        let member: MemberId = source.id();
        let versions = Arc::new(Versions::new(Arc::clone(&store), Arc::clone(&catalogues)));
        let triggers = Arc::new(Triggers::new(
            Arc::clone(&store),
            Arc::clone(&catalogues),
            Arc::clone(&versions),
            Arc::clone(&source),
            member,
        ));
        triggers.refresh().await?;
        let link = Arc::new(Link::default());
        let crm = Arc::new(Crm::new(
            Arc::clone(&store),
            Arc::clone(&catalogues),
            Arc::clone(&source),
            triggers.clone(),
            link.clone(),
        ));
        let workflows = Workflows::new(
            Arc::clone(&store),
            catalogues,
            Arc::clone(&versions),
            Arc::clone(&triggers),
            Arc::clone(&source),
        );
        let schedules = Schedules::new(Arc::clone(&crm), Arc::clone(&versions), triggers, member);
        let engine = Engine::new(Parts {
            store,
            crm: Arc::clone(&crm),
            versions,
            schedules,
            source,
            actions,
            secrets: Arc::clone(&secrets),
            links: Arc::clone(&links),
            hints: Arc::<Hints>::default(),
            member,
            retention: config.retention,
            channel: channel(config),
        });
        link.connect(&engine);
        seed::first_pipeline(&crm).await?;
        Ok(Self {
            accounts: Arc::new(Accounts::new(Arc::clone(&crm))),
            workflows: Arc::new(workflows),
            messaging: Arc::new(Messaging::new(Arc::clone(&crm))),
            crm,
            engine: Arc::new(engine),
            secrets,
            links,
        })
    }
}

/// A folder belongs to one process, which has nobody to tell.
fn channel(config: &Config) -> Option<Channel> {
    match (&config.location, &config.nats_url) {
        (Location::Folder(_), _) => None,
        (Location::Postgres { .. }, Some(url)) => Some(Channel::Nats(url.clone())),
        (Location::Postgres { url, .. }, None) => Some(Channel::Postgres(url.clone())),
    }
}

/// Several server nodes on one database share no folder: they are given the key.
fn keyring(config: &Config, source: &Source) -> Result<Keyring, secrets::Error> {
    let folder = match &config.location {
        Location::Folder(folder) => Some(folder.as_path()),
        Location::Postgres { .. } => None,
    };
    Ok(Keyring::load(&config.secret_keys, folder, source.secret())?)
}
