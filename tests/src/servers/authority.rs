//! A certificate authority of one test, with a certificate for this machine. Never trusted by anything but that test.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

/// PEM files of an authority, of a certificate for `localhost` and 127.0.0.1, and of its key.
#[derive(Debug)]
pub struct Authority {
    folder: TempDir,
}

impl Authority {
    /// A new one; its files go with it.
    pub fn new() -> Result<Self> {
        let made = Self {
            folder: tempfile::tempdir()?,
        };
        let (ca_key, server_key) = (KeyPair::generate()?, KeyPair::generate()?);
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        fs::write(made.ca(), ca.self_signed(&ca_key)?.pem())?;
        let server = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        fs::write(
            made.certificate(),
            server.signed_by(&server_key, &Issuer::new(ca, ca_key))?.pem(),
        )?;
        fs::write(made.key(), server_key.serialize_pem())?;
        Ok(made)
    }

    /// The authority's certificate, which clients trust.
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The server's certificate.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// The server's key.
    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }
}
