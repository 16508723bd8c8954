//! Random roles, teams, owners and field rules: what each principal sees and changes through the API is compared, cell by
//! cell, with what the second model says.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use pointsman::{
    auth::NewKey,
    crm::{access::Role as Named, id},
};
use pointsman_tests::app::{Call, TestApp};
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use super::model::{Dice, Model, OBJECTS, Principal, Record, Role};
use crate::served;

/// Records of each object, principals, teams and roles.
const EACH: usize = 60;
const PRINCIPALS: usize = 20;
const TEAMS: usize = 7;
const ROLES: usize = 12;
/// Root fields of a request.
const BATCH: usize = 40;

/// What was compared, and where the two differ.
#[derive(Default)]
struct Cells {
    count: usize,
    differences: Vec<String>,
}

impl Cells {
    fn compare(&mut self, what: impl FnOnce() -> String, expected: &Json, found: &Json) {
        self.count += 1;
        if expected != found {
            self.differences
                .push(format!("{}: {expected} expected, {found} found", what()));
        }
    }
}

async fn made(app: &TestApp, mutation: &str, input: Json) -> Result<String> {
    let kind = mutation.get(..1).context("a name")?.to_uppercase() + mutation.get(1..).context("a name")?;
    let noun = mutation.trim_end_matches("Create");
    let query = format!(
        "mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {noun} {{ id }} userErrors {{ code message }} }} }}"
    );
    let data = app.data(&query, json!({ "input": input })).await?;
    Ok(data[mutation][noun]["id"]
        .as_str()
        .with_context(|| data.to_string())?
        .to_owned())
}

async fn populated(app: &TestApp, dice: &mut Dice) -> Result<Model> {
    let (mut parents, mut teams) = (Vec::new(), Vec::<String>::new());
    for place in 0..TEAMS {
        let above = dice.maybe(place.max(1), 4).filter(|_| place > 0);
        let parent = above.map(|above| teams[above].clone());
        parents.push(above);
        teams.push(
            made(
                app,
                "teamCreate",
                json!({ "name": format!("Team {place}"), "parentId": parent }),
            )
            .await?,
        );
    }
    let mut roles = Vec::new();
    for place in 0..ROLES {
        let role = Role::random(dice);
        let id = made(app, "roleCreate", role.input(&format!("Role {place}"))).await?;
        roles.push(Role { id, ..role });
    }
    let (mut principals, mut users) = (Vec::new(), Vec::new());
    for user in 0..PRINCIPALS {
        let team = dice.maybe(TEAMS, 5);
        let own = dice.below(ROLES);
        let keyed = dice.maybe(ROLES, 3);
        let input = json!({
            "email": format!("u{user}@example.com"), "name": format!("User {user}"),
            "role": roles[own].id, "teamId": team.map(|team| teams[team].clone()),
        });
        let global = made(app, "userCreate", input).await?;
        let role = keyed
            .map_or(Some(Named::Admin), |role| Named::parse(&roles[role].id))
            .context("a role")?;
        let owner = id::parse("user", &global);
        let new = NewKey {
            name: "cell".into(),
            role,
            owner,
            expires_at: None,
        };
        let shown = app.app.installation.accounts.create_key(new).await?;
        let key = shown.text.expose_secret().to_owned();
        principals.push(Principal {
            user,
            team,
            roles: [Some(own), keyed].into_iter().flatten().collect(),
            key,
        });
        users.push(global);
    }
    let mut model = Model {
        teams: parents,
        roles,
        principals,
        records: Vec::new(),
    };
    // Companies first: contacts refer to them.
    for (object, plural, field, restricted) in [OBJECTS[1], OBJECTS[0], OBJECTS[2], OBJECTS[3]] {
        let mut inputs = Vec::new();
        let mut records = Vec::new();
        for place in 0..EACH {
            let (owner, team) = (dice.maybe(PRINCIPALS, 4), dice.maybe(TEAMS, 4));
            let company = (object == "contact").then(|| dice.maybe(EACH, 5)).flatten();
            let mut input = json!({
                field: format!("{object} {place}"), restricted: "kept",
                "ownerId": owner.map(|owner| users[owner].clone()), "teamId": team.map(|team| teams[team].clone()),
            });
            if matches!(object, "contact" | "company") {
                input["name"] = json!(format!("{object} {place}"));
            }
            if let Some(company) = company {
                input["companyId"] = json!(model.records[company].id);
            }
            inputs.push(input);
            records.push(Record {
                object,
                id: String::new(),
                owner,
                team,
                company,
            });
        }
        let ids = app.create(plural, json!(inputs)).await?;
        model
            .records
            .extend(records.into_iter().zip(ids).map(|(record, id)| Record { id, ..record }));
    }
    Ok(model)
}

