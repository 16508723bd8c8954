//! The rules that are ours: empty fields, decimals, references, dates, and how they meet CEL's own.

use super::*;

fn decimal(text: &str) -> Value {
    Value::Decimal(text.parse().unwrap())
}

#[test]
fn an_empty_field_has_no_order() {
    for source in [
        "record.score < 5",
        "record.score > 5",
        "record.score <= 5",
        "5 >= record.score",
        "record.score >= previous.score",
    ] {
        assert_eq!(without("score", source), Ok(Value::Bool(false)), "{source}");
    }
    assert_eq!(without("closeDate", "record.closeDate < now"), Ok(Value::Bool(false)));
}

#[test]
fn an_empty_field_equals_null_and_nothing_else() {
    assert_eq!(without("score", "record.score == null"), Ok(Value::Bool(true)));
    assert_eq!(without("score", "record.score == 0"), Ok(Value::Bool(false)));
    assert_eq!(without("score", "record.score != 5"), Ok(Value::Bool(true)));
    assert_eq!(without("score", "record.score in [1, 2]"), Ok(Value::Bool(false)));
}

#[test]
fn a_text_predicate_on_an_empty_field_is_false() {
    for source in [
        "contains('1')",
        "startsWith('')",
        "endsWith('1')",
        "matches('.*')",
        "matches(record.name)",
    ] {
        assert_eq!(
            without("phone", &format!("record.phone.{source}")),
            Ok(Value::Bool(false)),
            "{source}"
        );
    }
    assert_eq!(
        without("phone", "record.name.contains(record.phone)"),
        Ok(Value::Bool(false))
    );
}

#[test]
fn arithmetic_on_an_empty_field_is_a_fault_that_says_so() {
    let fault = without("score", "record.score + 1").unwrap_err();

    assert_eq!(fault.code(), "NULL_OPERAND");
    assert_eq!(
        fault.to_string(),
        "`+` was given an empty value: test it with `!= null` first"
    );
    assert_eq!(
        without("score", "record.score != null && record.score + 1 > 5"),
        Ok(Value::Bool(false))
    );
}

#[test]
fn an_empty_yes_or_no_field_counts_as_no() {
    assert_eq!(without("active", "record.active && true"), Ok(Value::Bool(false)));
    assert_eq!(without("active", "!record.active"), Ok(Value::Bool(true)));
    assert_eq!(without("active", "record.active ? 1 : 2"), Ok(Value::Int(2)));
    let condition = compiled("record.active");
    assert_eq!(
        condition.holds(
            &bindings().with("record", deal_without("active")),
            &mut Budget::default()
        ),
        Ok(false)
    );
}

#[test]
fn a_null_that_somebody_wrote_stays_a_fault() {
    assert_eq!(
        evaluated("trigger.empty < 5", &bindings()).unwrap_err().code(),
        "NULL_OPERAND"
    );
    assert_eq!(
        evaluated("trigger.missing == 5", &bindings()).unwrap_err().code(),
        "NO_SUCH_FIELD"
    );
}

#[test]
fn has_says_whether_a_field_is_set() {
    assert_eq!(without("score", "has(record.score)"), Ok(Value::Bool(false)));
    assert_eq!(value("has(record.score)"), Value::Bool(true));
    assert_eq!(value("has(trigger.empty)"), Value::Bool(true));
    assert_eq!(value("has(trigger.missing)"), Value::Bool(false));
}

#[test]
fn decimals_are_exact() {
    assert_eq!(value("record.amount == 19.99"), Value::Bool(true));
    assert_eq!(value("record.amount * 3"), decimal("59.97"));
    assert_eq!(value("record.amount * 1.1"), decimal("21.989"));
    assert_eq!(value("decimal('0.1') + decimal('0.2')"), decimal("0.3"));
    assert_eq!(
        value("record.amount > 19 && record.amount < 20u && 19.990000000000001 > record.amount"),
        Value::Bool(true)
    );
    assert_eq!(evaluated("record.amount / 0", &bindings()), Err(Fault::DivideByZero));
    assert_eq!(
        evaluated("decimal('79228162514264337593543950335') * 10", &bindings()),
        Err(Fault::Overflow)
    );
}

#[test]
fn a_reference_is_compared_by_id_without_being_loaded() {
    let unknown = bindings().with("record", Value::map([("owner", user("user_far"))]));

    assert_eq!(evaluated("record.owner == 'user_far'", &unknown), Ok(Value::Bool(true)));
    assert_eq!(evaluated("record.owner.id", &unknown), Ok("user_far".into()));
    assert_eq!(
        evaluated("record.owner in ['user_1', 'user_far']", &unknown),
        Ok(Value::Bool(true))
    );
    assert_eq!(
        evaluated("record.owner != previous.owner", &unknown),
        Ok(Value::Bool(true))
    );
}

#[test]
fn a_field_of_a_reference_is_read_from_its_record_or_asked_for() {
    let of = |id: &str| bindings().with("record", Value::map([("owner", user(id))]));

    assert_eq!(value("record.owner.email"), "a@b.c".into());
    assert_eq!(evaluated("record.owner.email", &of("user_gone")), Ok(Value::Null));
    assert_eq!(without("owner", "record.owner.email"), Ok(Value::Null));
    let fault = evaluated("record.owner.email == 'x'", &of("user_far")).unwrap_err();
    assert_eq!(
        fault,
        Fault::Unloaded(Reference {
            object: "user".into(),
            id: "user_far".into()
        })
    );
}

#[test]
fn a_record_that_is_not_loaded_is_asked_for_only_where_it_matters() {
    let far = bindings().with("record", Value::map([("owner", user("user_far"))]));

    assert_eq!(
        evaluated("record.owner.email == 'x' || true", &far),
        Ok(Value::Bool(true))
    );
    assert_eq!(
        evaluated("1 / 0 == 1 || record.owner.email == 'x'", &far)
            .unwrap_err()
            .code(),
        "UNLOADED"
    );
}

#[test]
fn a_date_compares_with_instants_as_its_midnight_in_utc() {
    assert_eq!(value("record.closeDate < now"), Value::Bool(true));
    assert_eq!(
        value("record.closeDate == timestamp('2026-01-31T00:00:00Z')"),
        Value::Bool(true)
    );
    assert_eq!(
        value("record.closeDate == date(timestamp('2026-01-31T23:59:00Z'))"),
        Value::Bool(true)
    );
    assert_eq!(value("record.closeDate + duration('P1D') == now"), Value::Bool(true));
}

#[test]
fn a_macro_variable_hides_a_variable_of_the_scope() {
    assert_eq!(value("record.tags.exists(record, record == 'eu')"), Value::Bool(true));
    assert_eq!(
        value("record.tags.map(t, record.tags.filter(u, u != t).size())"),
        Value::list([Value::Int(1), Value::Int(1)])
    );
}

#[test]
fn a_field_is_answered_without_building_the_record() {
    struct OneField;
    impl Bindings for OneField {
        fn variable(&self, name: &str) -> Option<Value> {
            panic!("{name} was built")
        }
        fn record(&self, _: &Reference) -> Lookup {
            Lookup::Unloaded
        }
        fn field(&self, _: &str, field: &str) -> Option<Value> {
            (field == "score").then_some(Value::Int(50))
        }
    }

    assert_eq!(evaluated("record.score >= 50", &OneField), Ok(Value::Bool(true)));
}

#[test]
fn an_expression_can_be_shared_between_threads() {
    fn assert_shared<T: Send + Sync + Clone>() {}
    assert_shared::<Expression>();
    assert_shared::<crate::template::Template>();
}
