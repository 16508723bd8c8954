//! Reading records under an access: single ones, pages of a connection, counts.

use std::{collections::HashMap, sync::Arc};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use pointsman_entities::ids::RecordId;
use sea_orm::{
    ConnectionTrait, DbErr, QueryResult,
    sea_query::{Condition, Expr, ExprTrait, NullOrdering, Order, Query as Sql, SelectStatement},
};
use serde_json::Value as Json;

use super::{
    Access, Crm, Record, Value,
    access::{Action, Scope},
    filter::{Filter, bound},
    object::Object,
    snapshot::{Snapshot, of, select},
};
use crate::store;

/// Records of an object: which, in what order.
#[derive(Clone, Debug)]
pub struct Query {
    pub object: Arc<Object>,
    pub filter: Filter,
    pub order: Vec<Sort>,
}

/// One key of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Index of the field.
    pub field: usize,
    pub descending: bool,
    /// Where empty fields stand.
    pub nulls_first: bool,
}

/// Which part of the records.
#[derive(Clone, Debug)]
pub struct Page {
    pub size: u64,
    /// Counts from the end.
    pub backward: bool,
    /// Records behind this one, in the direction of reading.
    pub from: Option<Cursor>,
}

/// A place in an order: the values of its keys, and the id that tells equals apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    values: Vec<Value>,
    id: RecordId,
}

impl Cursor {
    /// The place of a record in an order by nothing but the id.
    #[must_use]
    pub fn at(id: RecordId) -> Self {
        Self { values: Vec::new(), id }
    }
}

/// A page of records.
#[derive(Debug)]
pub struct Found {
    pub records: Vec<Arc<Record>>,
    pub has_previous: bool,
    pub has_next: bool,
}

