//! Runs and facts as they are stored.

use chrono::DateTime;
use pointsman_graph::{
    event::{self, ReadEvent, RunEvent},
    key::{NodeKey, Port},
    run::Run,
    step::StepId,
};
use serde_json::json;

use super::script;

#[test]
fn a_step_is_written_as_its_path() {
    for text in ["mail", "each[0]/mail", "outer[12]/inner[3]/mail_2"] {
        assert_eq!(text.parse::<StepId>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "/",
        "each/mail",
        "each[x]/mail",
        "each[-1]/mail",
        "each[1]",
        "1mail",
        "each[4294967296]/a",
    ] {
        assert!(text.parse::<StepId>().is_err(), "{text}");
    }
}

#[test]
fn a_key_is_a_letter_and_up_to_63_more() {
    let longest = format!("a{}", "_1".repeat(31));

    assert!(format!("{longest}b").parse::<NodeKey>().is_ok());
    assert!(format!("{longest}bc").parse::<NodeKey>().is_err());
    assert!("ä".parse::<NodeKey>().is_err());
}

#[test]
fn a_run_of_a_later_format_is_not_read() {
    let mut stored = serde_json::to_value(Run::default()).unwrap();
    assert!(serde_json::from_value::<Run>(stored.clone()).is_ok());

    stored["format"] = json!(2);

    assert!(serde_json::from_value::<Run>(stored).is_err());
}

#[test]
fn a_fact_is_read_as_it_was_written() {
    let at = DateTime::UNIX_EPOCH;
    let fact = RunEvent::StepSucceeded {
        step: "l[1]/a".parse().unwrap(),
        attempt: 2,
        port: Port::YES,
        at,
    };

    let json = serde_json::to_value(&fact).unwrap();

    assert_eq!(json["type"], "stepSucceeded");
    assert_eq!(json["step"], "l[1]/a");
    assert_eq!(RunEvent::read(event::FORMAT, json.clone()).unwrap(), fact);
    assert!(matches!(
        RunEvent::read(event::FORMAT + 1, json),
        Err(ReadEvent::Unknown(2))
    ));
}

#[test]
fn a_run_that_ended_keeps_nothing_of_its_items() {
    let lines = ["trigger start", "loop l 10 stop", "start -> l", "l.each -> mail"];
    let track = script::track(&lines).unwrap();
    let mut run = Run::default();
    let mut apply = |fact: &str| run.apply(&track, &script::event(fact, &track)).unwrap();

    apply("start start");
    apply("open l 500");
    for item in 0..500 {
        apply(&format!("ok l[{item}]/mail"));
    }

    assert!(run.is_finished());
    assert!(serde_json::to_string(&run).unwrap().len() < 200);
}

#[test]
fn a_thousand_nodes_take_time_in_proportion_to_their_edges() {
    let mut lines = vec!["trigger start".to_owned(), "join all all".to_owned()];
    for number in 0..998 {
        lines.extend([format!("start -> a{number}"), format!("a{number} -> all")]);
    }
    let track = script::track(&lines.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    let mut run = Run::default();
    run.apply(&track, &script::event("start start", &track)).unwrap();
    let begun = std::time::Instant::now();

    for number in 0..998 {
        run.apply(&track, &script::event(&format!("ok a{number}"), &track))
            .unwrap();
    }

    assert!(run.is_finished());
    assert!(begun.elapsed().as_millis() < 500, "{:?}", begun.elapsed());
}
