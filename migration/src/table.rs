//! Describes a table once for both databases. Only what the migrations of this schema need: six types, keys, indexes.
//!
//! SQLite tables are STRICT, so that a value of the wrong type is refused as PostgreSQL refuses it. Text on PostgreSQL
//! has the collation "C", so that both databases compare and order the same bytes.

use std::fmt::Write;

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(Clone, Copy)]
enum Kind {
    Uuid,
    Text,
    Integer,
    Boolean,
    Bytes,
    /// Numbered by the database, ascending.
    Sequence,
    /// The id of the transaction that inserts the row on PostgreSQL; 0 on SQLite, whose one writer needs none.
    Transaction,
}

struct Column {
    name: &'static str,
    kind: Kind,
    null: bool,
    key: bool,
    /// What rows have that are there already.
    default: Option<&'static str>,
}

struct Index {
    name: &'static str,
    columns: &'static str,
    unique: bool,
    condition: Option<&'static str>,
    postgres_only: bool,
}

/// A table, its columns and its indexes.
pub struct Table {
    name: &'static str,
    columns: Vec<Column>,
    indexes: Vec<Index>,
    clustered: bool,
}

impl Table {
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            columns: Vec::new(),
            indexes: Vec::new(),
            clustered: false,
        }
    }

    /// The columns that every record has.
    pub fn record(self) -> Self {
        self.key_uuid("id")
            .uuid("owner_id")
            .null()
            .uuid("team_id")
            .null()
            .integer("version")
            .integer("created_at")
            .uuid("created_by")
            .null()
            .integer("updated_at")
            .uuid("updated_by")
            .null()
            .integer("deleted_at")
            .null()
            .text("custom")
            .text("cause")
            .integer("depth")
            .index("owner", "owner_id")
    }

    pub fn key_uuid(self, name: &'static str) -> Self {
        self.column(name, Kind::Uuid, true)
    }

    pub fn key_text(self, name: &'static str) -> Self {
        self.column(name, Kind::Text, true)
    }

    pub fn key_integer(self, name: &'static str) -> Self {
        self.column(name, Kind::Integer, true)
    }

    pub fn key_bytes(self, name: &'static str) -> Self {
        self.column(name, Kind::Bytes, true)
    }

    pub fn sequence(self, name: &'static str) -> Self {
        self.column(name, Kind::Sequence, false)
    }

    pub fn transaction(self, name: &'static str) -> Self {
        self.column(name, Kind::Transaction, false)
    }

    pub fn uuid(self, name: &'static str) -> Self {
        self.column(name, Kind::Uuid, false)
    }

    pub fn text(self, name: &'static str) -> Self {
        self.column(name, Kind::Text, false)
    }

    pub fn integer(self, name: &'static str) -> Self {
        self.column(name, Kind::Integer, false)
    }

    pub fn boolean(self, name: &'static str) -> Self {
        self.column(name, Kind::Boolean, false)
    }

    pub fn bytes(self, name: &'static str) -> Self {
        self.column(name, Kind::Bytes, false)
    }

    /// The last column may be null.
    pub fn null(mut self) -> Self {
        if let Some(column) = self.columns.last_mut() {
            column.null = true;
        }
        self
    }

    /// Where the last column is new, what rows have that are there already.
    pub fn or(mut self, default: &'static str) -> Self {
        if let Some(column) = self.columns.last_mut() {
            column.default = Some(default);
        }
        self
    }

    /// Rows are kept in the key's order (SQLite's WITHOUT ROWID): for rows that are read by their key alone.
    pub fn clustered(mut self) -> Self {
        self.clustered = true;
        self
    }

    pub fn index(self, name: &'static str, columns: &'static str) -> Self {
        self.indexed(Index {
            name,
            columns,
            unique: false,
            condition: None,
            postgres_only: false,
        })
    }

    pub fn index_where(self, name: &'static str, columns: &'static str, condition: &'static str) -> Self {
        self.indexed(Index {
            name,
            columns,
            unique: false,
            condition: Some(condition),
            postgres_only: false,
        })
    }

    pub fn unique(self, name: &'static str, columns: &'static str) -> Self {
        self.indexed(Index {
            name,
            columns,
            unique: true,
            condition: None,
            postgres_only: false,
        })
    }

    pub fn unique_where(self, name: &'static str, columns: &'static str, condition: &'static str) -> Self {
        self.indexed(Index {
            name,
            columns,
            unique: true,
            condition: Some(condition),
            postgres_only: false,
        })
    }

    /// The order in which a global feed reads a log where commits can become visible out of order.
    pub fn feed(self, columns: &'static str) -> Self {
        self.indexed(Index {
            name: "feed",
            columns,
            unique: false,
            condition: None,
            postgres_only: true,
        })
    }

    fn column(mut self, name: &'static str, kind: Kind, key: bool) -> Self {
        self.columns.push(Column {
            name,
            kind,
            null: false,
            key,
            default: None,
        });
        self
    }

    fn indexed(mut self, index: Index) -> Self {
        self.indexes.push(index);
        self
    }

    fn statements(&self, backend: DbBackend) -> Vec<String> {
        let mut statements = vec![self.create_table(backend)];
        let wanted = |index: &&Index| backend == DbBackend::Postgres || !index.postgres_only;
        statements.extend(self.indexes.iter().filter(wanted).map(|index| index.create(self.name)));
        statements
    }

    fn create_table(&self, backend: DbBackend) -> String {
        let mut columns: Vec<String> = self.columns.iter().map(|column| column.sql(backend)).collect();
        let keys: Vec<String> = self.columns.iter().filter(|c| c.key).map(|c| quoted(c.name)).collect();
        if !keys.is_empty() {
            columns.push(format!("PRIMARY KEY ({})", keys.join(", ")));
        }
        let options = match (backend, self.clustered) {
            (DbBackend::Sqlite, true) => " STRICT, WITHOUT ROWID",
            (DbBackend::Sqlite, false) => " STRICT",
            _ => "",
        };
        format!("CREATE TABLE {} ({}){options}", quoted(self.name), columns.join(", "))
    }
}

