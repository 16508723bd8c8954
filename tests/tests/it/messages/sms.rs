//! SMS out and in, against a server that speaks as Twilio's API does.

use std::time::Duration;

use anyhow::{Context, Result};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use pointsman_entities::receipt;
use pointsman_tests::{
    servers::http::{Recorded, Reply, Sink},
    world::{Backend, node, workflow},
};
use reqwest::StatusCode;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value as Json, json};
use url::form_urlencoded;

use super::{DAY, Office, SMS_TOKEN, offices, taken, twilio};

const ANN: &str = "+14155550100";

fn texting(kind: &str) -> Json {
    let mut text = node(
        "text",
        "sendSms",
        json!({ "phone": "{{ record.phone }}", "text": "Hi {{ record.name }}", "kind": kind }),
    );
    text["timeout"] = json!("PT2S");
    workflow(
        vec![
            node("new", "recordCreated", json!({ "object": "contact" })),
            text,
            node("mark", "updateRecord", json!({ "values": { "source": "texted" } })),
        ],
        &["new -> text", "text.done -> mark"],
    )
}

fn form(request: &Recorded) -> Vec<(String, String)> {
    form_urlencoded::parse(&request.body).into_owned().collect()
}

/// The query of the callback that a request asked for.
fn callback(request: &Recorded) -> Result<String> {
    let form = form(request);
    let (_, url) = form
        .iter()
        .find(|(name, _)| name == "StatusCallback")
        .context("a callback")?;
    Ok(format!("?{}", url.split_once('?').context("a query")?.1))
}

