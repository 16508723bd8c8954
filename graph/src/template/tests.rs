//! What templates do.

use std::sync::Arc;

use super::*;
use crate::expression::{Code, Limit, Variables};
use crate::value::{Key, Map};

fn scope() -> TypeScope {
    TypeScope::default()
        .with("name", Type::String)
        .with("email", Type::String.or_null())
        .with("amount", Type::Decimal)
        .with("due", Type::Date.or_null())
        .with("at", Type::Timestamp)
        .with("active", Type::Bool.or_null())
        .with("tags", Type::list_of(Type::String))
        .with("prices", Type::map_of(Type::Int))
        .with("body", Type::Dyn)
}

fn bindings() -> Variables {
    let prices: Map = [(Key::from("b"), Value::Int(2)), (Key::from("a"), Value::Int(1))]
        .into_iter()
        .collect();
    Variables::default()
        .with("name", "Zoë <b>\"&'")
        .with("email", Value::Null)
        .with("amount", Value::Decimal("1.10".parse().unwrap()))
        .with("due", Value::Timestamp("2026-01-31T00:00:00Z".parse().unwrap()))
        .with("at", Value::Timestamp("2026-01-31T10:00:00Z".parse().unwrap()))
        .with("active", Value::Null)
        .with("tags", Value::list(["x".into(), "y".into()]))
        .with("prices", Value::Map(Arc::new(prices)))
        .with(
            "body",
            Value::from_json(&serde_json::json!({"a": [1, "{{ name }}", null]})),
        )
}

fn rendered_as(escape: Escape, source: &str) -> Result<String, Fault> {
    let template =
        Template::compile(source, &scope(), escape).unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
    template.render(&bindings(), &mut Budget::default())
}

fn rendered(source: &str) -> String {
    rendered_as(Escape::None, source).unwrap()
}

fn problem(source: &str) -> Diagnostic {
    let mut problems = Template::compile(source, &scope(), Escape::None).expect_err(source);
    assert_eq!(problems.len(), 1, "{source}: {problems:?}");
    problems.remove(0)
}

#[test]
fn values_are_written_as_people_expect_them() {
    assert_eq!(
        rendered("{{ amount }} {{ at }} {{ due }}"),
        "1.10 2026-01-31T10:00:00Z 2026-01-31"
    );
    assert_eq!(rendered("[{{ email }}]"), "[]");
    assert_eq!(
        rendered("{{tags}} {{ {'a': 1} }} {{ 1.5 }} {{ true }}"),
        r#"["x","y"] {"a":1} 1.5 true"#
    );
    assert_eq!(rendered("{{ {'a': {'b': '}}'}}.a.b }}"), "}}");
    assert_eq!(rendered("plain } text { 100 %"), "plain } text { 100 %");
}

#[test]
fn a_value_is_never_read_as_template() {
    assert_eq!(rendered("{{ body.a[1] }}"), "{{ name }}");
}

#[test]
fn the_first_branch_that_holds_is_written() {
    let source = "{% if amount > 2 %}big{% elif amount > 1 %}middle{% else %}small{% endif %}";

    assert_eq!(rendered(source), "middle");
    assert_eq!(rendered("{% if active %}yes{% else %}no{% endif %}"), "no");
    assert_eq!(rendered("{% if email == null %}none{% endif %}"), "none");
}

#[test]
fn a_loop_has_the_item_and_the_position_or_key() {
    assert_eq!(rendered("{% for t in tags %}{{ t }},{% endfor %}"), "x,y,");
    assert_eq!(
        rendered("{% for i, t in tags %}{% if i > 0 %}, {% endif %}{{ t }}{% endfor %}"),
        "x, y"
    );
    assert_eq!(
        rendered("{% for k, v in prices %}{{ k }}={{ v + 1 }};{% endfor %}"),
        "b=3;a=2;"
    );
    assert_eq!(
        rendered("{% for name in tags %}{% for k in prices %}{{ name + k }} {% endfor %}{% endfor %}"),
        "xb xa yb ya "
    );
}

#[test]
fn a_value_stays_a_value_wherever_the_text_goes() {
    let source = "<{{ name }}>";

    assert_eq!(rendered_as(Escape::None, source).unwrap(), "<Zoë <b>\"&'>");
    assert_eq!(
        rendered_as(Escape::Html, source).unwrap(),
        "<Zoë &lt;b&gt;&quot;&amp;&#39;>"
    );
    assert_eq!(
        rendered_as(Escape::Url, source).unwrap(),
        "<Zo%C3%AB%20%3Cb%3E%22%26%27>"
    );
    assert_eq!(
        rendered_as(Escape::Json, source).unwrap(),
        "<Zoë \\u003cb\\u003e\\\"&'>"
    );
}

