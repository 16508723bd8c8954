//! `addNote`: writes something down about a record.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Resolve};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site},
    expression::Expression,
    key::Port,
    plan::Operation,
    resolve::{Moment, Order, Resolution, Unresolved},
    template::{Escape, Template},
    value::{ObjectType, Type, Value},
};

/// The object that notes are records of.
const NOTE: &str = "note";

/// Adds a note; its output is the note.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AddNote {
    /// A template.
    pub title: Option<String>,
    /// A template.
    pub body: Option<String>,
    /// An expression: the record it is about; absent: the run's own.
    pub about: Option<String>,
}

impl AddNote {
    /// The record that the note is about. Notes refer to some objects only.
    fn about(&self, site: &mut Site<'_>) -> Option<(Arc<str>, Expression)> {
        let about = self.about.as_deref().filter(|about| !about.trim().is_empty());
        let (object, expression) = site.record("about", about.or(Some("record")), None)?;
        let refers = |note: Arc<ObjectType>| {
            let field = note.fields.get(&object).map(|field| field.ty.without_null());
            field == Some(&Type::Reference(Arc::clone(&object)))
        };
        if !object.is_empty() && site.known_object(NOTE).is_some_and(|note| !refers(note)) {
            let message = format!("a note can't be about a {object}");
            site.report(Problem::error(Code::WrongType, message).field("about"));
        }
        Some((object, expression))
    }
}

impl Kind for AddNote {
    const DESCRIPTION: Description = Description {
        kind: "addNote",
        label: "Add note",
        family: Family::Action,
        doc: "Writes something down about a record.",
        version: 1,
        ports: &[Port::DONE, Port::ERROR],
        fields: &[
            Field::optional("title", Input::Template, "what it is about, in a few words"),
            Field::required("body", Input::Template, "what is to be known"),
            Field::optional(
                "about",
                Input::Expression,
                "the record it is about, such as `record.company`; by default the run's own",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let title = site.template("title", self.title.as_deref(), Escape::None);
        let body = site.template("body", self.body.as_deref(), Escape::None);
        let about = self.about(site);
        let output = site.known_object(NOTE).map_or(Type::Dyn, Type::Record);
        let note = body
            .zip(about)
            .and_then(|(body, about)| site.unless_wrong(Note { title, body, about }));
        Compiled::of(output, note).writing(&NOTE.into(), Operation::Created, Vec::new())
    }
}

#[derive(Debug)]
struct Note {
    title: Option<Template>,
    body: Template,
    about: (Arc<str>, Expression),
}

impl Resolve for Note {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let (object, expression) = &self.about;
        let about = moment.record("about", expression, object)?;
        let title = moment.text_if("title", self.title.as_ref())?;
        let body = moment.text("body", &self.body)?;
        let title = title.map(|title| ("title".into(), Value::text(title)));
        let values = [
            ("body".into(), Value::text(body)),
            (Arc::clone(&about.object), Value::Reference(about)),
        ];
        Ok(Resolution::Order(Order::CreateRecord {
            object: NOTE.into(),
            values: title.into_iter().chain(values).collect(),
        }))
    }
}
