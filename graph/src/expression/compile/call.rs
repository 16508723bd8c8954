//! Calls of functions: which one a name means, and whether it takes these arguments.

use std::ops::Range;

use cel::common::ast::{CallExpr, IdedExpr};

use super::{Check, Compiler};
use crate::expression::function::{self, Function, Pattern, Style};
use crate::expression::node::{Call, Kind, Node};
use crate::expression::{Code, Diagnostic, Fault};
use crate::value::{Type, Value};

/// How many literal patterns an expression may have: each takes up to some milliseconds to compile.
const MAX_PATTERNS: usize = 8;

impl Compiler<'_> {
    /// An operator, a macro, or a function.
    pub(super) fn call(&mut self, tree: &IdedExpr, call: &CallExpr) -> (Kind, Type) {
        if call.target.is_none() {
            if let Some(found) = self.operator(tree, &call.func_name, &call.args) {
                return found;
            }
            if let ("has", [argument]) = (&*call.func_name, &*call.args) {
                return self.presence(argument);
            }
        }
        if let Some(found) = self.fold_macro(call) {
            return found;
        }
        match self.function(call) {
            Some((function, receiver)) => {
                let trees = receiver.into_iter().chain(&call.args);
                let arguments = trees.map(|tree| self.node(tree)).collect();
                self.apply(tree, function, arguments)
            }
            None => self.missing(tree, call),
        }
    }

    /// The function that is called, and the operand it is called on, which a qualified name such as `math.abs` has not.
    fn function<'t>(&self, call: &'t CallExpr) -> Option<(&'static Function, Option<&'t IdedExpr>)> {
        let Some(target) = call.target.as_deref() else {
            return function::find(call.func_name.trim_start_matches('.'), Style::Global)
                .map(|function| (function, None));
        };
        let qualified = self
            .dotted(target)
            .and_then(|name| function::find(&format!("{name}.{}", call.func_name), Style::Global));
        match qualified {
            Some(function) => Some((function, None)),
            None => function::find(&call.func_name, Style::Receiver).map(|function| (function, Some(target))),
        }
    }

    fn missing(&mut self, tree: &IdedExpr, call: &CallExpr) -> (Kind, Type) {
        let token = self.parsed.token(tree.id);
        let span = self.parsed.scan.word_before(token.start).unwrap_or(token);
        if self.check == Check::Types {
            call.target.iter().for_each(|target| {
                self.node(target);
            });
        }
        let macro_name = function::MACROS.contains(&&*call.func_name) && call.target.is_some();
        if macro_name {
            let message = format!("`{}` does not take {} arguments", call.func_name, call.args.len());
            self.mistake(Code::WrongArgumentCount, span, message);
            return (Kind::Unknown(unknown(&call.func_name)), Type::Dyn);
        }
        self.unknown_function(span, &call.func_name)
    }

    pub(super) fn unknown_function(&mut self, span: Range<usize>, name: &str) -> (Kind, Type) {
        let problem = Diagnostic::error(Code::UnknownFunction, span, format!("unknown function `{name}`"));
        self.report(problem.suggest(name, function::names()));
        (Kind::Unknown(unknown(name)), Type::Dyn)
    }

    /// A call of a function that must exist, on one operand.
    pub(super) fn apply_named(&mut self, tree: &IdedExpr, name: &str, operand: Node) -> (Kind, Type) {
        match function::find(name, Style::Receiver) {
            Some(function) => self.apply(tree, function, vec![operand]),
            None => self.unknown_function(operand.span, name),
        }
    }

    /// A call with its arguments at hand; a receiver is the first of them.
    pub(super) fn apply(&mut self, tree: &IdedExpr, function: &'static Function, arguments: Vec<Node>) -> (Kind, Type) {
        let types: Vec<&Type> = arguments.iter().map(|argument| argument.ty.without_null()).collect();
        let ty = function.result(&types);
        if ty.is_none() {
            self.mismatch(tree, function, &arguments);
        }
        let pattern = self.pattern(function, &arguments);
        let call = Call {
            function,
            arguments,
            pattern,
        };
        (Kind::Call(Box::new(call)), ty.unwrap_or(Type::Dyn))
    }

    fn mismatch(&mut self, tree: &IdedExpr, function: &Function, arguments: &[Node]) {
        let token = self.parsed.token(tree.id);
        let span = self.parsed.scan.word_before(token.start).unwrap_or(token);
        if !function.takes_count(arguments.len()) {
            let given = arguments.len() - usize::from(function.style == Style::Receiver && !arguments.is_empty());
            let message = format!(
                "`{}` does not take {given} arguments: {}",
                function.name,
                function.usage()
            );
            return self.mistake(Code::WrongArgumentCount, span, message);
        }
        let types: Vec<String> = arguments.iter().map(|argument| argument.ty.to_string()).collect();
        let message = format!(
            "`{}` does not take {}: {}",
            function.name,
            types.join(" and "),
            function.usage()
        );
        self.mistake(Code::WrongOperandType, span, message);
    }

    /// A literal pattern is compiled once, here, and a wrong one is found before anything runs.
    fn pattern(&mut self, function: &Function, arguments: &[Node]) -> Option<Pattern> {
        let [
            _,
            Node {
                kind: Kind::Literal(Value::String(pattern)),
                span,
                ..
            },
        ] = arguments
        else {
            return None;
        };
        if function.name != "matches" {
            return None;
        }
        self.patterns += 1;
        if self.patterns > MAX_PATTERNS {
            self.problem(
                Code::TooLong,
                span.clone(),
                format!("an expression has at most {MAX_PATTERNS} patterns"),
            );
            return None;
        }
        match Pattern::compile(pattern) {
            Ok(pattern) => Some(pattern),
            Err(fault) => {
                self.mistake(Code::InvalidPattern, span.clone(), fault.to_string());
                None
            }
        }
    }
}

fn unknown(name: &str) -> Fault {
    Fault::NoSuchOverload {
        operation: name.into(),
        operands: "these arguments".to_owned(),
    }
}
