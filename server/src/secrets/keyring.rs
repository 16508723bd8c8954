//! The keys that everything secret at rest is sealed with, and signed links are signed with. Never prints one, never
//! stores one beside the database it protects.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest, Sha256};

const FILE: &str = "secret.key";
const KEY: usize = 32;
const NONCE: usize = 24;
/// Of 256 bits of a signature as many as a link needs.
const SIGNATURE: usize = 16;

/// Why there are no usable keys.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Every server node needs the same key, and none of them owns a folder that the others see.
    #[error("PostgreSQL needs a key for secrets: set POINTSMAN_SECRET_KEYS, made by `openssl rand -base64 32`")]
    None,
    #[error("a key for secrets is 32 bytes in base64, made by `openssl rand -base64 32`")]
    Malformed,
    #[error("{} can be read by others: it must be for its owner alone (chmod 600)", .0.display())]
    Open(PathBuf),
    #[error("{} can't be read or written", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// Why a sealed value can't be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    #[error("the key that sealed it is not configured")]
    UnknownKey,
    #[error("it is damaged, or sealed for another place")]
    Damaged,
}

/// The keys, of which the first seals and signs. The others only open and verify: they are on their way out.
pub struct Keyring {
    first: Key,
    older: Vec<Key>,
}

struct Key {
    id: String,
    cipher: XChaCha20Poly1305,
    signer: Hmac<Sha256>,
}

/// A sealed value, as a row keeps it.
#[derive(Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Which key it takes.
    pub key: String,
    /// Nonce and ciphertext.
    pub bytes: Vec<u8>,
}

impl Keyring {
    /// The configured keys, or that of the data folder, which is made where it is not there. `folder` is none where the
    /// database is shared.
    ///
    /// # Errors
    /// Where there is no key, or it can't be used.
    pub fn load(configured: &[SecretString], folder: Option<&Path>, fresh: [u8; KEY]) -> Result<Self, Error> {
        let mut keys = configured
            .iter()
            .map(Key::parse)
            .collect::<Result<Vec<_>, _>>()?
            .into_iter();
        if let Some(first) = keys.next() {
            return Ok(Self {
                first,
                older: keys.collect(),
            });
        }
        let path = folder.ok_or(Error::None)?.join(FILE);
        let first = read_or_make(&path, fresh)?;
        Ok(Self {
            first,
            older: Vec::new(),
        })
    }

    /// The id of the key that seals now.
    #[must_use]
    pub fn current(&self) -> &str {
        &self.first.id
    }

    /// Seals a value for one place: it opens nowhere else.
    ///
    /// # Errors
    /// Where the value is longer than the cipher can take.
    pub fn seal(&self, place: &str, value: &[u8], nonce: [u8; NONCE]) -> Result<Sealed, Unopened> {
        let key = &self.first;
        let aad = aad(place, &key.id);
        let payload = Payload { msg: value, aad: &aad };
        let nonce = XNonce::from(nonce);
        let ciphertext = key.cipher.encrypt(&nonce, payload).map_err(|_| Unopened::Damaged)?;
        Ok(Sealed {
            key: key.id.clone(),
            bytes: [nonce.as_slice(), &ciphertext].concat(),
        })
    }

    /// The value that was sealed for this place.
    ///
    /// # Errors
    /// Where its key is gone, or it is not what was sealed.
    pub fn open(&self, place: &str, sealed: &Sealed) -> Result<SecretSlice<u8>, Unopened> {
        let key = self
            .keys()
            .find(|key| key.id == sealed.key)
            .ok_or(Unopened::UnknownKey)?;
        let (nonce, ciphertext) = sealed.bytes.split_at_checked(NONCE).ok_or(Unopened::Damaged)?;
        let payload = Payload {
            msg: ciphertext,
            aad: &aad(place, &key.id),
        };
        let opened = key.cipher.decrypt(XNonce::from_slice(nonce), payload);
        opened.map(SecretSlice::from).map_err(|_| Unopened::Damaged)
    }

    /// A signature of a text for one purpose.
    #[must_use]
    pub fn sign(&self, purpose: &str, text: &str) -> [u8; SIGNATURE] {
        let full = self.first.mac(purpose, text).finalize().into_bytes();
        std::array::from_fn(|place| full.get(place).copied().unwrap_or_default())
    }

    /// Whether one of the keys made the signature; takes the same time wherever they differ.
    #[must_use]
    pub fn verifies(&self, purpose: &str, text: &str, signature: &[u8]) -> bool {
        let made_by = |key: &Key| key.mac(purpose, text).verify_truncated_left(signature).is_ok();
        signature.len() == SIGNATURE && self.keys().any(made_by)
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.first).chain(&self.older)
    }
}

