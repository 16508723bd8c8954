//! Random workflows through the whole engine, on both databases, against the reducer's naive model: the same steps must
//! end the same way. `DIFFERENTIAL_CASES` says how many; 500 unless it says so.

#[cfg(test)]
#[path = "../../../../graph/tests/reducer/model.rs"]
#[expect(dead_code, reason = "the reducer's own tests need more of it")]
mod model;
#[cfg(test)]
#[path = "../../../../graph/tests/reducer/shapes.rs"]
mod shapes;

use std::{collections::BTreeMap, env, time::Duration};

use anyhow::{Result, anyhow, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use model::{Kind, Model, Outcome, Shape, Status};
use pointsman::{engine::history::What, workflow::start::Start};
use pointsman_graph::track::{OnError, Policy};
use pointsman_tests::world::{Backend, World, node, workflow};
use serde_json::{Value as Json, json};

const HOUR: Duration = Duration::from_secs(3_600);

/// Workflows that run at a time.
const AT_ONCE: usize = 4;

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): the same cases each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }
}

/// What a node of a shape does in every scope.
#[derive(Clone, Debug)]
enum Deed {
    Succeeds,
    Fails,
    /// An hour passes.
    Waits,
    Leaves(&'static str),
    Repeats(u32),
}

struct Case {
    shape: Shape,
    deeds: Vec<Deed>,
}

impl Case {
    fn draw(number: u64) -> Self {
        let mut dice = Dice(number);
        // Most are small, one in ten is as large as 200 nodes.
        let nodes = match dice.below(10) {
            0 => 40 + dice.below(160),
            _ => 1 + dice.below(30),
        };
        let seeds: Vec<[u8; 6]> = (0..nodes)
            .map(|_| std::array::from_fn(|_| dice.below(256) as u8))
            .collect();
        let mut shape = shapes::shape(&seeds);
        adapt(&mut shape);
        shapes::track(&mut shape);
        let deeds = (0..shape.nodes.len())
            .map(|place| deed(&shape, place, &mut dice))
            .collect();
        Self { shape, deeds }
    }

    /// Where every step ends, by the model.
    fn expected(&self) -> (bool, BTreeMap<String, (String, Option<String>)>) {
        let mut model = Model::new(&self.shape, 0);
        loop {
            let standing = model.standing();
            let open: Vec<_> = standing
                .steps
                .iter()
                .filter(|(_, status)| **status == Status::Open)
                .collect();
            if open.is_empty() {
                // The trigger that started the run is no step of it.
                let shown = standing.steps.iter().filter(|(step, _)| step.1 != 0);
                let steps = shown.map(|(step, status)| (shapes::step(step).to_string(), self.shown(step.1, status)));
                return (standing.failed, steps.collect());
            }
            let results: Vec<_> = open
                .into_iter()
                .map(|(step, _)| (step.clone(), self.outcome(step.1)))
                .collect();
            model.results.extend(results);
        }
    }

    fn outcome(&self, node: usize) -> Outcome {
        match &self.deeds[node] {
            Deed::Succeeds | Deed::Waits => Outcome::Left("done".into()),
            Deed::Fails => Outcome::Failed,
            Deed::Leaves(port) => Outcome::Left((*port).into()),
            Deed::Repeats(items) => Outcome::Items(*items),
        }
    }

    /// A status as a step's row has it: its name and the port.
    fn shown(&self, node: usize, status: &Status) -> (String, Option<String>) {
        let waits = matches!(self.deeds[node], Deed::Waits);
        let (status, port) = match status {
            Status::Left(port) if waits && port == "done" => ("SUCCEEDED", Some("out".to_owned())),
            Status::Left(port) => ("SUCCEEDED", Some(port.clone())),
            Status::Passed | Status::Closed => ("SUCCEEDED", Some("done".to_owned())),
            Status::Fired => ("SUCCEEDED", Some("out".to_owned())),
            Status::Skipped => ("SKIPPED", None),
            Status::Diverted => ("FAILED", Some("error".to_owned())),
            Status::Failed => ("FAILED", None),
            Status::Open | Status::Looping => ("OPEN", None),
        };
        (status.to_owned(), port)
    }

