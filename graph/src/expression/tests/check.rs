//! What the check finds before anything runs.

use super::*;

fn problem(source: &str) -> Diagnostic {
    let mut problems = Expression::compile(source, &scope()).expect_err(source);
    assert_eq!(problems.len(), 1, "{source}: {problems:?}");
    problems.remove(0)
}

fn assert_problem(source: &str, code: Code, underlined: &str, suggestion: Option<&str>) {
    let problem = problem(source);
    assert_eq!(problem.code, code, "{source}: {problem:?}");
    assert_eq!(
        source.get(problem.span.clone()),
        Some(underlined),
        "{source}: {problem:?}"
    );
    assert_eq!(problem.suggestion.as_deref(), suggestion, "{source}: {problem:?}");
}

#[test]
fn an_unknown_name_is_underlined_and_the_nearest_one_suggested() {
    assert_problem("recrod.name == 'x'", Code::UnknownVariable, "recrod", Some("record"));
    assert_problem("record.emial == 'x'", Code::UnknownField, "emial", None);
    assert_problem("1 == record.socre", Code::UnknownField, "socre", Some("score"));
    assert_problem("record.owner.emial", Code::UnknownField, "emial", Some("email"));
    assert_problem(
        "steps.find.output.recrods",
        Code::UnknownField,
        "recrods",
        Some("records"),
    );
    assert_problem(
        "record.name.startWith('a')",
        Code::UnknownFunction,
        "startWith",
        Some("startsWith"),
    );
    assert_problem("record.score.x", Code::UnknownField, "x", None);
}

#[test]
fn the_message_says_what_was_meant() {
    assert_eq!(
        problem("record.owner.emial").message,
        "unknown field `emial` of user, did you mean `email`?"
    );
}

#[test]
fn a_text_that_is_no_option_is_found_wherever_it_is_compared() {
    assert_problem("record.status == 'WN'", Code::UnknownOption, "'WN'", Some("WON"));
    assert_problem("'CLOSED' != record.status", Code::UnknownOption, "'CLOSED'", None);
    assert_problem(
        "record.status in ['OPEN', 'LOSS']",
        Code::UnknownOption,
        "'LOSS'",
        Some("LOST"),
    );
}

#[test]
fn operands_must_fit_their_operator() {
    assert_problem("record.name + 1", Code::WrongOperandType, "+", None);
    assert_problem("record.name > 5", Code::Incomparable, "record.name > 5", None);
    assert_problem("record.name == 5", Code::Incomparable, "record.name == 5", None);
    assert_problem("record.name && true", Code::WrongOperandType, "record.name", None);
    assert_problem("-record.name", Code::WrongOperandType, "record.name", None);
    assert_problem("record.amount * record.rate", Code::WrongOperandType, "*", None);
    assert_problem("record.name['a']", Code::WrongOperandType, "'a'", None);
    assert_problem("record.score.all(x, x)", Code::NotAList, "record.score", None);
    assert_problem("5 in record.tags", Code::Incomparable, "5 in record.tags", None);
}

#[test]
fn calls_must_fit_their_function() {
    assert_problem("size()", Code::WrongArgumentCount, "size", None);
    assert_problem(
        "record.name.contains('a', 'b')",
        Code::WrongArgumentCount,
        "contains",
        None,
    );
    assert_problem("record.tags.map(x)", Code::WrongArgumentCount, "map", None);
    assert_problem("record.name.contains(5)", Code::WrongOperandType, "contains", None);
    assert_problem("record.name.matches('(')", Code::InvalidPattern, "'('", None);
    assert_eq!(
        problem("record.name.contains(5)").message,
        "`contains` does not take string and int: call it as text.contains(text)"
    );
}

#[test]
fn all_problems_are_named_at_once() {
    let problems = Expression::compile("record.a == 1 && record.b == 2", &scope()).unwrap_err();

    assert_eq!(problems.len(), 2);
}

#[test]
fn a_syntax_error_is_underlined_in_words_for_people() {
    for (source, underlined, message) in [
        (
            "record.score = 5",
            "=",
            "`=` is no operator here: write `==` to compare",
        ),
        ("record.score >", "", "the expression ends too early"),
        ("1 + * 2", "*", "`*` can't stand here"),
        ("'é' 5", "5", "`5` can't stand here"),
        ("", "", "an expression is missing here"),
        ("if", "i", "`if` is a reserved word"),
        ("(1", "(", "this ( is not closed"),
    ] {
        let problem = problem(source);
        assert_eq!(problem.code, Code::Syntax, "{source}");
        assert_eq!(
            source.get(problem.span.clone()),
            Some(underlined),
            "{source}: {problem:?}"
        );
        assert_eq!(problem.message, message, "{source}");
    }
}

#[test]
fn a_condition_must_be_true_or_false() {
    let problems = Expression::compile_condition("record.score + 1", &scope()).unwrap_err();

    assert_eq!(problems[0].code, Code::NotACondition);
    assert!(Expression::compile_condition("record.active", &scope()).is_ok());
    assert!(Expression::compile_condition("trigger.anything", &scope()).is_ok());
}

#[test]
fn the_type_of_an_expression_is_known() {
    for (source, ty) in [
        ("record.score", "int or null"),
        ("record.amount * 1.2", "decimal"),
        ("record.owner.email", "string or null"),
        ("record.owner.id", "string or null"),
        ("record.tags.map(t, t.size())", "list of int"),
        ("steps.find.output.records[0].name", "string"),
        ("now - duration('24h')", "timestamp"),
        ("now - record.createdAt", "duration"),
        ("record.score != null ? record.score : 0", "int or null"),
        ("[1, 'a']", "list of anything"),
        ("{'a': 1}", "map from string to int"),
        ("optional.of(1).orValue(2)", "int"),
        ("date('2026-01-31')", "date"),
        ("math.greatest(1, 2)", "anything"),
    ] {
        assert_eq!(compiled(source).ty().to_string(), ty, "{source}");
    }
}

#[test]
fn the_paths_are_what_the_expression_reads_at_their_longest() {
    let expression = compiled(
        "record.owner.email == 'a' && record.owner != null && steps.find.output.records.exists(r, r.name == previous.name)",
    );

    let paths: Vec<String> = expression.paths().iter().map(ToString::to_string).collect();

    assert_eq!(
        paths,
        [
            "previous.name",
            "record.owner",
            "record.owner.email",
            "steps.find.output.records"
        ]
    );
}
