//! Who may speak to Pointsman: passwords, tokens, throttles.

pub mod password;
pub mod throttle;
pub mod token;
