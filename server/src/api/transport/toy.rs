//! A schema and callers small enough to see through, for the tests of the transport.

use std::time::Duration;

use async_graphql::{
    Context, Data, Enum, Error, InputObject, MaybeUndefined, Object, Result, Schema, SimpleObject, Subscription,
};
use futures_util::{Stream, stream};
use poem::Server;
use poem::listener::{Acceptor, Listener, TcpListener};
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

use super::{Authenticate, Credentials, Endpoint, IdempotencyKey, Origins, Refusal, RequestId, Settings, Sockets};

pub(super) type ToySchema = Schema<Query, Mutation, Ticks>;
pub(super) type ToyEndpoint = Endpoint<ToySchema, Door>;

/// Admits `good`, refuses every other token, and lets those without one in as nobody.
#[derive(Clone, Default)]
pub(super) struct Door {
    pub(super) revoked: CancellationToken,
}

#[derive(Clone)]
pub(super) struct Caller(String);

impl Authenticate for Door {
    type Principal = Caller;

    async fn authenticate(&self, credentials: Credentials) -> Result<Option<Caller>, Refusal> {
        match credentials.bearer.or(credentials.session) {
            None => Ok(None),
            Some(token) if token.expose_secret() == "good" => Ok(Some(Caller("good".to_owned()))),
            Some(token) if token.expose_secret() == "busy" => Err(Refusal::RateLimited {
                retry_after: Duration::from_secs(7),
            }),
            Some(_) => Err(Refusal::Unauthenticated),
        }
    }

    fn data(&self, principal: Option<&Caller>) -> Data {
        let mut data = Data::default();
        if let Some(caller) = principal {
            data.insert(caller.clone());
        }
        data
    }

    fn revoked(&self, _: &Caller) -> impl Future<Output = ()> + Send + 'static {
        self.revoked.clone().cancelled_owned()
    }
}

#[derive(Default)]
pub(super) struct Query;

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "world"
    }
    async fn caller(&self, context: &Context<'_>) -> Option<String> {
        context.data_opt::<Caller>().map(|caller| caller.0.clone())
    }
    async fn request_id(&self, context: &Context<'_>) -> Result<String> {
        Ok(context.data::<RequestId>()?.to_string())
    }
    async fn again(&self) -> Self {
        Self
    }
    async fn echo(&self, #[graphql(default_with = "\"unsaid\".to_owned()")] text: String) -> String {
        text
    }
    async fn list(&self, items: Vec<Option<String>>) -> Vec<Option<String>> {
        items
    }
    async fn leak(&self) -> Result<String> {
        Err(Error::from(std::io::Error::other("password=hunter2")))
    }
    async fn panics(&self) -> String {
        if true {
            panic!("password=hunter2")
        } else {
            String::new()
        }
    }
    async fn never(&self) -> String {
        std::future::pending().await
    }
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum Phone {
    Kept,
    Cleared,
    Changed,
}

#[derive(InputObject)]
struct Change {
    phone: MaybeUndefined<String>,
}

#[derive(SimpleObject)]
struct Changed {
    phone: Phone,
}

#[derive(Default)]
pub(super) struct Mutation;

#[Object]
impl Mutation {
    async fn change(&self, input: Change) -> Changed {
        let phone = match input.phone {
            MaybeUndefined::Undefined => Phone::Kept,
            MaybeUndefined::Null => Phone::Cleared,
            MaybeUndefined::Value(_) => Phone::Changed,
        };
        Changed { phone }
    }
    async fn key(&self, context: &Context<'_>) -> Option<String> {
        context.append_http_header("set-cookie", "a=1");
        context.append_http_header("set-cookie", "b=2");
        context.data_opt::<IdempotencyKey>().map(|key| key.key.clone())
    }
}

#[derive(Default)]
pub(super) struct Ticks;

#[Subscription]
impl Ticks {
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=to)
    }
    /// Never waits: what a hostile stream looks like to its neighbours.
    async fn flood(&self) -> impl Stream<Item = String> {
        stream::repeat("x".repeat(1_000))
    }
    async fn silence(&self) -> impl Stream<Item = i32> {
        stream::pending()
    }
    async fn broken(&self) -> Result<impl Stream<Item = i32>> {
        Err::<stream::Empty<i32>, _>(Error::from(std::io::Error::other("password=hunter2")))
    }
}

pub(super) fn schema() -> ToySchema {
    Schema::new(Query, Mutation, Ticks)
}

pub(super) fn settings() -> Settings {
    Settings {
        origins: Origins::new(["https://spa.example"]),
        session_cookie: "session".to_owned(),
        sockets: Sockets::default(),
    }
}

pub(super) fn endpoint() -> ToyEndpoint {
    Endpoint::new(schema(), Door::default(), settings())
}

/// The toy endpoint on a port of its own.
pub(super) struct Host {
    /// Where it listens, such as `127.0.0.1:49152`.
    pub(super) address: String,
    pub(super) sockets: Sockets,
}

pub(super) async fn host() -> Host {
    let settings = settings();
    let sockets = settings.sockets.clone();
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
    let address = acceptor.local_addr()[0].as_socket_addr().unwrap().to_string();
    let endpoint = Endpoint::new(schema(), Door::default(), settings);
    tokio::spawn(Server::new_with_acceptor(acceptor).run(endpoint));
    Host { address, sockets }
}
