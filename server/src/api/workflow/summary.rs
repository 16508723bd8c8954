//! What a node does, in one line, for cards on a canvas. Pure; says of a half-drawn node what is known.

use pointsman_graph::node::{
    AddNote, Approval, Assign, CallWorkflow, Called, Config, CreateRecord, CreateTask, DateReached, Delay,
    DeleteRecord, EmitSignal, FindRecords, ForEach, HttpRequest, Join, JoinPolicy, Manual, MessageReceived, Method,
    Notify, Recipients, RecordCreated, RecordDeleted, RecordUpdated, Schedule, SendEmail, SendSms, Set, Stop,
    StopOutcome, Strategy, Switch, UntilTime, UpdateRecord, UpsertRecord, WaitFor, Webhook, When,
};

/// The longest line, in characters.
const LONGEST: usize = 120;

/// The line; empty where nothing is filled in.
pub fn summary(config: &Config) -> String {
    let line = match config {
        Config::RecordCreated(config) => created(config),
        Config::RecordUpdated(config) => updated(config),
        Config::RecordDeleted(RecordDeleted { object, condition }) => {
            spaced([text(object), &behind("where", condition)])
        }
        Config::Schedule(config) => scheduled(config),
        Config::DateReached(config) => reached(config),
        Config::Webhook(Webhook { path, .. }) => path.as_ref().map(|path| format!("/hooks/{path}")).unwrap_or_default(),
        Config::Manual(Manual { object, .. }) => text(object).to_owned(),
        Config::MessageReceived(config) => received(config),
        Config::When(When { condition }) => text(condition).to_owned(),
        Config::Called(Called { parameters, .. }) => {
            list(parameters.iter().flatten().map(|parameter| parameter.name.as_str()))
        }
        Config::ForEach(config) => round(config),
        Config::CallWorkflow(CallWorkflow { workflow, .. }) => text(workflow).to_owned(),
        Config::Switch(Switch { cases }) => list(cases.iter().flatten().map(|case| case.name.as_str())),
        Config::Join(config) => join(config),
        Config::Set(Set { values }) => list(values.iter().flat_map(|values| values.keys().map(String::as_str))),
        Config::Stop(config) => stop(config),
        Config::Delay(config) => delay(config),
        Config::WaitFor(config) => wait(config),
        Config::CreateRecord(CreateRecord { object, values }) => {
            spaced([text(object), &fields(values.iter().flat_map(|values| values.keys()))])
        }
        Config::UpdateRecord(config) => update(config),
        Config::FindRecords(FindRecords { object, condition, .. }) => {
            spaced([text(object), &behind("where", condition)])
        }
        Config::CreateTask(CreateTask { title, due_in, .. }) => spaced([text(title), &behind("in", due_in)]),
        Config::SendEmail(config) => email(config),
        Config::SendSms(SendSms { phone, text: body, .. }) => spaced([text(phone), text(body)]),
        Config::HttpRequest(config) => request(config),
        Config::Approval(Approval { users, team, title, .. }) => spaced([text(title), &people(users, team)]),
        Config::Assign(config) => assign(config),
        Config::UpsertRecord(UpsertRecord { object, matching, .. }) => {
            let matching = list(matching.iter().flatten().map(String::as_str));
            spaced([text(object), &matching])
        }
        Config::DeleteRecord(DeleteRecord { object, record }) => spaced([text(object), text(record)]),
        Config::AddNote(AddNote { title, body, .. }) => text(if title.is_some() { title } else { body }).to_owned(),
        Config::Notify(Notify { users, team, title, .. }) => spaced([text(title), &people(users, team)]),
        Config::EmitSignal(EmitSignal { name, key, .. }) => spaced([text(name), text(key)]),
        Config::Unknown { kind, .. } => kind.clone(),
    };
    shortened(&line)
}

fn created(config: &RecordCreated) -> String {
    spaced([text(&config.object), &behind("where", &config.condition)])
}

fn updated(config: &RecordUpdated) -> String {
    let fields = list(config.fields.iter().flatten().map(String::as_str));
    spaced([text(&config.object), &fields, &behind("where", &config.condition)])
}

fn round(config: &ForEach) -> String {
    match &config.find {
        Some(find) => spaced([text(&find.object), &behind("where", &find.condition)]),
        None => text(&config.items).to_owned(),
    }
}

fn scheduled(config: &Schedule) -> String {
    let records = [text(&config.object), &behind("where", &config.condition)];
    spaced([text(&config.cron), text(&config.zone), &spaced(records)])
}

fn reached(config: &DateReached) -> String {
    let date = [text(&config.object), text(&config.date_field), text(&config.offset)];
    spaced([
        &spaced(date),
        &behind("at", &config.at),
        &behind("where", &config.condition),
    ])
}

fn received(config: &MessageReceived) -> String {
    let channel = config.channel.map(|channel| channel.to_string());
    spaced([text(&channel), &behind("where", &config.condition)])
}

