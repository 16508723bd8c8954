//! Whom a workflow names: finds users by address, id or team, and chooses one of them.
//!
//! Users who may not sign in are passed over, wherever they are named.

use std::{collections::HashMap, sync::Arc};

use pointsman_entities::ids::{RecordId, UserId};
use pointsman_graph::{event::Failure, expression::Comparison, resolve::People};

use super::{Error, order::failure};
use crate::crm::{
    Access, Crm, Record, Value,
    filter::{Filter, Test},
    id,
    object::{Object, TEAM},
    query::{Page, Query},
};

/// The most users that are turned to at once.
const MOST: u64 = 1_000;

/// The users that are meant: those named one by one in their order, then those of the team.
///
/// # Errors
/// Where the database fails. A name that is nobody's, and nobody left to turn to, are failures of the step.
pub async fn find(crm: &Crm, access: &Access, people: &People) -> Result<Result<Vec<UserId>, Failure>, Error> {
    let (Some(user), Some(team)) = (crm.object("user"), crm.object("team")) else {
        return Ok(Err(failure("NOT_FOUND", "there are no users")));
    };
    let team = match &people.team {
        Some(name) => match records(crm, access, &team, named(&team, "name", std::slice::from_ref(name)))
            .await?
            .first()
        {
            Some(team) => Some(team.id),
            None => return Ok(Err(failure("NOT_FOUND", &format!("there is no team `{name}`")))),
        },
        None => None,
    };
    let addresses: Vec<String> = people.users.iter().map(|name| name.to_lowercase()).collect();
    let mut meant = vec![named(&user, "email", &addresses)];
    meant.extend(team.map(|team| Filter::Field {
        index: TEAM,
        test: Test::Compare(Comparison::Equal, Value::Id(team)),
    }));
    let found = records(crm, access, &user, Filter::Any(meant)).await?;
    if found.len() as u64 >= MOST {
        let message = format!("these are {MOST} users or more, too many to turn to");
        return Ok(Err(failure("TOO_MANY_USERS", &message)));
    }
    let mut order = HashMap::new();
    for (place, name) in addresses.iter().enumerate() {
        match found.iter().find(|user| is_called(user, name)) {
            Some(user) => _ = order.entry(user.id).or_insert(place),
            None => return Ok(Err(failure("NOT_FOUND", &format!("there is no user `{name}`")))),
        }
    }
    let mut found: Vec<_> = found.iter().filter(|user| user.get("disabledAt").is_null()).collect();
    found.sort_by_key(|user| (order.get(&user.id).copied().unwrap_or(usize::MAX), user.id));
    if found.is_empty() {
        return Ok(Err(failure("NO_USER", "none of those who are named may sign in")));
    }
    Ok(Ok(found.into_iter().map(|user| UserId::from(user.id)).collect()))
}

/// One of the users: the next behind the one chosen last, in an order that stays however they are named.
#[must_use]
pub fn next(users: &[UserId], last: Option<UserId>) -> Option<UserId> {
    let behind = users.iter().filter(|user| last.is_none_or(|last| **user > last)).min();
    behind.or_else(|| users.iter().min()).copied()
}

/// Those of the users who have the least to do; who is not counted has nothing.
#[must_use]
pub fn least(users: &[UserId], counts: &HashMap<RecordId, i64>) -> Vec<UserId> {
    let load = |user: &UserId| counts.get(&RecordId::from(*user)).copied().unwrap_or_default();
    let least = users.iter().map(load).min();
    users.iter().filter(|user| Some(load(user)) == least).copied().collect()
}

async fn records(crm: &Crm, access: &Access, object: &Arc<Object>, filter: Filter) -> Result<Vec<Arc<Record>>, Error> {
    let query = Query {
        object: Arc::clone(object),
        filter,
        order: Vec::new(),
    };
    let page = Page {
        size: MOST,
        backward: false,
        from: None,
    };
    Ok(crm.find(access, &query, &page).await?.records)
}

/// The records whose id, or whose field of that name, is one of the texts.
fn named(object: &Object, field: &str, texts: &[String]) -> Filter {
    let ids = texts.iter().filter_map(|text| id::parse(object.name, text)).collect();
    let texts = texts.iter().map(|text| Value::text(text.as_str())).collect();
    let by_field = object.field(field).map(|(index, _)| Filter::Field {
        index,
        test: Test::In(texts),
    });
    Filter::Any([Filter::Ids(ids)].into_iter().chain(by_field).collect())
}

fn is_called(user: &Record, name: &str) -> bool {
    user.get("email").as_text() == Some(name) || user.global_id() == name
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn users(numbers: &[u128]) -> Vec<UserId> {
        numbers.iter().map(|number| UserId(Uuid::from_u128(*number))).collect()
    }

    #[test]
    fn one_after_the_other_is_chosen_also_where_the_last_one_has_left() {
        let three = users(&[3, 1, 2]);
        let chosen = |last: u128| next(&three, Some(UserId(Uuid::from_u128(last)))).map(|user| user.0.as_u128());

        assert_eq!([chosen(1), chosen(2), chosen(3)], [Some(2), Some(3), Some(1)]);
        assert_eq!(next(&three, None), three.get(1).copied());
        assert_eq!(
            next(&users(&[1, 3]), Some(UserId(Uuid::from_u128(2)))),
            Some(UserId(Uuid::from_u128(3)))
        );
        assert_eq!(next(&[], None), None);
    }

    #[test]
    fn the_least_busy_are_those_with_the_fewest() {
        let three = users(&[1, 2, 3]);
        let counts = [(RecordId(Uuid::from_u128(1)), 2)].into();

        assert_eq!(least(&three, &counts), users(&[2, 3]));
    }
}
