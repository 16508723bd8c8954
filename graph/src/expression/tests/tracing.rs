//! What a trace tells.

use super::*;

fn steps(source: &str, bindings: &Variables) -> Vec<(String, String)> {
    let (_, trace) = compiled(source).trace(bindings, &mut Budget::default());
    let told = |outcome: &Outcome| match outcome {
        Outcome::Value(value) => value.clone(),
        Outcome::Fault(fault) => fault.code().to_owned(),
        Outcome::NotEvaluated => "-".to_owned(),
    };
    trace
        .steps
        .iter()
        .map(|step| (step.source.to_string(), told(&step.outcome)))
        .collect()
}

#[test]
fn each_part_has_its_text_and_value_and_what_nobody_asked_for_says_so() {
    let told = steps("record.score > 100 && (record.name + '!').size() > 3", &bindings());

    let expected = [
        ("record.score > 100 && (record.name + '!').size() > 3", "false"),
        ("record.score > 100", "false"),
        ("record.score", "60"),
        ("(record.name + '!').size() > 3", "-"),
        ("(record.name + '!').size()", "-"),
        ("record.name + '!'", "-"),
        ("record.name", "-"),
    ];
    assert_eq!(
        told,
        expected.map(|(source, outcome)| (source.to_owned(), outcome.to_owned()))
    );
}

#[test]
fn a_fault_is_told_where_it_happened() {
    let told = steps("record.score / 0 == 1", &bindings());

    assert_eq!(told[1], ("record.score / 0".to_owned(), "DIVIDE_BY_ZERO".to_owned()));
}

#[test]
fn the_body_of_a_macro_tells_how_often_it_ran_and_its_last_value() {
    let (_, trace) = compiled("record.tags.map(t, t + '!')").trace(&bindings(), &mut Budget::default());

    let body = trace.steps.iter().find(|step| &*step.source == "t + '!'").unwrap();
    assert_eq!((body.times, &body.outcome), (2, &Outcome::Value("\"eu!\"".to_owned())));
}

#[test]
fn every_part_of_every_construct_has_the_text_it_was_written_as() {
    for source in [
        "math.abs(record.score)",
        "has(record.name)",
        "record.tags[0]",
        "{'a': record.name}",
        "[record.name, 'b']",
        "!(record.active)",
        "-record.score",
        "trigger.?text.orValue('é')",
        "trigger[?'text']",
        "record.name.matches('a(b)')",
        "record.active ? 1 : 2",
        "  record.name  ",
        "trigger.`te-xt`",
    ] {
        let (_, trace) = compiled(source).trace(&bindings(), &mut Budget::default());
        assert_eq!(&*trace.steps[0].source, source.trim(), "{source}");
    }
}

#[test]
fn long_values_are_cut() {
    let long = bindings().with("trigger", Value::list((0..10_000).map(Value::Int)));

    let told = steps("trigger", &long);

    assert_eq!(told[0].1.chars().count(), 121);
}
