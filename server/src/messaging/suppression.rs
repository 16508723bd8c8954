//! The addresses and numbers that nothing, or no marketing, is sent to. Whoever sends looks here and guards on the epoch,
//! so that an address that is added before a send begins stops it.

use pointsman_entities::{epoch, ids::RecordId, suppression, time::Timestamp};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityName, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{ATTEMPTS, Channel, Error, Messaging};
use crate::store::{Delete, Store, Write, WriteSet};

/// The epoch that each new entry raises.
pub const EPOCH: &str = "suppression";

/// Why an address is on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A mail came back for good.
    Bounced,
    /// The receiver has reported a mail as unwanted.
    Complained,
    /// The receiver has answered STOP.
    Stopped,
    /// The receiver has unsubscribed from marketing.
    Unsubscribed,
    /// An administrator has entered it.
    Manual,
}

/// An entry to be.
#[derive(Clone, Debug)]
pub struct Entry {
    pub channel: Channel,
    /// In lower case, or E.164.
    pub address: String,
    pub reason: Reason,
    pub detail: Option<String>,
    /// The message that came back.
    pub message: Option<RecordId>,
}

impl Reason {
    /// The reason as it is stored and shown.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Bounced => "BOUNCED",
            Self::Complained => "COMPLAINED",
            Self::Stopped => "STOPPED",
            Self::Unsubscribed => "UNSUBSCRIBED",
            Self::Manual => "MANUAL",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Bounced,
            Self::Complained,
            Self::Stopped,
            Self::Unsubscribed,
            Self::Manual,
        ]
        .into_iter()
        .find(|known| known.text() == text)
    }

    /// Whether it stops a message. Who has unsubscribed still gets what belongs to their own business.
    #[must_use]
    pub fn stops(self, marketing: bool) -> bool {
        match self {
            Self::Unsubscribed => marketing,
            Self::Bounced | Self::Complained | Self::Stopped | Self::Manual => true,
        }
    }
}

/// What the list says of some addresses.
#[derive(Debug, Default)]
pub struct Listed {
    /// The first address that nothing may be sent to now.
    pub stopped: Option<suppression::Model>,
    /// The list's epoch when it was read.
    pub epoch: i64,
}

/// Looks addresses up. The epoch is read first: what is added after it raises it.
///
/// # Errors
/// Where the database fails.
pub async fn look_up(
    store: &Store,
    channel: Channel,
    addresses: &[String],
    marketing: bool,
) -> Result<Listed, crate::store::Error> {
    let epoch = epoch::Entity::find_by_id(EPOCH.to_owned()).one(store.reads()).await?;
    let found = suppression::Entity::find()
        .filter(suppression::Column::Channel.eq(channel.text()))
        .filter(suppression::Column::Address.is_in(addresses.iter().map(String::as_str)))
        .all(store.reads())
        .await?;
    let stops = |row: &suppression::Model| Reason::parse(&row.reason).is_none_or(|reason| reason.stops(marketing));
    Ok(Listed {
        stopped: found.into_iter().find(stops),
        epoch: epoch.map_or(0, |epoch| epoch.value),
    })
}

/// Adds an entry to a write set. A stronger reason takes the place of a weaker one: the row is written anew.
pub(super) fn add(set: &mut WriteSet, entry: &Entry, now: Timestamp) {
    set.push(removal(entry.channel, &entry.address, false));
    set.insert(suppression::ActiveModel {
        channel: Set(entry.channel.text().into()),
        address: Set(entry.address.clone()),
        reason: Set(entry.reason.text().into()),
        detail: Set(entry.detail.clone()),
        message_id: Set(entry.message),
        created_at: Set(now),
    });
    set.raise_epoch(EPOCH);
}

/// Adds to a write set that whoever said STOP has said START.
pub(super) fn forget_stop(set: &mut WriteSet, channel: Channel, address: &str) {
    set.push(Write::Delete(Delete {
        table: suppression::Entity.table_name(),
        key: vec![
            ("channel", channel.text().into()),
            ("address", address.into()),
            ("reason", Reason::Stopped.text().into()),
        ],
        must_match: false,
    }));
}

fn removal(channel: Channel, address: &str, must_match: bool) -> Write {
    Write::Delete(Delete {
        table: suppression::Entity.table_name(),
        key: vec![("channel", channel.text().into()), ("address", address.into())],
        must_match,
    })
}

impl Messaging {
    /// The newest entries, at most so many, older than one if it is given.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn suppressions(&self, most: u64, before: Option<Timestamp>) -> Result<Vec<suppression::Model>, Error> {
        let mut query = suppression::Entity::find()
            .order_by_desc(suppression::Column::CreatedAt)
            .order_by_asc(suppression::Column::Address);
        if let Some(before) = before {
            query = query.filter(suppression::Column::CreatedAt.lt(before));
        }
        Ok(query.limit(most).all(self.crm.store().reads()).await?)
    }

    /// Puts an address on the list, if it is not there with a reason that stops as much.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn suppress(&self, entry: &Entry) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let mut set = WriteSet::new();
            if !self.is_listed(entry).await? {
                add(&mut set, entry, self.crm.source().now());
            }
            if self.crm.store().commit(set).await?.is_ok() {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }

    /// Takes an address off the list; false where it was not on it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn unsuppress(&self, channel: Channel, address: &str) -> Result<bool, Error> {
        let mut set = WriteSet::new();
        set.push(removal(channel, address, true));
        Ok(self.crm.store().commit(set).await?.is_ok())
    }

    /// Whether the list stops already all that the entry would stop.
    pub(super) async fn is_listed(&self, entry: &Entry) -> Result<bool, Error> {
        let addresses = std::slice::from_ref(&entry.address);
        let marketing = !entry.reason.stops(false);
        let listed = look_up(self.crm.store(), entry.channel, addresses, marketing).await?;
        Ok(listed.stopped.is_some())
    }
}
