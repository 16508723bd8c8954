//! The GraphQL API: what clients see of Pointsman, and the transport that carries it.
//!
//! Resolvers are thin: they ask one function of the domain and convert. A new noun is one file and one line in the merged
//! [`Query`], [`Mutation`] or [`Subscription`].

mod account;
mod approval;
pub mod caller;
mod cell;
mod connection;
mod custom;
pub mod door;
mod error;
mod filter;
mod job;
mod key;
mod links;
mod money;
mod node;
mod node_config;
mod notification;
mod noun;
mod object;
mod payload;
mod role;
mod rows;
mod run;
mod scalar;
mod secret;
mod signal;
mod subscription;
mod suppression;
mod timeline;
pub mod transport;
mod workflow;

use std::sync::Arc;

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions};

use door::{Cookies, Door};

// The roots are merged in groups, for each member of a merged object takes stack from all that come after it.

/// All queries.
#[derive(Default, MergedObject)]
pub struct Query(
    AccessQueries,
    RecordQueries,
    custom::CustomQueries,
    workflow::AutomationQueries,
    run::ExecutionQueries,
);

/// Who may do what, and with which secrets.
#[derive(Default, MergedObject)]
pub struct AccessQueries(
    account::AccountQueries,
    key::KeyQueries,
    role::RoleQueries,
    secret::SecretQueries,
    suppression::SuppressionQueries,
);

/// Records, and what is shown beside them.
#[derive(Default, MergedObject)]
pub struct RecordQueries(
    node::NodeQueries,
    object::ObjectQueries,
    timeline::TimelineQueries,
    job::JobQueries,
    approval::ApprovalQueries,
    notification::NotificationQueries,
);

/// All mutations.
#[derive(Default, MergedObject)]
pub struct Mutation(
    AccessMutations,
    RecordMutations,
    custom::CustomMutations,
    workflow::AutomationMutations,
    run::RunMutations,
);

/// Changes of who may do what, and with which secrets.
#[derive(Default, MergedObject)]
pub struct AccessMutations(
    account::AccountMutations,
    key::KeyMutations,
    role::RoleMutations,
    secret::SecretMutations,
    suppression::SuppressionMutations,
);

/// Changes of records and of what is shown beside them.
#[derive(Default, MergedObject)]
pub struct RecordMutations(
    object::ObjectMutations,
    approval::ApprovalMutations,
    notification::NotificationMutations,
    signal::SignalMutations,
);

/// All subscriptions.
#[derive(Default, MergedSubscription)]
pub struct Subscription(
    subscription::RunEventSubscriptions,
    subscription::RunSubscriptions,
    subscription::RecordSubscriptions,
    job::JobSubscriptions,
    subscription::NotificationSubscriptions,
);

/// The whole schema.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// The schema without anything behind it: enough to print it.
#[must_use]
pub fn bare() -> async_graphql::SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
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

/// The schema over what the door leads to.
#[must_use]
pub fn schema(door: &Door, cookies: Cookies) -> Schema {
    bare()
        .data(Arc::clone(&door.crm))
        .data(Arc::clone(&door.accounts))
        .data(Arc::clone(&door.workflows))
        .data(Arc::clone(&door.engine))
        .data(Arc::clone(&door.secrets))
        .data(Arc::clone(&door.messaging))
        .data(Arc::new(cookies))
        .finish()
}