#[test]
fn a_header_takes_no_line_break_from_anywhere() {
    assert_eq!(
        rendered_as(Escape::Header, "Hello {{ name }}").unwrap(),
        "Hello Zoë <b>\"&'"
    );
    for breaking in ["'a\\r\\nBcc: x'", "'a\\n'", "'\\x00'"] {
        assert_eq!(
            rendered_as(Escape::Header, &format!("{{{{ {breaking} }}}}")),
            Err(Fault::UnsafeHeader)
        );
    }
    let problems = Template::compile("a\nb", &scope(), Escape::Header).unwrap_err();
    assert_eq!(problems[0].code, Code::UnsafeText);
}

#[test]
fn a_template_that_is_one_expression_keeps_its_type() {
    let value = |source: &str| {
        let template = Template::compile(source, &scope(), Escape::None).unwrap();
        (
            template.ty().clone(),
            template.value(&bindings(), &mut Budget::default()).unwrap(),
        )
    };

    assert_eq!(
        value("{{ amount }}"),
        (Type::Decimal, Value::Decimal("1.10".parse().unwrap()))
    );
    assert_eq!(
        value("{{ tags }}"),
        (Type::list_of(Type::String), Value::list(["x".into(), "y".into()]))
    );
    assert_eq!(value("{{ amount }}!"), (Type::String, "1.10!".into()));
    assert_eq!(value("text"), (Type::String, "text".into()));
}

#[test]
fn problems_are_underlined_in_the_template() {
    for (source, code, underlined) in [
        ("Dear {{ nmae }}", Code::UnknownVariable, "nmae"),
        ("{% if nmae == 'x' %}a{% endif %}", Code::UnknownVariable, "nmae"),
        (
            "é {% for t in tagz %}{{ t }}{% endfor %}",
            Code::UnknownVariable,
            "tagz",
        ),
        ("{% if name %}a{% endif %}", Code::NotACondition, "name"),
        (
            "{% for t in name %}a{% endfor %}",
            Code::NotAList,
            "{% for t in name %}",
        ),
        ("a {{ name", Code::UnbalancedTemplate, "{{"),
        ("{% if active %}a", Code::UnbalancedTemplate, "{% if active %}"),
        ("a{% endif %}", Code::UnbalancedTemplate, "{% endif %}"),
        ("{% if active %}a{% endfor %}", Code::UnbalancedTemplate, "{% endfor %}"),
        ("{% fro t in tags %}", Code::InvalidTag, "{% fro t in tags %}"),
        (
            "{% for 1 in tags %}{% endfor %}",
            Code::InvalidTag,
            "{% for 1 in tags %}",
        ),
        ("{{ }}", Code::Syntax, ""),
    ] {
        let problem = problem(source);
        assert_eq!(
            (problem.code, source.get(problem.span.clone())),
            (code, Some(underlined)),
            "{source}: {problem:?}"
        );
    }
}

#[test]
fn sources_and_nesting_are_bounded() {
    let nested = |depth: usize| format!("{}x{}", "{% if true %}".repeat(depth), "{% endif %}".repeat(depth));

    assert!(Template::compile(&nested(16), &scope(), Escape::None).is_ok());
    assert_eq!(
        Template::compile(&nested(17), &scope(), Escape::None).unwrap_err()[0].code,
        Code::TooDeep
    );
    assert!(Template::compile(&nested(3000), &scope(), Escape::None).is_err());
    assert_eq!(problem(&" ".repeat(70_000)).code, Code::TooLong);
}

#[test]
fn a_loop_in_a_loop_runs_out_of_budget() {
    let source = format!(
        "{}{{{{ name }}}}{}",
        "{% for a in [1,2,3,4,5,6,7,8,9] %}".repeat(8),
        "{% endfor %}".repeat(8)
    );

    assert!(matches!(
        rendered_as(Escape::None, &source),
        Err(Fault::Budget(Limit::Steps | Limit::Bytes))
    ));
}

#[test]
fn what_is_written_counts_against_the_memory() {
    let source = format!(
        "{{% for a in [1,2,3,4,5,6,7,8,9] %}}{}{{% endfor %}}",
        "x".repeat(60_000)
    );
    let source = format!("{{% for b in [1,2,3] %}}{source}{{% endfor %}}");

    assert_eq!(rendered_as(Escape::None, &source), Err(Fault::Budget(Limit::Bytes)));
}

#[test]
fn the_paths_leave_out_the_loops_own_variables() {
    let source = "{{ name }}{% for t in tags %}{{ t }}{{ body.a }}{% endfor %}{% if active %}{{ body }}{% endif %}";
    let template = Template::compile(source, &scope(), Escape::None).unwrap();

    let paths: Vec<String> = template.paths().iter().map(ToString::to_string).collect();

    assert_eq!(paths, ["active", "body", "body.a", "name", "tags"]);
}
