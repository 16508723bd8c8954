//! Questions of runs to people: who may see them, and the one decision that each gets.
//!
//! The approval's row is the arbiter: a decision and a time-out both change it only while it is pending, so that whoever
//! comes second is told so and the run hears of the first alone.

use std::collections::HashMap;

use pointsman_entities::{
    approval, approval_assignee,
    ids::{ApprovalId, UserId},
};
use pointsman_graph::{
    key::Port,
    node::{
        FormField,
        form::{self, Unfit},
    },
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityName, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};
use serde_json::{Map, Value as Json};

use super::{
    Engine, Error,
    inbox::{self, Fact},
};
use crate::{
    crm::{
        Access,
        access::Permission,
        keyed::{Request, Seen},
    },
    store::{
        self, Refusal, Update, Write, WriteSet,
        page::{Order, Page, Slice},
    },
};

/// Characters of the longest comment.
const COMMENT: usize = 4_096;

/// Where an approval stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Pending,
    Approved,
    Rejected,
    /// Nobody decided before the deadline.
    TimedOut,
    /// The run went on, or ended, without it.
    Cancelled,
}

/// What somebody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Approve,
    Reject,
}

/// A decision with what is said about it.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub decision: Decision,
    /// The form's answers by name; whoever rejects may leave it empty.
    pub answers: Map<String, Json>,
    pub comment: Option<String>,
}

/// Which approvals, of those that somebody may see; what is none is not asked.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub assignee: Option<UserId>,
    pub statuses: Option<Vec<Status>>,
}

/// Why a decision was not taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    /// There is no such approval, or it may not be seen.
    NotFound,
    /// Only the assignees decide.
    NotAssigned,
    /// It is decided, timed out or cancelled.
    Over(Status),
    /// Answers that the form does not take.
    Unfit(Vec<Unfit>),
    /// The comment has too many characters.
    CommentTooLong,
}

impl Status {
    /// The status as it is stored and shown.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
            Self::TimedOut => "TIMED_OUT",
            Self::Cancelled => "CANCELLED",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Approved,
            Self::Rejected,
            Self::TimedOut,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|status| status.text() == text)
    }

    /// The way out of the run's step; none while nobody has decided.
    #[must_use]
    pub fn port(self) -> Option<Port> {
        match self {
            Self::Approved => Some(Port::APPROVED),
            Self::Rejected => Some(Port::REJECTED),
            Self::TimedOut => Some(Port::TIMED_OUT),
            Self::Pending | Self::Cancelled => None,
        }
    }
}

impl From<Decision> for Status {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Approve => Self::Approved,
            Decision::Reject => Self::Rejected,
        }
    }
}

impl Filter {
    fn select(&self, access: &Access) -> Select<approval::Entity> {
        let mut select = approval::Entity::find();
        let own = (!access.has(Permission::InspectRuns)).then(|| access.user().unwrap_or(UserId(uuid::Uuid::nil())));
        for user in own.into_iter().chain(self.assignee) {
            let assigned = approval_assignee::Entity::find()
                .select_only()
                .column(approval_assignee::Column::ApprovalId)
                .filter(approval_assignee::Column::UserId.eq(user))
                .into_query();
            select = select.filter(approval::Column::Id.in_subquery(assigned));
        }
        match &self.statuses {
            Some(statuses) => {
                select.filter(approval::Column::Status.is_in(statuses.iter().map(|status| status.text())))
            }
            None => select,
        }
    }
}

/// The questions of a stored form.
///
/// # Errors
/// Where the row can't be read.
pub fn questions(row: &approval::Model) -> Result<Vec<FormField>, Error> {
    serde_json::from_str(&row.form).map_err(|source| Error::Corrupt {
        table: "approval",
        id: row.id.0.to_string(),
        source,
    })
}

/// A change of a pending approval's row, refused once it is no longer pending.
#[must_use]
pub fn settle(approval: &approval::Model, row: &approval::ActiveModel) -> Write {
    // By the run first, as all that belongs to a step: writes to one row stay in the order in which they were added.
    let key = vec![("run_id", approval.run_id.0.into()), ("id", approval.id.0.into())];
    Write::Update(Update::of(key, row).guarded("status", Status::Pending.text()))
}

/// A row that changes nothing but its status.
#[must_use]
pub fn with_status(status: Status) -> approval::ActiveModel {
    approval::ActiveModel {
        status: Set(status.text().into()),
        ..Default::default()
    }
}

