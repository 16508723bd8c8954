//! A filter selects exactly the records for which its condition holds.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

fn filtered(source: &str) -> Option<Filter> {
    compiled(source).filter("record", &bindings(), &mut Budget::default())
}

fn compare(field: &str, op: Comparison, value: impl Into<Value>) -> Filter {
    Filter::Compare {
        field: field.into(),
        op,
        value: value.into(),
    }
}

#[test]
fn comparisons_with_constants_are_translated_whichever_side_they_stand_on() {
    assert_eq!(
        filtered("record.score >= 50"),
        Some(compare("score", Comparison::GreaterOrEqual, 50))
    );
    assert_eq!(
        filtered("50 >= record.score"),
        Some(compare("score", Comparison::LessOrEqual, 50))
    );
    assert_eq!(
        filtered("record.owner.id == 'user_1'"),
        Some(compare("owner", Comparison::Equal, "user_1"))
    );
    assert_eq!(
        filtered("record.active"),
        Some(compare("active", Comparison::Equal, true))
    );
    assert_eq!(
        filtered("record.score == null"),
        Some(Filter::IsNull { field: "score".into() })
    );
    assert_eq!(
        filtered("has(record.score)"),
        Some(Filter::Not(Box::new(Filter::IsNull { field: "score".into() })))
    );
}

#[test]
fn parts_about_anything_else_become_constants() {
    let start = time("2026-01-31T00:00:00Z");

    assert_eq!(
        filtered("record.createdAt > now - duration('24h')"),
        Some(compare("createdAt", Comparison::Greater, start))
    );
    assert_eq!(filtered("trigger.n == 5"), Some(Filter::Always(true)));
    assert_eq!(filtered("record.score < previous.score"), Some(Filter::Always(false)));
    assert_eq!(
        filtered("record.name.contains(trigger.text) && trigger.n > 9"),
        Some(Filter::All(vec![
            Filter::Contains {
                field: "name".into(),
                text: "x".into()
            },
            Filter::Always(false)
        ]))
    );
}

#[test]
fn what_has_no_exact_translation_has_none() {
    for source in [
        "record.score > record.rate",
        "record.score + 1 > 5",
        "record.name.size() > 3",
        "record.name in record.tags",
        "record.owner.email == 'a@b.c'",
        "record.name.matches('a')",
        "record.score > 5 && record.name.size() > 3",
        "trigger.missing == 1 || record.score > 5",
        "record.rate > 0.0 / 0.0",
        "record.name == 'a' ? record.score > 1 : false",
    ] {
        assert_eq!(filtered(source), None, "{source}");
    }
}

/// One comparison of a random field with a random constant.
fn leaf() -> impl Strategy<Value = String> {
    let op = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let equality = prop::sample::select(vec!["==", "!="]);
    let number = prop::sample::select(vec!["-1", "0", "1", "2", "1.5", "2.0", "1u"]);
    let text = prop::sample::select(vec!["''", "'a'", "'ab'", "'b'"]);
    let predicate = prop::sample::select(vec!["contains", "startsWith", "endsWith"]);
    let field = prop::sample::select(vec!["score", "amount", "rate"]);
    prop_oneof![
        (field.clone(), op.clone(), number.clone())
            .prop_map(|(field, op, number)| format!("record.{field} {op} {number}")),
        (number.clone(), op.clone(), field).prop_map(|(number, op, field)| format!("{number} {op} record.{field}")),
        (prop::sample::select(vec!["name", "phone"]), op.clone(), text.clone())
            .prop_map(|(field, op, text)| format!("record.{field} {op} {text}")),
        (predicate, text.clone()).prop_map(|(predicate, text)| format!("record.phone.{predicate}({text})")),
        (text.clone(), text).prop_map(|(a, b)| format!("record.phone in [{a}, {b}, null]")),
        (number.clone(), number).prop_map(|(a, b)| format!("record.score in [{a}, {b}]")),
        equality.clone().prop_map(|op| format!("record.owner {op} 'user_1'")),
        equality.clone().prop_map(|op| format!("record.owner.id {op} 'user_1'")),
        equality.prop_map(|op| format!("record.score {op} null")),
        op.prop_map(|op| format!("record.createdAt {op} now")),
        Just("record.active".to_owned()),
        Just("has(record.phone)".to_owned()),
        Just("trigger.n == 5".to_owned()),
        Just("record.score > previous.score".to_owned()),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    leaf().prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || ({b})")),
            inner.prop_map(|part| format!("!({part})")),
        ]
    })
}

fn or_null(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop_oneof![1 => Just(Value::Null), 4 => value]
}

fn row() -> impl Strategy<Value = Value> {
    let text = || prop::sample::select(vec!["", "a", "ab", "ba"]).prop_map(Value::from);
    (
        or_null((-1..3_i64).prop_map(Value::Int)),
        or_null((-10..30_i64).prop_map(|tenths| Value::Decimal(Decimal::new(tenths, 1)))),
        or_null(prop::sample::select(vec![-1.0, 0.0, 1.0, 1.5, 2.0, f64::NAN]).prop_map(Value::Double)),
        text(),
        or_null(text()),
        or_null(any::<bool>().prop_map(Value::Bool)),
        or_null(prop::sample::select(vec!["user_1", "user_2"]).prop_map(user)),
        prop::sample::select(vec![
            "2026-01-31T00:00:00Z",
            "2026-02-01T00:00:00Z",
            "2026-02-02T00:00:00Z",
        ])
        .prop_map(time),
    )
        .prop_map(|(score, amount, rate, name, phone, active, owner, created)| {
            let fields = [
                ("score", score),
                ("amount", amount),
                ("rate", rate),
                ("name", name),
                ("phone", phone),
            ];
            Value::map(
                fields
                    .into_iter()
                    .chain([("active", active), ("owner", owner), ("createdAt", created)]),
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, rng_seed: prop::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn a_filter_selects_what_its_condition_selects(source in condition(), rows in prop::collection::vec(row(), 8)) {
        let expression = compiled(&source);
        let filter = expression.filter("record", &bindings(), &mut Budget::default());
        prop_assert!(filter.is_some(), "{source} has no filter");
        for row in rows {
            let holds = expression.holds(&bindings().with("record", row.clone()), &mut Budget::default());
            prop_assert_eq!(Ok(filter.as_ref().is_some_and(|filter| filter.matches(&row))), holds, "{} of {:?}", source, row);
        }
    }

    #[test]
    fn any_text_compiles_or_is_refused_without_a_panic(source in "[a-z0-9 .,()\\[\\]{}'\"?:&|!<>=+*/%_\\\\`é-]{0,60}") {
        if let Ok(expression) = Expression::compile(&source, &scope()) {
            let (traced, _) = expression.trace(&bindings(), &mut Budget::default());
            let plain = expression.evaluate(&bindings(), &mut Budget::default());
            prop_assert_eq!(format!("{traced:?}"), format!("{plain:?}"));
        }
    }
}
