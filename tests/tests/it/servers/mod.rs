//! The test servers themselves: what other tests rely on without looking.

mod postgres;
