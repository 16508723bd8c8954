//! Whether a message may be sent, looked up right before it is: what its receivers have said, and the list of suppressed
//! addresses.

use pointsman_entities::contact;
use sea_orm::{ColumnTrait, EntityName, EntityTrait, QueryFilter};

use super::What;
use crate::{
    engine::{Engine, Error},
    messaging::{
        Channel,
        suppression::{self, EPOCH, Listed},
    },
    store::{self, Refusal, Require, Write, WriteSet},
};

/// What stands for and against a message.
#[derive(Default)]
pub struct Consent {
    /// The code and the text of what forbids it.
    pub refused: Option<(&'static str, String)>,
    /// Contacts that have not opted out, and the column that would say so.
    consenting: Vec<(contact::Model, &'static str)>,
    /// The epoch of the list; none where it was not asked.
    epoch: Option<i64>,
}

impl Consent {
    /// Whoever opts out, or is suppressed, before the write set's commit gets nothing: it is refused then, see
    /// [`is_withdrawn`].
    pub fn require(&self, set: &mut WriteSet) {
        for (contact, column) in &self.consenting {
            set.push(Write::Require(Require {
                table: contact::Entity.table_name(),
                key: vec![("id", contact.id.0.into())],
                guard: vec![(column, false.into())],
            }));
        }
        if let Some(epoch) = self.epoch {
            set.require_epoch(EPOCH, epoch);
        }
    }
}

/// Whether a refusal says that somebody has just opted out or was suppressed.
#[must_use]
pub fn is_withdrawn(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Row { table } => *table == contact::Entity.table_name(),
        Refusal::Epoch { name } => name == EPOCH,
        Refusal::Taken { .. } | Refusal::Conflict => false,
    }
}

impl Engine {
    pub(in crate::engine) async fn consent(&self, what: &What) -> Result<Consent, Error> {
        let (channel, marketing, addresses) = match what {
            What::Http(_) => return Ok(Consent::default()),
            What::Email { email, marketing, .. } => {
                let everyone = email.to.iter().chain(&email.cc).chain(&email.bcc);
                let addresses: Vec<_> = everyone.map(|party| party.address.to_lowercase()).collect();
                (Channel::Email, *marketing, addresses)
            }
            What::Sms { sms, marketing, .. } => (Channel::Sms, *marketing, vec![sms.to.to_string()]),
        };
        let listed = suppression::look_up(&self.store, channel, &addresses, marketing).await?;
        let contacts = match marketing {
            true => self.contacts(channel, addresses).await?,
            false => Vec::new(),
        };
        Ok(Consent {
            refused: refused(&listed, &contacts),
            consenting: contacts
                .into_iter()
                .map(|(contact, _, column)| (contact, column))
                .collect(),
            epoch: Some(listed.epoch),
        })
    }

    /// The contacts that have these addresses, whether each has opted out, and the column that says so.
    async fn contacts(
        &self,
        channel: Channel,
        addresses: Vec<String>,
    ) -> Result<Vec<(contact::Model, bool, &'static str)>, Error> {
        let column = match channel {
            Channel::Email => contact::Column::Email,
            Channel::Sms => contact::Column::Phone,
        };
        let contacts = contact::Entity::find()
            .filter(column.is_in(addresses))
            .filter(contact::Column::DeletedAt.is_null())
            .all(self.store.reads())
            .await
            .map_err(store::Error::from)?;
        let said = |contact: contact::Model| match channel {
            Channel::Email => (contact.email_opt_out, "email_opt_out", contact),
            Channel::Sms => (contact.sms_opt_out, "sms_opt_out", contact),
        };
        let said = contacts.into_iter().map(said);
        Ok(said.map(|(out, column, contact)| (contact, out, column)).collect())
    }
}

fn refused(listed: &Listed, contacts: &[(contact::Model, bool, &'static str)]) -> Option<(&'static str, String)> {
    if let Some((contact, _, _)) = contacts.iter().find(|(_, out, _)| *out) {
        return Some(("OPTED_OUT", format!("{} has opted out of marketing", contact.name)));
    }
    let row = listed.stopped.as_ref()?;
    Some((
        "SUPPRESSED",
        format!("nothing is sent to {}: {}", row.address, row.reason),
    ))
}
