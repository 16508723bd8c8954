//! The GraphQL API: what clients see of Pointsman, and the transport that carries it.
//!
//! Resolvers are thin: they ask one function of the domain and convert. A new noun is one file and one line in the merged
//! [`Query`], [`Mutation`] or [`Subscription`].

pub mod caller;
mod cell;
mod connection;
mod error;
mod filter;
mod money;
mod noun;
mod object;
mod payload;
mod scalar;
pub mod transport;

use std::sync::Arc;

use async_graphql::{EmptySubscription, MergedObject};

use crate::crm::Crm;

/// All queries.
#[derive(Default, MergedObject)]
pub struct Query(object::ObjectQueries);

/// All mutations.
#[derive(Default, MergedObject)]
pub struct Mutation(object::ObjectMutations);

/// The whole schema.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema without anything behind it: enough to print it.
#[must_use]
pub fn bare() -> async_graphql::SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
}

/// The schema over an installation.
#[must_use]
pub fn schema(crm: Arc<Crm>) -> Schema {
    bare().data(crm).finish()
}
