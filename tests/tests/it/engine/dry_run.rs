//! Dry runs: they go the way that a run goes, and leave no trace.

use std::{collections::HashMap, sync::Arc};

use anyhow::{Context, Result, bail};
use pointsman::{
    engine::dry_run::{
        Answer, Left, Play, Start,
        report::{Act, Code, Diff, Report, Step},
    },
    workflow::candidate::{Candidate, Subject},
};
use pointsman_graph::{definition::Definition, event::Outcome};
use pointsman_tests::{
    dump::dump,
    servers::http::{Reply, Sink},
    world::{Backend, Outside, START, World, node, workflow},
};
use serde_json::{Value as Json, json};

use super::people::user;
use crate::both;

const DAY: i64 = 86_400_000_000;

/// A dry run as a test wants it.
#[derive(Default)]
struct Trial {
    record: Option<String>,
    values: Option<Json>,
    payload: Json,
    answers: Vec<Answer>,
    pinned: Vec<(&'static str, Left)>,
    up_to: Option<&'static str>,
    execute: bool,
}

impl Trial {
    fn of(record: &pointsman::crm::Record) -> Self {
        Self {
            record: Some(record.global_id()),
            ..Self::default()
        }
    }

    fn values(self, values: Json) -> Self {
        Self {
            values: Some(values),
            ..self
        }
    }

    fn answers(self, answers: impl Into<Vec<Answer>>) -> Self {
        Self {
            answers: answers.into(),
            ..self
        }
    }

    async fn play(self, world: &World, definition: Json) -> Result<Report> {
        let subject = Subject::Drawn {
            definition: Definition::from_json(definition)?,
            time_zone: "UTC".into(),
        };
        let up_to = self.up_to.map(str::parse).transpose()?;
        let version = match world
            .workflows
            .candidate(&world.access, subject, up_to.as_ref())
            .await?
        {
            Candidate::Sound { version, .. } => version,
            other => bail!("{other:#?}"),
        };
        let pinned: Result<HashMap<_, _>> = self
            .pinned
            .into_iter()
            .map(|(node, left)| Ok((node.parse()?, left)))
            .collect();
        let play = Play {
            version: Arc::clone(&version),
            at: START,
            answers: self.answers,
            pinned: pinned?,
            execute: up_to.filter(|_| self.execute),
        };
        let start = Start {
            trigger: None,
            record: self.record,
            values: self.values.and_then(|values| values.as_object().cloned()),
            payload: self.payload,
        };
        let imagined = world.engine.imagine(&world.access, &version, &start, START).await?;
        let imagined = imagined.map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
        world
            .engine
            .dry_run(play, imagined)
            .await?
            .map_err(|problem| anyhow::anyhow!("{problem:?}"))
    }
}

fn said(step: &str, port: Option<&str>, output: Json) -> Answer {
    Answer {
        step: step.into(),
        left: Left::By {
            port: port.map(Into::into),
            output,
        },
    }
}

fn step<'r>(report: &'r Report, node: &str) -> &'r Step {
    report
        .steps
        .values()
        .find(|step| step.node == node)
        .unwrap_or_else(|| panic!("{node}: {report:#?}"))
}

/// The record of a dry run has an id that no other has.
fn without_record(mut input: Json) -> Json {
    if let Some(fields) = input.as_object_mut() {
        fields.remove("record");
    }
    input
}

fn diffs(report: &Report) -> Vec<&Diff> {
    let changes = report.effects.iter().filter_map(|effect| match &effect.act {
        Act::Change(diff) => Some(diff),
        Act::Email(_) | Act::Sms { .. } | Act::Http { .. } => None,
        Act::Notice { .. } | Act::Signal { .. } | Act::Start { .. } => None,
    });
    changes.collect()
}

