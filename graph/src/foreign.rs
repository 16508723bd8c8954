//! Workflows of other systems, read as definitions of ours. Pure: a text in, drafts and an account of them out.
//!
//! Never guesses: what has no exact counterpart is kept as it was written, marked so that no check lets it pass, and listed.

pub mod n8n;
pub mod report;
