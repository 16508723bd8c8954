//! The macros that go through a list or map, and those of optionals: calls whose arguments are not evaluated first.

use cel::common::ast::{CallExpr, Expr, IdedExpr};

use super::Compiler;
use crate::expression::Code;
use crate::expression::node::{Fold, Goal, Kind, Node};
use crate::value::Type;

/// How a fold was written: its variables, its condition where it has one, and its body.
struct Shape<'a> {
    goal: Goal,
    variables: Vec<&'a str>,
    filter: Option<&'a IdedExpr>,
    body: &'a IdedExpr,
}

impl Compiler<'_> {
    /// The macro that a call is, if it is one.
    pub(super) fn fold_macro(&mut self, call: &CallExpr) -> Option<(Kind, Type)> {
        let target = call.target.as_deref()?;
        if let ("optMap" | "optFlatMap", [variable, body]) = (&*call.func_name, &*call.args) {
            return Some(self.optional_map(
                target,
                self.variable(variable)?.to_owned(),
                body,
                call.func_name == "optFlatMap",
            ));
        }
        let shape = self.shape(call)?;
        Some(self.fold(target, shape))
    }

    fn shape<'t>(&mut self, call: &'t CallExpr) -> Option<Shape<'t>> {
        let single = |goal| Some((goal, 1));
        let (goal, names) = match (&*call.func_name, call.args.len()) {
            ("all", 2) => single(Goal::All),
            ("exists", 2) => single(Goal::Exists),
            ("exists_one" | "existsOne", 2) => single(Goal::ExistsOne),
            ("filter", 2) => single(Goal::Filter),
            ("map", 2 | 3) => single(Goal::List),
            ("all", 3) => Some((Goal::All, 2)),
            ("exists", 3) => Some((Goal::Exists, 2)),
            ("exists_one" | "existsOne", 3) => Some((Goal::ExistsOne, 2)),
            ("transformList", 3 | 4) => Some((Goal::List, 2)),
            ("transformMap", 3 | 4) => Some((Goal::Map, 2)),
            _ => None,
        }?;
        let (variables, rest) = call.args.split_at_checked(names)?;
        let variables = variables
            .iter()
            .map(|variable| self.variable(variable))
            .collect::<Option<Vec<_>>>();
        let Some(variables) = variables else {
            let span = call.args.first().map_or(0..0, |first| self.parsed.token(first.id));
            self.problem(
                Code::Syntax,
                span,
                format!(
                    "`{}` needs a plain name first, as in list.{}(x, …)",
                    call.func_name, call.func_name
                ),
            );
            return None;
        };
        let (filter, body) = match rest {
            [body] => (None, body),
            [filter, body] => (Some(filter), body),
            _ => return None,
        };
        Some(Shape {
            goal,
            variables,
            filter,
            body,
        })
    }

    fn variable<'t>(&self, tree: &'t IdedExpr) -> Option<&'t str> {
        match &tree.expr {
            Expr::Ident(name) if !name.starts_with('.') => Some(name),
            _ => None,
        }
    }

    fn fold(&mut self, target: &IdedExpr, shape: Shape<'_>) -> (Kind, Type) {
        let range = self.node(target);
        let pairs = shape.variables.len() == 2;
        let types = self.variable_types(&range, pairs);
        let outer = self.locals.len();
        self.locals.extend(
            shape
                .variables
                .iter()
                .map(|name| (*name).to_owned())
                .zip(types.iter().cloned()),
        );
        let filter = shape.filter.map(|filter| self.condition(filter));
        let body = match shape.goal {
            Goal::All | Goal::Exists | Goal::ExistsOne | Goal::Filter => self.condition(shape.body),
            Goal::List | Goal::Map => self.node(shape.body),
        };
        self.locals.truncate(outer);
        let ty = match shape.goal {
            Goal::All | Goal::Exists | Goal::ExistsOne => Type::Bool,
            Goal::Filter => Type::list_of(types.first().cloned().unwrap_or(Type::Dyn)),
            Goal::List => Type::list_of(body.ty.clone()),
            Goal::Map => Type::Map(
                Box::new(types.first().cloned().unwrap_or(Type::Dyn)),
                Box::new(body.ty.clone()),
            ),
        };
        (
            Kind::Fold(Box::new(Fold {
                goal: shape.goal,
                range,
                pairs,
                filter,
                body,
            })),
            ty,
        )
    }

    /// The types of the macro's variables: the item or key; or position and item, key and value.
    fn variable_types(&mut self, range: &Node, pairs: bool) -> Vec<Type> {
        match (range.ty.without_null(), pairs) {
            (Type::List(item), false) => vec![(**item).clone()],
            (Type::List(item), true) => vec![Type::Int, (**item).clone()],
            (Type::Map(key, _), false) => vec![(**key).clone()],
            (Type::Map(key, value), true) => vec![(**key).clone(), (**value).clone()],
            (Type::Dyn, _) => vec![Type::Dyn; 1 + usize::from(pairs)],
            (other, _) => {
                let message = format!("this goes through a list or a map, not through {other}");
                self.mistake(Code::NotAList, range.span.clone(), message);
                vec![Type::Dyn; 1 + usize::from(pairs)]
            }
        }
    }

    fn optional_map(&mut self, target: &IdedExpr, variable: String, body: &IdedExpr, flat: bool) -> (Kind, Type) {
        let target = self.boxed(target);
        let inner = match &target.ty {
            Type::Optional(inner) => (**inner).clone(),
            _ => Type::Dyn,
        };
        self.locals.push((variable, inner));
        let body = self.boxed(body);
        self.locals.pop();
        let ty = if flat {
            body.ty.clone()
        } else {
            Type::Optional(Box::new(body.ty.clone()))
        };
        (Kind::OptionalMap { target, body, flat }, ty)
    }
}
