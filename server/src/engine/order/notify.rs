//! `notify`: rows that the users find among their notifications.

use pointsman_entities::ids::UserId;
use pointsman_graph::{key::Port, resolve::Notice, step::StepId, value::Value};
use serde_json::json;

use crate::{
    crm::id,
    engine::{Error, notifications::News, people, segment::Segment},
};

use super::failure::failure;

impl Segment<'_> {
    pub(super) async fn notify(&mut self, step: &StepId, attempt: u32, notice: Notice) -> Result<(), Error> {
        if notice.link.as_deref().is_some_and(|link| !is_web(link)) {
            self.fail(step, attempt, failure("INVALID_LINK", "`link` is no http or https URL"));
            return Ok(());
        }
        let users = match people::find(&self.engine.crm, self.decision.access, &notice.people).await? {
            Ok(users) => users,
            Err(failure) => {
                self.fail(step, attempt, failure);
                return Ok(());
            }
        };
        self.set_input(
            step,
            &json!({
                "users": global(&users), "title": notice.title, "body": notice.body, "link": notice.link,
            }),
        );
        let news = News {
            title: notice.title,
            body: notice.body,
            link: notice.link,
            run: self.live.id,
            step: step.to_string(),
            subject: self.live.subject.clone(),
            approval: None,
        };
        self.tell(&users, &news);
        let count = i64::try_from(users.len()).unwrap_or(i64::MAX);
        self.succeed(step, attempt, Port::DONE, Value::map([("count", Value::Int(count))]));
        Ok(())
    }

    /// Adds the news for each of the users.
    pub(super) fn tell(&mut self, users: &[UserId], news: &News) {
        for user in users {
            let row = news.row(self.engine.source.id(), *user, self.now);
            self.decision.set.insert(row);
        }
        self.notifies = true;
    }
}

/// The users' ids as clients know them.
pub(super) fn global(users: &[UserId]) -> Vec<String> {
    users.iter().map(|user| id::format("user", *user)).collect()
}

fn is_web(link: &str) -> bool {
    reqwest::Url::parse(link).is_ok_and(|url| ["http", "https"].contains(&url.scheme()))
}
