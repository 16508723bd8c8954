//! Approvals in the API: what people are asked by runs, and what they decide.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use futures_util::future::{BoxFuture, try_join_all};
use pointsman_entities::{approval, ids::ApprovalId};
use serde_json::{Map, Value};

use super::{
    caller::{caller, part},
    connection::Slice,
    error::{Error, Result},
    links::links,
    node::Node,
    node_config::FormField,
    noun::{Noun, key},
    object::User,
    payload::{UserError, UserErrorCode},
    rows::RowConnection,
    run::Run,
    scalar::{DateTime, Json},
    workflow::one_of,
};
use crate::{
    crm::{Crm, id, keyed::Request},
    engine::{
        Engine,
        approvals::{self, Refused, Status, Verdict},
    },
};

/// The prefix of approvals' ids.
pub const APPROVAL: &str = "approval";

/// A question of a run to people.
#[derive(Clone)]
pub struct Approval(Arc<approval::Model>);

impl From<approval::Model> for Approval {
    fn from(row: approval::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// Where an approval stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Status")]
pub enum ApprovalStatus {
    /// Nobody has decided yet.
    Pending,
    /// Somebody said yes.
    Approved,
    /// Somebody said no.
    Rejected,
    /// Nobody decided before the deadline.
    TimedOut,
    /// The run went on, or ended, without it.
    Cancelled,
}

/// What somebody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "approvals::Decision")]
pub enum ApprovalDecision {
    /// Yes: the run goes on by `approved`.
    Approve,
    /// No: the run goes on by `rejected`.
    Reject,
}

/// A question of a run to people, of whom the first decides.
#[Object]
impl Approval {
    /// The global id.
    pub async fn id(&self) -> ID {
        id::format(APPROVAL, self.0.id).into()
    }

    /// Where it stands.
    async fn status(&self) -> Result<ApprovalStatus> {
        let status = Status::parse(&self.0.status).map(ApprovalStatus::from);
        status.ok_or_else(|| Error::internal(format!("approval {}: `status` is none", self.0.id.0)))
    }

    /// What is to be approved.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What else is to be known.
    async fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// What is asked of whoever approves.
    async fn form(&self) -> Result<Vec<FormField>> {
        let damaged = |_| Error::internal(format!("approval {}: `form` can't be read", self.0.id.0));
        serde_json::from_str(&self.0.form).map_err(damaged)
    }

    /// Who may decide.
    async fn assignees(&self, context: &Context<'_>) -> Result<Vec<User>> {
        let (caller, users) = (caller(context)?, links(context)?.assignees(self.0.id).await?);
        let users = users.into_iter().map(|user| caller.record(User::OBJECT, user.into()));
        Ok(try_join_all(users)
            .await?
            .into_iter()
            .flatten()
            .map(User::from)
            .collect())
    }

    /// The run that asks.
    async fn run(&self, context: &Context<'_>) -> Result<Option<Run>> {
        Ok(links(context)?.run(self.0.run_id).await?.map(Run::from))
    }

    /// What the run is about; null where it is about nothing, or the record is gone or may not be known.
    async fn record(&self, context: &Context<'_>) -> Result<Option<Node>> {
        let subject = self.0.object.as_deref().zip(self.0.record_id);
        match subject.and_then(|(object, id)| Some((part::<Crm>(context).ok()?.object(object)?, id))) {
            Some((object, id)) => Ok(caller(context)?.record(object.name, id).await?.map(Node::from)),
            None => Ok(None),
        }
    }

    /// When people were asked.
    async fn requested_at(&self) -> DateTime {
        DateTime(self.0.requested_at)
    }

    /// When the run goes on without them.
    async fn deadline(&self) -> Option<DateTime> {
        self.0.deadline.map(DateTime)
    }

    /// When it was decided.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }

    /// Who decided it.
    async fn decided_by(&self, context: &Context<'_>) -> Result<Option<User>> {
        match self.0.decided_by {
            Some(user) => Ok(caller(context)?
                .record(User::OBJECT, user.into())
                .await?
                .map(User::from)),
            None => Ok(None),
        }
    }

    /// What was said about the decision.
    async fn comment(&self) -> Option<&str> {
        self.0.comment.as_deref()
    }

    /// The form's answers by name.
    async fn answers(&self) -> Result<Option<Json>> {
        let damaged = |_| Error::internal(format!("approval {}: `answers` can't be read", self.0.id.0));
        let answers = self.0.answers.as_deref().map(serde_json::from_str).transpose();
        answers.map_err(damaged)
    }
}

/// Which approvals. All that is given has to hold.
#[derive(Clone, Default, InputObject)]
pub struct ApprovalFilter {
    /// True: only those that the caller may decide. False: any that the caller may see.
    mine: Option<bool>,
    /// Where they stand.
    status: Option<ApprovalStatusFilter>,
}

/// Tests on an approval's status.
#[derive(Clone, InputObject)]
pub struct ApprovalStatusFilter {
    /// This status.
    eq: Option<ApprovalStatus>,
    /// One of these.
    r#in: Option<Vec<ApprovalStatus>>,
}

impl ApprovalFilter {
    fn read(self, context: &Context<'_>) -> Result<approvals::Filter> {
        let statuses = self.status.map(|test| one_of(test.eq, test.r#in));
        let mine = self.mine.unwrap_or_default();
        // Who is no user is asked for nothing.
        let nobody = pointsman_entities::ids::UserId(uuid::Uuid::nil());
        let user = caller(context)?.access().user().unwrap_or(nobody);
        Ok(approvals::Filter {
            assignee: mine.then_some(user),
            statuses: statuses.map(|list| list.into_iter().map(Status::from).collect()),
        })
    }
}

/// Reads approvals.
#[derive(Default)]
pub struct ApprovalQueries;

#[Object]
impl ApprovalQueries {
    /// The approval of that id; null where there is none, or it may not be known.
    async fn approval(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Result<Option<Approval>> {
        let links = links(context)?;
        match id::parse(APPROVAL, &id) {
            Some(id) => Ok(links.approval(id).await?.map(Approval::from)),
            None => Ok(None),
        }
    }

    /// Approvals, the newest first: all for those who may inspect runs, for others those that they are asked for.
    async fn approvals(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which approvals.")] filter: Option<ApprovalFilter>,
        #[graphql(desc = "The size of the page, from its start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Approvals behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The size of the page, from its end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Approvals before this cursor.")] before: Option<String>,
    ) -> Result<Option<RowConnection<Approval>>> {
        let slice = Slice {
            first,
            after,
            last,
            before,
        };
        let filter = filter.unwrap_or_default().read(context)?;
        let (access, engine) = (caller(context)?.access().clone(), Arc::clone(part::<Engine>(context)?));
        let slice = slice.rows(approval::Column::RequestedAt)?;
        let page = engine.approvals(&access, &filter, &slice).await?;
        let count = move || -> BoxFuture<'static, _> {
            let (access, engine, filter) = (access.clone(), Arc::clone(&engine), filter.clone());
            Box::pin(async move { engine.count_approvals(&access, &filter).await })
        };
        Ok(Some(RowConnection::new(page, Approval::from, Box::new(count))))
    }
}

/// What became of a decision.
#[derive(SimpleObject)]
pub struct ApprovalDecidePayload {
    /// The approval as it is now; its run goes on when its turn comes.
    approval: Option<Approval>,
    /// Why the decision was not taken; empty where it was.
    user_errors: Vec<UserError>,
}

/// Decides approvals.
#[derive(Default)]
pub struct ApprovalMutations;

#[Object]
impl ApprovalMutations {
    /// Decides an approval for the caller, who must be one of its assignees. The first decision counts.
    async fn approval_decide(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
        #[graphql(desc = "Yes or no.")] decision: ApprovalDecision,
        #[graphql(desc = "An object: the form's answers by name. Who rejects may leave them out.")] form: Option<Json>,
        #[graphql(desc = "What is to be said about it.")] comment: Option<String>,
    ) -> Result<Option<ApprovalDecidePayload>> {
        let (access, key) = (caller(context)?.access(), key(context));
        let request = Request {
            access,
            key: key.as_ref(),
        };
        let verdict = Verdict {
            decision: decision.into(),
            answers: answers(form)?,
            comment,
        };
        let outcome = match id::parse::<ApprovalId>(APPROVAL, &id) {
            Some(id) => part::<Engine>(context)?.decide(request, id, verdict).await?,
            None => Err(Refused::NotFound),
        };
        Ok(Some(match outcome {
            Ok(approval) => ApprovalDecidePayload {
                approval: Some(approval.into()),
                user_errors: Vec::new(),
            },
            Err(refused) => ApprovalDecidePayload {
                approval: None,
                user_errors: problems(refused),
            },
        }))
    }
}

fn answers(form: Option<Json>) -> Result<Map<String, Value>> {
    match form.map(|json| json.0) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(answers)) => Ok(answers),
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            Err(Error::input("`form` is an object of answers by name."))
        }
    }
}

fn problems(refused: Refused) -> Vec<UserError> {
    let over = |status: Status| format!("it is {} already", status.text().to_lowercase().replace('_', " "));
    match refused {
        Refused::NotFound => {
            vec![UserError::at(
                &["id"],
                UserErrorCode::NotFound,
                "there is no such approval",
            )]
        }
        Refused::NotAssigned => {
            let message = "only those who are asked can decide";
            vec![UserError::at(&["id"], UserErrorCode::Forbidden, message)]
        }
        Refused::Over(status) => vec![UserError::at(&["id"], UserErrorCode::Conflict, over(status))],
        Refused::CommentTooLong => {
            let message = "a comment has at most 4,096 characters";
            vec![UserError::at(&["comment"], UserErrorCode::TooLong, message)]
        }
        Refused::Unfit(unfit) => unfit
            .into_iter()
            .map(|unfit| {
                let code = if unfit.missing {
                    UserErrorCode::Required
                } else {
                    UserErrorCode::Invalid
                };
                UserError::at(&["form", &unfit.name], code, unfit.message)
            })
            .collect(),
    }
}