impl Crm {
    /// A page of the records that the access may read.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn find(&self, access: &Access, query: &Query, page: &Page) -> Result<Found, store::Error> {
        let mut statement = select(&query.object);
        statement.cond_where(self.visible(access, query));
        if let Some(cursor) = &page.from {
            statement.cond_where(query.behind(cursor, page.backward));
        }
        query.sort(&mut statement, page.backward);
        let rows = self
            .store
            .reads()
            .query_all(&statement.limit(page.size + 1).to_owned())
            .await?;
        let more = rows.len() as u64 > page.size;
        let rows = rows.iter().take(usize::try_from(page.size).unwrap_or(usize::MAX));
        let mut records: Vec<Arc<Record>> = rows
            .map(|row| Record::from_row(&query.object, row).map(|record| access.veiled(Arc::new(record))))
            .collect::<Result<_, _>>()?;
        if page.backward {
            records.reverse();
        }
        let passed = page.from.is_some();
        let (has_previous, has_next) = if page.backward { (more, passed) } else { (passed, more) };
        Ok(Found {
            records,
            has_previous,
            has_next,
        })
    }

    /// How many records the access may read.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn count(&self, access: &Access, query: &Query) -> Result<i64, store::Error> {
        let statement = Sql::select()
            .expr(Expr::cust("count(*)"))
            .from(query.object.table)
            .cond_where(self.visible(access, query))
            .to_owned();
        let row = self.store.reads().query_one(&statement).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default())
    }

    /// How many of the records the access may read name each record in a field that refers to others.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn count_by(
        &self,
        access: &Access,
        query: &Query,
        field: usize,
    ) -> Result<HashMap<RecordId, i64>, store::Error> {
        let known = query.object.fields.get(field);
        let Some(field) = known.filter(|field| access.sees(&query.object, field)) else {
            return Ok(HashMap::new());
        };
        let column = field.expr(query.object.table);
        let statement = Sql::select()
            .expr(column.clone())
            .expr(Expr::cust("count(*)"))
            .from(query.object.table)
            .cond_where(self.visible(access, query))
            .and_where(column.clone().is_not_null())
            .add_group_by([column])
            .to_owned();
        let rows = self.store.reads().query_all(&statement).await?;
        let count = |row: &QueryResult| Ok((RecordId(row.try_get_by_index(0)?), row.try_get_by_index(1)?));
        rows.iter().map(count).collect::<Result<_, DbErr>>().map_err(Into::into)
    }

    /// The records of these ids that the access may read, in one statement.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn get(
        &self,
        access: &Access,
        object: &Arc<Object>,
        ids: &[RecordId],
    ) -> Result<HashMap<RecordId, Arc<Record>>, store::Error> {
        let query = Query {
            object: Arc::clone(object),
            filter: Filter::Ids(ids.to_vec()),
            order: Vec::new(),
        };
        let statement = select(object).cond_where(self.visible(access, &query)).to_owned();
        let rows = self.store.reads().query_all(&statement).await?;
        let records = rows
            .iter()
            .map(|row| Record::from_row(object, row).map(|record| (record.id, access.veiled(Arc::new(record)))));
        Ok(records.collect::<Result<_, _>>()?)
    }

    /// The records of these ids in their order, deleted ones included: what a repeated request is answered with. Those that
    /// the access may no longer read are left out.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn recall(
        &self,
        access: &Access,
        object: &Arc<Object>,
        ids: &[RecordId],
    ) -> Result<Vec<Arc<Record>>, store::Error> {
        let mut snapshot = Snapshot::new(&self.store);
        let mut records = Vec::with_capacity(ids.len());
        for id in ids {
            let record = snapshot.load(object, *id).await?;
            records.extend(record.and_then(|record| access.view(&record)));
        }
        Ok(records)
    }

    /// Which rows beside records may be seen: those about a record that may be read, and those about none. `object` and
    /// `record` are the columns that name it. None where every record may be read.
    #[must_use]
    pub fn about(&self, access: &Access, object: &Expr, record: &Expr) -> Option<Condition> {
        let readable = |known: &Arc<Object>| {
            let ids = Sql::select()
                .column("id")
                .from(known.table)
                .cond_where(access.filter(known, Action::Read).to_sql(known, known.table))
                .cond_where(of(known))
                .to_owned();
            let same = object.clone().eq(known.name);
            match access.scope(known, Action::Read) {
                Scope::None => None,
                Scope::All => Some(Condition::all().add(same)),
                Scope::Own | Scope::Team => Some(Condition::all().add(same).add(record.clone().in_subquery(ids))),
            }
        };
        let catalogue = self.catalogue();
        let objects = catalogue.objects().iter().filter_map(readable);
        let none = Condition::any().add(record.clone().is_null());
        (!access.rights().reads_all()).then(|| objects.fold(none, Condition::add))
    }

    fn visible(&self, access: &Access, query: &Query) -> Condition {
        let object = &query.object;
        let fields = query.order.iter().filter_map(|sort| object.fields.get(sort.field));
        // An order by what is hidden would tell it.
        let told = fields.into_iter().any(|field| !access.sees(object, field));
        Condition::all()
            .add(access.filter(object, Action::Read).to_sql(object, object.table))
            .add(of(object))
            .add(Expr::col((object.table, "deleted_at")).is_null())
            .add(access.narrowed(object, &query.filter).to_sql(object, object.table))
            .add_option(told.then(|| Expr::val(false)))
    }
}

impl Query {
    /// The place of a record in this query's order.
    #[must_use]
    pub fn cursor(&self, record: &Record) -> Cursor {
        let value = |sort: &Sort| record.values.get(sort.field).cloned().unwrap_or(Value::Null);
        Cursor {
            values: self.order.iter().map(value).collect(),
            id: record.id,
        }
    }

