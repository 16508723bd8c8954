//! What a run does next, from outside: by cases written by hand, and by a second implementation of the same rule.

#[cfg(test)]
mod golden;
#[cfg(test)]
mod model;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod script;
#[cfg(test)]
mod shapes;
