//! Approvals by a signed link: whoever opens one is the assignee it was made for, as long as that user may sign in. To look
//! at one decides nothing.

use pointsman_entities::{approval, ids::UserId, time::Timestamp};
use pointsman_graph::node::FormField;

use super::{Engine, Error, approvals};
use crate::{
    crm::{Access, access::Role, cause::Actor},
    messaging::Ticket,
};

/// How long a link counts where the approval has no deadline, in microseconds.
const MONTH: i64 = 30 * 86_400_000_000;

/// What a link leads to.
#[derive(Debug)]
pub enum Opened {
    /// We have not made it, or what it leads to is gone.
    Unknown,
    /// It counted once.
    Expired,
    Guest(Box<Guest>),
}

/// Somebody who came by a link.
#[derive(Debug)]
pub struct Guest {
    /// What the assignee may do.
    pub access: Access,
    pub approval: approval::Model,
    /// What is asked.
    pub form: Vec<FormField>,
}

impl Engine {
    /// The link by which an assignee decides an approval. Whoever has it decides in their name.
    #[must_use]
    pub fn approval_link(&self, approval: &approval::Model, user: UserId) -> String {
        self.links.approval(&Ticket {
            approval: approval.id,
            user,
            until: until(approval),
        })
    }

    /// What a link's token leads to.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn open_approval(&self, token: &str) -> Result<Opened, Error> {
        let Some(ticket) = self.links.ticket(token) else {
            return Ok(Opened::Unknown);
        };
        if ticket.until <= self.source.now() {
            return Ok(Opened::Expired);
        }
        let Some(access) = self.assignee(ticket.user).await? else {
            return Ok(Opened::Unknown);
        };
        let mut found = self.many_approvals(&access, &[ticket.approval]).await?;
        match found.remove(&ticket.approval) {
            Some(approval) => Ok(Opened::Guest(Box::new(Guest {
                access,
                form: approvals::questions(&approval)?,
                approval,
            }))),
            None => Ok(Opened::Unknown),
        }
    }

    /// What the user may do now; none where they may not sign in.
    async fn assignee(&self, user: UserId) -> Result<Option<Access>, Error> {
        let Some(object) = self.crm.object("user") else {
            return Ok(None);
        };
        let mut found = self.crm.get(&Access::system(), &object, &[user.into()]).await?;
        let user = found
            .remove(&user.into())
            .filter(|user| user.get("disabledAt").is_null());
        Ok(user.and_then(|user| {
            let role = Role::parse(user.get("role").as_text()?)?;
            Some(Access::new(Actor::User(user.id.into()), role))
        }))
    }
}

fn until(approval: &approval::Model) -> Timestamp {
    approval.deadline.unwrap_or(approval.requested_at.plus_micros(MONTH))
}