fn told(status: &str) -> [(&'static str, &str); 2] {
    [("MessageSid", "SM1"), ("MessageStatus", status)]
}

fn sendings(twilio: &Sink) -> usize {
    twilio
        .recorded()
        .iter()
        .filter(|request| request.method == "POST")
        .count()
}

/// A list of messages as Twilio gives it, each with its SID and text.
fn list(messages: &[(&str, &str)]) -> Reply {
    let message = |(sid, body): &(&str, &str)| {
        json!({ "sid": sid, "body": body, "status": "sent", "direction": "outbound-api",
                "date_created": "Mon, 05 Jan 2026 09:00:00 +0000" })
    };
    let list = json!({ "messages": messages.iter().map(message).collect::<Vec<_>>() });
    Reply::answer(200, &[("Content-Type", "application/json")], list.to_string())
}

/// The same SMS, to be sent again where its fate is unknown.
fn insisting() -> Json {
    let mut definition = texting("TRANSACTIONAL");
    definition["nodes"][1]["delivery"] = json!("atLeastOnce");
    definition["nodes"][1]["retry"] = json!({ "maxAttempts": 3, "initial": "PT1S", "factor": 1, "max": "PT1S" });
    definition
}

offices! {
    async fn twilio_is_asked_before_anybody_is_left_in_doubt(backend: Backend) -> Result<()> {
        let others = [("SM0", "Hi bob"), ("SM7", "Hi ann")];
        let twilio = twilio([Reply::Drop, list(&others)]).await?;
        let office = Office::with_sms(backend, &twilio).await?;
        office.publish(texting("TRANSACTIONAL")).await?;

        office.contact("ann", Some(ANN)).await?;
        let run = office.run().await?.id;
        let ended = office.finished(run).await?;

        assert_eq!(ended.status, "SUCCEEDED", "{:?}", ended.error);
        let message = &office.messages().await?[0];
        assert_eq!((&message["state"], &message["providerId"]), (&json!("SENT"), &json!("SM7")));
        let asked = &twilio.recorded()[1];
        assert_eq!(asked.method, "GET");
        assert!(asked.target.contains("To=%2B14155550100"), "{}", asked.target);
        office.close().await;
        Ok(())
    }

    async fn what_twilio_does_not_have_is_sent_again_and_what_it_has_is_not(backend: Backend) -> Result<()> {
        let none = || list(&[]);
        let twilio = twilio([Reply::Drop, none(), none(), Reply::Drop, none(), list(&[("SM8", "Hi ann")])]).await?;
        let office = Office::with_sms(backend, &twilio).await?;
        office.publish(insisting()).await?;

        office.contact("ann", Some(ANN)).await?;
        let run = office.run().await?.id;
        office.retrying(run, 2).await?;
        office.app.clock.advance(Duration::from_secs(1));
        office.retrying(run, 3).await?;
        office.app.clock.advance(Duration::from_secs(1));
        let ended = office.finished(run).await?;

        assert_eq!(ended.status, "SUCCEEDED", "{:?}", ended.error);
        assert_eq!(sendings(&twilio), 2, "the third attempt found the second one's message");
        assert_eq!(office.messages().await?[0]["providerId"], "SM8");
        office.close().await;
        Ok(())
    }

    async fn two_messages_that_may_be_ours_leave_it_unknown(backend: Backend) -> Result<()> {
        let twins = list(&[("SM1", "Hi ann"), ("SM2", "Hi ann")]);
        let twilio = twilio([Reply::Drop, twins.clone(), twins]).await?;
        let office = Office::with_sms(backend, &twilio).await?;
        office.publish(insisting()).await?;

        office.contact("ann", Some(ANN)).await?;
        let run = office.run().await?.id;
        office.retrying(run, 2).await?;
        office.app.clock.advance(Duration::from_secs(1));
        office.unknown(run, "text").await?;

        assert_eq!(sendings(&twilio), 1);
        assert_eq!(office.messages().await?[0]["state"], "UNKNOWN");
        office.close().await;
        Ok(())
    }

    async fn marketing_waits_for_the_receivers_morning(backend: Backend) -> Result<()> {
        let twilio = twilio([taken()]).await?;
        let office = Office::with_sms(backend, &twilio).await?;
        office.publish(texting("MARKETING")).await?;
        // 09:00 in UTC is one in the night in Los Angeles.
        let contact = json!([{ "name": "ann", "phone": ANN, "timeZone": "America/Los_Angeles" }]);
        let ann = office.app.create("contacts", contact).await?.remove(0);
        let run = office.run().await?.id;
        office.waiting(run, "text").await?;

        office.change_contact(&ann, json!({ "name": "Ann A." })).await?;
        office.app.clock.advance(Duration::from_secs(7 * 3_600 - 1));
        let asleep = twilio.recorded().len();
        office.app.clock.advance(Duration::from_secs(1));
        office.finished(run).await?;

        assert_eq!(asleep, 0);
        let sent = form(&twilio.recorded()[0]);
        assert!(sent.contains(&("Body".into(), "Hi Ann A.".into())), "it is written in the morning: {sent:?}");
        office.close().await;
        Ok(())
    }

    async fn an_sms_goes_out_and_its_receipt_comes_back(backend: Backend) -> Result<()> {
        let twilio = twilio([taken()]).await?;
        let office = Office::with_sms(backend, &twilio).await?;
        office.publish(texting("TRANSACTIONAL")).await?;

        let ann = office.contact("ann", Some("+1 (415) 555-0100")).await?;
        let run = office.run().await?.id;
        office.finished(run).await?;
        let sent = office.messages().await?;
        let request = twilio.recorded().remove(0);
        let query = callback(&request)?;
        let receipts = [office.twilio(&query, &told("delivered")).await?, office.twilio(&query, &told("sent")).await?];

        assert_eq!(request.target, "/2010-04-01/Accounts/AC0123456789abcdef/Messages.json");
        let basic = BASE64_STANDARD.encode(format!("AC0123456789abcdef:{SMS_TOKEN}"));
        assert_eq!(request.headers["authorization"], format!("Basic {basic}"));
        let form = form(&request);
        let field = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!((field("To"), field("From"), field("Body")), (Some(ANN), Some("+14155550199"), Some("Hi ann")));
        assert_eq!((&sent[0]["state"], &sent[0]["providerId"], &sent[0]["contact"]["name"]), (&json!("SENT"), &json!("SM1"), &json!("ann")));
        assert_eq!(office.of_contact(&ann, "phone").await?, ANN);
        assert_eq!(office.of_contact(&ann, "source").await?, "texted");
        assert_eq!(receipts, [StatusCode::OK, StatusCode::OK]);
        assert_eq!(office.messages().await?[0]["state"], "DELIVERED", "a late receipt does not go back");
        let receipts = async || receipt::Entity::find().count(office.app.app.installation.crm.store().reads()).await;
        assert_eq!(receipts().await?, 1);
        office.app.clock.advance(91 * DAY);
        office.tidy().await?;
        assert_eq!(receipts().await?, 0, "it goes with the run that it is about");
        office.close().await;
        Ok(())
    }

    async fn a_lost_answer_is_unknown_until_the_receipt_comes(backend: Backend) -> Result<()> {
        let twilio = twilio([Reply::Drop]).await?;
        let office = Office::with_sms(backend, &twilio).await?;
        office.publish(texting("TRANSACTIONAL")).await?;

        let ann = office.contact("ann", Some(ANN)).await?;
        let run = office.run().await?.id;
        office.unknown(run, "text").await?;
        let before = office.messages().await?;
        let query = callback(&twilio.recorded()[0])?;
        office.twilio(&query, &told("sent")).await?;
        let ended = office.finished(run).await?;

        assert_eq!(before[0]["state"], "UNKNOWN");
        assert_eq!((ended.status.as_str(), &office.messages().await?[0]["state"]), ("SUCCEEDED", &json!("SENT")));
        assert_eq!(office.of_contact(&ann, "source").await?, "texted");
        assert_eq!(sendings(&twilio), 1, "it is not sent again");
        office.close().await;
        Ok(())
    }

    async fn a_receipt_that_comes_before_the_answer_is_given_up_settles_it(backend: Backend) -> Result<()> {
        let twilio = twilio([Reply::Silence]).await?;
        let office = Office::with_sms(backend, &twilio).await?;
        office.publish(texting("TRANSACTIONAL")).await?;

        office.contact("ann", Some(ANN)).await?;
        let run = office.run().await?.id;
        let query = loop {
            match twilio.recorded().first() {
                Some(request) => break callback(request)?,
                None => tokio::task::yield_now().await,
            }
        };
        office.twilio(&query, &told("delivered")).await?;
        let ended = office.finished(run).await?;

        assert_eq!(ended.status, "SUCCEEDED", "{:?}", ended.error);
        assert_eq!(office.messages().await?[0]["state"], "DELIVERED");
        office.close().await;
        Ok(())
    }

    async fn a_refusal_fails_the_step_with_the_providers_words(backend: Backend) -> Result<()> {
        let refusal = r#"{"code":21211,"message":"The 'To' number is not valid","status":400}"#;
        let twilio = twilio([Reply::answer(400, &[("Content-Type", "application/json")], refusal)]).await?;
        let office = Office::with_sms(backend, &twilio).await?;
        office.publish(texting("TRANSACTIONAL")).await?;

        office.contact("ann", Some(ANN)).await?;
        let run = office.run().await?.id;
        let ended = office.finished(run).await?;

        let error = ended.error.context("an error")?;
        assert!(error.starts_with("REFUSED") && error.contains("21211"), "{error}");
        assert_eq!(office.messages().await?[0]["state"], "FAILED");
        office.close().await;
        Ok(())
    }

    async fn a_number_that_could_be_anybodys_is_not_written_to(backend: Backend) -> Result<()> {
        let twilio = twilio([taken()]).await?;
        let office = Office::with_sms(backend, &twilio).await?;
        office.publish(texting("TRANSACTIONAL")).await?;

        office.contact("ann", Some("0415 555 0100")).await?;
        let run = office.run().await?.id;
        let ended = office.finished(run).await?;

        assert!(ended.error.is_some_and(|error| error.starts_with("INVALID_NUMBER")));
        assert!(twilio.recorded().is_empty());
        office.close().await;
        Ok(())
    }

    async fn stop_is_honoured_at_once_and_start_takes_it_back(backend: Backend) -> Result<()> {
        let twilio = twilio([taken()]).await?;
        let office = Office::with_sms(backend, &twilio).await?;
        office.publish(texting("TRANSACTIONAL")).await?;
        let ann = office.contact("ann", Some(ANN)).await?;
        let first = office.run().await?.id;
        office.finished(first).await?;

        let stop = [("MessageSid", "SM7"), ("From", ANN), ("To", "+14155550199"), ("Body", " Stop. ")];
        let statuses = [office.twilio("", &stop).await?, office.twilio("", &stop).await?];
        office.contact("ann2", Some(ANN)).await?;
        let second = office.runs().await?[1].id;
        let refused = office.finished(second).await?;
        let opted_out = office.of_contact(&ann, "smsOptOut").await?;
        office.twilio("", &[("MessageSid", "SM8"), ("From", ANN), ("Body", "START")]).await?;
        office.contact("ann3", Some(ANN)).await?;
        let third = office.runs().await?[2].id;
        let again = office.finished(third).await?;

        assert_eq!(statuses, [StatusCode::OK, StatusCode::OK]);
        assert_eq!(opted_out, true);
        assert!(refused.error.is_some_and(|error| error.starts_with("SUPPRESSED")));
        assert_eq!(again.status, "SUCCEEDED");
        let incoming: Vec<Json> = office.messages().await?.into_iter().filter(|message| message["direction"] == "IN").collect();
        assert_eq!(incoming.len(), 2, "a delivery that is repeated is taken once");
        assert_eq!((&incoming[0]["text"], &incoming[0]["channel"]), (&json!("Stop."), &json!("SMS")));
        assert!(incoming[0]["answers"]["id"].is_string(), "it answers the last SMS to its sender");
        assert_eq!(twilio.recorded().len(), 2);
        office.close().await;
        Ok(())
    }

    async fn nothing_is_taken_that_twilio_has_not_signed(backend: Backend) -> Result<()> {
        let twilio = twilio([taken()]).await?;
        let office = Office::with_sms(backend, &twilio).await?;

        let forged = office.client.post(office.app.url("/inbound/twilio")).header("x-twilio-signature", "c2lnbmVk");
        let forged = forged.body("MessageSid=SM9&From=%2B14155550100&Body=STOP").send().await?;
        let unknown = office.twilio("?effect=effect_01h455vb4pex5vsknk084sn02q", &told("sent")).await?;

        assert_eq!((forged.status(), unknown), (StatusCode::UNAUTHORIZED, StatusCode::NOT_FOUND));
        assert_eq!(office.messages().await?.len(), 0);
        office.close().await;
        Ok(())
    }
}
