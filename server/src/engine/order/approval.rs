//! `approval`: asks people, and goes on by what the first of them decides, or without them at the deadline.

use pointsman_entities::{
    approval, approval_assignee,
    ids::{ApprovalId, UserId},
    time::Timestamp,
};
use pointsman_graph::{key::Port, resolve::ApprovalRequest, step::StepId, value::Value};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value as Json, json};

use super::notify::global;
use crate::{
    crm::id,
    engine::{
        Error,
        approvals::{self, Status},
        inbox::Purpose,
        notifications::News,
        people,
        segment::Segment,
    },
    store,
};

impl Segment<'_> {
    pub(super) async fn ask(&mut self, step: &StepId, attempt: u32, request: ApprovalRequest) -> Result<(), Error> {
        let users = match people::find(&self.engine.crm, self.decision.access, &request.people).await? {
            Ok(users) => users,
            Err(failure) => {
                self.fail(step, attempt, failure);
                return Ok(());
            }
        };
        self.set_input(
            step,
            &json!({ "users": global(&users), "title": request.title, "body": request.body }),
        );
        let deadline = request.deadline.map(|deadline| Timestamp(deadline.micros()));
        let id: ApprovalId = self.engine.source.id();
        self.insert_approval(step, attempt, id, &request, &users);
        let news = News {
            title: request.title,
            body: request.body,
            link: None,
            run: self.live.id,
            step: step.to_string(),
            subject: self.live.subject.clone(),
            approval: Some(id),
        };
        self.tell(&users, &news);
        if let Some(deadline) = deadline {
            self.set_timer(step, Purpose::Deadline, attempt, deadline);
        }
        self.wait(step, deadline);
        Ok(())
    }

    fn insert_approval(
        &mut self,
        step: &StepId,
        attempt: u32,
        id: ApprovalId,
        request: &ApprovalRequest,
        users: &[UserId],
    ) {
        let (object, record) = self.live.subject.clone().unzip();
        self.decision.set.insert(approval::ActiveModel {
            id: Set(id),
            run_id: Set(self.live.id),
            step: Set(step.to_string()),
            attempt: Set(i64::from(attempt)),
            title: Set(request.title.clone()),
            body: Set(request.body.clone()),
            form: Set(json!(request.form).to_string()),
            object: Set(object),
            record_id: Set(record),
            status: Set(Status::Pending.text().into()),
            requested_at: Set(self.now),
            deadline: Set(request.deadline.map(|deadline| Timestamp(deadline.micros()))),
            ..Default::default()
        });
        for user in users {
            self.decision.set.insert(approval_assignee::ActiveModel {
                approval_id: Set(id),
                user_id: Set(*user),
            });
        }
    }

    /// Somebody has decided.
    pub(super) async fn decided(&mut self, step: &StepId, attempt: u32, id: ApprovalId) -> Result<(), Error> {
        let row = approval::Entity::find_by_id(id).one(self.engine.store.reads()).await;
        let unreadable = || Error::Unreadable {
            table: "approval",
            id: id.0.to_string(),
        };
        let row = row.map_err(store::Error::from)?.ok_or_else(unreadable)?;
        let port = Status::parse(&row.status)
            .and_then(Status::port)
            .ok_or_else(unreadable)?;
        let answers = row.answers.as_deref().map(serde_json::from_str::<Json>).transpose();
        let output = json!({
            "decision": row.status,
            "by": row.decided_by.map(|user| id::format("user", user)),
            "comment": row.comment,
            "form": answers.map_err(|_| unreadable())?,
        });
        let output = self.live.typed(&step.node, &output);
        self.drop_orders(step);
        self.succeed(step, attempt, port, output);
        Ok(())
    }

    /// The deadline has come. A decision that was taken before holds: the run is told of it next.
    pub(super) async fn overdue(&mut self, step: &StepId, attempt: u32) -> Result<(), Error> {
        let asked = approval::Entity::find()
            .filter(approval::Column::RunId.eq(self.live.id))
            .filter(approval::Column::Step.eq(step.to_string()))
            .filter(approval::Column::Attempt.eq(i64::from(attempt)))
            .one(self.engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        // A dry run's has no row.
        if let Some(approval) = asked {
            if approval.status != Status::Pending.text() {
                return Ok(());
            }
            let row = approvals::with_status(Status::TimedOut);
            self.decision.set.push(approvals::settle(&approval, &row));
        }
        self.drop_orders(step);
        self.succeed(step, attempt, Port::TIMED_OUT, Value::Null);
        Ok(())
    }
}
