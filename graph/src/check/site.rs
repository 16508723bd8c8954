//! The place where a node's config is checked: compiles its texts against what the node can see, and takes down what
//! is wrong. Every problem gets the node and the field it is about.

use std::{fmt, str::FromStr, sync::Arc};

use chrono_tz::Tz;

use super::{Code, Problem, scope::Scope, values::unknown_record_field};
use crate::{
    call::Callee,
    definition::Node,
    expression::{self, Diagnostic, Expression, Path, TypeScope},
    key::NodeKey,
    span::Span,
    template::{Escape, Template},
    value::{Fields, ObjectType, Schema, Type},
};

/// One node's config under check.
pub(crate) struct Site<'c> {
    node: &'c NodeKey,
    scope: Scope,
    schema: &'c Arc<dyn Schema>,
    problems: &'c mut Vec<Problem>,
    errors: usize,
    /// What its texts read.
    reads: Vec<Path>,
}

impl<'c> Site<'c> {
    pub fn new(node: &'c Node, scope: Scope, schema: &'c Arc<dyn Schema>, problems: &'c mut Vec<Problem>) -> Self {
        Site {
            node: &node.key,
            scope,
            schema,
            problems,
            errors: 0,
            reads: Vec::new(),
        }
    }

    /// What the node's texts read, each path at its longest.
    pub fn into_reads(self) -> Vec<Path> {
        self.reads
    }

    pub fn report(&mut self, problem: Problem) {
        self.errors += usize::from(problem.is_error());
        self.problems.push(problem.at(self.node));
    }

    /// The compiled node, unless something is wrong with it.
    pub fn unless_wrong<T>(&self, compiled: T) -> Option<T> {
        (self.errors == 0).then_some(compiled)
    }

    /// An object by its name; none where the name is missing or unknown.
    pub fn object(&mut self, field: &str, name: Option<&str>) -> Option<Arc<ObjectType>> {
        let name = name.filter(|name| !name.is_empty())?;
        let found = self.schema.object(name);
        if found.is_none() {
            let names = self.schema.object_names();
            let problem = Problem::error(Code::UnknownObject, format!("there is no object `{name}`"));
            self.report(problem.field(field).meant(name, names.iter().map(|name| &**name)));
        }
        found
    }

    /// The record that a node is about, and its object. By default the run's own; none where that is of another object
    /// than the one named, which then says all there is to say.
    pub fn target(
        &mut self,
        record: Option<&str>,
        named: Option<Arc<ObjectType>>,
    ) -> Option<(Arc<ObjectType>, Option<Expression>)> {
        let written = record.is_some_and(|record| !record.trim().is_empty());
        let expression = self.expression("record", if written { record } else { Some("record") })?;
        let own = self.object_of(expression.ty());
        match (named, own) {
            (Some(named), Some(own)) if named.name != own.name && written => {
                let message = format!("`record` is a {}, but `object` says {}", own.name, named.name);
                self.report(Problem::error(Code::WrongType, message).field("record"));
                None
            }
            (Some(named), Some(own)) => {
                let same = named.name == own.name;
                Some((named, same.then_some(expression)))
            }
            (Some(named), None) => {
                let known = written || *expression.ty().without_null() == Type::Dyn;
                Some((named, known.then_some(expression)))
            }
            (None, Some(own)) => Some((own, Some(expression))),
            // A trigger without an object has been reported already.
            (None, None) if !written && *expression.ty() == Type::Dyn => None,
            (None, None) => {
                let message = "it needs `object`, for nothing else says whose record it is";
                self.report(Problem::error(Code::Required, message).field("object"));
                None
            }
        }
    }

    /// A record named by an expression, with its object; `usual` where a bare id does not show it.
    pub fn record(&mut self, field: &str, source: Option<&str>, usual: Option<&str>) -> Option<(Arc<str>, Expression)> {
        let expression = self.expression(field, source)?;
        let found = self.object_of(expression.ty());
        let wanted = |object: &Arc<ObjectType>| usual.is_none_or(|usual| *object.name == *usual);
        match (found, expression.ty().without_null()) {
            (Some(object), _) if wanted(&object) => Some((Arc::clone(&object.name), expression)),
            (None, Type::Dyn | Type::String) if usual.is_some() => Some((usual?.into(), expression)),
            (None, Type::Dyn) => Some((Arc::from(""), expression)),
            (Some(_) | None, found) => {
                let message = format!("`{field}` must be a {}, but is {found}", usual.unwrap_or("record"));
                self.report(Problem::error(Code::WrongType, message).field(field));
                None
            }
        }
    }

