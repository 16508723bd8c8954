//! Random conditions on a contact or a deal, as text. Not all of them make sense: those that don't compile are not counted.

use std::sync::Arc;

use pointsman::crm::Record;
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

/// Texts that differ in case, blanks, composition, and in what SQL takes for wild cards.
pub const TEXTS: [&str; 22] = [
    "Ann", "ann", "ANN", " Ann ", "", "a", "b", "100%", "%", "_", "a_b", "\\", "\\%", "O'Brien", "Ä", "ä", "A\u{308}",
    "Zoë", "😀", "é", "n\0", "~",
];

const NUMBERS: [&str; 22] = [
    "0",
    "1",
    "-1",
    "75",
    "100",
    "50",
    "1000000",
    "-1000000",
    "1000001",
    "9223372036854775807",
    "-9223372036854775808",
    "75u",
    "18446744073709551615u",
    "75.0",
    "75.5",
    "-0.0",
    "1e300",
    "9007199254740993.0",
    "decimal('75')",
    "decimal('75.00')",
    "decimal('74.999999')",
    "double('NaN')",
];

const TIMES: [&str; 13] = [
    "now",
    "now - duration('P1D')",
    "now + duration('P7D')",
    "date('2026-01-05')",
    "date('2026-01-04')",
    "date('1970-01-01')",
    "timestamp('2026-01-05T12:00:00Z')",
    "timestamp('2026-01-05T00:00:00.000001Z')",
    "timestamp('2026-01-05T00:00:00.000000001Z')",
    "timestamp('0001-01-01T00:00:00Z')",
    "timestamp('9999-12-31T23:59:59.999999999Z')",
    "timestamp('1969-12-31T23:59:59.9Z')",
    "date(now)",
];

const ORDERS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

/// Fields by what they are compared with.
struct Fields {
    texts: &'static [&'static str],
    numbers: &'static [&'static str],
    times: &'static [&'static str],
    flags: &'static [&'static str],
    options: &'static [(&'static str, &'static [&'static str])],
    lists: &'static [(&'static str, &'static [&'static str])],
    references: &'static [&'static str],
}

const CONTACT: Fields = Fields {
    texts: &[
        "name",
        "firstName",
        "lastName",
        "email",
        "city",
        "country",
        "description",
        "source",
        "nickname",
    ],
    numbers: &["score", "seats", "fee"],
    times: &["createdAt", "updatedAt", "renewal", "seenAt"],
    flags: &["emailOptOut", "smsOptOut", "vip"],
    options: &[
        ("status", &["LEAD", "ACTIVE", "CUSTOMER", "CHURNED"]),
        ("plan", &["BASIC", "FULL", "A_B"]),
    ],
    lists: &[("modules", &["BASIC", "FULL", "A_B"])],
    references: &["owner", "company", "partner", "id"],
};

const DEAL: Fields = Fields {
    texts: &["name", "source", "description", "lostReason"],
    numbers: &["probability", "amount"],
    times: &["closeDate", "createdAt", "closedAt"],
    flags: &[],
    options: &[("status", &["OPEN", "WON", "LOST"])],
    lists: &[],
    references: &["stage", "pipeline", "company", "stage.id", "id"],
};

/// A source of conditions.
pub struct Conditions {
    fields: &'static Fields,
    ids: Vec<String>,
    random: StdRng,
}

impl Conditions {
    pub fn new(object: &str, records: &[Arc<Record>], random: StdRng) -> Self {
        let mut ids: Vec<_> = records.iter().take(3).map(|record| record.global_id()).collect();
        let stage = records
            .first()
            .and_then(|record| record.to_json().get("stage")?.as_str().map(str::to_owned));
        ids.extend(stage);
        ids.extend(["user_01h455vb4pex5vsknk084sn02q".to_owned(), "nobody".to_owned()]);
        ids.extend(ids.first().map(|id| id.to_uppercase()));
        Self {
            fields: if object == "contact" { &CONTACT } else { &DEAL },
            ids,
            random,
        }
    }

    pub fn next(&mut self) -> String {
        self.condition(3)
    }

    fn condition(&mut self, depth: u32) -> String {
        match if depth == 0 { 9 } else { self.random.random_range(0..10) } {
            0 => format!("!({})", self.condition(depth - 1)),
            1 | 2 => format!("({} && {})", self.condition(depth - 1), self.condition(depth - 1)),
            3 | 4 => format!("({} || {})", self.condition(depth - 1), self.condition(depth - 1)),
            _ => self.test(),
        }
    }