fn join(config: &Join) -> String {
    match (config.policy, config.count) {
        (Some(JoinPolicy::All), _) => "all branches".into(),
        (Some(JoinPolicy::Any), _) => "the first branch".into(),
        (Some(JoinPolicy::Count), Some(count)) => format!("{count} branches"),
        (Some(JoinPolicy::Count), None) | (None, _) => String::new(),
    }
}

fn stop(config: &Stop) -> String {
    let outcome = match config.outcome {
        Some(StopOutcome::Succeeded) | None => "succeeded",
        Some(StopOutcome::Failed) => "failed",
        Some(StopOutcome::Cancelled) => "cancelled",
    };
    spaced([outcome, text(&config.message)])
}

fn delay(config: &Delay) -> String {
    let daily = |until: &UntilTime| {
        let days = until.weekdays.iter().map(|day| format!("{day:?}"));
        spaced([&until.time, &days.collect::<Vec<_>>().join(", "), text(&until.zone)])
    };
    let daily = config.until_time.as_ref().map(daily).unwrap_or_default();
    spaced([text(&config.span), &behind("until", &config.until), &daily])
}

fn assign(config: &Assign) -> String {
    let strategy = match config.strategy {
        Some(Strategy::RoundRobin) => "in turn",
        Some(Strategy::LeastBusy) => "the least busy",
        Some(Strategy::User) | None => "",
    };
    spaced([text(&config.record), strategy, &people(&config.users, &config.team)])
}

fn people(users: &Option<Recipients>, team: &Option<String>) -> String {
    spaced([&recipients(users), &behind("team", team)])
}

fn wait(config: &WaitFor) -> String {
    spaced([
        text(&config.name),
        text(&config.key),
        text(&config.object),
        text(&config.record),
        &behind("answers", &config.reply_to),
        &behind("until", &config.condition),
        &behind("at most", &config.timeout),
    ])
}

fn update(config: &UpdateRecord) -> String {
    let record = if config.record.is_some() {
        text(&config.record)
    } else {
        text(&config.object)
    };
    spaced([record, &fields(config.values.iter().flat_map(|values| values.keys()))])
}

fn email(config: &SendEmail) -> String {
    spaced([&recipients(&config.to), text(&config.subject)])
}

fn recipients(named: &Option<Recipients>) -> String {
    match named {
        Some(Recipients::One(one)) => one.clone(),
        Some(Recipients::Many(many)) => list(many.iter().map(String::as_str)),
        None => String::new(),
    }
}

fn request(config: &HttpRequest) -> String {
    let method = match config.method.unwrap_or(Method::Get) {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    };
    spaced([method, text(&config.url)])
}

fn text(field: &Option<String>) -> &str {
    field.as_deref().unwrap_or_default()
}

fn behind(word: &str, field: &Option<String>) -> String {
    field.as_ref().map(|text| format!("{word} {text}")).unwrap_or_default()
}

fn fields<'a>(names: impl Iterator<Item = &'a String>) -> String {
    list(names.map(String::as_str))
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn spaced<const N: usize>(parts: [&str; N]) -> String {
    let parts = parts.iter().filter(|part| !part.is_empty());
    parts.copied().collect::<Vec<_>>().join(" · ")
}

/// One line, and no longer than a card is wide.
fn shortened(line: &str) -> String {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    line.chars().take(LONGEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use pointsman_graph::{catalogue, definition::Definition};
    use serde_json::{Value, json};

    use super::*;

    fn of(kind: &str, config: Value) -> String {
        let json = json!({ "nodes": [{ "key": "n", "kind": kind, "config": config }] });
        summary(&Definition::from_json(json).unwrap().nodes[0].config)
    }

    #[test]
    fn a_node_says_what_it_does() {
        let updated = json!({ "object": "deal", "fields": ["stage"], "where": "record.amount > 10" });

        assert_eq!(of("recordUpdated", updated), "deal · stage · where record.amount > 10");
        assert_eq!(of("sendEmail", json!({ "to": "a@b.c", "subject": "Hi" })), "a@b.c · Hi");
        assert_eq!(of("httpRequest", json!({ "url": "https://x" })), "GET · https://x");
        assert_eq!(of("join", json!({ "policy": "count", "count": 2 })), "2 branches");
        assert_eq!(of("delay", json!({ "for": "P3D" })), "P3D");
        assert_eq!(of("teleport", json!({})), "teleport");
    }

    #[test]
    fn every_kind_has_a_line_before_anything_is_filled_in() {
        for kind in catalogue::kinds() {
            assert!(of(kind.kind, json!({})).chars().count() <= LONGEST, "{}", kind.kind);
        }
    }

    #[test]
    fn a_long_condition_is_cut_to_one_line() {
        let line = of(
            "if",
            json!({ "condition": format!("record.name ==\n'{}'", "x".repeat(500)) }),
        );

        assert_eq!(line.chars().count(), LONGEST);
        assert!(line.starts_with("record.name == 'x") && line.ends_with('…'));
    }
}
