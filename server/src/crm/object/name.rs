//! The names of objects, fields and options. A core one is part of the program; one that an administrator has given is kept
//! for as long as the process lives, once: keys never change and are never deleted, so they are as few as the definitions.

use std::{
    collections::HashSet,
    sync::{LazyLock, Mutex, PoisonError},
};

static NAMES: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);

/// The name, which must be a key of a definition that the database holds.
#[must_use]
pub fn name(key: &str) -> &'static str {
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(key) {
        return known;
    }
    let kept: &'static str = Box::leak(key.into());
    names.insert(kept);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once() {
        let (one, other) = (name("renewal"), name(&["re", "newal"].concat()));

        assert!(std::ptr::eq(one, other));
    }
}
