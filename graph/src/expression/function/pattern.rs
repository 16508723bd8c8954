//! Regular expressions, bounded in size and in work, and paid for by the byte.
//!
//! The `regex` crate is linear in the text, but falls back to a search that takes microseconds a byte for hostile
//! patterns. Its lazy DFA is used directly: that one says when it makes no headway, and the evaluation ends.

use regex_automata::hybrid::BuildError;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::pool::Pool;
use regex_automata::util::syntax;
use regex_automata::{Input, MatchErrorKind};

use super::{Applied, Function, Shape, Style};
use crate::expression::{Budget, Fault, Limit};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("matches", Style::Global, MATCHES, matches_dynamic).false_on_empty(),
    Function::new("matches", Style::Receiver, MATCHES, matches_dynamic).false_on_empty(),
];

const MATCHES: &[super::Overload] = &[(&[Shape::Text, Shape::Text], Shape::Bool)];

/// The longest pattern, in bytes.
const MAX_PATTERN: usize = 512;
/// The largest compiled pattern, in bytes. Unicode classes such as `\w` take some 10 KB each.
const MAX_COMPILED: usize = 1 << 18;
/// The memory for the states of one search, in bytes, and how often it may fill up before the search is given up.
const MAX_STATES: usize = 1 << 17;
const MAX_CLEARS: usize = 1;
/// The price in steps of compiling a pattern that is not a literal: a few per evaluation, not one per item of a list.
const COMPILING: usize = 30_000;

/// A compiled pattern, with the states that earlier searches have found.
#[derive(Debug)]
pub(crate) struct Pattern {
    dfa: DFA,
    caches: Pool<Cache, Box<dyn Fn() -> Cache + Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>>,
}

impl Pattern {
    /// Compiles a pattern within the limits.
    pub(crate) fn compile(pattern: &str) -> Result<Pattern, Fault> {
        if pattern.len() > MAX_PATTERN {
            return Err(Fault::Pattern {
                reason: format!("it is longer than {MAX_PATTERN} bytes"),
            });
        }
        let states = DFA::config()
            .cache_capacity(MAX_STATES)
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(MAX_CLEARS))
            .unicode_word_boundary(true);
        let size = thompson::Config::new()
            .nfa_size_limit(Some(MAX_COMPILED))
            .which_captures(WhichCaptures::None);
        let mut builder = DFA::builder();
        builder
            .configure(states)
            .thompson(size)
            .syntax(syntax::Config::new().nest_limit(32));
        let dfa = builder
            .build(pattern)
            .map_err(|error| Fault::Pattern { reason: reason(&error) })?;
        let fresh = dfa.clone();
        Ok(Pattern {
            dfa,
            caches: Pool::new(Box::new(move || fresh.create_cache())),
        })
    }

    /// Whether a text contains a match.
    pub(crate) fn matches(&self, text: &str, budget: &mut Budget) -> Result<Value, Fault> {
        budget.spend_steps(text.len())?;
        let input = Input::new(text).earliest(true);
        let mut cache = self.caches.get();
        let mut found = self.dfa.try_search_fwd(&mut cache, &input);
        if found.is_err() {
            // Earlier searches may have filled the cache; what fails with an empty one always fails.
            cache.reset(&self.dfa);
            found = self.dfa.try_search_fwd(&mut cache, &input);
        }
        match found.map_err(|error| error.kind().clone()) {
            Ok(found) => Ok(Value::Bool(found.is_some())),
            Err(MatchErrorKind::Quit { .. }) => self.matches_slowly(text, budget),
            Err(_) => Err(budget.exhausted(Limit::Steps)),
        }
    }

    /// For `\b` in a text beyond ASCII, which the DFA can't decide: each byte costs as many steps as may be alive.
    fn matches_slowly(&self, text: &str, budget: &mut Budget) -> Result<Value, Fault> {
        let nfa = self.dfa.get_nfa().clone();
        budget.spend_steps(text.len().saturating_mul(1 + nfa.states().len() / 16))?;
        let search = PikeVM::new_from_nfa(nfa).map_err(|error| Fault::Pattern {
            reason: error.to_string(),
        })?;
        Ok(Value::Bool(search.is_match(&mut search.create_cache(), text)))
    }
}

/// What is wrong, without the drawing of the place.
fn reason(error: &BuildError) -> String {
    let cause = std::error::Error::source(error).and_then(std::error::Error::source);
    let message = cause.map_or_else(|| error.to_string(), ToString::to_string);
    message
        .lines()
        .last()
        .unwrap_or_default()
        .trim_start_matches("error: ")
        .to_owned()
}

fn matches_dynamic(arguments: &[Value], budget: &mut Budget) -> Applied {
    let [Value::String(text), Value::String(source)] = arguments else {
        return Ok(None);
    };
    budget.spend_steps(COMPILING)?;
    Pattern::compile(source)?.matches(text, budget).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> Result<Value, Fault> {
        Pattern::compile(pattern)?.matches(text, &mut Budget::default())
    }

    #[test]
    fn a_pattern_may_stand_anywhere_in_the_text() {
        assert_eq!(matches("b+", "abbc"), Ok(Value::Bool(true)));
        assert_eq!(matches("^b+$", "abbc"), Ok(Value::Bool(false)));
        assert_eq!(matches("^.é$", "aé"), Ok(Value::Bool(true)));
        assert_eq!(matches("", ""), Ok(Value::Bool(true)));
    }

    #[test]
    fn a_word_boundary_is_found_beyond_ascii_too() {
        assert_eq!(matches(r"\bmüde\b", "sehr müde heute"), Ok(Value::Bool(true)));
        assert_eq!(matches(r"\bde\b", "müde"), Ok(Value::Bool(false)));
    }

    #[test]
    fn a_pattern_that_makes_no_headway_ends_the_evaluation() {
        let start = std::time::Instant::now();
        let mut budget = Budget::default();

        let fault = Pattern::compile("(a{0,30}){30}b|(a|b){20}c")
            .unwrap()
            .matches(&"a".repeat(50_000), &mut budget);

        assert!(
            matches!(fault, Err(Fault::Budget(_)) | Ok(Value::Bool(false))),
            "{fault:?}"
        );
        assert!(start.elapsed().as_millis() < 1500, "{:?}", start.elapsed());
    }

    #[test]
    fn a_wrong_pattern_is_explained() {
        let fault = Pattern::compile("a(b").unwrap_err();

        assert_eq!(fault.to_string(), "the pattern is not usable: unclosed group");
    }
}
