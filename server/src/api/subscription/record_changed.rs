//! Which records change.

use std::sync::Arc;

use async_graphql::{Context, ID, OneofObject, SimpleObject, Subscription};
use futures_util::{Stream, TryStreamExt};
use pointsman_entities::ids::RecordId;

use super::{position, watcher};
use crate::{
    api::{
        caller::part,
        custom::CustomRecordFilter,
        error::{Error, Result},
        filter::{ToFilter, condition},
        node::Node,
        object::{
            CompanyFilter, ContactFilter, DealFilter, MessageFilter, NoteFilter, PipelineFilter, StageFilter,
            TaskFilter, TeamFilter, UserFilter,
        },
        scalar::DateTime,
        timeline::ChangeOperation,
        transport::Code,
    },
    crm::{Access, Catalogue, Crm, Record, filter::Filter, id, object::Object},
    engine::{Engine, changes::Changed, tail::Position},
    store,
};

/// A committed change of a record that the watcher may read.
#[derive(SimpleObject)]
pub struct RecordChange {
    /// The event's place, for `after`.
    cursor: String,
    /// What happened.
    operation: ChangeOperation,
    /// The fields that changed.
    fields: Vec<String>,
    /// The version of the record after it.
    version: i32,
    /// When.
    at: DateTime,
    /// The record's global id.
    record_id: ID,
    /// The record as it is now; null where it is deleted.
    record: Option<Node>,
    /// Who did it: `user_…`, `key_…` or `system`.
    actor: String,
    /// Why: `request`, or the run and the node that did it as `run_…/node`.
    cause: String,
}

macro_rules! filters {
    ($($name:ident),+) => { pastey::paste! {
        /// Which records, by the filter of their object. Reaches no related records.
        #[derive(OneofObject)]
        pub enum RecordFilter {
            $(#[doc = concat!("Which records, where the object is `", stringify!([<$name:snake>]), "`.")]
            $name([<$name Filter>]),)+
            /// Which records, where the object is a custom one.
            Custom(CustomRecordFilter),
        }

        impl RecordFilter {
            fn condition(self, catalogue: &Catalogue, access: &Access, object: &Object) -> Result<Filter> {
                match self {
                    $(Self::$name(filter) => of(catalogue, access, object, stringify!([<$name:snake>]), filter),)+
                    Self::Custom(_) if object.custom.is_none() => {
                        Err(Error::input("The filter is one of a custom object, the object is not."))
                    }
                    Self::Custom(filter) => condition(catalogue, access, object, Some(filter)),
                }
            }
        }
    }};
}

filters!(User, Team, Company, Contact, Pipeline, Stage, Deal, Task, Note, Message);

fn of<F: ToFilter>(catalogue: &Catalogue, access: &Access, object: &Object, name: &str, filter: F) -> Result<Filter> {
    if object.name != name {
        return Err(Error::input(format!(
            "The filter is one of `{name}`, the object is not."
        )));
    }
    condition(catalogue, access, object, Some(filter))
}

/// Streams which records change.
#[derive(Default)]
pub struct RecordSubscriptions;

#[Subscription]
impl RecordSubscriptions {
    /// Each committed change of an object's records: those behind the cursor, then those that come.
    async fn record_changed(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The object's name, such as `contact`.")] object: String,
        #[graphql(desc = "This record alone.")] id: Option<ID>,
        #[graphql(desc = "Records that are such after the change; deletions are always told.")] filter: Option<
            RecordFilter,
        >,
        #[graphql(desc = "The cursor of the last event that is known; absent: from now on.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<RecordChange>> + use<>> {
        let access = watcher(context)?.access().clone();
        let (engine, crm) = (part::<Engine>(context)?, Arc::clone(part::<Crm>(context)?));
        let watch = Watch::new(&crm, access, &object, id, filter)?;
        let watch = Arc::new(watch);
        let changes = engine.tail().watch(position(after)?);
        let shown = changes.try_filter_map(move |(position, change)| {
            let (watch, crm) = (Arc::clone(&watch), Arc::clone(&crm));
            async move { watch.show(&crm, position, &change).await }
        });
        Ok(shown.map_err(Error::from))
    }
}

/// What a watcher wants to see, and may.
struct Watch {
    access: Access,
    object: &'static str,
    record: Option<RecordId>,
    filter: Filter,
}

impl Watch {
    fn new(crm: &Crm, access: Access, object: &str, id: Option<ID>, filter: Option<RecordFilter>) -> Result<Self> {
        let unknown = || Error::input(format!("There is no object `{object}`."));
        let object = crm.object(object).ok_or_else(unknown)?;
        let missing = || Error::new(Code::NotFound, "There is no such record.");
        let record = id
            .map(|id| id::parse(object.name, &id).ok_or_else(missing))
            .transpose()?;
        let filter = filter
            .map(|filter| filter.condition(&crm.catalogue(), &access, &object))
            .transpose()?;
        let filter = filter.unwrap_or(Filter::Always(true));
        if !filter.stands_alone() {
            return Err(Error::input("The filter of a stream reaches no related records."));
        }
        Ok(Self {
            access,
            object: object.name,
            record,
            filter,
        })
    }

    /// The change, where it is wanted and the record may be read.
    async fn show(
        &self,
        crm: &Crm,
        position: Position,
        change: &Changed,
    ) -> std::result::Result<Option<RecordChange>, store::Error> {
        if change.object != self.object || self.record.is_some_and(|record| record != change.record) {
            return Ok(None);
        }
        let record = change.present(crm).await?;
        let record = record.and_then(|record| self.access.view(&record));
        Ok(record.filter(|record| self.wants(record)).map(|record| RecordChange {
            cursor: position.text(),
            operation: change.operation.into(),
            fields: change
                .fields
                .iter()
                .filter(|name| self.sees(&record, name))
                .cloned()
                .collect(),
            version: i32::try_from(change.version).unwrap_or(i32::MAX),
            at: DateTime(change.at),
            record_id: record.global_id().into(),
            actor: change.actor.clone(),
            cause: change.cause.clone(),
            record: Some(record).filter(|record| !record.is_deleted()).map(Node::from),
        }))
    }

    fn wants(&self, record: &Record) -> bool {
        record.is_deleted() || self.filter.matches(record) == Some(true)
    }

    fn sees(&self, record: &Record, name: &str) -> bool {
        let field = record.object.field(name);
        field.is_some_and(|(_, field)| self.access.sees(&record.object, field))
    }
}
