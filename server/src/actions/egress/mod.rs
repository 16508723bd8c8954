//! The one client for all HTTP that Pointsman sends. Never follows a proxy of the environment, never dials an address
//! that [`address`] forbids, never waits or reads without a limit.
//!
//! A name is resolved once, in the connector: what was checked is what is dialled, so a name that answers differently
//! the second time gains nothing.

pub mod address;
mod bound;
mod client;
mod redirect;

use std::error::Error as StdError;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, Response, StatusCode, Url};
use tokio::time::{Instant, timeout_at};
use url::Host;

pub use address::{Allow, InvalidAllow};
pub use bound::{Bound, InvalidBound};

/// An answer in all, after decompression: 1 MB.
pub const MAX_BODY: usize = 1 << 20;
/// From the first name to the last byte.
pub const MAX_TIME: Duration = Duration::from_secs(30);
const MAX_REDIRECTS: usize = 3;

/// What the operator configures.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Exceptions for addresses that are not on the public internet.
    pub allow: Vec<Allow>,
    /// A PEM file of further certificate authorities, beside those of the web.
    pub ca: Option<PathBuf>,
}

/// A request as it will be sent.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to, http or https.
    pub url: Url,
    /// Headers; `Host` and those of framing are the client's own.
    pub headers: HeaderMap,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// For all of it, redirects too; at most [`MAX_TIME`].
    pub timeout: Duration,
    /// For each secret that it carries, the hosts that it may go to: no hop leads elsewhere, or over plain http to a host
    /// that the operator has not allowed.
    pub bound: Vec<Vec<Bound>>,
}

/// All but the method may hold secrets.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// An answer, as far as it came.
#[derive(Debug)]
pub struct Answer {
    /// The status of the last hop.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, at most [`MAX_BODY`].
    pub body: Vec<u8>,
    /// Whether that is all of it.
    pub end: End,
}

/// How the body of an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It is complete.
    Complete,
    /// We cut it at [`MAX_BODY`].
    Cut,
    /// The connection broke or time ran out.
    Lost,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// We do not make this call. Nothing was sent, or only requests that were answered by a redirect.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The request itself cannot be written. Nothing was sent.
    #[error("the request is malformed")]
    Malformed(#[source] reqwest::Error),
    /// There was no connection. Nothing was sent.
    #[error("could not connect to {host}")]
    Connect {
        /// The host of the hop.
        host: String,
        /// What failed; it does not show the URL.
        #[source]
        source: reqwest::Error,
    },
    /// The connection broke when all or part of the request may have been sent.
    #[error("the connection to {host} broke before its answer")]
    Lost {
        /// The host of the hop.
        host: String,
        /// What failed; it does not show the URL.
        #[source]
        source: reqwest::Error,
    },
    /// Time ran out when all or part of the request may have been sent.
    #[error("{host} did not answer in time")]
    TimedOut {
        /// The host of the hop.
        host: String,
    },
}

/// Which rule forbids a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not http or https.
    #[error("the scheme `{0}` is not called, only http and https")]
    Scheme(String),
    /// The URL, or a redirect, leads to a host that a secret of the request is not bound to.
    #[error("the request carries a secret that may not be sent to this host")]
    Bound,
    /// A secret would go over the net as it is.
    #[error("the request carries a secret, which is sent over https only")]
    Unencrypted,
    /// `https://user:password@host/`: credentials belong in a header.
    #[error("a URL with a user name or password is not called")]
    Credentials,
    /// An address that is not on the public internet.
    #[error("{host} is not called: its address is special ({range})")]
    Address {
        /// The host as the URL has it.
        host: String,
        /// The range, by its name in IANA's registries.
        range: &'static str,
    },
    /// More than three redirects.
    #[error("more than {MAX_REDIRECTS} redirects are not followed")]
    Redirects,
    /// A redirect from https to http.
    #[error("a redirect from https to http is not followed")]
    Downgrade,
    /// A request with an effect, redirected to another origin: its body is meant for the first.
    #[error("a redirect of a {method} to another origin, {host}, is not followed")]
    Origin {
        /// The method.
        method: Method,
        /// The other origin's host.
        host: String,
    },
}

