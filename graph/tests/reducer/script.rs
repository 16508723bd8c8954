//! The language of the golden cases: reads graphs and facts, writes decisions.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta};
use pointsman_graph::{
    decision::Decision,
    event::{Failure, Outcome, RunEvent},
    key::{NodeKey, Port},
    retry::{Chance, Retry},
    step::StepId,
    track::{Link, Loop, OnError, Policy, Role, Track, TrackNode},
};

pub struct Case {
    pub name: String,
    pub track: Track,
    pub facts: Vec<(String, String)>,
}

pub fn cases(text: &str) -> Vec<Case> {
    text.split("case ").skip(1).map(case).collect()
}

fn case(text: &str) -> Case {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let name = lines.next().unwrap().to_owned();
    let (facts, graph): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.contains("=>"));
    let fact = |line: &str| {
        line.split_once("=>")
            .map(|(fact, then)| (fact.trim().into(), then.trim().into()))
            .unwrap()
    };
    let track = track(&graph).unwrap_or_else(|flaws| panic!("{name}: {flaws:?}"));
    Case {
        name,
        track,
        facts: facts.into_iter().map(fact).collect(),
    }
}

pub fn track(lines: &[&str]) -> Result<Track, Vec<pointsman_graph::track::Flaw>> {
    let mut nodes: Vec<TrackNode> = Vec::new();
    let (edges, declared): (Vec<&str>, Vec<&str>) = lines.iter().copied().partition(|line| line.contains("->"));
    for line in declared {
        declare(&mut nodes, line);
    }
    let mut links = Vec::new();
    for line in edges {
        let way: Vec<&str> = line.split("->").map(str::trim).collect();
        for pair in way.windows(2) {
            links.push(link(&mut nodes, pair[0], pair[1]));
        }
    }
    Track::lay(nodes, links)
}

fn declare(nodes: &mut Vec<TrackNode>, line: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["trigger", keys @ ..] => keys
            .iter()
            .for_each(|key| nodes.push(node(key, Role::Trigger, &[Port::OUT]))),
        ["join", key, "all"] => nodes.push(node(key, Role::Join(Policy::All), &[Port::OUT])),
        ["join", key, "any"] => nodes.push(node(key, Role::Join(Policy::Any), &[Port::OUT])),
        ["join", key, "count", n] => {
            nodes.push(node(key, Role::Join(Policy::Count(n.parse().unwrap())), &[Port::OUT]));
        }
        ["loop", key, concurrency, on_error] => {
            let on_error = if *on_error == "stop" {
                OnError::Stop
            } else {
                OnError::Continue
            };
            let rule = Loop {
                concurrency: concurrency.parse().unwrap(),
                on_error,
            };
            nodes.push(node(key, Role::Loop(rule), &[Port::DONE, Port::EACH]));
        }
        ["disabled", key] => nodes.push(TrackNode {
            disabled: true,
            ..action(key)
        }),
        ["retries", key, attempts] => {
            let retry = Retry {
                max_attempts: attempts.parse().unwrap(),
                ..Retry::DEFAULT
            };
            nodes.push(TrackNode { retry, ..action(key) });
        }
        other => panic!("no such declaration: {other:?}"),
    }
}

fn link(nodes: &mut Vec<TrackNode>, from: &str, to: &str) -> Link {
    let (from, port) = from
        .split_once('.')
        .map_or((from, None), |(from, port)| (from, Some(Port::from(port))));
    for key in [from, to] {
        if !nodes.iter().any(|node| node.key.as_str() == key) {
            nodes.push(action(key));
        }
    }
    let source = nodes.iter_mut().find(|node| node.key.as_str() == from).unwrap();
    let port = port.unwrap_or_else(|| source.ports[0].clone());
    if !source.ports.contains(&port) {
        source.ports.push(port.clone());
    }
    Link {
        from: key(from),
        port,
        to: key(to),
    }
}

pub fn key(text: &str) -> NodeKey {
    text.parse().unwrap()
}

pub fn action(key: &str) -> TrackNode {
    node(key, Role::Step, &[Port::DONE, Port::ERROR])
}

pub fn node(name: &str, role: Role, ports: &[Port]) -> TrackNode {
    TrackNode {
        key: key(name),
        role,
        ports: ports.to_vec(),
        retry: Retry::DEFAULT,
        disabled: false,
    }
}

pub fn event(text: &str, track: &Track) -> RunEvent {
    let at = DateTime::UNIX_EPOCH;
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["start", trigger] => RunEvent::Started {
            trigger: key(trigger),
            at,
        },
        ["ok", step, port @ ..] => {
            let (step, attempt) = attempt(step);
            let main = track
                .find(&step.node)
                .and_then(|at| track.node(at)?.ports.first().cloned());
            let port = port
                .first()
                .map(|port| Port::from(*port))
                .or(main)
                .unwrap_or(Port::DONE);
            RunEvent::StepSucceeded {
                step,
                attempt,
                port,
                at,
            }
        }
        [kind @ ("fail" | "fault"), step] => {
            let (step, attempt) = attempt(step);
            let retryable = *kind == "fault";
            let failure = Failure {
                code: "FAILED".into(),
                message: String::new(),
                retryable,
                retry_after_ms: None,
            };
            RunEvent::AttemptFailed {
                step,
                attempt,
                failure,
                chance: Chance(u32::MAX),
                at,
            }
        }
        ["due", step] => {
            let (step, attempt) = attempt(step);
            RunEvent::RetryDue { step, attempt, at }
        }
        ["open", step, items] => {
            let (step, attempt) = attempt(step);
            RunEvent::Opened {
                step,
                attempt,
                items: items.parse().unwrap(),
                at,
            }
        }
        ["stop", step, how] => {
            let (step, attempt) = attempt(step);
            RunEvent::Stopped {
                step,
                attempt,
                outcome: outcome(how),
                message: String::new(),
                at,
            }
        }
        ["cancel"] => RunEvent::CancelRequested { at },
        ["resume"] => RunEvent::Resumed { at },
        other => panic!("no such fact: {other:?}"),
    }
}

fn attempt(text: &str) -> (StepId, u32) {
    let (step, attempt) = text.split_once('@').unwrap_or((text, "1"));
    (step.parse().unwrap(), attempt.parse().unwrap())
}

fn outcome(text: &str) -> Outcome {
    let names = BTreeMap::from([
        ("succeeded", Outcome::Succeeded),
        ("failed", Outcome::Failed),
        ("cancelled", Outcome::Cancelled),
    ]);
    names[text]
}

pub fn decision(decision: &Decision) -> String {
    let numbered = |step: &StepId, attempt: &u32| {
        if *attempt == 1 {
            step.to_string()
        } else {
            format!("{step}@{attempt}")
        }
    };
    match decision {
        Decision::Execute { step, attempt } => format!("execute {}", numbered(step, attempt)),
        Decision::Retry { step, attempt, due_at } => {
            let wait: TimeDelta = *due_at - DateTime::UNIX_EPOCH;
            format!("retry {} {}s", numbered(step, attempt), wait.num_seconds())
        }
        Decision::Skip { step } => format!("skip {step}"),
        Decision::Pass { step } => format!("pass {step}"),
        Decision::Fire { step } => format!("fire {step}"),
        Decision::Close { step, .. } => format!("close {step}"),
        Decision::Divert { step } => format!("divert {step}"),
        Decision::Fail { step } => format!("fail {step}"),
        Decision::Abandon { step } => format!("abandon {step}"),
        Decision::Finish { outcome } => format!("finish {outcome:?}").to_lowercase(),
    }
}