fn closed_won() -> Json {
    workflow(
        vec![
            node(
                "won",
                "recordUpdated",
                json!({
                    "object": "deal", "fields": ["stage"], "where": "record.status == 'WON' && previous.status != 'WON'",
                }),
            ),
            node(
                "customer",
                "updateRecord",
                json!({ "record": "record.company", "values": { "lifecycle": "CUSTOMER" } }),
            ),
            node(
                "task",
                "createTask",
                json!({ "title": "Welcome {{ record.company.name }}", "dueIn": "P3D", "about": "record" }),
            ),
            node("pause", "delay", json!({ "for": "P2D" })),
            node(
                "mail",
                "sendEmail",
                json!({
                    "to": "{{ record.owner.email }}", "subject": "{{ record.name }} is won",
                    "text": "{{ record.amount }} {{ record.amountCurrency }} from a {{ record.company.lifecycle }}.",
                }),
            ),
            node(
                "call",
                "httpRequest",
                json!({
                    "method": "POST", "url": "https://erp.example/orders", "headers": { "x-token": "secret" },
                    "json": { "deal": "{{ record.name }}" },
                    "responseSchema": { "type": "object", "properties": { "number": { "type": "string" } }, "required": ["number"] },
                }),
            ),
            node(
                "note",
                "createTask",
                json!({ "title": "Order {{ steps.call.output.body.number }}: {{ steps.call.output.status }}" }),
            ),
        ],
        &[
            "won -> customer",
            "customer -> task",
            "task -> pause",
            "pause -> mail",
            "mail -> call",
            "call -> note",
        ],
    )
}

async fn deal(world: &World) -> Result<Arc<pointsman::crm::Record>> {
    let owner = world
        .create("user", json!({ "name": "Olga", "email": "olga@acme.example" }))
        .await?;
    let company = world.create("company", json!({ "name": "Bäcker & Söhne" })).await?;
    world
        .create(
            "deal",
            json!({
                "name": "Ovens", "company": company.global_id(), "owner": owner.global_id(),
                "amount": { "amount": "12500.50", "currency": "EUR" },
            }),
        )
        .await
}

