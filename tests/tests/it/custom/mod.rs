//! Fields and objects that administrators define: enforced on every write, by every server node, from the commit of the
//! definition on.

mod fields;
mod indexes;
mod strictness;
mod workflows;
