//! What all objects' resolvers do: find one, list many, follow a reference, write. The tables in `object/` only say of what.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, MaybeUndefined, OutputType};

use super::{
    caller::{caller, part},
    cell::Cell,
    connection::{Connection, Order, Slice},
    custom::read_custom,
    error::{Error, Result},
    filter::{ToFilter, condition, seen},
    payload::{UserError, UserErrorCode, input_name},
    scalar::Json,
    transport::IdempotencyKey,
};
use crate::crm::{
    Access, Crm, Record, Value,
    filter::{Filter, Test},
    id,
    mutate::{Key, Mutation, Outcome},
    object::{Kind, Object},
    query::{Query, Sort},
    write::{self, Command, Verb},
};

/// Records that one bulk mutation may create.
const BULK: usize = 1_000;

/// An object of the API that shows records of one object of the CRM.
pub trait Noun: From<Arc<Record>> + OutputType + Send + Sync + 'static {
    /// The object's name in the catalogue.
    const OBJECT: &'static str;
}

/// Whether the changes of a mutation start workflows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
#[graphql(remote = "write::Automation")]
pub enum Automation {
    /// They do.
    #[default]
    Run,
    /// They don't, as in an import.
    Suppress,
}

/// Which records a client lists, and in what order.
pub struct Listing<F, O> {
    pub slice: Slice,
    pub filter: Option<F>,
    pub order: Option<Vec<O>>,
}

/// The record of that id, where it is there and the caller may read it.
///
/// # Errors
/// `UNAUTHENTICATED`, or where the database fails.
pub async fn one<T: Noun>(context: &Context<'_>, global: &ID) -> Result<Option<T>> {
    let caller = caller(context)?;
    match id::parse(T::OBJECT, global) {
        Some(id) => Ok(caller.record(T::OBJECT, id).await?.map(T::from)),
        None => Ok(None),
    }
}

/// The record that a field refers to.
///
/// # Errors
/// `UNAUTHENTICATED`, or where the database fails.
pub async fn follow<T: Noun>(context: &Context<'_>, record: &Record, field: &str) -> Result<Option<T>> {
    match record.get(field).as_id() {
        Some(id) => Ok(caller(context)?.record(T::OBJECT, id).await?.map(T::from)),
        None => Ok(None),
    }
}

