//! `pointsman expression`.

use anyhow::{Context, Result};
use serde_json::json;

use super::{json, settings};

#[test]
fn an_expression_is_shown_with_its_value_and_its_parts() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = settings(folder.path());
    let eval = [
        "expression",
        "eval",
        "a + 1 > 2 || b == 'x'",
        "--bindings",
        r#"{"a": 1, "b": "x"}"#,
    ];

    let text = settings.run(&eval)?;
    let (code, document) = json(&settings, &[&eval[..], &["--json"]].concat())?;

    assert!(text.starts_with("true\n"), "{text}");
    assert!(text.contains("a + 1 > 2 → false"), "{text}");
    assert_eq!((code, &document["value"]), (0, &json!(true)));
    let sum = document["trace"]
        .as_array()
        .context("trace")?
        .iter()
        .find(|step| step["source"] == "a + 1");
    assert_eq!(sum.context("the sum")?["value"], "2");
    Ok(())
}

#[test]
fn what_has_no_value_fails_and_what_is_no_expression_is_refused() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = settings(folder.path());
    let ended = |source: &str| Ok::<_, anyhow::Error>(settings.output(&["expression", "eval", source])?.status.code());

    assert_eq!(ended("1 / 0")?, Some(1));
    assert_eq!(ended("1 +")?, Some(3));
    assert_eq!(ended("unheard")?, Some(3));
    assert_eq!(settings.output(&["expression", "eval"])?.status.code(), Some(2));
    Ok(())
}

#[test]
fn conformance_cases_are_answered_line_by_line_and_counted() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = settings(folder.path());
    let case = |name: &str, expr: &str, two: &str| {
        json!({ "file": "f", "section": "s", "name": name, "expr": expr, "expect": { "value": { "int": two } } })
            .to_string()
    };
    let (good, bad) = (folder.path().join("good.jsonl"), folder.path().join("bad.jsonl"));
    std::fs::write(
        &good,
        format!("{}\n\n{}\n", case("one", "1 + 1", "2"), case("two", "4 / 2", "2")),
    )?;
    std::fs::write(&bad, format!("{}\n{{\n", case("three", "1", "2")))?;

    let passed = settings.output(&["expression", "eval", "--batch", good.to_str().context("path")?])?;
    let failed = settings.output(&["expression", "eval", "--batch", bad.to_str().context("path")?])?;

    assert_eq!(passed.status.code(), Some(0));
    let lines = String::from_utf8(passed.stdout)?;
    assert_eq!(
        lines.lines().next(),
        Some(r#"{"file":"f","section":"s","name":"one","value":{"int":"2"}}"#)
    );
    assert_eq!(String::from_utf8(passed.stderr)?, "2 passed, 0 failed\n");
    assert_eq!(failed.status.code(), Some(1));
    assert_eq!(String::from_utf8(failed.stderr)?, "0 passed, 2 failed\n");
    Ok(())
}
