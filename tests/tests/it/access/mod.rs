//! Who may see and change what: single rules as sentences, and all of them against a second model.

mod differential;
mod model;
mod rules;
mod schema;