/// A page of the records that the caller may read.
///
/// # Errors
/// `UNAUTHENTICATED`, `BAD_USER_INPUT`, or where the database fails.
pub async fn many<T, F, O>(context: &Context<'_>, listing: Listing<F, O>) -> Result<Option<Connection<T>>>
where
    T: Noun,
    F: ToFilter,
    O: Into<Order>,
{
    let object = object::<T>(part::<Crm>(context)?)?;
    list(context, &object, listing, Filter::Always(true)).await
}

/// A page of the records whose field refers to this one.
///
/// # Errors
/// As [`many`].
pub async fn referring<T, F, O>(
    context: &Context<'_>,
    listing: Listing<F, O>,
    (field, record): (&str, &Record),
) -> Result<Option<Connection<T>>>
where
    T: Noun,
    F: ToFilter,
    O: Into<Order>,
{
    let object = object::<T>(part::<Crm>(context)?)?;
    let refers = refers(&object, field, record);
    list(context, &object, listing, refers).await
}

/// Records whose field refers to this one.
pub fn refers(object: &Object, field: &str, record: &Record) -> Filter {
    match object.field(field) {
        Some((index, _)) => Filter::Field {
            index,
            test: Test::In(vec![Value::Id(record.id)]),
        },
        None => Filter::Always(false),
    }
}

/// A page of an object's records that the caller may read.
///
/// # Errors
/// As [`many`].
pub async fn list<T, F, O>(
    context: &Context<'_>,
    object: &Arc<Object>,
    listing: Listing<F, O>,
    within: Filter,
) -> Result<Option<Connection<T>>>
where
    T: Noun,
    F: ToFilter,
    O: Into<Order>,
{
    let (caller, crm) = (caller(context)?, part::<Crm>(context)?);
    let asked = condition(&crm.catalogue(), caller.access(), object, listing.filter)?;
    let query = Query {
        filter: Filter::All(vec![within, asked]),
        order: order(
            caller.access(),
            object,
            listing.order.into_iter().flatten().map(O::into),
        )?,
        object: Arc::clone(object),
    };
    let page = listing.slice.page(&query)?;
    let found = crm.find(caller.access(), &query, &page).await?;
    Ok(Some(Connection::new(query, found)))
}

/// Objects that people put into an order have it by themselves.
fn order(access: &Access, object: &Object, asked: impl Iterator<Item = Order>) -> Result<Vec<Sort>> {
    let sorts: Vec<Sort> = asked.map(|order| order.sort(object)).collect::<Result<_>>()?;
    for field in sorts.iter().filter_map(|sort| object.fields.get(sort.field)) {
        seen(access, object, field)?;
    }
    Ok(match object.field("position") {
        Some((field, _)) if sorts.is_empty() => vec![Sort {
            field,
            descending: false,
            nulls_first: false,
        }],
        _ => sorts,
    })
}

/// The object in the catalogue.
///
/// # Errors
/// `INTERNAL` where the catalogue has none.
pub fn object<T: Noun>(crm: &Crm) -> Result<Arc<Object>> {
    let missing = || Error::internal(format!("the catalogue has no `{}`", T::OBJECT));
    crm.object(T::OBJECT).ok_or_else(missing)
}

/// The value of a field that is never empty.
///
/// # Errors
/// `INTERNAL` where it is empty all the same.
pub fn filled<T: Cell>(record: &Record, field: &str) -> Result<T> {
    let corrupt = || Error::internal(format!("{}: `{field}` is empty or of another type", record.global_id()));
    T::show(record.get(field)).ok_or_else(corrupt)
}

/// An input that gives values to fields.
pub trait ToChanges {
    /// Adds the values that are given.
    fn changes(self, changes: &mut Changes<'_>);
}

/// The values that an input gives, and what is wrong with those that no field could hold.
pub struct Changes<'a> {
    object: &'a Object,
    path: &'a [String],
    values: Vec<(usize, Value)>,
    problems: Vec<UserError>,
}

impl Changes<'_> {
    /// Gives a field a value. What is not given stays as it is; null empties the field.
    pub fn put<T: Cell>(&mut self, name: &str, value: MaybeUndefined<T>) {
        match value {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => self.set(name, Value::Null),
            MaybeUndefined::Value(value) => match value.keep() {
                Ok(value) => self.set(name, value),
                Err(invalid) => self.refuse(name, invalid.code.into(), &invalid.message),
            },
        }
    }

    /// Lets a field refer to another record.
    pub fn refer(&mut self, name: &str, value: MaybeUndefined<ID>) {
        let Some(Kind::Reference { object }) = self.object.field(name).map(|(_, field)| &field.kind) else {
            return;
        };
        match value {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => self.set(name, Value::Null),
            MaybeUndefined::Value(global) => match id::parse(object, &global) {
                Some(id) => self.set(name, Value::Id(id)),
                None => self.refuse(name, UserErrorCode::NotFound, &format!("must be the id of a {object}")),
            },
        }
    }

    /// Gives custom fields the values that stand beside their keys.
    pub fn custom(&mut self, values: Option<Json>) {
        match values.map(|Json(values)| values) {
            None | Some(serde_json::Value::Null) => {}
            Some(serde_json::Value::Object(values)) => {
                for (key, json) in values {
                    match read_custom(self.object, &key, &json) {
                        Ok(value) => self.set(&key, value),
                        Err(invalid) => self.problems.push(UserError {
                            code: invalid.code.into(),
                            message: format!("`{key}` {}", invalid.message),
                            field: Some([self.path, &["custom".to_owned(), key]].concat()),
                        }),
                    }
                }
            }
            Some(_) => self.problems.push(UserError {
                code: UserErrorCode::Invalid,
                message: "`custom` must be an object of values by their fields' keys".into(),
                field: Some([self.path, &["custom".to_owned()]].concat()),
            }),
        }
    }

    fn set(&mut self, name: &str, value: Value) {
        self.values
            .extend(self.object.field(name).map(|(index, _)| (index, value)));
    }

    fn refuse(&mut self, name: &str, code: UserErrorCode, message: &str) {
        let name = input_name(self.object, name);
        self.problems.push(UserError {
            code,
            message: format!("`{name}` {message}"),
            field: Some([self.path, &[name]].concat()),
        });
    }
}

