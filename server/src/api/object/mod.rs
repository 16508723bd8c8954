//! The CRM's objects in the API: one table a file, and the two lists that a new one joins.

mod company;
mod contact;
mod deal;
mod message;
mod note;
mod pipeline;
mod stage;
mod table;
mod task;
mod team;
#[cfg(test)]
mod tests;
mod user;

use async_graphql::MergedObject;

pub use company::*;
pub use contact::*;
pub use deal::*;
pub use message::*;
pub use note::*;
pub use pipeline::*;
pub use stage::*;
pub use task::*;
pub use team::*;
pub use user::*;

/// Reads records.
#[derive(Default, MergedObject)]
pub struct ObjectQueries(
    UserQueries,
    TeamQueries,
    CompanyQueries,
    ContactQueries,
    PipelineQueries,
    StageQueries,
    DealQueries,
    TaskQueries,
    NoteQueries,
    MessageQueries,
);

/// Writes records.
#[derive(Default, MergedObject)]
pub struct ObjectMutations(
    UserMutations,
    TeamMutations,
    TeamCreations,
    CompanyMutations,
    CompanyCreations,
    ContactMutations,
    ContactCreations,
    PipelineMutations,
    PipelineCreations,
    StageMutations,
    StageCreations,
    DealMutations,
    DealCreations,
    DealMoves,
    TaskMutations,
    TaskCreations,
    NoteMutations,
    NoteCreations,
    MessageMutations,
    MessageCreations,
);
