//! How a value is written so that it stays a value, wherever the text goes.

use crate::expression::Fault;

/// Where the text goes, which decides how values are written into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// Plain text: as it is.
    None,
    /// HTML text and quoted attributes.
    Html,
    /// A component of a URL: a path segment or a query value.
    Url,
    /// Inside of a JSON string.
    Json,
    /// A header of a message: a line break or NUL is refused.
    Header,
}

impl Escape {
    /// Writes text into a place of this kind.
    pub(super) fn write(self, text: &str, out: &mut String) -> Result<(), Fault> {
        match self {
            Escape::None => out.push_str(text),
            Escape::Html => text.chars().for_each(|character| html(character, out)),
            Escape::Url => text.bytes().for_each(|byte| url(byte, out)),
            Escape::Json => text.chars().for_each(|character| json(character, out)),
            Escape::Header if breaks_header(text) => return Err(Fault::UnsafeHeader),
            Escape::Header => out.push_str(text),
        }
        Ok(())
    }
}

/// Whether the text would end a header and begin another (RFC 5322, 2.2).
pub(super) fn breaks_header(text: &str) -> bool {
    text.contains(['\r', '\n', '\0'])
}

fn html(character: char, out: &mut String) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        other => out.push(other),
    }
}

/// Percent-encoding of all but the unreserved characters (RFC 3986, 2.3).
fn url(byte: u8, out: &mut String) {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
        other => out.push_str(&format!("%{other:02X}")),
    }
}

/// The escapes of RFC 8259, and of `<` and `>`, so that the JSON may stand in a script.
fn json(character: char, out: &mut String) {
    match character {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '<' | '>' | '\u{0}'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
            out.push_str(&format!("\\u{:04x}", u32::from(character)))
        }
        other => out.push(other),
    }
}