/// What a mutation did: the records, or why there are none.
pub struct Written<T> {
    pub records: Vec<T>,
    pub errors: Vec<UserError>,
}

impl<T> Written<T> {
    /// Nothing was written.
    pub fn refused(errors: Vec<UserError>) -> Self {
        Self {
            records: Vec::new(),
            errors,
        }
    }

    /// The one record of a mutation of one.
    pub fn single(mut self) -> (Option<T>, Vec<UserError>) {
        (self.records.pop(), self.errors)
    }
}

/// An existing record that a mutation is about, as the client names it.
pub struct Target {
    pub id: ID,
    pub expected: Option<i32>,
}

/// What to do to an existing record.
pub enum Act<I> {
    Update(I),
    Delete,
    Restore,
}

/// Creates records, all or none. `paths` are the arguments that hold their values.
///
/// # Errors
/// `UNAUTHENTICATED`, `FORBIDDEN`, `CONFLICT` where the idempotency key was used for another request, or where the
/// database fails.
pub async fn create<T: Noun, I: ToChanges>(
    context: &Context<'_>,
    inputs: Vec<I>,
    paths: &[Vec<String>],
    automation: Automation,
) -> Result<Written<T>> {
    let object = object::<T>(part::<Crm>(context)?)?;
    create_of(context, &object, inputs, paths, automation).await
}

/// As [`create`], of any object.
///
/// # Errors
/// As [`create`].
pub async fn create_of<T: Noun, I: ToChanges>(
    context: &Context<'_>,
    object: &Arc<Object>,
    inputs: Vec<I>,
    paths: &[Vec<String>],
    automation: Automation,
) -> Result<Written<T>> {
    let mut verbs = Vec::with_capacity(inputs.len());
    let mut problems = Vec::new();
    for (input, path) in inputs.into_iter().zip(paths) {
        let (values, found) = changes(object, path, input);
        verbs.push(Verb::Create { values });
        problems.extend(found);
    }
    if !problems.is_empty() {
        return Ok(Written::refused(problems));
    }
    carry_out(context, object, verbs, paths, automation).await
}

/// Changes, deletes or restores a record.
///
/// # Errors
/// As [`create`].
pub async fn alter<T: Noun, I: ToChanges>(
    context: &Context<'_>,
    target: Target,
    act: Act<I>,
    automation: Automation,
) -> Result<Written<T>> {
    let object = object::<T>(part::<Crm>(context)?)?;
    alter_of(context, &object, target, act, automation).await
}

/// As [`alter`], of any object.
///
/// # Errors
/// As [`create`].
pub async fn alter_of<T: Noun, I: ToChanges>(
    context: &Context<'_>,
    object: &Arc<Object>,
    target: Target,
    act: Act<I>,
    automation: Automation,
) -> Result<Written<T>> {
    let Some(id) = id::parse(object.name, &target.id) else {
        caller(context)?;
        let message = format!("there is no such {}", object.label.to_lowercase());
        return Ok(Written::refused(vec![UserError::at(
            &["id"],
            UserErrorCode::NotFound,
            message,
        )]));
    };
    let expected = target.expected.map(i64::from);
    let path = ["input".to_owned()];
    let verb = match act {
        Act::Update(input) => {
            let (values, problems) = changes(object, &path, input);
            if !problems.is_empty() {
                return Ok(Written::refused(problems));
            }
            Verb::Update { id, expected, values }
        }
        Act::Delete => Verb::Delete { id, expected },
        Act::Restore => Verb::Restore { id, expected },
    };
    carry_out(context, object, vec![verb], &[path.to_vec()], automation).await
}

