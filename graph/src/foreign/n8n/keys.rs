//! Keys for nodes that had names only.

use std::collections::HashSet;

use crate::key::NodeKey;

/// The longest part of a name that becomes a key: room is left for a number.
const LONGEST: usize = 48;

/// A key for each name, in its order: made of its words, valid, and unique.
pub(super) fn keys<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<NodeKey> {
    let mut taken = HashSet::new();
    names
        .into_iter()
        .filter_map(|name| unique(&words(name), &mut taken))
        .collect()
}

/// The name's letters and digits, its words joined as `sendWelcomeMail`.
fn words(name: &str) -> String {
    let mut key = String::new();
    for word in name
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        let (first, rest) = word.split_at(1);
        match key.is_empty() {
            true if word.bytes().all(|byte| byte.is_ascii_uppercase()) => key.push_str(&word.to_ascii_lowercase()),
            true => key.extend([&first.to_ascii_lowercase(), rest]),
            false => key.extend([&first.to_ascii_uppercase(), rest]),
        }
    }
    key.truncate(LONGEST);
    match key.bytes().next() {
        Some(first) if first.is_ascii_alphabetic() => key,
        Some(_) => format!("n{key}"),
        None => "node".to_owned(),
    }
}

fn unique(key: &str, taken: &mut HashSet<String>) -> Option<NodeKey> {
    let numbered = (2..).map(|number| format!("{key}_{number}"));
    let free = std::iter::once(key.to_owned())
        .chain(numbered)
        .find(|key| !taken.contains(key))?;
    taken.insert(free.clone());
    free.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_key_of_its_words() {
        let keys = keys([
            "Send welcome mail!",
            "HTTP Request",
            "HTTP Request",
            "2nd try",
            "Ünïcode",
            "日本",
            "",
            "node",
        ]);

        let keys: Vec<_> = keys.iter().map(NodeKey::as_str).collect();
        assert_eq!(
            keys,
            [
                "sendWelcomeMail",
                "httpRequest",
                "httpRequest_2",
                "n2ndTry",
                "nCode",
                "node",
                "node_2",
                "node_3"
            ]
        );
    }

    #[test]
    fn the_longest_name_still_gives_a_key() {
        let name = "a".repeat(500);

        let keys = keys([name.as_str(), name.as_str()]);

        assert_eq!(keys.len(), 2);
        assert_ne!(keys[0], keys[1]);
    }
}