both! {
    async fn a_dry_run_tells_all_that_a_run_would_do_and_writes_nothing(world: World) -> Result<World> {
        let deal = deal(&world).await?;
        world.publish(workflow(vec![node("new", "recordCreated", json!({ "object": "task" }))], &[])).await?;
        let won = world.stage("Won").await?;
        let before = dump(world.reads()).await?;

        let report = Trial::of(&deal).values(json!({ "stage": won.global_id() })).play(&world, closed_won()).await?;

        assert_eq!(dump(world.reads()).await?, before, "a dry run leaves no trace");
        assert_eq!(report.outcome, Some(Outcome::Succeeded), "{report:#?}");
        assert!(report.verdict.fires);
        let changes: Vec<_> = diffs(&report).iter().map(|diff| diff.object.as_str()).collect();
        assert_eq!(changes, ["company", "task", "message", "task"]);
        assert_eq!(diffs(&report)[0].fields["lifecycle"][1], "CUSTOMER");
        assert_eq!(diffs(&report)[1].fields["title"], json!([null, "Welcome Bäcker & Söhne"]));
        assert_eq!(diffs(&report)[3].fields["title"], json!([null, "Order : 200"]), "the blank of the declared answer");
        let acts = || report.effects.iter().map(|effect| &effect.act);
        let mail = acts().find_map(|act| if let Act::Email(mail) = act { Some(mail) } else { None }).context("mail")?;
        assert_eq!((mail.to[0].as_str(), mail.subject.as_str()), ("olga@acme.example", "Ovens is won"));
        assert_eq!(mail.text, "12500.50 EUR from a CUSTOMER.", "a later step reads what an earlier one wrote");
        let call = acts().find_map(|act| match act {
            Act::Http { method, url, headers, body } => Some((method.as_str(), url.as_str(), headers.clone(), body.clone())),
            _ => None,
        });
        let (method, url, headers, body) = call.context("request")?;
        assert_eq!((method, url), ("POST", "https://erp.example/orders"));
        assert!(headers.contains(&"x-token".to_owned()) && !format!("{report:?}").contains("secret"));
        assert_eq!(body.as_deref(), Some("{\"deal\":\"Ovens\"}"));
        assert_eq!(acts().filter(|act| matches!(act, Act::Start { refused: false, .. })).count(), 2, "the tasks start runs");
        assert_eq!(step(&report, "pause").waits_until.map(|until| until.micros()), Some(START.micros() + 2 * DAY));
        assert_eq!(report.ended.micros(), START.micros() + 2 * DAY);
        assert!(step(&report, "call").simulated && step(&report, "mail").simulated && !step(&report, "task").simulated);
        Ok(world)
    }

    async fn a_dry_run_goes_the_way_that_the_run_then_goes(world: World) -> Result<World> {
        let definition = workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact", "where": "record.name != ''" })),
                node("find", "findRecords", json!({ "object": "contact", "where": "record.name.startsWith('A')" })),
                node("many", "if", json!({ "condition": "steps.find.output.count > 1" })),
                node("bad", "updateRecord", json!({ "values": { "email": "{{ record.name }}" } })),
                node("mended", "updateRecord", json!({ "values": { "source": "mended" } })),
                node("again", "findRecords", json!({ "object": "contact", "where": "record.source == 'mended'" })),
                node("sum", "set", json!({ "values": { "found": "steps.again.output.count" } })),
                node("other", "createTask", json!({ "title": "Nobody" })),
            ],
            &["new -> find", "find -> many", "many.yes -> bad", "many.no -> other", "bad.error -> mended",
              "mended -> again", "again -> sum"],
        );
        world.create("contact", json!({ "name": "Ann" })).await?;
        let values = json!({ "name": "Abe" });

        let report = Trial::default().values(values.clone()).play(&world, definition.clone()).await?;
        world.publish(definition).await?;
        world.create("contact", values).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;

        let steps = world.steps(run.id).await?;
        assert_eq!(report.outcome, Some(Outcome::Succeeded));
        assert_eq!(steps.len(), report.steps.len());
        for (number, played) in &report.steps {
            let real = &steps[&played.step];
            assert_eq!(*number, real.number, "{}", played.step);
            assert_eq!(played.status.map(|status| status.text()), Some(real.status.as_str()), "{}", played.step);
            assert_eq!(played.port, real.port, "{}", played.step);
            let input: Option<Json> = real.input.as_deref().map(serde_json::from_str).transpose()?;
            assert_eq!(played.input.clone().map(without_record), input.map(without_record), "{}", played.step);
        }
        assert_eq!(step(&report, "sum").output, Some(json!({ "found": 1 })));
        assert_eq!(step(&report, "bad").error.as_ref().map(|error| &error["code"]), Some(&json!("INVALID")));
        Ok(world)
    }

    async fn a_wait_takes_its_answer_or_times_out(world: World) -> Result<World> {
        let definition = |timeout: Json| workflow(
            vec![
                node("start", "manual", json!({ "object": "contact" })),
                node("wait", "waitFor", json!({ "event": "recordChanged", "where": "record.source == 'reply'", "timeout": timeout })),
                node("yes", "createTask", json!({ "title": "{{ steps.wait.output.record.name }} replied" })),
                node("no", "createTask", json!({ "title": "silence" })),
            ],
            &["start -> wait", "wait.happened -> yes", "wait.timedOut -> no"],
        );
        let contact = world.create("contact", json!({ "name": "Ann" })).await?;
        let before = dump(world.reads()).await?;

        let silence = Trial::of(&contact).play(&world, definition(json!("P7D"))).await?;
        let answer = said("wait", None, json!({ "record": { "name": "Ann" } }));
        let replied = Trial::of(&contact).answers([answer]).play(&world, definition(json!("P7D"))).await?;
        let forever = Trial::of(&contact).play(&world, definition(Json::Null)).await?;
        let late = Trial::of(&contact).play(&world, definition(json!("P20Y"))).await?;

        assert_eq!(dump(world.reads()).await?, before);
        assert_eq!(diffs(&silence)[0].fields["title"][1], "silence");
        assert_eq!(silence.ended.micros(), START.micros() + 7 * DAY);
        assert_eq!(diffs(&replied)[0].fields["title"][1], "Ann replied");
        assert_eq!(replied.ended, START);
        let halt = forever.halt.context("it halts")?;
        assert_eq!((halt.code, forever.outcome), (Code::WaitsForever, None));
        assert!(halt.message.contains("`wait`"), "{}", halt.message);
        assert_eq!(late.halt.map(|halt| halt.code), Some(Code::TimeLimit));
        Ok(world)
    }

    async fn an_approval_takes_its_answer_or_times_out(world: World) -> Result<World> {
        let ask = json!({ "users": ["ann@acme.example"], "title": "May {{ record.name }}?", "deadline": "P3D" });
        let definition = workflow(
            vec![
                node("start", "manual", json!({ "object": "contact" })),
                node("boss", "approval", ask),
                node("yes", "createTask", json!({ "title": "yes: {{ steps.boss.output.comment }}" })),
                node("late", "createTask", json!({ "title": "late" })),
            ],
            &["start -> boss", "boss.approved -> yes", "boss.timedOut -> late"],
        );
        user(&world, "ann").await?;
        let contact = world.create("contact", json!({ "name": "Bob" })).await?;
        let before = dump(world.reads()).await?;

        let silence = Trial::of(&contact).play(&world, definition.clone()).await?;
        let answer = said("boss", Some("approved"), json!({ "comment": "of course" }));
        let approved = Trial::of(&contact).answers([answer]).play(&world, definition).await?;

        assert_eq!(dump(world.reads()).await?, before);
        assert_eq!(diffs(&silence)[0].fields["title"][1], "late");
        assert_eq!(silence.ended.micros(), START.micros() + 3 * DAY);
        assert_eq!(diffs(&approved)[0].fields["title"][1], "yes: of course");
        assert_eq!(approved.ended, START);
        assert!(matches!(&silence.effects[0].act, Act::Notice { title, .. } if title == "May Bob?"), "{silence:#?}");
        assert_eq!(silence.effects[0].step, "boss");
        Ok(world)
    }

    async fn a_signal_reaches_a_later_wait_of_the_run_itself(world: World) -> Result<World> {
        let listen = json!({ "event": "signal", "name": "hello", "key": "record.id", "timeout": "P7D" });
        let definition = workflow(
            vec![
                node("start", "manual", json!({ "object": "contact" })),
                node("say", "emitSignal", json!({ "name": "hello", "key": "record.id", "payload": "{{ record.name }}" })),
                node("pause", "delay", json!({ "for": "P1D" })),
                node("hear", "waitFor", listen.clone()),
                node("again", "waitFor", listen),
            ],
            &["start -> say", "say -> pause", "pause -> hear", "hear.happened -> again"],
        );
        let contact = world.create("contact", json!({ "name": "Ann" })).await?;
        let before = dump(world.reads()).await?;

        let report = Trial::of(&contact).play(&world, definition).await?;

        assert_eq!(dump(world.reads()).await?, before);
        assert_eq!(step(&report, "hear").output, Some(json!("Ann")));
        assert_eq!(step(&report, "again").port.as_deref(), Some("timedOut"));
        assert_eq!(report.ended.micros(), START.micros() + 8 * DAY);
        let act = Act::Signal { name: "hello".into(), key: contact.global_id(), payload: json!("Ann") };
        assert_eq!(report.effects.iter().map(|effect| &effect.act).collect::<Vec<_>>(), [&act]);
        Ok(world)
    }

    async fn a_wait_hears_of_what_another_branch_changes(world: World) -> Result<World> {
        let definition = workflow(
            vec![
                node("start", "manual", json!({ "object": "contact" })),
                node("wait", "waitFor", json!({ "event": "recordChanged", "where": "record.source == 'done'", "timeout": "P7D" })),
                node("pause", "delay", json!({ "for": "P1D" })),
                node("change", "updateRecord", json!({ "values": { "source": "done" } })),
            ],
            &["start -> wait", "start -> pause", "pause -> change"],
        );
        let contact = world.create("contact", json!({ "name": "Ann" })).await?;

        let report = Trial::of(&contact).play(&world, definition).await?;

        assert_eq!(step(&report, "wait").port.as_deref(), Some("happened"));
        assert_eq!(report.ended.micros(), START.micros() + DAY);
        Ok(world)
    }

    async fn a_loop_is_played_item_by_item(world: World) -> Result<World> {
        let definition = workflow(
            vec![
                node("start", "manual", json!({ "object": "contact" })),
                node("loop", "forEach", json!({ "items": "['call', 'mail', 'visit']", "concurrency": 2 })),
                node("pause", "delay", json!({ "for": "P1D" })),
                node("task", "createTask", json!({ "title": "{{ item }} {{ record.name }}" })),
                node("end", "createTask", json!({ "title": "{{ steps.loop.output.count }} done" })),
            ],
            &["start -> loop", "loop.each -> pause", "pause -> task", "loop.done -> end"],
        );
        let contact = world.create("contact", json!({ "name": "Ann" })).await?;
        let before = dump(world.reads()).await?;

        let report = Trial::of(&contact).play(&world, definition).await?;

        assert_eq!(dump(world.reads()).await?, before);
        let titles: Vec<_> = diffs(&report).iter().map(|diff| diff.fields["title"][1].clone()).collect();
        assert_eq!(titles, ["call Ann", "mail Ann", "visit Ann", "3 done"]);
        assert_eq!(report.outcome, Some(Outcome::Succeeded));
        assert_eq!(report.ended.micros(), START.micros() + 2 * DAY);
        Ok(world)
    }

    async fn a_call_tells_of_the_run_it_would_start_and_takes_an_answer(world: World) -> Result<World> {
        let callee = world.publish(workflow(
            vec![node("called", "called", json!({
                "parameters": [{ "name": "n", "type": "integer", "required": true }],
                "results": [{ "name": "double", "type": "integer" }],
            }))],
            &[],
        ))
        .await?;
        let call = json!({ "workflow": pointsman::crm::id::format("workflow", callee), "inputs": { "n": "{{ trigger.inputs.n }}" } });
        let definition = workflow(
            vec![
                node("start", "called", json!({ "parameters": [{ "name": "n", "type": "integer", "required": true }] })),
                node("call", "callWorkflow", call),
                node("task", "createTask", json!({ "title": "{{ steps.call.output.outputs.double }}" })),
            ],
            &["start -> call", "call.done -> task"],
        );
        let before = dump(world.reads()).await?;
        let trial = || Trial { payload: json!({ "n": 21 }), ..Trial::default() };

        let silent = trial().play(&world, definition.clone()).await?;
        let answer = said("call", None, json!({ "run": "run_1", "outputs": { "double": 42 } }));
        let answered = trial().answers([answer]).play(&world, definition.clone()).await?;
        let wrong = Trial { payload: json!({ "n": "many" }), ..Trial::default() }.play(&world, definition).await;

        assert_eq!(dump(world.reads()).await?, before);
        assert!(step(&silent, "call").simulated);
        assert!(matches!(&silent.effects[0].act, Act::Start { workflow, .. } if *workflow == callee));
        assert_eq!(step(&silent, "call").input.as_ref().map(|input| &input["inputs"]["n"]), Some(&json!(21)));
        assert!(!step(&answered, "call").simulated);
        assert_eq!(diffs(&answered)[0].fields["title"][1], "42");
        assert!(wrong.is_err_and(|error| error.to_string().contains("payload")));
        Ok(world)
    }

    async fn a_failing_answer_is_retried_on_the_virtual_clock(world: World) -> Result<World> {
        let mut definition = workflow(
            vec![
                node("start", "manual", json!({ "object": "contact" })),
                node("call", "httpRequest", json!({ "method": "POST", "url": "https://x.example" })),
                node("done", "set", json!({ "values": { "status": "steps.call.output.status" } })),
            ],
            &["start -> call", "call -> done"],
        );
        definition["nodes"][1]["retry"] = json!({ "maxAttempts": 3, "initial": "PT1H" });
        let contact = world.create("contact", json!({ "name": "Ann" })).await?;
        let down = Answer {
            step: "call".into(),
            left: Left::Failing(pointsman_graph::event::Failure {
                code: "REFUSED".into(), message: "down".into(), retryable: true, retry_after_ms: None,
            }),
        };
        let up = said("call", None, json!({ "status": 201, "headers": {}, "body": null }));

        let report = Trial::of(&contact).answers([down.clone(), down.clone(), up]).play(&world, definition.clone()).await?;
        let lost = Trial::of(&contact).answers([down]).play(&world, definition).await?;

        assert_eq!(step(&report, "call").attempt, 3);
        assert!(report.ended > START);
        assert_eq!(step(&report, "done").output, Some(json!({ "status": 201 })));
        assert_eq!(report.effects.len(), 1, "the attempts are of one effect");
        assert_eq!(lost.outcome, Some(Outcome::Failed));
        assert_eq!(step(&lost, "call").attempt, 3);
        Ok(world)
    }

    async fn a_start_that_would_not_fire_says_why(world: World) -> Result<World> {
        let deal = deal(&world).await?;

        let report = Trial::of(&deal).values(json!({ "name": "Stoves" })).play(&world, closed_won()).await?;
        let lost = world.stage("Lost").await?;
        let lost = Trial::of(&deal).values(json!({ "stage": lost.global_id() })).play(&world, closed_won()).await?;

        assert!(!report.verdict.fires && !report.verdict.listens, "the stage did not change");
        assert!(!lost.verdict.fires && lost.verdict.listens);
        let parts = &lost.verdict.trace.context("trace")?["parts"];
        let value = |source: &str| parts.as_array().and_then(|parts| {
            parts.iter().find(|part| part["source"] == source).map(|part| part["value"].clone())
        });
        assert_eq!(value("record.status"), Some(json!("\"LOST\"")), "{parts:#}");
        Ok(world)
    }

    async fn marketing_to_somebody_who_opted_out_is_not_sent(world: World) -> Result<World> {
        world.create("contact", json!({ "name": "Ann", "email": "ann@x.example", "emailOptOut": true })).await?;
        let definition = workflow(
            vec![
                node("start", "manual", json!({ "cardinality": "none" })),
                node("mail", "sendEmail", json!({
                    "to": "ann@x.example", "subject": "News", "text": "unsubscribe", "kind": "MARKETING",
                })),
            ],
            &["start -> mail"],
        );

        let report = Trial::default().play(&world, definition).await?;

        assert_eq!(report.outcome, Some(Outcome::Failed));
        assert_eq!(step(&report, "mail").error.as_ref().map(|error| &error["code"]), Some(&json!("OPTED_OUT")));
        Ok(world)
    }

    async fn one_step_is_tested_with_what_leads_to_it_pinned(world: World) -> Result<World> {
        let definition = workflow(
            vec![
                node("start", "manual", json!({ "object": "contact" })),
                node("call", "httpRequest", json!({ "url": "https://x.example" })),
                node("big", "if", json!({ "condition": "steps.call.output.status == 201" })),
                node("task", "createTask", json!({ "title": "{{ record.name }}: {{ steps.call.output.status }}" })),
                node("half", "createTask", json!({ "title": "{{ nobody }}" })),
            ],
            &["start -> call", "call -> big", "big.yes -> task", "task -> half"],
        );
        let contact = world.create("contact", json!({ "name": "Ann" })).await?;
        let left = |port: Option<&str>, output: Json| Left::By { port: port.map(Into::into), output };
        let pinned = vec![("call", left(None, json!({ "status": 500 }))), ("big", left(Some("yes"), Json::Null))];

        let trial = Trial { pinned, up_to: Some("task"), ..Trial::of(&contact) };
        let report = trial.play(&world, definition).await?;

        assert_eq!(diffs(&report)[0].fields["title"][1], "Ann: 500");
        assert_eq!(report.effects.len(), 1, "a pinned node does nothing");
        assert_eq!(report.steps.len(), 3, "what is behind the step is left out, however wrong it is");
        Ok(world)
    }
}

