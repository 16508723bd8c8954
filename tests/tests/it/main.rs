//! Every integration test of Pointsman, as one binary: linking is what costs.

mod outside;
mod servers;
