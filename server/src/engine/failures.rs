//! What makes two failures alike: the node, the code, and the message without what differs from run to run.

use pointsman_graph::key::NodeKey;

/// Characters of a pattern that are kept.
const LONGEST: usize = 200;

/// A failure that nobody handles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Key of the node.
    pub node: String,
    /// Stable, `UPPER_SNAKE`.
    pub code: String,
    /// The message, with numbers, ids, addresses and quoted texts left out.
    pub pattern: String,
}

impl Fault {
    pub fn new(node: &NodeKey, code: &str, message: &str) -> Self {
        Self {
            node: node.to_string(),
            code: code.to_owned(),
            pattern: pattern(message),
        }
    }

    /// The failure as a run's row keeps it: failures with the same text are alike.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("{}\n{}\n{}", self.node, self.code, self.pattern)
    }

    /// The failure that a row keeps.
    #[must_use]
    pub fn parse(fingerprint: &str) -> Option<Self> {
        let mut parts = fingerprint.splitn(3, '\n').map(str::to_owned);
        Some(Self {
            node: parts.next()?,
            code: parts.next()?,
            pattern: parts.next()?,
        })
    }
}

/// Words with a digit or an `@` become `#`, and so does what stands between quotes.
fn pattern(message: &str) -> String {
    let mut pattern = String::new();
    for (place, part) in message.split(['"', '`']).enumerate() {
        match place % 2 {
            0 => pattern.push_str(&plain(part)),
            _ => pattern.push('#'),
        }
    }
    pattern.chars().take(LONGEST).collect()
}

fn plain(text: &str) -> String {
    let differs = |word: &str| word.contains(|sign: char| sign.is_ascii_digit() || sign == '@');
    let word = |word: &str| match differs(word) {
        true => "#".to_owned(),
        false => word.to_owned(),
    };
    text.replace(['\n', '\r'], " ")
        .split(' ')
        .map(word)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_that_differ_in_names_and_numbers_are_alike() {
        let of = |message| Fault::new(&"mail".parse().unwrap(), "SMTP_REFUSED", message).fingerprint();

        assert_eq!(
            of("550 ann@example.com: no such mailbox \"ann\""),
            of("551 bob@example.com: no such mailbox \"bob the 2nd\"")
        );
        assert_ne!(of("no such mailbox"), of("mailbox full"));
    }

    #[test]
    fn a_fingerprint_is_read_back() {
        let fault = Fault::new(&"mail".parse().unwrap(), "X", "two\nlines, 3 words");

        assert_eq!(Fault::parse(&fault.fingerprint()), Some(fault.clone()));
        assert_eq!(fault.pattern, "two lines, # words");
    }
}
