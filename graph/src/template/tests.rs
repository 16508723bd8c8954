//! What templates do.