/// The values that an input gives, and what is wrong with it.
pub fn changes<I: ToChanges>(object: &Object, path: &[String], input: I) -> (Vec<(usize, Value)>, Vec<UserError>) {
    let mut changes = Changes {
        object,
        path,
        values: Vec::new(),
        problems: Vec::new(),
    };
    input.changes(&mut changes);
    (changes.values, changes.problems)
}

/// `object` is the definition that the values were read by.
async fn carry_out<T: Noun>(
    context: &Context<'_>,
    object: &Arc<Object>,
    verbs: Vec<Verb>,
    paths: &[Vec<String>],
    automation: Automation,
) -> Result<Written<T>> {
    let (caller, crm) = (caller(context)?, part::<Crm>(context)?);
    let commands = verbs.into_iter().map(|verb| Command {
        object: Arc::clone(object),
        verb,
    });
    let mutation = Mutation {
        access: caller.access(),
        commands: commands.collect(),
        automation: automation.into(),
        key: key(context),
        beside: None,
    };
    written_of(context, object, crm.mutate(&mutation).await?, paths).await
}

/// The answer to what came of a mutation.
///
/// # Errors
/// As [`create`].
pub async fn written<T: Noun>(context: &Context<'_>, outcome: Outcome, paths: &[Vec<String>]) -> Result<Written<T>> {
    let object = object::<T>(part::<Crm>(context)?)?;
    written_of(context, &object, outcome, paths).await
}

async fn written_of<T: Noun>(
    context: &Context<'_>,
    object: &Arc<Object>,
    outcome: Outcome,
    paths: &[Vec<String>],
) -> Result<Written<T>> {
    let (caller, crm) = (caller(context)?, part::<Crm>(context)?);
    let records = match outcome {
        Outcome::Written(records) => records,
        Outcome::Repeated(ids) => crm.recall(caller.access(), object, &ids).await?,
        Outcome::KeyReused => return Err(Error::key_reused()),
        Outcome::Refused(problems) => {
            let path = |place: usize| paths.get(place).map_or(&[][..], Vec::as_slice);
            let errors = problems
                .into_iter()
                .map(|(place, problem)| UserError::of(object, problem, path(place)));
            return Ok(Written::refused(errors.collect::<Result<_>>()?));
        }
    };
    Ok(Written {
        records: records.into_iter().map(T::from).collect(),
        errors: Vec::new(),
    })
}

/// The client's promise that comes with the request, if one does.
pub fn key(context: &Context<'_>) -> Option<Key> {
    let given = context.data_opt::<IdempotencyKey>()?;
    Some(Key {
        key: given.key.clone(),
        hash: given.fingerprint.to_vec(),
    })
}

/// The paths of a bulk mutation's inputs.
///
/// # Errors
/// `BAD_USER_INPUT` where there are too many.
pub fn bulk_paths(count: usize) -> Result<Vec<Vec<String>>> {
    if count > BULK {
        return Err(Error::input(format!("At most {BULK} records go into one request.")));
    }
    Ok((0..count)
        .map(|place| vec!["inputs".to_owned(), place.to_string()])
        .collect())
}

/// What a creation was given: null and nothing are the same there.
pub fn given<T>(value: Option<T>) -> MaybeUndefined<T> {
    value.map_or(MaybeUndefined::Undefined, MaybeUndefined::Value)
}
