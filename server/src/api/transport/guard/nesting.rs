//! Finds how deep a document nests without parsing it. Never recurses: it runs so that the parser safely can.

/// The most brackets of any kind that are open at once, or `None` where a block string never ends.
///
/// Strings and comments are stepped over exactly as the parser does. Where the text is no GraphQL at all the answer may
/// be too high, never too low: the parser stops at the first fault. A block string without an end is the exception (the
/// parser would read its quotes as two strings, and go on with what follows), so that is refused here.
pub(super) fn deepest(query: &str) -> Option<usize> {
    let (mut rest, mut open, mut deepest) = (query.as_bytes(), 0_usize, 0);
    while let [first, tail @ ..] = rest {
        rest = match first {
            b'#' => after_comment(tail),
            b'"' => after_string(tail)?,
            b'{' | b'[' | b'(' => {
                open += 1;
                deepest = deepest.max(open);
                tail
            }
            b'}' | b']' | b')' => {
                open = open.saturating_sub(1);
                tail
            }
            _ => tail,
        };
    }
    Some(deepest)
}

fn after_comment(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    text.split_at(end.unwrap_or(text.len())).1
}

fn after_string(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b'"', b'"', block @ ..] => after_block(block),
        _ => Some(after_line_string(text)),
    }
}

fn after_block(mut text: &[u8]) -> Option<&[u8]> {
    loop {
        text = match text {
            [b'\\', b'"', b'"', b'"', tail @ ..] => tail,
            [b'"', b'"', b'"', tail @ ..] => return Some(tail),
            [_, tail @ ..] => tail,
            [] => return None,
        };
    }
}

fn after_line_string(mut text: &[u8]) -> &[u8] {
    loop {
        text = match text {
            [b'\\', _, tail @ ..] => tail,
            [b'"', tail @ ..] => return tail,
            [b'\n' | b'\r', ..] | [] => return text,
            [_, tail @ ..] => tail,
        };
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn brackets_of_every_kind_count() {
        assert_eq!(deepest("{ a(b: [{ c: [1] }]) { d } }"), Some(5));
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        assert_eq!(deepest("{ a(b: \"{{{ \\\" {{\") # {{{{\n }"), Some(2));
        assert_eq!(deepest("{ a(b: \"\"\"{{ \\\"\"\" \"{{ \"\"\") }"), Some(2));
        assert_eq!(deepest(r#"{ a(b: """ \""" [[[ """) }"#), Some(2));
        assert_eq!(deepest("{ a(b: \"\", c: \"{\") }"), Some(2));
    }

    #[test]
    fn brackets_behind_strings_and_comments_count() {
        assert_eq!(deepest("{ a(b: \"x\", c: [[]]) }"), Some(4));
        assert_eq!(deepest("{ a(b: \"\"\"x\"\"\", c: [[]]) }"), Some(4));
        assert_eq!(deepest("# x\r{ a(b: [[]]) }"), Some(4));
    }

    #[test]
    fn a_block_string_without_an_end_cannot_hide_brackets() {
        assert_eq!(deepest(&format!("{{ a(b: [\"\"\"\" {}", "[".repeat(9_000))), None);
    }

    /// Lists that stand behind `hidden`, which may or may not put them into a string or a comment.
    fn document(hidden: &str, lists: usize) -> String {
        format!("{{ a(b: [{hidden} {}{}]) }}", "[".repeat(lists), "]".repeat(lists))
    }

    proptest! {
        #[test]
        fn nothing_that_parses_is_deeper_than_was_found_or_it_is_refused(
            hidden in r#"("[^"\\]{0,3}"|"""[^\\]{0,3}"""|"""\\""" \[ """|#[^\n]{0,3}\n|"{1,4}|\\|[a \[\]{}()]){0,6}"#,
            lists in 0_usize..40,
        ) {
            let query = document(&hidden, lists);
            let Ok(parsed) = parse_query(&query) else { return Ok(()) };
            let printed = format!("{:?}", parsed.operations);

            prop_assert!(deepest(&query).is_none_or(|found| found >= lists_in(&printed)));
        }
    }

    /// How deep lists nest in a value's debug form.
    fn lists_in(printed: &str) -> usize {
        (0..)
            .take_while(|depth| printed.contains(&"List([".repeat(*depth)))
            .last()
            .unwrap_or_default()
    }
}
