//! What a caller shows, and the question whether it is good. Never answers it: [`Authenticate`] comes from outside.

use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;

use async_graphql::Data;
use poem::http::header;
use poem::web::headers::authorization::{Authorization, Bearer};
use poem::web::headers::{Cookie, HeaderMapExt};
use secrecy::SecretString;
use serde_json::{Map, Value};

/// Everything that may say who is calling. Which of them counts is for [`Authenticate`] to decide.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// The token of `Authorization: Bearer …`, or of `authorization` in a WebSocket's `connection_init`.
    pub bearer: Option<SecretString>,
    /// The value of the session cookie. The transport has already refused it from a foreign origin.
    pub session: Option<SecretString>,
    /// The `Origin` header: only browsers send it.
    pub origin: Option<String>,
    /// The address of the peer, which may be a proxy.
    pub remote: Option<IpAddr>,
}

/// The address that an HTTP request came from, which may be a proxy's. Found in the data of its operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remote(pub IpAddr);

/// Why a caller is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The credentials are not known, expired, or not to be read.
    Unauthenticated,
    /// The credentials are known, and may not be used here.
    Forbidden,
    /// Too many attempts. Try again after this time.
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// Whether they are good cannot be told now.
    Unavailable,
}

/// Tells the transport who is calling.
pub trait Authenticate: Send + Sync + 'static {
    /// Whoever is signed in.
    type Principal: Clone + Send + Sync + 'static;

    /// Whom these credentials belong to; `None` for a caller who shows none and may call all the same.
    ///
    /// # Errors
    /// A [`Refusal`] ends the request, or closes the socket, before GraphQL sees it.
    fn authenticate(
        &self,
        credentials: Credentials,
    ) -> impl Future<Output = Result<Option<Self::Principal>, Refusal>> + Send;

    /// What resolvers find in their context, made anew for every operation: a data loader must not outlive one.
    fn data(&self, principal: Option<&Self::Principal>) -> Data;

    /// Ends when the principal's credentials expire or are revoked; its open socket is then closed.
    fn revoked(&self, principal: &Self::Principal) -> impl Future<Output = ()> + Send + 'static;
}

impl Credentials {
    /// Reads what came with an HTTP request, the opening one of a WebSocket included.
    ///
    /// # Errors
    /// An `Authorization` that is not a bearer token: to go on as nobody would hide a mistake.
    pub(super) fn of(request: &poem::Request, session_cookie: &str) -> Result<Self, Refusal> {
        let headers = request.headers();
        let bearer = match headers.typed_try_get::<Authorization<Bearer>>() {
            Ok(authorization) => authorization.map(|found| SecretString::from(found.token())),
            Err(_) => return Err(Refusal::Unauthenticated),
        };
        let cookies = headers.typed_get::<Cookie>();
        let session = cookies.as_ref().and_then(|cookies| cookies.get(session_cookie));
        Ok(Self {
            bearer,
            session: session.map(SecretString::from),
            origin: request.header(header::ORIGIN).map(str::to_owned),
            remote: request.remote_addr().as_socket_addr().map(|address| address.ip()),
        })
    }

    /// Adds the bearer token of a `connection_init`, which counts instead of the one of the upgrade:
    /// a browser cannot set headers on a WebSocket.
    ///
    /// # Errors
    /// An `authorization` that is not a bearer token.
    pub(super) fn with_payload(mut self, payload: &Map<String, Value>) -> Result<Self, Refusal> {
        let entry = payload
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if let Some((_, value)) = entry {
            let token = value.as_str().and_then(bearer_token).ok_or(Refusal::Unauthenticated)?;
            self.bearer = Some(SecretString::from(token));
        }
        Ok(self)
    }
}

/// The scheme's name is not case-sensitive (RFC 9110, section 11.1).
fn bearer_token(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;

    fn with_payload(payload: Value) -> Result<Credentials, Refusal> {
        Credentials::default().with_payload(payload.as_object().unwrap())
    }

    #[test]
    fn the_token_of_an_init_payload_is_found_in_any_case() {
        for name in ["authorization", "Authorization"] {
            let found = with_payload(json!({ name: "bearer pm_1_x" })).unwrap();

            assert_eq!(found.bearer.unwrap().expose_secret(), "pm_1_x");
        }
    }

    #[test]
    fn an_init_payload_with_another_scheme_is_refused() {
        for value in [json!("Basic abc"), json!("Bearer"), json!(7)] {
            assert_eq!(
                with_payload(json!({ "authorization": value })).err(),
                Some(Refusal::Unauthenticated)
            );
        }
    }

    #[test]
    fn a_header_with_another_scheme_is_refused() {
        let request = poem::Request::builder().header("authorization", "Basic abc").finish();

        assert_eq!(Credentials::of(&request, "s").err(), Some(Refusal::Unauthenticated));
    }

    #[test]
    fn a_token_does_not_show_in_debug_output() {
        let found = with_payload(json!({ "authorization": "Bearer pm_1_secret" })).unwrap();

        assert!(!format!("{found:?}").contains("pm_1_secret"));
    }
}
