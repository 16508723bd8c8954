//! Builds the HTTP client under [`super::Egress`]: its TLS, its limits and the resolver that checks what it resolves.
//! Never follows a redirect and never uses a proxy.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::address::{self, Allow};
use super::{Refusal, SetUpError};

/// Name, connection and TLS together.
const CONNECT: Duration = Duration::from_secs(3);
/// Shorter than the idle time-outs of common servers: a connection that closes under a request leaves its fate unknown.
const IDLE: Duration = Duration::from_secs(10);

pub(super) fn build(tls: ClientConfig, resolver: Resolver) -> Result<Client, SetUpError> {
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(resolver))
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .user_agent(concat!("Pointsman/", env!("CARGO_PKG_VERSION")))
        .build()?;
    Ok(client)
}

/// The authorities of the web, and the operator's own.
pub(super) fn tls(ca: Option<&Path>) -> Result<ClientConfig, SetUpError> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    if let Some(path) = ca {
        add_authorities(&mut roots, path).map_err(|source| SetUpError::Authorities {
            path: path.to_owned(),
            source,
        })?;
    }
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn add_authorities(roots: &mut RootCertStore, path: &Path) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    for certificate in CertificateDer::pem_file_iter(path)? {
        roots.add(certificate?)?;
    }
    Ok(())
}

/// Resolves names by the system.
#[derive(Debug)]
pub(super) enum Resolver {
    /// A name with one forbidden address is refused whole.
    Checked(Arc<[Allow]>),
    /// For hosts that the operator allows by name.
    Unchecked,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow = match self {
            Self::Checked(allow) => Some(Arc::clone(allow)),
            Self::Unchecked => None,
        };
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if let Some(allow) = allow {
                check(name.as_str(), &found, &allow)?;
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn check(name: &str, found: &[SocketAddr], allow: &[Allow]) -> Result<(), Refusal> {
    match found.iter().find_map(|address| address::forbidden(allow, address.ip())) {
        Some(range) => Err(Refusal::Address {
            host: name.to_owned(),
            range,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_one_forbidden_address_is_refused_whole() {
        let found = ["8.8.8.8:0".parse().unwrap(), "10.0.0.1:0".parse().unwrap()];

        let refused = check("two-faced.example", &found, &[]);

        assert_eq!(
            refused,
            Err(Refusal::Address {
                host: "two-faced.example".into(),
                range: "private use"
            })
        );
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        assert!(matches!(
            tls(Some(Path::new("/nowhere.pem"))),
            Err(SetUpError::Authorities { .. })
        ));
    }
}