async fn only_the_tested_step_really_calls_and_once(backend: Backend) -> Result<()> {
    let sink = Sink::start([Reply::answer(503, &[], "down")]).await?;
    let mut outside = Outside::default();
    outside.egress.allow.push("127.0.0.1/32".parse()?);
    let world = World::start_with(backend, outside).await?;
    let url = format!("http://127.0.0.1:{}/", sink.port());
    let mut definition = workflow(
        vec![
            node("start", "manual", json!({ "cardinality": "none" })),
            node(
                "first",
                "httpRequest",
                json!({ "method": "POST", "url": format!("{url}first") }),
            ),
            node(
                "second",
                "httpRequest",
                json!({ "method": "POST", "url": format!("{url}second") }),
            ),
        ],
        &["start -> first", "first -> second"],
    );
    definition["nodes"][2]["retry"] = json!({ "maxAttempts": 3 });
    let before = dump(world.reads()).await?;

    let trial = Trial {
        up_to: Some("second"),
        execute: true,
        ..Trial::default()
    };
    let report = trial.play(&world, definition).await?;

    let targets: Vec<_> = sink.recorded().into_iter().map(|request| request.target).collect();
    assert_eq!(targets, ["/second"]);
    assert_eq!(report.outcome, Some(Outcome::Failed));
    assert!(step(&report, "first").simulated && !step(&report, "second").simulated);
    assert_eq!(dump(world.reads()).await?, before);
    world.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_tested_step_really_calls_and_once_sqlite() -> Result<()> {
    only_the_tested_step_really_calls_and_once(Backend::Sqlite).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_tested_step_really_calls_and_once_postgres() -> Result<()> {
    only_the_tested_step_really_calls_and_once(Backend::Postgres).await
}
