//! What is flawed about a shape, and what may have run before what.

use super::{Flaw, Link, Loop, OnError, Policy, Reach, Role, Track, TrackNode};
use crate::{key::Port, retry::Retry};

fn node(key: &str, role: Role, ports: &[Port]) -> TrackNode {
    TrackNode {
        key: key.parse().unwrap(),
        role,
        ports: ports.to_vec(),
        retry: Retry::NEVER,
        disabled: false,
    }
}

/// `start` leads to the branch `b` (yes, no); every other node is an action.
fn lay(join: Policy, edges: &[(&str, Port, &str)]) -> Result<Track, Vec<Flaw>> {
    let start = node("start", Role::Trigger, &[Port::OUT]);
    let branch = node("b", Role::Step, &[Port::YES, Port::NO, Port::ERROR]);
    let all = Loop {
        concurrency: std::num::NonZeroU32::MIN,
        on_error: OnError::Stop,
    };
    let mut nodes = vec![start, branch, node("j", Role::Join(join), &[Port::OUT])];
    nodes.push(node("l", Role::Loop(all), &[Port::DONE, Port::EACH]));
    nodes.extend(["x", "y", "z"].map(|key| node(key, Role::Step, &[Port::DONE, Port::ERROR])));
    nodes.retain(|node| {
        edges
            .iter()
            .any(|(from, _, to)| [*from, *to].contains(&node.key.as_str()))
    });
    let link = |(from, port, to): &(&str, Port, &str)| Link {
        from: from.parse().unwrap(),
        port: port.clone(),
        to: to.parse().unwrap(),
    };
    Track::lay(nodes, edges.iter().map(link).collect())
}

fn reach(track: &Track, before: &str, node: &str) -> Reach {
    let at = |key: &str| track.find(&key.parse().unwrap()).unwrap();
    track
        .flow()
        .before(at(node))
        .get(&at(before))
        .copied()
        .unwrap_or(Reach::Never)
}

fn count(wanted: u32) -> Policy {
    Policy::Count(wanted.try_into().unwrap())
}

#[test]
fn a_count_join_of_exclusive_branches_never_fires() {
    let edges = [
        ("start", Port::OUT, "b"),
        ("b", Port::YES, "x"),
        ("b", Port::NO, "y"),
        ("x", Port::DONE, "j"),
        ("y", Port::DONE, "j"),
    ];

    let flaws = lay(count(2), &edges).unwrap_err();

    assert_eq!(
        flaws,
        [Flaw::NeverFires {
            join: "j".parse().unwrap(),
            wanted: 2,
            possible: 1
        }]
    );
    assert!(lay(count(1), &edges).is_ok());
    assert!(lay(Policy::All, &edges).is_ok());
}

#[test]
fn a_count_join_adds_what_is_independent() {
    let edges = [
        ("start", Port::OUT, "b"),
        ("start", Port::OUT, "z"),
        ("b", Port::YES, "x"),
        ("b", Port::NO, "y"),
        ("x", Port::DONE, "j"),
        ("y", Port::DONE, "j"),
        ("z", Port::DONE, "j"),
    ];

    assert!(lay(count(2), &edges).is_ok());
    assert!(matches!(
        lay(count(3), &edges).unwrap_err()[..],
        [Flaw::NeverFires { possible: 2, .. }]
    ));
}

#[test]
fn success_and_failure_of_one_node_exclude_each_other() {
    let edges = [
        ("start", Port::OUT, "x"),
        ("x", Port::DONE, "j"),
        ("x", Port::ERROR, "j"),
    ];

    assert!(matches!(
        lay(count(2), &edges).unwrap_err()[..],
        [Flaw::NeverFires { possible: 1, .. }]
    ));
}

#[test]
fn what_stands_on_every_way_is_always_there() {
    let edges = [
        ("start", Port::OUT, "x"),
        ("x", Port::DONE, "b"),
        ("b", Port::YES, "y"),
        ("b", Port::NO, "z"),
        ("y", Port::DONE, "z"),
    ];
    let track = lay(Policy::All, &edges).unwrap();

    assert_eq!(reach(&track, "x", "z"), Reach::Always);
    assert_eq!(reach(&track, "b", "z"), Reach::Always);
    assert_eq!(reach(&track, "y", "z"), Reach::Sometimes);
    assert_eq!(reach(&track, "z", "y"), Reach::Never);
}

#[test]
fn behind_its_error_port_a_node_may_have_no_output() {
    let track = lay(
        Policy::All,
        &[
            ("start", Port::OUT, "x"),
            ("x", Port::DONE, "y"),
            ("x", Port::ERROR, "z"),
        ],
    )
    .unwrap();

    assert_eq!(reach(&track, "x", "y"), Reach::Always);
    assert_eq!(reach(&track, "x", "z"), Reach::Sometimes);
}

#[test]
fn nothing_enters_a_loop_but_by_each() {
    let sound = [
        ("start", Port::OUT, "l"),
        ("l", Port::EACH, "x"),
        ("x", Port::DONE, "y"),
        ("l", Port::DONE, "z"),
    ];
    assert!(lay(Policy::All, &sound).is_ok());

    let mut entered = sound.to_vec();
    entered.push(("z", Port::DONE, "y"));
    entered.push(("x", Port::DONE, "z"));

    let of = "l".parse().unwrap();
    let flaws = lay(Policy::All, &entered).unwrap_err();
    assert!(flaws.contains(&Flaw::EntersLoop { edge: 3, of }), "{flaws:?}");
}

#[test]
fn a_cycle_is_named_whole() {
    let edges = [
        ("start", Port::OUT, "x"),
        ("x", Port::DONE, "y"),
        ("y", Port::DONE, "z"),
        ("z", Port::DONE, "x"),
    ];

    let flaws = lay(Policy::All, &edges).unwrap_err();

    assert_eq!(
        flaws,
        [Flaw::Cycle(["x", "y", "z"].map(|key| key.parse().unwrap()).to_vec())]
    );
}
