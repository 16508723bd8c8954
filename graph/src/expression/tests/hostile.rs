//! What a hostile expression can't do: a few hundred bytes never take more than a moment or a megabyte.

use std::time::{Duration, Instant};

use super::*;

/// Generous for a debug build on a busy machine; a release build ends these in a few milliseconds.
const A_MOMENT: Duration = Duration::from_millis(1500);

fn list(length: usize) -> String {
    format!("[{}]", vec!["1"; length].join(","))
}

fn assert_bounded(source: &str) {
    let start = Instant::now();
    let expression = Expression::compile(source, &scope()).unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
    let mut budget = Budget::default();

    let fault = expression.evaluate(&bindings(), &mut budget).unwrap_err();

    assert!(matches!(fault, Fault::Budget(_)), "{source}: {fault}");
    assert!(start.elapsed() < A_MOMENT, "{source}: {:?}", start.elapsed());
}

#[test]
fn nested_macros_run_out_of_steps() {
    let ten = list(10);
    let nested = (0..6).fold("true".to_owned(), |body, depth| format!("{ten}.all(x{depth}, {body})"));

    assert_bounded(&nested);
}

#[test]
fn texts_that_double_run_out_of_memory() {
    let doubling = "s + s".to_owned();
    let source = (0..25).fold("'0123456789'".to_owned(), |text, _| {
        format!("[{text}].map(s, {doubling})[0]")
    });
    assert_bounded(&source);

    let replacing = (0..12).fold("'aaaaaaaaaa'".to_owned(), |text, _| {
        format!("{text}.replace('a', 'aaaaaaaaaa')")
    });
    assert_bounded(&replacing);
    assert_bounded(
        "['x'].map(a, [a,a,a,a,a,a,a,a].join(a)).map(a, a.replace('', a)).map(a, a.replace('', a)).map(a, a.replace('', a)).map(a, a.replace('', a))",
    );
}

#[test]
fn lists_that_grow_run_out_of_memory() {
    let source = (0..25).fold("[1]".to_owned(), |items, _| format!("[{items}].map(l, l + l)[0]"));

    assert_bounded(&source);
}

#[test]
fn a_small_value_that_stands_for_a_large_one_is_counted_as_the_large_one() {
    let shared = (0..30).fold("[1]".to_owned(), |items, _| format!("{items}.map(l, [l, l])"));

    assert_bounded(&format!("{shared} == {shared}"));
    assert_bounded(&shared);
    assert_bounded(&format!("'%s'.format([{shared}])"));
}

#[test]
fn a_fault_of_the_budget_is_not_made_up_for() {
    let ten = list(10);
    let nested = (0..6).fold("true".to_owned(), |body, depth| format!("{ten}.all(x{depth}, {body})"));

    assert_bounded(&format!("{nested} || true"));
}

#[test]
fn patterns_that_explode_elsewhere_are_refused_or_linear() {
    let start = Instant::now();
    let text = format!("'{}'", "a".repeat(1000));

    assert_eq!(value(&format!("{text}.matches('^(a+)+$')")), Value::Bool(true));
    assert_eq!(value(&format!("{text}.matches('^(a|a)*b')")), Value::Bool(false));
    for source in ["'a'.matches('((a{1,99}){1,99}){1,99}')", "'a'.matches('\\\\w{500}')"] {
        assert_eq!(
            Expression::compile(source, &scope()).unwrap_err()[0].code,
            Code::InvalidPattern,
            "{source}"
        );
    }
    assert_bounded(&format!("{}.map(x, 'a'.matches('a' + string(x)))", list(100)));
    assert!(start.elapsed() < A_MOMENT);
}

#[test]
fn what_would_overflow_the_parser_is_refused_before_it() {
    for source in ["(", "[", "{1:", "-(", "!(", "f(", "a?(", "x.map(y,"] {
        let start = Instant::now();
        let problems = Expression::compile(&source.repeat(4096 / source.len()), &scope()).unwrap_err();
        assert!(!problems.is_empty());
        assert!(start.elapsed() < A_MOMENT, "{source}");
    }
    for source in [
        "1+", "a.", "a[0]", "1<", "a?b:", "!-", "&&", "a b ", "'", "@", "\u{0}", "é",
    ] {
        let start = Instant::now();
        assert!(
            Expression::compile(&source.repeat(4096 / source.len()), &scope()).is_err(),
            "{source}"
        );
        assert!(start.elapsed() < A_MOMENT, "{source}");
    }
}

#[test]
fn the_tallest_expression_fits_a_small_stack() {
    let tall = [
        format!("1{}", "+1".repeat(150)),
        format!("{}1{}", "(".repeat(32), ")".repeat(32)),
        format!("{}1{}", "[".repeat(32), "]".repeat(32)),
        format!("{}1{}", "1+(".repeat(30), ")".repeat(30)),
        format!("{}1{}", "[1].map(x, ".repeat(30), ")".repeat(30)),
        format!("{}true", "1==1 ? true : ".repeat(30)),
        format!("true{}", "||true".repeat(600)),
    ];
    let evaluate = move || {
        for source in tall {
            let expression =
                Expression::compile(&source, &scope()).unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
            assert!(
                expression.trace(&bindings(), &mut Budget::default()).0.is_ok(),
                "{source}"
            );
        }
    };

    std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(evaluate)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn a_budget_is_shared_by_the_evaluations_that_use_it() {
    let expression = compiled("record.score >= 50");
    let mut budget = Budget::new(7, 0);

    assert_eq!(expression.evaluate(&bindings(), &mut budget), Ok(Value::Bool(true)));
    assert_eq!(
        expression.evaluate(&bindings(), &mut budget),
        Err(Fault::Budget(Limit::Steps))
    );
    assert_eq!(budget.steps_left(), 0);
}
