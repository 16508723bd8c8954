//! From a node of n8n to a node of ours: which kind, which config, and which way out stands for which output.

mod email;
mod http;
mod logic;
mod set;
mod trigger;
mod wait;

use serde_json::{Map, Value as Json, json};

use super::{file::Node, texts::Texts};
use crate::{
    definition::{Common, RetryConfig},
    foreign::report::RemarkCode,
    key::Port,
    span::Span,
};

pub(super) use http::gives_whole_answer;
pub(super) use set::{names as set_names, passes_on as set_passes_on};
pub(super) use trigger::form_fields;

/// A node of ours, without its key and edges.
pub(super) struct Mapped {
    pub kind: &'static str,
    pub config: Map<String, Json>,
    pub common: Common,
    /// The way out for each output.
    pub exits: Vec<Port>,
    /// Whether it is one of our actions, which can be retried, disabled, and fail by a port.
    pub is_action: bool,
}

impl Mapped {
    fn logic(kind: &'static str, config: Json, exits: impl Into<Vec<Port>>) -> Self {
        let config = match config {
            Json::Object(config) => config,
            _ => Map::new(),
        };
        Self {
            kind,
            config,
            common: Common::default(),
            exits: exits.into(),
            is_action: false,
        }
    }

    fn action(kind: &'static str, config: Json) -> Self {
        Self {
            is_action: true,
            ..Self::logic(kind, config, [Port::DONE])
        }
    }

    /// Nothing but a way on: a join of whatever leads to it.
    fn passage() -> Self {
        Self::logic("join", json!({ "policy": "all" }), [Port::OUT])
    }

    /// The way out for an output; n8n counts failures as one more output, where they have a way out.
    pub(super) fn exit(&self, output: usize, failures: Failures) -> Option<Port> {
        let error =
            (output == self.exits.len() && failures == Failures::OwnOutput && self.is_action).then_some(Port::ERROR);
        self.exits.get(output).cloned().or(error)
    }
}

/// Where a node's failures go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failures {
    /// They end the run.
    Stop,
    /// The way of a success.
    GoOn,
    /// An output of their own.
    OwnOutput,
}

impl Failures {
    pub(super) fn of(node: &Node) -> Self {
        match node.settings.on_error.as_deref() {
            Some("continueErrorOutput") => Self::OwnOutput,
            Some("continueRegularOutput") => Self::GoOn,
            Some(_) => Self::Stop,
            None if node.settings.continue_on_fail => Self::GoOn,
            None => Self::Stop,
        }
    }
}

/// Maps a node; none where no kind of ours does what it does.
pub(super) fn map(node: &Node, texts: &mut Texts<'_>) -> Option<Mapped> {
    let mut mapped = match node.settings.disabled {
        false => enabled(node, texts)?,
        true => disabled(node, texts)?,
    };
    if mapped.is_action {
        mapped.common.disabled = node.settings.disabled;
        mapped.common.retry = Some(retry(node));
    }
    remark_settings(node, &mapped, texts);
    Some(mapped)
}

fn enabled(node: &Node, texts: &mut Texts<'_>) -> Option<Mapped> {
    let known = match node.short_kind() {
        "manualTrigger" | "start" => Some(trigger::manual()),
        "formTrigger" => Some(trigger::form(node)),
        "scheduleTrigger" => trigger::schedule(node, texts),
        "cron" => trigger::cron(node, texts),
        "webhook" => trigger::webhook(node, texts),
        "executeWorkflowTrigger" => Some(trigger::called(node)),
        "emailReadImap" => Some(trigger::message()),
        "if" => Some(logic::decision(node, texts, [Port::YES, Port::NO])),
        "filter" => Some(logic::decision(node, texts, [Port::YES])),
        "switch" => logic::switch(node, texts),
        "merge" => Some(logic::merge(texts)),
        "noOp" => Some(Mapped::passage()),
        "splitInBatches" => Some(logic::for_each(node, texts)),
        "stopAndError" => Some(logic::stop(node, texts)),
        "wait" => wait::wait(node, texts),
        "set" => set::set(node, texts),
        "httpRequest" => http::request(node, texts),
        "emailSend" => Some(email::send(node, texts)),
        "gmail" => email::gmail(node, texts),
        _ => None,
    };
    known.filter(|_| node.is_basic())
}

/// Of ours only actions can be disabled; of the others a way on is left. A trigger that never fires stays a placeholder.
fn disabled(node: &Node, texts: &mut Texts<'_>) -> Option<Mapped> {
    let before = texts.remarks.len();
    let mapped = enabled(node, texts)?;
    let is_trigger =
        crate::catalogue::find(mapped.kind).is_some_and(|kind| kind.family == crate::catalogue::Family::Trigger);
    match mapped.is_action {
        true => Some(mapped),
        false if is_trigger || node.short_kind().ends_with("Trigger") => None,
        false => {
            texts.remarks.truncate(before);
            let message = "it was disabled, so it only passes on";
            texts.remark(RemarkCode::WasDisabled, None, message);
            Some(Mapped::passage())
        }
    }
}

/// n8n tries once unless it is told to retry; then three times, a second apart.
fn retry(node: &Node) -> RetryConfig {
    let settings = &node.settings;
    if !settings.retry_on_fail {
        return RetryConfig {
            max_attempts: Some(1),
            ..RetryConfig::default()
        };
    }
    let wait = seconds(f64::from(settings.wait_between_tries.unwrap_or(1_000)) / 1_000.0);
    RetryConfig {
        max_attempts: Some(settings.max_tries.unwrap_or(3).clamp(1, 100)),
        initial: wait.clone(),
        factor: Some(1),
        max: wait,
    }
}

fn remark_settings(node: &Node, mapped: &Mapped, texts: &mut Texts<'_>) {
    let settings = &node.settings;
    let left_out = [
        (settings.execute_once, "executeOnce: ours always runs once"),
        (
            settings.always_output_data,
            "alwaysOutputData: ours goes on without data too",
        ),
        (
            !mapped.is_action && settings.retry_on_fail,
            "retryOnFail: only actions are retried",
        ),
        (
            !mapped.is_action && Failures::of(node) != Failures::Stop,
            "onError: only actions fail by a port",
        ),
    ];
    for (_, message) in left_out.into_iter().filter(|(given, _)| *given) {
        texts.remark(RemarkCode::SettingLeftOut, None, message);
    }
    let authenticates = node.parameter(&["authentication"]).is_some_and(|way| way != "none");
    if mapped.is_action && (settings.credentials.is_some() || authenticates) {
        let message = "its credentials are not in the file: give it a secret";
        texts.remark(RemarkCode::NeedsCredentials, None, message);
    }
}

/// An amount of seconds as a duration: whole ones, at least one, and none beyond what a duration can hold.
fn seconds(amount: f64) -> Option<String> {
    let text = format!("PT{}S", amount.ceil().max(1.0));
    text.parse::<Span>().is_ok().then_some(text)
}