/// The answer for a principal, errors and all.
async fn asked(app: &TestApp, who: &Principal, query: String) -> Result<Json> {
    let call = Call {
        query,
        token: Some(who.key.clone()),
        ..Call::default()
    };
    let reply = app.send(call).await?;
    ensure!(reply.status < 500, "{:#}", reply.body);
    Ok(reply.body)
}

/// One root field for each record, many a request: the answers by the records' places.
async fn each(
    app: &TestApp,
    who: &Principal,
    records: &[&Record],
    (kind, field): (&str, impl Fn(&Record) -> String),
) -> Result<Vec<(Json, Json)>> {
    let mut answers = Vec::new();
    for part in records.chunks(BATCH) {
        let fields = part
            .iter()
            .enumerate()
            .map(|(place, record)| format!("f{place}: {}", field(record)));
        let body = asked(
            app,
            who,
            format!("{kind} {{ {} }}", fields.collect::<Vec<_>>().join(" ")),
        )
        .await?;
        // Without data each field has an error of its own.
        let answered = body["data"].is_object() || body["errors"].as_array().is_some_and(|all| all.len() == part.len());
        ensure!(answered, "{body:#}");
        let code = |alias: &str| {
            let errors = body["errors"].as_array().into_iter().flatten();
            let mut own = errors.filter(|error| error["path"][0] == alias);
            own.next()
                .map_or(Json::Null, |error| error["extensions"]["code"].clone())
        };
        for place in 0..part.len() {
            let alias = format!("f{place}");
            answers.push((body["data"][&alias].clone(), code(&alias)));
        }
    }
    Ok(answers)
}

/// A list's records, by id.
async fn listed(app: &TestApp, who: &Principal, field: &str, shown: &str) -> Result<(Json, BTreeMap<String, Json>)> {
    let body = asked(
        app,
        who,
        format!("{{ list: {field} {{ totalCount nodes {{ id {shown} }} }} }}"),
    )
    .await?;
    let list = &body["data"]["list"];
    let nodes = list["nodes"].as_array().with_context(|| format!("{body:#}"))?;
    let by_id = nodes
        .iter()
        .filter_map(|node| Some((node["id"].as_str()?.to_owned(), node.clone())));
    Ok((list["totalCount"].clone(), by_id.collect()))
}

async fn reading(app: &TestApp, model: &Model, who: &Principal, cells: &mut Cells) -> Result<()> {
    let readable = |id: &Json| {
        model
            .records
            .iter()
            .any(|known| *id == known.id && model.reads(who, known))
    };
    for (object, plural, _, restricted) in OBJECTS {
        let records: Vec<&Record> = model.records.iter().filter(|record| record.object == object).collect();
        let hidden = model.field(who, object) == 2;
        let seen: BTreeSet<&str> = records
            .iter()
            .filter(|record| model.reads(who, record))
            .map(|record| record.id.as_str())
            .collect();
        let value = if hidden { Json::Null } else { json!("kept") };
        let company = if object == "contact" { " company { id }" } else { "" };
        let (total, list) = listed(
            app,
            who,
            &format!("{plural}(first: 100)"),
            &format!("{restricted}{company}"),
        )
        .await?;
        let what = |operation: &str, record: &str| format!("user {} {operation} {record}", who.user);

        cells.compare(|| what("counts", plural), &json!(seen.len()), &total);
        let singles = each(
            app,
            who,
            &records,
            ("query", |record| {
                format!("{object}(id: \"{}\") {{ id {restricted} }}", record.id)
            }),
        )
        .await?;
        let nodes = each(
            app,
            who,
            &records,
            ("query", |record| format!("node(id: \"{}\") {{ id }}", record.id)),
        )
        .await?;
        let logs = each(
            app,
            who,
            &records,
            ("query", |record| {
                format!(
                    "timeline(recordId: \"{}\") {{ edges {{ node {{ fields {{ field }} }} }} }}",
                    record.id
                )
            }),
        )
        .await?;
        for (place, record) in records.iter().enumerate() {
            let is_seen = seen.contains(record.id.as_str());
            let in_list = list.get(&record.id);
            cells.compare(|| what("lists", &record.id), &json!(is_seen), &json!(in_list.is_some()));
            cells.compare(
                || what("gets", &record.id),
                &json!(is_seen),
                &json!(singles[place].0.is_object()),
            );
            cells.compare(
                || what("finds", &record.id),
                &json!(is_seen),
                &json!(nodes[place].0.is_object()),
            );
            cells.compare(
                || what("looks back at", &record.id),
                &json!(is_seen),
                &json!(logs[place].0.is_object()),
            );
            let (value, told) = if is_seen {
                (&value, !hidden)
            } else {
                (&Json::Null, false)
            };
            cells.compare(
                || what("reads the field of", &record.id),
                value,
                &singles[place].0[restricted],
            );
            cells.compare(
                || what("lists the field of", &record.id),
                value,
                in_list.map_or(&Json::Null, |node| &node[restricted]),
            );
            let log = logs[place].0.to_string();
            cells.compare(
                || what("sees the field's changes of", &record.id),
                &json!(told),
                &json!(log.contains(&format!("\"{restricted}\""))),
            );
            if object == "contact" {
                let expected = record.company.map(|company| json!(model.records[company].id));
                let expected = expected
                    .filter(|company| is_seen && readable(company))
                    .unwrap_or_default();
                let found = in_list.map_or(&Json::Null, |node| &node["company"]["id"]);
                cells.compare(|| what("goes to the company of", &record.id), &expected, found);
            }
        }
        let order = restricted.to_uppercase();
        for asked_for in [
            format!("filter: {{ {restricted}: {{ eq: \"kept\" }} }}"),
            format!("orderBy: [{{ field: {order} }}]"),
        ] {
            let body = asked(
                app,
                who,
                format!("{{ {plural}(first: 1, {asked_for}) {{ totalCount }} }}"),
            )
            .await?;
            let code = if hidden { json!("BAD_USER_INPUT") } else { Json::Null };
            cells.compare(
                || what(&asked_for, plural),
                &code,
                &body["errors"][0]["extensions"]["code"],
            );
        }
    }
    related(app, model, who, cells).await
}