    /// What a workflow that is to be called takes and gives.
    pub fn callee(&self, workflow: &str) -> Callee {
        self.schema.callee(workflow)
    }

    /// What this workflow gives to whoever calls it.
    pub fn results(&self) -> Arc<Fields> {
        Arc::clone(&self.scope.results)
    }

    /// An object that a kind is about; none where the CRM does not have it.
    pub fn known_object(&self, name: &str) -> Option<Arc<ObjectType>> {
        self.schema.object(name)
    }

    /// The object of a record or of a reference to one.
    fn object_of(&self, ty: &Type) -> Option<Arc<ObjectType>> {
        match ty.without_null() {
            Type::Record(object) => Some(Arc::clone(object)),
            Type::Reference(name) => self.schema.object(name),
            _ => None,
        }
    }

    /// Names of an object's fields.
    pub fn field_names(&mut self, field: &str, object: &ObjectType, names: &[String]) -> Vec<Arc<str>> {
        let mut found = Vec::new();
        for (place, name) in names.iter().enumerate() {
            match object.fields.get_key_value(name.as_str()) {
                Some((known, _)) => found.push(known.clone()),
                None => self.report(unknown_record_field(object, name).field(format!("{field}[{place}]"))),
            }
        }
        found
    }

    /// The name of one of an object's fields.
    pub fn field_name(&mut self, field: &str, object: &ObjectType, name: &str) -> Option<Arc<str>> {
        let found = object.fields.get_key_value(name).map(|(known, _)| Arc::clone(known));
        if found.is_none() {
            self.report(unknown_record_field(object, name).field(field));
        }
        found
    }

    /// A condition on what the node sees.
    pub fn condition(&mut self, field: &str, source: Option<&str>) -> Option<Expression> {
        let condition = self.compile(field, source, None, Expression::compile_condition)?;
        self.warn_of_constant(field, &condition);
        Some(condition)
    }

    /// A condition on another record, which is `record` in it; the run's own is `trigger.record`.
    pub fn condition_on(&mut self, field: &str, source: Option<&str>, object: &Arc<ObjectType>) -> Option<Expression> {
        self.condition_about(field, source, "record", object)
    }

    /// A condition on another record by a name of its own; `record` stays the run's.
    pub fn condition_about(
        &mut self,
        field: &str,
        source: Option<&str>,
        name: &str,
        object: &Arc<ObjectType>,
    ) -> Option<Expression> {
        let candidate = Some((name, Type::Record(Arc::clone(object))));
        let condition = self.compile(field, source, candidate, Expression::compile_condition)?;
        self.warn_of_constant(field, &condition);
        Some(condition)
    }

    fn warn_of_constant(&mut self, field: &str, condition: &Expression) {
        let Some(holds) = condition.constant() else { return };
        let always = if holds { "always" } else { "never" };
        let message = format!("`{}` {always} holds, whatever it reads", condition.source());
        self.report(Problem::warning(Code::ConstantCondition, message).field(field));
    }

    pub fn expression(&mut self, field: &str, source: Option<&str>) -> Option<Expression> {
        self.compile(field, source, None, Expression::compile)
    }

    /// An expression whose value must be of this kind.
    pub fn expression_of(&mut self, field: &str, source: Option<&str>, fits: &[Type]) -> Option<Expression> {
        let expression = self.expression(field, source)?;
        let found = expression.ty().without_null();
        if *found != Type::Dyn && !fits.contains(found) {
            let wanted: Vec<_> = fits.iter().map(Type::to_string).collect();
            let message = format!("`{field}` must be a {}, but is {found}", wanted.join(" or "));
            self.report(Problem::error(Code::WrongType, message).field(field));
        }
        Some(expression)
    }

    pub fn template(&mut self, field: &str, source: Option<&str>, escape: Escape) -> Option<Template> {
        let source = source.filter(|source| !source.is_empty())?;
        match Template::compile(source, &self.scope.variables, escape) {
            Ok(template) => {
                self.reads.extend(template.paths());
                Some(template)
            }
            Err(diagnostics) => self.take_down(field, source, diagnostics),
        }
    }