impl Column {
    fn sql(&self, backend: DbBackend) -> String {
        let postgres = backend == DbBackend::Postgres;
        let kind = match self.kind {
            Kind::Uuid if postgres => "uuid",
            Kind::Bytes if postgres => "bytea",
            Kind::Uuid | Kind::Bytes => "BLOB",
            Kind::Text if postgres => "text COLLATE \"C\"",
            Kind::Text => "TEXT",
            Kind::Integer if postgres => "bigint",
            Kind::Boolean if postgres => "boolean",
            Kind::Integer | Kind::Boolean => "INTEGER",
            Kind::Sequence if postgres => "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
            Kind::Sequence => "INTEGER PRIMARY KEY AUTOINCREMENT",
            Kind::Transaction if postgres => "bigint DEFAULT (pg_current_xact_id()::text::bigint)",
            Kind::Transaction => "INTEGER DEFAULT 0",
        };
        let null = if self.null { "" } else { " NOT NULL" };
        let default = self.default.map(|value| format!(" DEFAULT {value}"));
        format!("{} {kind}{null}{}", quoted(self.name), default.unwrap_or_default())
    }

    /// The default of a column that is added to rows that exist.
    fn nothing(&self, backend: DbBackend) -> &'static str {
        match self.kind {
            _ if self.null => "",
            Kind::Boolean if backend == DbBackend::Postgres => " DEFAULT false",
            Kind::Integer | Kind::Boolean => " DEFAULT 0",
            Kind::Text => " DEFAULT ''",
            Kind::Uuid | Kind::Bytes | Kind::Sequence | Kind::Transaction => "",
        }
    }
}

impl Index {
    fn create(&self, table: &str) -> String {
        let unique = if self.unique { "UNIQUE " } else { "" };
        let mut sql = format!(
            "CREATE {unique}INDEX \"{table}_{}\" ON {} ({})",
            self.name,
            quoted(table),
            self.columns
        );
        if let Some(condition) = self.condition {
            let _infallible = write!(sql, " WHERE {condition}");
        }
        sql
    }
}

/// Creates the tables and their indexes.
pub async fn create(manager: &SchemaManager<'_>, tables: &[Table]) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    for statement in tables
        .iter()
        .flat_map(|table| table.statements(connection.get_database_backend()))
    {
        connection.execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Drops the tables, last made first.
pub async fn drop(manager: &SchemaManager<'_>, tables: &[Table]) -> Result<(), DbErr> {
    for table in tables.iter().rev() {
        manager
            .get_connection()
            .execute_unprepared(&format!("DROP TABLE {}", quoted(table.name)))
            .await?;
    }
    Ok(())
}

/// Adds the columns and the indexes to tables that exist. A column that holds no null gets the value of nothing: 0, false
/// or an empty text.
pub async fn extend(manager: &SchemaManager<'_>, tables: &[Table]) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let backend = connection.get_database_backend();
    for table in tables {
        let (name, wanted) = (quoted(table.name), |index: &&Index| {
            backend == DbBackend::Postgres || !index.postgres_only
        });
        let columns = table.columns.iter().map(|column| {
            let default = column.nothing(backend);
            format!("ALTER TABLE {name} ADD COLUMN {}{default}", column.sql(backend))
        });
        let indexes = table
            .indexes
            .iter()
            .filter(wanted)
            .map(|index| index.create(table.name));
        for statement in columns.chain(indexes) {
            connection.execute_unprepared(&statement).await?;
        }
    }
    Ok(())
}

/// Takes away what [`extend`] has added.
pub async fn shrink(manager: &SchemaManager<'_>, tables: &[Table]) -> Result<(), DbErr> {
    for table in tables {
        let indexes = table
            .indexes
            .iter()
            .map(|index| format!("DROP INDEX IF EXISTS \"{}_{}\"", table.name, index.name));
        let columns = table
            .columns
            .iter()
            .map(|column| format!("ALTER TABLE {} DROP COLUMN {}", quoted(table.name), quoted(column.name)));
        for statement in indexes.chain(columns) {
            manager.get_connection().execute_unprepared(&statement).await?;
        }
    }
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}
