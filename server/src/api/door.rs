//! Lets callers in: recognises what they show, and gives each operation its own [`Caller`].

use std::{future::Future, sync::Arc};

use async_graphql::Data;

use super::{
    caller::Caller,
    links::Links,
    transport::{Authenticate, Credentials, Refusal},
};
use crate::{
    auth::{Accounts, Principal},
    crm::Crm,
    engine::Engine,
    messaging::Messaging,
    secrets::Secrets,
    workflow::manage::Workflows,
};

/// The transport's question who is calling, answered by the accounts.
pub struct Door {
    pub accounts: Arc<Accounts>,
    pub crm: Arc<Crm>,
    pub workflows: Arc<Workflows>,
    pub engine: Arc<Engine>,
    pub secrets: Arc<Secrets>,
    pub messaging: Arc<Messaging>,
}

/// How sessions reach browsers.
#[derive(Clone, Debug)]
pub struct Cookies {
    pub name: String,
    /// Whether browsers send it over TLS only.
    pub secure: bool,
}

impl Cookies {
    /// By the URL that browsers know the server by: a name with `__Host-` is tied to the host, but needs TLS.
    #[must_use]
    pub fn of(public_url: &str) -> Self {
        let secure = public_url.starts_with("https://");
        let name = if secure { "__Host-pointsman" } else { "pointsman" };
        Self {
            name: name.to_owned(),
            secure,
        }
    }

    /// The header that sets the cookie, or with no life deletes it.
    #[must_use]
    pub fn set(&self, value: &str, seconds: i64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        let name = &self.name;
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }
}

impl Authenticate for Door {
    type Principal = Principal;

    async fn authenticate(&self, credentials: Credentials) -> Result<Option<Principal>, Refusal> {
        let found = match (&credentials.bearer, &credentials.session) {
            (Some(token), _) => self.accounts.recognise(token).await,
            (None, Some(token)) => self.accounts.by_session(token).await,
            (None, None) => return Ok(None),
        };
        match found {
            Ok(Some(principal)) => Ok(Some(principal)),
            // A browser can't drop a cookie that has expired, and must still be able to sign in with it.
            Ok(None) if credentials.bearer.is_none() => Ok(None),
            Ok(None) => Err(Refusal::Unauthenticated),
            Err(error) => {
                tracing::error!(%error, "a caller could not be recognised");
                Err(Refusal::Unavailable)
            }
        }
    }

    fn data(&self, principal: Option<&Principal>) -> Data {
        let mut data = Data::default();
        if let Some(principal) = principal {
            data.insert(Caller::new(principal.access.clone(), Arc::clone(&self.crm)));
            data.insert(Links::new(
                principal.access.clone(),
                Arc::clone(&self.crm),
                Arc::clone(&self.workflows),
                Arc::clone(&self.engine),
            ));
            data.insert(principal.clone());
        }
        data
    }

    fn revoked(&self, principal: &Principal) -> impl Future<Output = ()> + Send + 'static {
        Arc::clone(&self.accounts).revoked(principal.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_over_tls_is_tied_to_the_host() {
        let header = Cookies::of("https://crm.example.com").set("token", 60);

        assert_eq!(
            header,
            "__Host-pointsman=token; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
    }

    #[test]
    fn a_cookie_without_tls_has_no_prefix_that_browsers_would_refuse() {
        let header = Cookies::of("http://127.0.0.1:8080").set("token", 60);

        assert_eq!(header, "pointsman=token; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    }
}
