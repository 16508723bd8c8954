//! Session tokens and API keys: 256 bits of chance that are shown once and stored as a digest. Never draws the chance
//! itself, never prints a secret by accident: showing one is a call to `expose`.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use pointsman_entities::ids::KeyId;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use typeid_suffix::prelude::TypeIdSuffix;

/// 256 bits that nobody can guess. Its `Debug` shows nothing, and its memory is wiped.
#[derive(Debug)]
pub struct Secret(SecretBox<[u8; 32]>);

/// The SHA-256 of a secret: what the database holds. A slow hash would add nothing, for 256 bits cannot be guessed.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

/// What a signed-in browser or app holds, as 43 characters.
#[derive(Debug)]
pub struct SessionToken(Secret);

/// What a program holds, as `pm_<id>_<secret>`: the id finds the row, the secret proves it.
#[derive(Debug)]
pub struct ApiKey {
    /// Which key it is; no secret.
    pub id: KeyId,
    secret: Secret,
}

/// Why a text is no token or key. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not `pm_…`.
    #[error("an API key starts with pm_")]
    Prefix,
    /// The id between `pm_` and the next `_` is damaged.
    #[error("the id of the API key is damaged")]
    Id,
    /// The secret is too short, too long or damaged.
    #[error("the secret is not 43 characters of base64url")]
    Secret,
}

impl Secret {
    fn new(chance: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(chance)))
    }

    fn digest(&self) -> Digest {
        Digest(<Sha256 as sha2::Digest>::digest(self.0.expose_secret()).into())
    }

    fn encode(&self) -> String {
        BASE64.encode(self.0.expose_secret())
    }
}

impl FromStr for Secret {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let bytes = BASE64.decode(text).map_err(|_| Malformed::Secret)?;
        bytes.try_into().map(Self::new).map_err(|_| Malformed::Secret)
    }
}

impl SessionToken {
    /// A token of 256 bits of chance.
    pub fn new(chance: [u8; 32]) -> Self {
        Self(Secret::new(chance))
    }

    /// What the database holds, and finds the session by.
    pub fn digest(&self) -> Digest {
        self.0.digest()
    }

    /// The token itself, for the cookie.
    pub fn expose(&self) -> SecretString {
        self.0.encode().into()
    }
}

impl FromStr for SessionToken {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        text.parse().map(Self)
    }
}

impl ApiKey {
    /// A key of 256 bits of chance.
    pub fn new(id: KeyId, chance: [u8; 32]) -> Self {
        Self {
            id,
            secret: Secret::new(chance),
        }
    }

    /// What the database holds beside the id.
    pub fn digest(&self) -> Digest {
        self.secret.digest()
    }

    /// The key itself, shown once.
    pub fn expose(&self) -> SecretString {
        format!("pm_{}_{}", TypeIdSuffix::from(self.id.uuid()), self.secret.encode()).into()
    }
}

impl FromStr for ApiKey {
    type Err = Malformed;

    /// The secret may hold `_`, the id does not.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (id, secret) = text
            .strip_prefix("pm_")
            .ok_or(Malformed::Prefix)?
            .split_once('_')
            .ok_or(Malformed::Id)?;
        let id: TypeIdSuffix = id.parse().map_err(|_| Malformed::Id)?;
        Ok(Self {
            id: KeyId(id.to_uuid()),
            secret: secret.parse()?,
        })
    }
}

impl Digest {
    /// The 32 bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it is the stored one; takes the same time wherever they differ.
    pub fn matches(&self, stored: &[u8]) -> bool {
        self.0.ct_eq(stored).into()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// With the id of TypeID's own example.
    fn key() -> ApiKey {
        ApiKey::new(
            KeyId(Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057)),
            [0xff; 32],
        )
    }

    #[test]
    fn a_key_reads_back_as_it_was_shown() {
        let shown = key().expose();

        let read: ApiKey = shown.expose_secret().parse().unwrap();

        assert_eq!(read.id, key().id);
        assert!(read.digest().matches(key().digest().as_bytes()));
        assert_eq!(
            shown.expose_secret(),
            "pm_01h455vb4pex5vsknk084sn02q_".to_owned() + &"_".repeat(42) + "8"
        );
    }

    #[test]
    fn a_session_token_reads_back_as_it_was_shown() {
        let token = SessionToken::new([7; 32]);

        let read: SessionToken = token.expose().expose_secret().parse().unwrap();

        assert!(read.digest().matches(token.digest().as_bytes()));
    }

    #[test]
    fn another_secret_does_not_match() {
        let other = ApiKey::new(key().id, [0xfe; 32]);

        assert!(!other.digest().matches(key().digest().as_bytes()));
        assert!(!other.digest().matches(&[]));
    }

    #[test]
    fn the_digest_is_the_sha_256_of_the_secret() {
        let empty = SessionToken::new([0; 32]).digest();

        assert_eq!(
            BASE64.encode(empty.as_bytes()),
            "Zmh6rfhivXdsj8GLjp-OIAiXFIVu4jOzkCpZHQ1fKSU"
        );
    }

    #[test]
    fn a_damaged_key_is_refused_with_its_reason() {
        let shown = key().expose().expose_secret().to_owned();
        let cases = [
            (String::new(), Malformed::Prefix),
            (shown.replacen("pm_", "sk_", 1), Malformed::Prefix),
            ("pm_".to_owned(), Malformed::Id),
            (shown.replacen("01h4", "01", 1), Malformed::Id),
            (shown.replacen("01h4", "91h4", 1), Malformed::Id),
            (format!("{shown}A"), Malformed::Secret),
            (shown.trim_end_matches('8').to_owned(), Malformed::Secret),
            (shown.replace("_8", "_9"), Malformed::Secret),
            (shown.replace("_8", "+8"), Malformed::Secret),
        ];
        for (text, reason) in cases {
            assert_eq!(text.parse::<ApiKey>().err(), Some(reason), "{text}");
        }
    }

    #[test]
    fn nothing_prints_a_secret() {
        let printed = format!("{:?} {:?} {:?}", key(), SessionToken::new([0xff; 32]), key().digest());

        assert!(!printed.contains("255") && !printed.contains("____"), "{printed}");
    }
}