    /// Reads a cursor that [`Query::cursor_text`] wrote for the same order.
    #[must_use]
    pub fn parse_cursor(&self, text: &str) -> Option<Cursor> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let Ok((id, values)) = serde_json::from_slice::<(RecordId, Vec<Json>)>(&bytes) else {
            return None;
        };
        let fields = self.order.iter().map(|sort| self.object.fields.get(sort.field));
        let values = fields
            .zip(&values)
            .map(|(field, json)| Value::from_json(json, field?))
            .collect::<Option<Vec<_>>>()?;
        (values.len() == self.order.len()).then_some(Cursor { values, id })
    }

    /// The cursor as text, opaque to clients.
    #[must_use]
    pub fn cursor_text(&self, cursor: &Cursor) -> String {
        let fields = self.order.iter().filter_map(|sort| self.object.fields.get(sort.field));
        let values: Vec<Json> = fields
            .zip(&cursor.values)
            .map(|(field, value)| value.to_json(field))
            .collect();
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::json!((cursor.id, values)).to_string())
    }

    /// The keys of the order as expressions: emptiness where the field can be empty, then the value; the id last.
    fn keys(&self, backward: bool) -> Vec<(Expr, Order, Option<usize>)> {
        let mut keys = Vec::new();
        for (place, sort) in self.order.iter().enumerate() {
            let Some(field) = self.object.fields.get(sort.field) else {
                continue;
            };
            let column = field.expr(self.object.table);
            if !field.required {
                let nulls_last = sort.nulls_first == backward;
                keys.push((column.clone().is_null(), direction(!nulls_last), None));
            }
            keys.push((column, direction(sort.descending != backward), Some(place)));
        }
        let descending = self.order.last().is_some_and(|sort| sort.descending);
        keys.push((
            Expr::col((self.object.table, "id")),
            direction(descending != backward),
            None,
        ));
        keys
    }

    fn sort(&self, statement: &mut SelectStatement, backward: bool) {
        let mut keys = self.keys(backward).into_iter().peekable();
        while let Some((key, order, place)) = keys.next() {
            let next = keys.peek().and_then(|(_, _, next)| *next);
            match next.filter(|next| place.is_none() && self.is_indexed(*next)) {
                // One key, with the nulls where the key before would have put them: an index has no other.
                Some(_) => {
                    let nulls = if order == Order::Asc {
                        NullOrdering::Last
                    } else {
                        NullOrdering::First
                    };
                    if let Some((key, order, _)) = keys.next() {
                        statement.order_by_expr_with_nulls(key, order, nulls);
                    }
                }
                None => _ = statement.order_by_expr(key, order),
            }
        }
    }

    fn is_indexed(&self, place: usize) -> bool {
        let sort = self.order.get(place);
        let field = sort.and_then(|sort| self.object.fields.get(sort.field));
        field
            .and_then(|field| field.custom.as_ref())
            .is_some_and(|custom| custom.indexed)
    }

    /// Records that stand behind the cursor: equal in the first keys and greater in the next.
    fn behind(&self, cursor: &Cursor, backward: bool) -> Condition {
        let keys = self.keys(backward);
        let mut alternatives = Condition::any();
        let mut equal = Condition::all();
        let mut position = 0;
        for (index, (key, order, place)) in keys.iter().enumerate() {
            let last = index + 1 == keys.len();
            let value = match place {
                Some(place) => cursor.values.get(*place).map(bound),
                None if last => Some(cursor.id.0.into()),
                // Emptiness of the value that comes next.
                None => Some(cursor.values.get(position).is_some_and(Value::is_null).into()),
            };
            let is_null = place.is_some_and(|place| cursor.values.get(place).is_none_or(Value::is_null));
            position += usize::from(place.is_some());
            let Some(value) = value.filter(|_| !is_null) else {
                continue;
            };
            let beyond = match order {
                Order::Desc => key.clone().lt(value.clone()),
                _ => key.clone().gt(value.clone()),
            };
            alternatives = alternatives.add(equal.clone().add(beyond));
            equal = equal.add(key.clone().eq(value));
        }
        alternatives
    }
}

fn direction(descending: bool) -> Order {
    if descending { Order::Desc } else { Order::Asc }
}