    fn definition(&self) -> Json {
        let nodes = (0..self.shape.nodes.len()).map(|place| self.node(place)).collect();
        let edge = |edge: &model::Edge| {
            let port = match self.deeds[edge.from] {
                Deed::Waits => "out",
                _ => edge.port,
            };
            format!("{}.{port} -> {}", shapes::key(edge.from), shapes::key(edge.to))
        };
        let edges: Vec<String> = self.shape.edges.iter().map(edge).collect();
        workflow(nodes, &edges.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn node(&self, place: usize) -> Json {
        let key = shapes::key(place);
        let key = key.as_str();
        match (&self.shape.nodes[place].kind, &self.deeds[place]) {
            (Kind::Trigger, _) if place == 0 => node(key, "manual", json!({ "cardinality": "none" })),
            (Kind::Trigger, _) => node(key, "recordCreated", json!({ "object": "company" })),
            (Kind::Disabled, _) => {
                let mut node = node(key, "createTask", json!({ "title": "never" }));
                node["disabled"] = json!(true);
                node
            }
            (Kind::Join(policy), _) => node(key, "join", join(*policy)),
            (Kind::Branch, deed) => {
                let holds = |port: &str| matches!(deed, Deed::Leaves(chosen) if *chosen == port).to_string();
                let cases = ["yes", "no"].map(|port| json!({ "name": port, "condition": holds(port) }));
                node(key, "switch", json!({ "cases": cases }))
            }
            (Kind::Loop { concurrency, on_error }, deed) => {
                let items = match deed {
                    Deed::Repeats(items) => (0..*items).collect::<Vec<_>>(),
                    _ => Vec::new(),
                };
                let on_error = if *on_error == OnError::Stop { "stop" } else { "continue" };
                let items = json!(items).to_string();
                node(
                    key,
                    "forEach",
                    json!({ "items": items, "concurrency": concurrency, "onError": on_error }),
                )
            }
            (Kind::Action, Deed::Waits) => node(key, "delay", json!({ "for": "PT1H" })),
            (Kind::Action, Deed::Fails) => node(key, "createTask", json!({ "title": "{{ 1 / trigger.form.zero }}" })),
            (Kind::Action, _) => node(key, "createTask", json!({ "title": key })),
        }
    }
}

fn join(policy: Policy) -> Json {
    match policy {
        Policy::All => json!({ "policy": "all" }),
        Policy::Any => json!({ "policy": "any" }),
        Policy::Count(count) => json!({ "policy": "count", "count": count }),
    }
}

/// Branches and loops of workflows have no error port, and a loop that a failure stops opens its items in an order that
/// depends on nothing only where it opens one at a time.
fn adapt(shape: &mut Shape) {
    for node in &mut shape.nodes {
        if let Kind::Loop {
            concurrency,
            on_error: OnError::Stop,
        } = &mut node.kind
        {
            *concurrency = 1;
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    let nodes = &shape.nodes;
    shape.edges.retain_mut(|edge| {
        edge.port = match (&nodes[edge.from].kind, edge.port) {
            (Kind::Branch, "error") => "no",
            (Kind::Loop { .. }, "error") => "done",
            (_, port) => port,
        };
        seen.insert((edge.from, edge.port, edge.to))
    });
}

fn deed(shape: &Shape, place: usize, dice: &mut Dice) -> Deed {
    let wired = shape
        .edges
        .iter()
        .any(|edge| edge.from == place && edge.port == "error");
    match (&shape.nodes[place].kind, dice.below(10)) {
        (Kind::Branch, draw) => Deed::Leaves(["yes", "no", "otherwise"][(draw % 3) as usize]),
        (Kind::Loop { .. }, draw) => Deed::Repeats((draw % 4) as u32),
        (Kind::Action, 0) => Deed::Fails,
        (Kind::Action, 1..=4) if wired => Deed::Fails,
        (Kind::Action, 1..=2) => Deed::Waits,
        (Kind::Action | Kind::Trigger | Kind::Disabled | Kind::Join(_), _) => Deed::Succeeds,
    }
}

async fn agree(world: &World, number: u64) -> Result<()> {
    let case = Case::draw(number);
    let (failed, expected) = case.expected();
    let id = world.publish(case.definition()).await?;
    let start = Start {
        form: json!({ "zero": 0 }),
        ..Start::default()
    };
    let started = world
        .workflows
        .start(&world.crm, world.engine.member(), &world.access, id, start)
        .await?;
    let run = started.map_err(|problem| anyhow!("{problem:?}"))?;
    let mut history = Box::pin(world.engine.watch(run, 0));
    while let Some(entry) = history.next().await {
        if let What::Waiting { .. } = entry?.what {
            world.clock.advance(HOUR);
        }
    }
    let steps = world.steps(run).await?;
    let found: BTreeMap<_, _> = steps
        .into_iter()
        .map(|(name, step)| (name, (step.status, step.port)))
        .collect();
    ensure!(
        found == expected,
        "case {number}: {:#?}\nfound {found:#?}\nexpected {expected:#?}",
        case.definition()
    );
    let status = world.engine.run(run).await?.map(|run| run.status);
    let ended = if failed { "FAILED" } else { "SUCCEEDED" };
    ensure!(
        status.as_deref() == Some(ended),
        "case {number}: {status:?} instead of {ended}"
    );
    Ok(())
}

async fn the_engine_agrees_with_the_model(backend: Backend) -> Result<()> {
    let cases = env::var("DIFFERENTIAL_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(500);
    let world = World::start(backend).await?;
    stream::iter(0..cases)
        .map(|number| agree(&world, number))
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<_>>()
        .await?;
    world.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_workflows_end_as_the_model_says_on_sqlite() -> Result<()> {
    the_engine_agrees_with_the_model(Backend::Sqlite).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_workflows_end_as_the_model_says_on_postgres() -> Result<()> {
    the_engine_agrees_with_the_model(Backend::Postgres).await
}
