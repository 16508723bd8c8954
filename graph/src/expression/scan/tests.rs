//! What the first look refuses, and what it tells.

use super::*;

fn problem(source: &str) -> Diagnostic {
    Scan::read(source).unwrap_err()
}

#[test]
fn brackets_in_texts_comments_and_names_do_not_count() {
    for source in ["'('", r#""\"(""#, "r'\\'", "'''a'('''", "b'('", "a.`(`", "1 // ("] {
        assert!(Scan::read(source).is_ok(), "{source}");
    }
}

#[test]
fn what_is_not_closed_is_shown_where_it_opens() {
    assert_eq!(problem("f(a, [1)").span, 5..6);
    assert_eq!(problem("(a").message, "this ( is not closed");
    assert_eq!(problem("a)").message, "this ) closes nothing");
    assert_eq!(problem("x == 'a").span, 5..7);
}

#[test]
fn nesting_and_chains_are_bounded() {
    assert!(Scan::read(&format!("{}1{}", "(".repeat(32), ")".repeat(32))).is_ok());
    assert_eq!(
        problem(&format!("{}1{}", "(".repeat(33), ")".repeat(33))).code,
        Code::TooDeep
    );
    assert_eq!(problem(&"1+".repeat(400)).code, Code::TooDeep);
    assert_eq!(problem(&"a?b:".repeat(400)).code, Code::TooDeep);
    assert!(Scan::read(&"a||".repeat(400)).is_ok());
    assert_eq!(problem(&" ".repeat(5000)).code, Code::TooLong);
}

#[test]
fn a_span_grows_to_whole_brackets() {
    let source = "(a + b) * f(c)";
    let scan = Scan::read(source).unwrap();

    assert_eq!(scan.balanced(1..11), 0..11);
    assert_eq!(scan.balanced(8..12), 8..14);
    assert_eq!(scan.word_before(11), Some(10..11));
}
