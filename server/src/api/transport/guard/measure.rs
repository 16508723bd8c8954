//! Counts what a document amounts to once its fragments are expanded, without ever expanding them.
//! A fragment is measured once, so the work is the document's length whatever the counts come to.

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError};

use super::super::failure::Code;
use super::exceeded;

/// The deepest field: graphql-js' introspection query needs exactly this.
const DEEPEST: usize = 15;
/// The most selection sets in one another, those of fragments included.
const MOST_SETS: usize = 32;
const MOST_ALIASES: usize = 50;
const MOST_ROOT_FIELDS: usize = 50;
const MOST_FIELDS: usize = 1_000;
const MOST_DIRECTIVES: usize = 50;

/// What a part of a document amounts to. Sums saturate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Measure {
    /// Fields at the part's own level.
    pub(super) root_fields: usize,
    fields: usize,
    aliases: usize,
    directives: usize,
    depth: usize,
    sets: usize,
}

/// Measures the fragments of one document as they are met.
pub(super) struct Meter<'d> {
    fragments: &'d HashMap<Name, Positioned<FragmentDefinition>>,
    /// `None` while a fragment is being measured: to meet it again then is a cycle.
    known: HashMap<&'d Name, Option<Measure>>,
    /// Selections looked at, which is the work done.
    looked_at: usize,
}

impl<'d> Meter<'d> {
    /// Measures `selected`, and judges the whole document: what does not run is validated all the same.
    pub(super) fn document(
        document: &'d ExecutableDocument,
        selected: &OperationDefinition,
    ) -> Result<Measure, ServerError> {
        let mut meter = Self::over(document);
        for name in document.fragments.keys() {
            meter.fragment(name, 0)?.judge()?;
        }
        let (mut whole, mut own) = (Measure::default(), Measure::default());
        for (_, operation) in document.operations.iter() {
            let measure = meter.operation(&operation.node)?;
            whole = whole.beside(measure);
            if std::ptr::eq(&raw const operation.node, selected) {
                own = measure;
            }
        }
        whole.judge().map(|()| own)
    }

    fn over(document: &'d ExecutableDocument) -> Self {
        Self {
            fragments: &document.fragments,
            known: HashMap::new(),
            looked_at: 0,
        }
    }

    fn operation(&mut self, operation: &'d OperationDefinition) -> Result<Measure, ServerError> {
        let variables = operation
            .variable_definitions
            .iter()
            .map(|variable| variable.node.directives.len())
            .sum();
        let inner = self.set(&operation.selection_set.node, 1)?;
        Ok(inner.directed(operation.directives.len()).directed(variables))
    }

    /// The level is the true one of the path taken, so that recursion ends at the limit and not at the stack's end.
    fn set(&mut self, set: &'d SelectionSet, level: usize) -> Result<Measure, ServerError> {
        if level > MOST_SETS {
            return Err(exceeded("selection sets in one another", MOST_SETS));
        }
        set.items.iter().try_fold(Measure::default(), |sum, item| {
            self.looked_at += 1;
            Ok(sum.beside(self.selection(&item.node, level)?))
        })
    }

    fn selection(&mut self, selection: &'d Selection, level: usize) -> Result<Measure, ServerError> {
        let inner = match selection {
            Selection::Field(field) => self.set(&field.node.selection_set.node, level + 1)?.under(&field.node),
            Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node, level + 1)?.nested(),
            Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, level)?.nested(),
        };
        Ok(inner.directed(selection.directives().len()))
    }

    /// A fragment that is not there counts nothing: the schema's validation reports it.
    fn fragment(&mut self, name: &Name, level: usize) -> Result<Measure, ServerError> {
        let Some((name, fragment)) = self.fragments.get_key_value(name) else {
            return Ok(Measure::default());
        };
        match self.known.get(name) {
            Some(Some(measure)) => Ok(*measure),
            Some(None) => Err(Code::BadUserInput.error(format!("The fragment \"{name}\" spreads itself."))),
            None => {
                self.known.insert(name, None);
                let measure = self.set(&fragment.node.selection_set.node, level + 1)?;
                let measure = measure.directed(fragment.node.directives.len());
                self.known.insert(name, Some(measure));
                Ok(measure)
            }
        }
    }
}

impl Measure {
    fn judge(&self) -> Result<(), ServerError> {
        let limits = [
            (self.depth, DEEPEST, "fields in one another"),
            (self.sets, MOST_SETS, "selection sets in one another"),
            (self.aliases, MOST_ALIASES, "aliases"),
            (self.root_fields, MOST_ROOT_FIELDS, "root fields"),
            (self.fields, MOST_FIELDS, "fields, each spread counted"),
            (self.directives, MOST_DIRECTIVES, "directives"),
        ];
        match limits.into_iter().find(|(found, most, _)| found > most) {
            Some((_, most, what)) => Err(exceeded(what, most)),
            None => Ok(()),
        }
    }

    fn beside(self, other: Self) -> Self {
        Self {
            root_fields: self.root_fields.saturating_add(other.root_fields),
            fields: self.fields.saturating_add(other.fields),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            depth: self.depth.max(other.depth),
            sets: self.sets.max(other.sets),
        }
    }

    fn under(self, field: &Field) -> Self {
        Self {
            root_fields: 1,
            fields: self.fields.saturating_add(1),
            aliases: self.aliases.saturating_add(usize::from(field.alias.is_some())),
            depth: self.depth + 1,
            ..self.nested()
        }
    }

    fn nested(self) -> Self {
        Self {
            sets: self.sets + 1,
            ..self
        }
    }

    fn directed(self, directives: usize) -> Self {
        Self {
            directives: self.directives.saturating_add(directives),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::super::selected;
    use super::*;

    /// `F0` spreads `F1` twice, that one `F2` twice, and so on.
    fn doubling(fragments: usize) -> String {
        let body = (0..fragments).map(|n| format!("fragment F{n} on Q {{ ...F{m} ...F{m} }} ", m = n + 1));
        format!(
            "{{ ...F0 }} {} fragment F{fragments} on Q {{ a }}",
            body.collect::<String>()
        )
    }

    fn measured(query: &str) -> Result<Measure, ServerError> {
        let document = parse_query(query).unwrap();
        Meter::document(&document, selected(&document, None).unwrap())
    }

    #[test]
    fn a_fragment_counts_each_time_it_is_spread() {
        let query = "{ a { ...F ...F } } fragment F on Q { x: b @skip(if: false) c { d } }";

        let measure = measured(query).unwrap();

        let expected = Measure {
            root_fields: 1,
            fields: 7,
            aliases: 2,
            directives: 2,
            depth: 3,
            sets: 4,
        };
        assert_eq!(measure, expected);
    }

    #[test]
    fn the_work_is_the_documents_length_and_not_its_expansion() {
        let query = doubling(20);
        let document = parse_query(&query).unwrap();
        let mut meter = Meter::over(&document);

        let measure = meter.operation(selected(&document, None).unwrap()).unwrap();

        assert_eq!(measure.fields, 1 << 20);
        assert_eq!(meter.looked_at, 1 + 2 * 20 + 1);
    }
}