impl Key {
    fn parse(text: &SecretString) -> Result<Self, Error> {
        let bytes = BASE64_STANDARD
            .decode(text.expose_secret().trim())
            .map_err(|_| Error::Malformed)?;
        let bytes: [u8; KEY] = bytes.try_into().map_err(|_| Error::Malformed)?;
        Ok(Self {
            id: Sha256::digest(bytes)
                .iter()
                .take(4)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            cipher: XChaCha20Poly1305::new(&bytes.into()),
            signer: Mac::new_from_slice(&bytes).map_err(|_| Error::Malformed)?,
        })
    }

    /// The purpose stands first and ends with a NUL, so that no text of one purpose is one of another.
    fn mac(&self, purpose: &str, text: &str) -> Hmac<Sha256> {
        self.signer
            .clone()
            .chain_update(purpose)
            .chain_update([0])
            .chain_update(text)
    }
}

fn aad(place: &str, key: &str) -> Vec<u8> {
    [place.as_bytes(), b"/", key.as_bytes()].concat()
}

fn read_or_make(path: &Path, fresh: [u8; KEY]) -> Result<Key, Error> {
    let failed = |source| Error::File {
        path: path.to_owned(),
        source,
    };
    match fs::read_to_string(path) {
        Ok(text) => {
            let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(Error::Open(path.to_owned()));
            }
            Key::parse(&text.into())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = BASE64_STANDARD.encode(fresh);
            make(path, &text).map_err(failed)?;
            Key::parse(&text.into())
        }
        Err(error) => Err(failed(error)),
    }
}

/// Beside its place first: a crash leaves no half of a key there. The data folder is this process's alone.
fn make(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("key.new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(keys: &[u8]) -> Keyring {
        let keys: Vec<SecretString> = keys
            .iter()
            .map(|byte| BASE64_STANDARD.encode([*byte; KEY]).into())
            .collect();
        Keyring::load(&keys, None, [0; KEY]).unwrap()
    }

    #[test]
    fn a_sealed_value_opens_at_its_place_alone() {
        let ring = ring(&[1]);

        let sealed = ring.seal("secret/1", b"hunter2", [9; NONCE]).unwrap();

        assert_eq!(ring.open("secret/1", &sealed).unwrap().expose_secret(), b"hunter2");
        assert_eq!(ring.open("secret/2", &sealed).err(), Some(Unopened::Damaged));
        assert!(!sealed.bytes.windows(7).any(|part| part == b"hunter2"));
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let ring = ring(&[1]);
        let mut sealed = ring.seal("p", b"x", [9; NONCE]).unwrap();

        sealed.bytes[NONCE] ^= 1;

        assert_eq!(ring.open("p", &sealed).err(), Some(Unopened::Damaged));
    }

    #[test]
    fn a_key_on_its_way_out_still_opens_and_verifies() {
        let (old, both, new) = (ring(&[1]), ring(&[2, 1]), ring(&[2]));

        let sealed = old.seal("p", b"x", [9; NONCE]).unwrap();
        let signature = old.sign("link", "ann");

        assert!(both.open("p", &sealed).is_ok());
        assert!(both.verifies("link", "ann", &signature));
        assert_eq!(new.open("p", &sealed).err(), Some(Unopened::UnknownKey));
        assert!(!new.verifies("link", "ann", &signature));
    }

    #[test]
    fn a_signature_is_for_one_purpose_and_text() {
        let ring = ring(&[1]);

        let signature = ring.sign("link", "ann");

        assert!(!ring.verifies("link", "bob", &signature));
        assert!(!ring.verifies("other", "ann", &signature));
        assert!(!ring.verifies("link", "ann", &signature[..8]));
    }

    #[test]
    fn the_key_file_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();

        let first = Keyring::load(&[], Some(folder.path()), [7; KEY]).unwrap();
        let again = Keyring::load(&[], Some(folder.path()), [8; KEY]).unwrap();

        assert_eq!(first.current(), again.current());
        let file = folder.path().join(FILE);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            Keyring::load(&[], Some(folder.path()), [8; KEY]),
            Err(Error::Open(_))
        ));
    }

    #[test]
    fn without_a_folder_or_a_sound_key_there_is_no_ring() {
        assert!(matches!(Keyring::load(&[], None, [0; KEY]), Err(Error::None)));
        for text in [
            "",
            "short",
            "AAAA",
            "not base64 at all, though it is of the right length!",
        ] {
            assert!(
                matches!(Keyring::load(&[text.into()], None, [0; KEY]), Err(Error::Malformed)),
                "{text}"
            );
        }
    }
}