    /// As `template`, where secrets can be put in too, each alone in its `{{ }}`: what one says is known to nobody here.
    pub fn template_with_secrets(&mut self, field: &str, source: Option<&str>, escape: Escape) -> Option<Template> {
        let secrets = ("secrets", Type::map_of(Type::String));
        let message = "a secret stands alone, as `{{ secrets.name }}`: nothing can be computed from it";
        self.template_inserting(field, source, escape, (secrets, message))
    }

    /// As `template`, where the link to unsubscribe can be put in too: it is known only once the receiver is.
    pub fn template_with_links(&mut self, field: &str, source: Option<&str>, escape: Escape) -> Option<Template> {
        let links = ("links", super::fields([("unsubscribe", Type::String)]));
        let message = "a link stands alone, as `{{ links.unsubscribe }}`: nothing can be computed from it";
        self.template_inserting(field, source, escape, (links, message))
    }

    fn template_inserting(
        &mut self,
        field: &str,
        source: Option<&str>,
        escape: Escape,
        ((variable, ty), message): ((&str, Type), &str),
    ) -> Option<Template> {
        let source = source.filter(|source| !source.is_empty())?;
        if !source.contains(variable) {
            return self.template(field, Some(source), escape);
        }
        let variables = self.scope.variables.clone();
        match Template::compile(source, &variables.with(variable, ty), escape) {
            Ok(template) if template.only_inserts(variable) => {
                let known = template.paths().into_iter();
                self.reads.extend(known);
                Some(template)
            }
            Ok(_) => {
                self.report(Problem::error(Code::InvalidValue, message).field(field));
                None
            }
            Err(diagnostics) => self.take_down(field, source, diagnostics),
        }
    }

    pub fn templates(&mut self, field: &str, sources: &[String], escape: Escape) -> Vec<Template> {
        let compile =
            |(place, source): (usize, &String)| self.template(&format!("{field}[{place}]"), Some(source), escape);
        sources.iter().enumerate().filter_map(compile).collect()
    }

    pub fn span(&mut self, field: &str, text: Option<&str>) -> Option<Span> {
        self.parsed(field, text)
    }

    /// A literal of a notation of its own, such as a duration.
    pub fn parsed<T: FromStr<Err: fmt::Display>>(&mut self, field: &str, text: Option<&str>) -> Option<T> {
        match text?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.report(Problem::error(Code::InvalidValue, error.to_string()).field(field));
                None
            }
        }
    }

    /// A time zone by its IANA name.
    pub fn zone(&mut self, field: &str, name: Option<&str>) -> Option<Tz> {
        let name = name.filter(|name| !name.is_empty())?;
        let zone = name.parse().ok();
        if zone.is_none() {
            let message = format!("`{name}` is not an IANA time zone such as Europe/Berlin");
            let known = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
            self.report(
                Problem::error(Code::InvalidValue, message)
                    .field(field)
                    .meant(name, known),
            );
        }
        zone
    }

    fn compile(
        &mut self,
        field: &str,
        source: Option<&str>,
        candidate: Option<(&str, Type)>,
        compile: impl Fn(&str, &TypeScope) -> Result<Expression, Vec<Diagnostic>>,
    ) -> Option<Expression> {
        let source = source.filter(|source| !source.trim().is_empty())?;
        let compiled = match candidate {
            Some((name, record)) => compile(source, &self.scope.variables.clone().with(name, record)),
            None => compile(source, &self.scope.variables),
        };
        match compiled {
            Ok(expression) => {
                self.reads.extend_from_slice(expression.paths());
                Some(expression)
            }
            Err(diagnostics) => self.take_down(field, source, diagnostics),
        }
    }

    fn take_down<T>(&mut self, field: &str, source: &str, diagnostics: Vec<Diagnostic>) -> Option<T> {
        for diagnostic in diagnostics {
            let problem = self.problem(source, diagnostic);
            self.report(problem.field(field));
        }
        None
    }

    /// A step that exists and is not upstream looks like an unknown field to the language.
    fn problem(&self, source: &str, diagnostic: Diagnostic) -> Problem {
        let text = source.get(diagnostic.span.clone()).unwrap_or_default();
        let named = text.rsplit('.').next().unwrap_or_default();
        let elsewhere = self.scope.elsewhere.iter().find(|step| step.as_str() == named);
        match elsewhere {
            Some(step) if diagnostic.code == expression::Code::UnknownField => Problem {
                span: Some(diagnostic.span),
                ..Problem::error(
                    Code::StepNotUpstream,
                    format!("`{step}` does not come before `{}`", self.node),
                )
            },
            Some(_) | None => Problem::from(diagnostic),
        }
    }
}
