//! The composition root: an installation, its engine at work, and the server before it. The one place that knows all parts.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use poem::{
    Endpoint, EndpointExt, Route, Server, get, handler,
    http::StatusCode,
    listener::{Acceptor, Listener, TcpListener},
    web::Data,
};
use sea_orm::ConnectionTrait;
use secrecy::{ExposeSecret, SecretString};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    api::{
        self,
        door::{Cookies, Door},
        transport::{self, Origins, Sockets},
    },
    config::Config,
    console,
    control::Control,
    hooks,
    inbound::{self, Inbound},
    installation::{Error, Installation},
    source::Source,
};

/// A connection on which nothing moves for so long is closed.
const IDLE: Duration = Duration::from_secs(60);
/// What is under way at a shutdown may take so long.
const DRAIN: Duration = Duration::from_secs(25);

/// A running server.
pub struct App {
    pub installation: Arc<Installation>,
    /// Where it listens; the port is the real one where 0 was asked for.
    pub address: SocketAddr,
    /// Where the first administrator is made, while there is none.
    pub set_up_link: Option<SecretString>,
    ready: CancellationToken,
    stopping: CancellationToken,
    sockets: Sockets,
    server: JoinHandle<()>,
    control: Option<Control>,
}

impl App {
    /// Opens the installation, starts its engine, and listens.
    ///
    /// # Errors
    /// Where a part can't be had.
    pub async fn start(config: &Config, source: Source) -> Result<Self, Error> {
        let installation = Arc::new(Installation::open(config, source).await?);
        let listen = |source| Error::Listen {
            what: config.listen.to_string(),
            source,
        };
        let acceptor = TcpListener::bind(config.listen).into_acceptor().await.map_err(listen)?;
        let address = acceptor
            .local_addr()
            .first()
            .and_then(|known| known.as_socket_addr().copied());
        let address = address.unwrap_or(config.listen);
        let public_url = config.public_url(address);
        installation.links.lead_to(&public_url);
        installation.engine.start().await?;
        let control = Control::listen(config, &installation).await?;
        let set_up_link = installation
            .accounts
            .invite()
            .await?
            .map(|token| link(&public_url, &token));
        let (draining, stopping, sockets) = (CancellationToken::new(), CancellationToken::new(), Sockets::default());
        let routes = routes(&installation, config, &public_url, &sockets).data(Probe {
            installation: Arc::clone(&installation),
            draining: draining.clone(),
        });
        let server = Server::new_with_acceptor(acceptor).idle_timeout(IDLE);
        let stop = stopping.clone().cancelled_owned();
        let server = tokio::spawn(async move {
            if let Err(error) = server.run_with_graceful_shutdown(routes, stop, Some(DRAIN)).await {
                tracing::error!(%error, "the server has failed");
            }
        });
        Ok(Self {
            installation,
            address,
            set_up_link,
            ready: draining,
            stopping,
            sockets,
            server,
            control,
        })
    }

    /// Takes no more requests, finishes those under way, and lets the engine finish its steps.
    pub async fn stop(self) {
        self.ready.cancel();
        if let Some(control) = self.control {
            control.close().await;
        }
        self.stopping.cancel();
        self.sockets.close().await;
        if let Err(error) = self.server.await {
            tracing::error!(%error, "the server ended badly");
        }
        self.installation.engine.stop().await;
    }
}

/// The token follows `#`, so that it goes to no server's log.
fn link(public_url: &str, token: &SecretString) -> SecretString {
    format!("{public_url}/set-up#{}", token.expose_secret()).into()
}

fn routes(installation: &Installation, config: &Config, public_url: &str, sockets: &Sockets) -> impl Endpoint + use<> {
    let cookies = Cookies::of(public_url);
    let door = Door {
        accounts: Arc::clone(&installation.accounts),
        crm: Arc::clone(&installation.crm),
        workflows: Arc::clone(&installation.workflows),
        engine: Arc::clone(&installation.engine),
        secrets: Arc::clone(&installation.secrets),
        messaging: Arc::clone(&installation.messaging),
    };
    let hooks = hooks::Endpoint::new(hooks::Parts {
        crm: Arc::clone(&installation.crm),
        workflows: Arc::clone(&installation.workflows),
        secrets: Arc::clone(&installation.secrets),
        member: installation.engine.member(),
    });
    let settings = transport::Settings {
        origins: Origins::new(&config.origins),
        session_cookie: cookies.name.clone(),
        sockets: sockets.clone(),
    };
    let schema = api::schema(&door, cookies);
    let inbound = Inbound {
        messaging: Arc::clone(&installation.messaging),
        engine: Arc::clone(&installation.engine),
        links: Arc::clone(&installation.links),
        email_token: config.inbound_email_token.clone(),
        sms_token: config.sms.as_ref().map(|sms| sms.token.clone()),
    };
    inbound::routes(Route::new(), Arc::new(inbound))
        .at("/graphql", transport::Endpoint::new(schema, door, settings))
        .at("/graphql/schema.graphql", get(schema_text))
        .at("/hooks/*path", hooks)
        .at("/healthz", get(healthy))
        .at("/readyz", get(ready))
        .at("/*path", console::endpoint())
}

#[derive(Clone)]
struct Probe {
    installation: Arc<Installation>,
    draining: CancellationToken,
}

#[handler]
fn schema_text() -> String {
    api::sdl()
}

/// The process lives.
#[handler]
fn healthy() -> &'static str {
    "ok"
}

/// The server takes requests, and its database answers.
#[handler]
async fn ready(Data(probe): Data<&Probe>) -> StatusCode {
    let store = probe.installation.crm.store();
    if probe.draining.is_cancelled() || store.reads().execute_unprepared("SELECT 1").await.is_err() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::OK
}