impl Engine {
    /// A page of the approvals that somebody may see: who may inspect runs sees all, others those they are asked for.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn approvals(
        &self,
        access: &Access,
        filter: &Filter,
        slice: &Slice,
    ) -> Result<Page<approval::Model>, store::Error> {
        let order = Order {
            column: approval::Column::RequestedAt,
            id: approval::Column::Id,
            descending: true,
        };
        self.store.page(filter.select(access), &order, slice).await
    }

    /// How many approvals somebody may see.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn count_approvals(&self, access: &Access, filter: &Filter) -> Result<u64, store::Error> {
        Ok(filter.select(access).count(self.store.reads()).await?)
    }

    /// The approvals of these ids that somebody may see, in one statement.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn many_approvals(
        &self,
        access: &Access,
        ids: &[ApprovalId],
    ) -> Result<HashMap<ApprovalId, approval::Model>, store::Error> {
        let select = Filter::default().select(access);
        let select = select.filter(approval::Column::Id.is_in(ids.iter().copied()));
        let rows = select.all(self.store.reads()).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }

    /// Who may decide, of each of these approvals.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn assignees(&self, ids: &[ApprovalId]) -> Result<HashMap<ApprovalId, Vec<UserId>>, store::Error> {
        let rows = approval_assignee::Entity::find()
            .filter(approval_assignee::Column::ApprovalId.is_in(ids.iter().copied()))
            .order_by_asc(approval_assignee::Column::UserId)
            .all(self.store.reads())
            .await?;
        let mut found: HashMap<ApprovalId, Vec<UserId>> = HashMap::new();
        for row in rows {
            found.entry(row.approval_id).or_default().push(row.user_id);
        }
        Ok(found)
    }

    /// Decides for one of the assignees. The run goes on when its turn comes.
    ///
    /// # Errors
    /// Where the database fails, or the key was used for another request.
    pub async fn decide(
        &self,
        request: Request<'_>,
        id: ApprovalId,
        verdict: Verdict,
    ) -> Result<Result<approval::Model, Refused>, Error> {
        loop {
            let seen = request.seen(&self.store).await?;
            if let Some(Seen::Other) = seen {
                return Err(Error::KeyReused);
            }
            let Some(approval) = self.many_approvals(request.access, &[id]).await?.remove(&id) else {
                return Ok(Err(Refused::NotFound));
            };
            if seen.is_some() {
                return Ok(Ok(approval));
            }
            let assigned = self.assignees(&[id]).await?.remove(&id).unwrap_or_default();
            let Some(user) = request.access.user().filter(|user| assigned.contains(user)) else {
                return Ok(Err(Refused::NotAssigned));
            };
            if let Some(status) = Status::parse(&approval.status).filter(|status| *status != Status::Pending) {
                return Ok(Err(Refused::Over(status)));
            }
            let decided = match self.decided(&approval, user, &verdict)? {
                Ok(decided) => decided,
                Err(refused) => return Ok(Err(refused)),
            };
            let (mut set, now) = (WriteSet::new(), self.source.now());
            set.push(settle(&approval, &decided));
            inbox::deliver(&mut set, approval.run_id, &told(&approval)?, now);
            request.remember(&mut set, &[id.0], now);
            match self.store.commit(set).await? {
                Ok(()) => {
                    self.wake(approval.run_id);
                    let decided = self.many_approvals(request.access, &[id]).await?.remove(&id);
                    return Ok(decided.ok_or(Refused::NotFound));
                }
                // It timed out just now; or the run was ended past it, for its publisher may no longer sign in.
                Err(refusal) if inbox::is_over(&refusal) => {
                    let mut set = WriteSet::new();
                    set.push(settle(&approval, &with_status(Status::Cancelled)));
                    if self.store.commit(set).await?.is_ok() {
                        return Ok(Err(Refused::Over(Status::Cancelled)));
                    }
                }
                Err(Refusal::Row { .. } | Refusal::Taken { .. } | Refusal::Epoch { .. } | Refusal::Conflict) => {}
            }
        }
    }

    /// The row as the decision leaves it.
    fn decided(
        &self,
        approval: &approval::Model,
        user: UserId,
        verdict: &Verdict,
    ) -> Result<Result<approval::ActiveModel, Refused>, Error> {
        let comment = verdict
            .comment
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty());
        if comment.is_some_and(|comment| comment.chars().count() > COMMENT) {
            return Ok(Err(Refused::CommentTooLong));
        }
        let answers = match verdict.decision {
            Decision::Reject if verdict.answers.is_empty() => None,
            Decision::Approve | Decision::Reject => match form::accept(&questions(approval)?, &verdict.answers) {
                Ok(answers) => Some(Json::Object(answers).to_string()),
                Err(unfit) => return Ok(Err(Refused::Unfit(unfit))),
            },
        };
        Ok(Ok(approval::ActiveModel {
            decided_at: Set(Some(self.source.now())),
            decided_by: Set(Some(user)),
            comment: comment.map_or(NotSet, |comment| Set(Some(comment.to_owned()))),
            answers: answers.map_or(NotSet, |answers| Set(Some(answers))),
            ..with_status(verdict.decision.into())
        }))
    }
}

/// What the run is told.
fn told(approval: &approval::Model) -> Result<Fact, Error> {
    let unreadable = || Error::Unreadable {
        table: approval::Entity.table_name(),
        id: approval.id.0.to_string(),
    };
    Ok(Fact::Decided {
        step: approval.step.parse().map_err(|_| unreadable())?,
        attempt: u32::try_from(approval.attempt).map_err(|_| unreadable())?,
        approval: approval.id,
    })
}