/// The client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The file with certificate authorities cannot be used.
    #[error("could not read certificate authorities from {path}")]
    Authorities {
        /// The configured file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// TLS cannot be set up.
    #[error("could not set up TLS")]
    Tls(#[from] rustls::Error),
    /// The HTTP client cannot be set up.
    #[error("could not set up the HTTP client")]
    Client(#[from] reqwest::Error),
}

/// The client. Cheap to clone: the connections are shared.
#[derive(Debug, Clone)]
pub struct Egress {
    public: Client,
    allowed: Client,
    allow: Arc<[Allow]>,
}

impl Egress {
    /// A client with these exceptions.
    ///
    /// # Errors
    /// Where the certificate authorities cannot be read.
    pub fn new(settings: &Settings) -> Result<Self, SetUpError> {
        let tls = client::tls(settings.ca.as_deref())?;
        let allow: Arc<[Allow]> = settings.allow.as_slice().into();
        let public = client::build(tls.clone(), client::Resolver::Checked(Arc::clone(&allow)))?;
        let allowed = client::build(tls, client::Resolver::Unchecked)?;
        Ok(Self { public, allowed, allow })
    }

    /// Sends a request and reads the answer, following at most three redirects (see `redirect`).
    ///
    /// # Errors
    /// See [`Error`]; each variant says what may have been sent.
    pub async fn send(&self, request: Request) -> Result<Answer, Error> {
        let deadline = Instant::now() + request.timeout.min(MAX_TIME);
        let mut hop = request;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.exchange(&hop, deadline).await?;
            match redirect::next(&hop, response.status(), response.headers())? {
                Some(next) => hop = next,
                None => return Ok(read(response, deadline).await),
            }
        }
        Err(Refusal::Redirects.into())
    }

    async fn exchange(&self, hop: &Request, deadline: Instant) -> Result<Response, Error> {
        // First, for other refusals name the host, and a secret may be part of it.
        self.check_bound(hop)?;
        let client = self.client_for(&hop.url)?;
        let mut request = client
            .request(hop.method.clone(), hop.url.clone())
            .headers(hop.headers.clone());
        if let Some(body) = &hop.body {
            request = request.body(body.clone());
        }
        let host = || hop.url.host_str().unwrap_or_default().to_owned();
        match timeout_at(deadline, request.send()).await {
            Ok(answer) => answer.map_err(|source| failure(host(), source.without_url())),
            Err(_) => Err(Error::TimedOut { host: host() }),
        }
    }

    fn check_bound(&self, hop: &Request) -> Result<(), Refusal> {
        if !hop
            .bound
            .iter()
            .all(|hosts| hosts.iter().any(|host| host.covers(&hop.url)))
        {
            return Err(Refusal::Bound);
        }
        let covered = literal(&hop.url).is_some_and(|address| address::covers(&self.allow, address));
        if hop.bound.is_empty() || hop.url.scheme() == "https" || covered || self.is_named(&hop.url) {
            Ok(())
        } else {
            Err(Refusal::Unencrypted)
        }
    }

    /// The client for a URL whose scheme and literal address pass; the address of a name is checked as it is resolved.
    fn client_for(&self, url: &Url) -> Result<&Client, Refusal> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        if self.is_named(url) {
            return Ok(&self.allowed);
        }
        match literal(url).and_then(|address| address::forbidden(&self.allow, address)) {
            Some(range) => Err(Refusal::Address {
                host: url.host_str().unwrap_or_default().to_owned(),
                range,
            }),
            None => Ok(&self.public),
        }
    }

    /// Whether the operator allows the URL's host and port by name.
    fn is_named(&self, url: &Url) -> bool {
        let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default());
        address::names(&self.allow, host, port.unwrap_or_default())
    }
}

/// The address of a URL that names no host but an address.
fn literal(url: &Url) -> Option<IpAddr> {
    match url.host() {
        Some(Host::Ipv4(address)) => Some(address.into()),
        Some(Host::Ipv6(address)) => Some(address.into()),
        Some(Host::Domain(_)) | None => None,
    }
}

/// A refusal in the resolver comes back as the cause of a failed connection.
fn failure(host: String, error: reqwest::Error) -> Error {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    if let Some(refusal) = causes.filter_map(|cause| cause.downcast_ref::<Refusal>()).next() {
        return Error::Refused(refusal.clone());
    }
    if error.is_builder() {
        Error::Malformed(error)
    } else if error.is_connect() {
        Error::Connect { host, source: error }
    } else {
        Error::Lost { host, source: error }
    }
}

async fn read(mut response: Response, deadline: Instant) -> Answer {
    let (status, headers) = (response.status(), response.headers().clone());
    let mut body = Vec::new();
    let end = loop {
        match timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(chunk))) if body.len() + chunk.len() > MAX_BODY => {
                body.extend(chunk.iter().take(MAX_BODY - body.len()));
                break End::Cut;
            }
            Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
            Ok(Ok(None)) => break End::Complete,
            Ok(Err(_)) | Err(_) => break End::Lost,
        }
    };
    Answer {
        status,
        headers,
        body,
        end,
    }
}
