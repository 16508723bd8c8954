//! A second, naive opinion of who may see and change what. Shares no code with the server: it walks up the tree of teams
//! where the server looks down it, and asks single records where the server asks the database.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

/// The objects that are tried out: the name, the plural, a field to change, and one that roles restrict.
pub const OBJECTS: [(&str, &str, &str, &str); 4] = [
    ("contact", "contacts", "jobTitle", "city"),
    ("company", "companies", "industry", "city"),
    ("task", "tasks", "title", "body"),
    ("note", "notes", "body", "title"),
];

/// Weakest first.
pub const SCOPES: [&str; 4] = ["NONE", "OWN", "TEAM", "ALL"];

/// The same numbers each time.
pub struct Dice(pub u64);

impl Dice {
    /// One of so many.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % bound
    }

    /// Nothing in one case of so many.
    pub fn maybe(&mut self, bound: usize, one_in: usize) -> Option<usize> {
        let chosen = self.below(bound);
        (self.below(one_in) > 0).then_some(chosen)
    }
}

/// What a role says of one object: the places of its scopes, and whether the field is restricted.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub read: usize,
    pub update: usize,
    /// 0: free, 1: read-only, 2: hidden.
    pub field: usize,
}

/// A role, by object.
#[derive(Clone, Debug)]
pub struct Role {
    pub id: String,
    pub rules: BTreeMap<&'static str, Rule>,
}

impl Role {
    pub fn random(dice: &mut Dice) -> Self {
        let mut rule = || Rule {
            read: dice.below(4),
            update: dice.below(4),
            field: dice.below(3),
        };
        Self {
            id: String::new(),
            rules: OBJECTS.map(|(object, ..)| (object, rule())).into(),
        }
    }

    /// The role as the API takes it.
    pub fn input(&self, name: &str) -> Json {
        let rule = |(object, rule): (&&str, &Rule)| json!({ "object": object, "scopes": { "read": SCOPES[rule.read], "update": SCOPES[rule.update] } });
        let field = |(object, _, _, field): &(&str, &str, &str, &str)| match self.rules[*object].field {
            0 => None,
            1 => Some(json!({ "object": object, "field": field, "rule": "READ_ONLY" })),
            _ => Some(json!({ "object": object, "field": field, "rule": "HIDDEN" })),
        };
        json!({
            "name": name,
            "rules": self.rules.iter().map(rule).collect::<Vec<_>>(),
            "others": { "read": "ALL" },
            "fieldRules": OBJECTS.iter().filter_map(field).collect::<Vec<_>>(),
        })
    }
}

/// A user, and the key that acts for them.
#[derive(Clone, Debug)]
pub struct Principal {
    pub user: usize,
    pub team: Option<usize>,
    /// The roles of the user and of the key: both must allow.
    pub roles: Vec<usize>,
    pub key: String,
}

#[derive(Clone, Debug)]
pub struct Record {
    pub object: &'static str,
    pub id: String,
    pub owner: Option<usize>,
    pub team: Option<usize>,
    /// A contact's company, by its place.
    pub company: Option<usize>,
}

/// All of them.
pub struct Model {
    /// The team above each.
    pub teams: Vec<Option<usize>>,
    pub roles: Vec<Role>,
    pub principals: Vec<Principal>,
    pub records: Vec<Record>,
}

impl Model {
    pub fn reads(&self, who: &Principal, record: &Record) -> bool {
        self.every(who, record.object, |rule| self.within(who, record, rule.read))
    }

    pub fn updates(&self, who: &Principal, record: &Record) -> bool {
        self.reads(who, record) && self.every(who, record.object, |rule| self.within(who, record, rule.update))
    }

    /// 0: free, 1: read-only, 2: hidden.
    pub fn field(&self, who: &Principal, object: &str) -> usize {
        who.roles
            .iter()
            .map(|role| self.roles[*role].rules[object].field)
            .max()
            .unwrap_or_default()
    }

    fn every(&self, who: &Principal, object: &str, holds: impl Fn(Rule) -> bool) -> bool {
        who.roles.iter().all(|role| holds(self.roles[*role].rules[object]))
    }

    fn within(&self, who: &Principal, record: &Record, scope: usize) -> bool {
        let own = record.owner == Some(who.user);
        match SCOPES[scope] {
            "NONE" => false,
            "OWN" => own,
            "TEAM" => own || self.is_below(record.team, who.team),
            _ => true,
        }
    }

    fn is_below(&self, team: Option<usize>, top: Option<usize>) -> bool {
        let mut at = team;
        while let Some(team) = at {
            if Some(team) == top {
                return true;
            }
            at = self.teams[team];
        }
        false
    }
}
