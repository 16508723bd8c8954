//! The GraphQL API: what clients see of Pointsman, and the transport that carries it.
//!
//! Resolvers are thin: they ask one function of the domain and convert. A new noun is one file and one line in the merged
//! [`Query`], [`Mutation`] or [`Subscription`].

mod account;
pub mod caller;
mod cell;
mod connection;
pub mod door;
mod error;
mod filter;
mod key;
mod money;
mod node;
mod noun;
mod object;
mod payload;
mod scalar;
mod timeline;
pub mod transport;

use std::sync::Arc;

use async_graphql::{EmptySubscription, MergedObject, SDLExportOptions};

use crate::{auth::Accounts, crm::Crm};
use door::Cookies;

/// All queries.
#[derive(Default, MergedObject)]
pub struct Query(
    node::NodeQueries,
    account::AccountQueries,
    key::KeyQueries,
    object::ObjectQueries,
    timeline::TimelineQueries,
);

/// All mutations.
#[derive(Default, MergedObject)]
pub struct Mutation(account::AccountMutations, key::KeyMutations, object::ObjectMutations);

/// The whole schema.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema without anything behind it: enough to print it.
#[must_use]
pub fn bare() -> async_graphql::SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
}

/// The schema as text, in GraphQL's schema language.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .prefer_single_line_descriptions()
        .include_specified_by()
        .use_space_ident()
        .indent_width(2);
    bare().finish().sdl_with_options(options)
}

/// The schema over an installation.
#[must_use]
pub fn schema(crm: Arc<Crm>, accounts: Arc<Accounts>, cookies: Cookies) -> Schema {
    bare().data(crm).data(accounts).data(Arc::new(cookies)).finish()
}
