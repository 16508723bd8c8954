//! The actions against servers that behave as badly as those out there.

mod egress;
mod email;
mod http;