/// Filters that reach a related record: one that may not be read isn't there.
async fn related(app: &TestApp, model: &Model, who: &Principal, cells: &mut Cells) -> Result<()> {
    for filter in [
        "company: { name: { startsWith: \"company\" } }",
        "not: { company: { name: { startsWith: \"company\" } } }",
    ] {
        let (_, list) = listed(app, who, &format!("contacts(first: 100, filter: {{ {filter} }})"), "").await?;
        for record in model.records.iter().filter(|record| record.object == "contact") {
            let company = record
                .company
                .is_some_and(|company| model.reads(who, &model.records[company]));
            let expected = model.reads(who, record) && company != filter.starts_with("not");
            let what = || format!("user {} filters {} by {filter}", who.user, record.id);
            cells.compare(what, &json!(expected), &json!(list.contains_key(&record.id)));
        }
    }
    Ok(())
}

async fn writing(app: &TestApp, model: &Model, who: &Principal, cells: &mut Cells) -> Result<()> {
    for (object, _, free, restricted) in OBJECTS {
        let records: Vec<&Record> = model.records.iter().filter(|record| record.object == object).collect();
        for (name, value) in [(free, "changed"), (restricted, "kept")] {
            let rule = if name == free { 0 } else { model.field(who, object) };
            let act = |record: &Record| {
                format!(
                    "{object}Update(id: \"{}\", input: {{ {name}: \"{value}\" }}) {{ {object} {{ id }} userErrors {{ code }} }}",
                    record.id
                )
            };
            let before = app.dump().await?;
            let answers = each(app, who, &records, ("mutation", act)).await?;
            let mut allowed = false;
            for (record, (data, code)) in records.iter().zip(answers) {
                let expected = match (model.reads(who, record), model.updates(who, record), rule) {
                    (false, ..) => json!("NOT_FOUND"),
                    (true, false, _) => json!("FORBIDDEN"),
                    (true, true, 0) => Json::Null,
                    (true, true, 1) => json!("READ_ONLY"),
                    (true, true, _) => json!("INVALID"),
                };
                allowed |= expected.is_null();
                let found = if code.is_null() {
                    data["userErrors"][0]["code"].clone()
                } else {
                    code
                };
                cells.compare(
                    || format!("user {} writes {name} of {}", who.user, record.id),
                    &expected,
                    &found,
                );
            }
            if !allowed {
                let same = json!(app.dump().await? == before);
                cells.compare(
                    || format!("user {} is denied all {object}s", who.user),
                    &json!(true),
                    &same,
                );
            }
        }
    }
    Ok(())
}

served! {
    async fn every_principal_sees_and_changes_what_the_second_model_says(app: TestApp) -> Result<TestApp> {
        let model = populated(&app, &mut Dice(0x5eed)).await?;
        let mut cells = Cells::default();

        for who in &model.principals {
            reading(&app, &model, who, &mut cells).await?;
            writing(&app, &model, who, &mut cells).await?;
        }

        let shown = cells.differences.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
        assert!(cells.differences.is_empty(), "{} of {} cells differ\n{shown}", cells.differences.len(), cells.count);
        assert!(cells.count > 20_000, "only {} cells", cells.count);
        Ok(app)
    }
}
