//! `assign`: chooses one of several users, one decision after the other, and makes that one the owner of a record.

use std::{collections::HashMap, sync::Arc};

use pointsman_entities::ids::{RecordId, UserId};
use pointsman_graph::{
    expression::Comparison,
    key::Port,
    node::{Load, Strategy},
    resolve::Assignment,
    step::StepId,
    value::{Reference, Value},
};
use serde_json::json;

use super::{
    failure::{not_found, refused},
    notify::global,
};
use crate::{
    crm::{
        self, Access,
        access::Action,
        filter::{Filter, Test},
        id,
        object::{OWNER, Object},
        query::Query,
        write::{Command, Problem, Verb},
    },
    engine::{Error, people, segment::Segment, turnstile::Turnstile},
};

impl Segment<'_> {
    pub(super) async fn assign(&mut self, step: &StepId, attempt: u32, order: &Assignment) -> Result<(), Error> {
        let users = match people::find(&self.engine.crm, self.decision.access, &order.people).await? {
            Ok(users) => users,
            Err(failure) => {
                self.fail(step, attempt, failure);
                return Ok(());
            }
        };
        self.set_input(step, &json!({ "record": order.target.id, "users": global(&users) }));
        let Some(user) = self.choose(step, order, &users).await? else {
            return Ok(());
        };
        match self.give(&order.target, user).await? {
            Ok(()) => {
                let assignee = Value::Reference(Reference {
                    object: "user".into(),
                    id: id::format("user", user).into(),
                });
                self.succeed(step, attempt, Port::DONE, Value::map([("assignee", assignee)]));
            }
            Err(problems) => self.fail(step, attempt, refused(&problems)),
        }
        Ok(())
    }

    /// The choice, behind the turnstile of those who make the same: a node's rotation, or one load for all that weigh it.
    async fn choose(&mut self, step: &StepId, order: &Assignment, users: &[UserId]) -> Result<Option<UserId>, Error> {
        let turnstile = match (order.strategy, order.load) {
            (Strategy::User, _) => return Ok(users.first().copied()),
            (Strategy::RoundRobin, _) => format!("rotation\0{}\0{}", self.live.version.workflow.0, step.node),
            (Strategy::LeastBusy, Load::Records) => format!("load\0{}", order.target.object),
            (Strategy::LeastBusy, Load::Tasks) => "load\0task".to_owned(),
        };
        let turnstile = Turnstile::look(&self.engine.store, &self.decision.set, &turnstile).await?;
        let last = turnstile.last.map(UserId);
        let user = match order.strategy {
            Strategy::User | Strategy::RoundRobin => people::next(users, last),
            Strategy::LeastBusy => people::next(&people::least(users, &self.loads(order, users).await?), last),
        };
        if let Some(user) = user {
            turnstile.pass(&mut self.decision.set, Some(user.0), self.now);
        }
        Ok(user)
    }

    /// How much each of the users has to do, what this segment writes included.
    async fn loads(&self, order: &Assignment, users: &[UserId]) -> Result<HashMap<RecordId, i64>, Error> {
        let (object, field) = match order.load {
            Load::Records => (&*order.target.object, "owner"),
            Load::Tasks => ("task", "assignee"),
        };
        let Some(object) = self.engine.crm.object(object) else {
            return Ok(HashMap::new());
        };
        let Some((index, _)) = object.field(field) else {
            return Ok(HashMap::new());
        };
        let written: Vec<_> = self.decision.snapshot.written(&object).cloned().collect();
        let open = open(&object, index, users);
        let committed = Filter::Not(Box::new(Filter::Ids(written.iter().map(|record| record.id).collect())));
        let query = Query {
            object,
            filter: Filter::All(vec![open.clone(), committed]),
            order: Vec::new(),
        };
        let access: &Access = self.decision.access;
        let mut counts = self.engine.crm.count_by(access, &query, index).await?;
        let counted = |record: &&Arc<crm::Record>| {
            !record.is_deleted() && access.allows(Action::Read, record) && open.matches(record) == Some(true)
        };
        for record in written.iter().filter(counted) {
            if let Some(user) = record.values.get(index).and_then(crm::Value::as_id) {
                *counts.entry(user).or_default() += 1;
            }
        }
        Ok(counts)
    }

    async fn give(&mut self, target: &Reference, user: UserId) -> Result<Result<(), Vec<Problem>>, Error> {
        let object = match self.object(&target.object) {
            Ok(object) => object,
            Err(problems) => return Ok(Err(problems)),
        };
        let Some(id) = id::parse(object.name, &target.id) else {
            return Ok(Err(vec![not_found(&object)]));
        };
        let command = Command {
            object,
            verb: Verb::Update {
                id,
                expected: None,
                values: vec![(OWNER, crm::Value::Id(user.into()))],
            },
        };
        let written = self.engine.crm.write(&mut self.decision, &command).await?;
        Ok(written.map(|_record| ()))
    }
}

/// The records of the users that are open: of objects without such a state, all.
fn open(object: &Object, index: usize, users: &[UserId]) -> Filter {
    let users = users.iter().map(|user| crm::Value::Id((*user).into())).collect();
    let of_users = Filter::Field {
        index,
        test: Test::In(users),
    };
    let status = object.field("status").filter(|(_, field)| field.has_option("OPEN"));
    let is_open = status.map(|(index, _)| Filter::Field {
        index,
        test: Test::Compare(Comparison::Equal, crm::Value::text("OPEN")),
    });
    Filter::All([of_users].into_iter().chain(is_open).collect())
}
