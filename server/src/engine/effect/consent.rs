//! What the recipients of marketing mail have said, looked up right before it is sent.

use pointsman_entities::contact;
use sea_orm::{ColumnTrait, EntityName, EntityTrait, QueryFilter};

use super::What;
use crate::{
    engine::{Engine, Error},
    store::{self, Refusal, Require, Write, WriteSet},
};

/// What the recipients have said.
#[derive(Default)]
pub struct Consent {
    /// The first address that has opted out.
    pub refused: Option<String>,
    consenting: Vec<contact::Model>,
}

impl Consent {
    /// Whoever opts out before the write set's commit gets nothing: it is refused then, see [`is_withdrawn`].
    pub fn require(&self, set: &mut WriteSet) {
        for contact in &self.consenting {
            set.push(Write::Require(Require {
                table: contact::Entity.table_name(),
                key: vec![("id", contact.id.0.into())],
                guard: vec![("email_opt_out", false.into())],
            }));
        }
    }
}

/// Whether a refusal says that somebody has just opted out.
#[must_use]
pub fn is_withdrawn(refusal: &Refusal) -> bool {
    *refusal
        == Refusal::Row {
            table: contact::Entity.table_name(),
        }
}

impl Engine {
    pub(super) async fn consent(&self, what: &What) -> Result<Consent, Error> {
        let What::Email {
            email, marketing: true, ..
        } = what
        else {
            return Ok(Consent::default());
        };
        let everyone = email.to.iter().chain(&email.cc).chain(&email.bcc);
        let addresses: Vec<String> = everyone.map(|party| party.address.to_lowercase()).collect();
        let contacts = contact::Entity::find()
            .filter(contact::Column::Email.is_in(addresses))
            .filter(contact::Column::DeletedAt.is_null())
            .all(self.store.reads())
            .await
            .map_err(store::Error::from)?;
        let refused = contacts
            .iter()
            .find(|contact| contact.email_opt_out)
            .and_then(|contact| contact.email.clone());
        Ok(Consent {
            refused,
            consenting: contacts,
        })
    }
}