    fn one(&mut self, of: &[&'static str]) -> &'static str {
        of.choose(&mut self.random).copied().unwrap_or("missing")
    }

    fn test(&mut self) -> String {
        match self.random.random_range(0..9) {
            0 | 1 => self.of_text(),
            2 | 3 => self.of_number(),
            4 => self.of_time(),
            5 => self.of_flag(),
            6 => self.of_option(),
            7 => self.of_reference(),
            _ => self.of_nothing(),
        }
    }

    fn text(&mut self) -> String {
        let text = self.one(&TEXTS);
        let escaped = text.replace('\\', "\\\\").replace('\'', "\\'").replace('\0', "\\u0000");
        format!("'{escaped}'")
    }

    fn of_text(&mut self) -> String {
        let (field, text) = (self.one(self.fields.texts), self.text());
        match self.random.random_range(0..8) {
            0 => format!("record.{field}.contains({text})"),
            1 => format!("record.{field}.startsWith({text})"),
            2 => format!("record.{field}.endsWith({text})"),
            3 => format!("record.{field} in [{text}, {}, null]", self.text()),
            4 => format!("record.{field} in [{text}]"),
            5 => format!("size(record.{field}) > 2"),
            _ => format!("record.{field} {} {text}", self.one(&ORDERS)),
        }
    }

    fn of_number(&mut self) -> String {
        let (field, number) = (self.one(self.fields.numbers), self.one(&NUMBERS));
        match self.random.random_range(0..8) {
            0 => format!("record.{field} in [{number}, {}]", self.one(&NUMBERS)),
            1 => format!("record.{field} + 1 > {number}"),
            2 => format!("{number} {} record.{field}", self.one(&ORDERS)),
            _ => format!("record.{field} {} {number}", self.one(&ORDERS)),
        }
    }

    fn of_time(&mut self) -> String {
        let (field, time) = (self.one(self.fields.times), self.one(&TIMES));
        match self.random.random_range(0..5) {
            0 => format!("record.{field} in [{time}, {}]", self.one(&TIMES)),
            1 => format!("{time} {} record.{field}", self.one(&ORDERS)),
            _ => format!("record.{field} {} {time}", self.one(&ORDERS)),
        }
    }

    fn of_flag(&mut self) -> String {
        let field = self.one(self.fields.flags);
        match self.random.random_range(0..4) {
            0 => format!("record.{field}"),
            1 => format!("!record.{field}"),
            2 => format!("record.{field} == {}", self.one(&["true", "false", "null"])),
            _ => format!("record.{field} != {}", self.one(&["true", "false"])),
        }
    }

    fn of_option(&mut self) -> String {
        let choices = [self.fields.options, self.fields.lists].concat();
        let Some((field, options)) = choices.choose(&mut self.random).copied() else {
            return "false".into();
        };
        let option = self.one(options);
        if self.fields.lists.iter().any(|(list, _)| *list == field) {
            return format!("'{option}' in record.{field}");
        }
        match self.random.random_range(0..4) {
            0 => format!("record.{field} in ['{option}', '{}']", self.one(options)),
            1 => format!("record.{field}.startsWith('{}')", option.get(..1).unwrap_or_default()),
            _ => format!("record.{field} {} '{option}'", self.one(&ORDERS)),
        }
    }

    fn of_reference(&mut self) -> String {
        let field = self.one(self.fields.references);
        let id = self.ids.choose(&mut self.random).cloned().unwrap_or_default();
        match self.random.random_range(0..4) {
            0 => format!("record.{field} == null"),
            1 => format!("record.{field} in ['{id}', null]"),
            2 => format!("record.{field} != '{id}'"),
            _ => format!("record.{field} == '{id}'"),
        }
    }

    /// What is about emptiness, or about no field at all.
    fn of_nothing(&mut self) -> String {
        let fields = [
            self.fields.texts,
            self.fields.numbers,
            self.fields.times,
            self.fields.flags,
        ]
        .concat();
        let field = self.one(&fields);
        match self.random.random_range(0..5) {
            0 => format!("has(record.{field})"),
            1 => format!("record.{field} != null"),
            2 => format!("record.{field} == null"),
            3 => format!("now > {}", self.one(&TIMES)),
            _ => format!("record.{field} < null"),
        }
    }
}
