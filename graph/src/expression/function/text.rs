//! The functions on text. Positions count characters (Unicode code points), as cel-spec has it.

use std::sync::Arc;

use super::{Applied, Function, Shape, Style, text};
use crate::expression::{Budget, Fault};
use crate::value::Value;

use Shape::{Bool, Bytes, Int, List, Map, Text, Texts};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("size", Style::Global, SIZES, size),
    Function::new("size", Style::Receiver, SIZES, size),
    Function::receiver("contains", &[(&[Text, Text], Bool)], |a, _| {
        test(a, |text, part| text.contains(part))
    })
    .false_on_empty(),
    Function::receiver("startsWith", &[(&[Text, Text], Bool)], |a, _| {
        test(a, |text, part| text.starts_with(part))
    })
    .false_on_empty(),
    Function::receiver("endsWith", &[(&[Text, Text], Bool)], |a, _| {
        test(a, |text, part| text.ends_with(part))
    })
    .false_on_empty(),
    Function::receiver("charAt", &[(&[Text, Int], Text)], char_at),
    Function::receiver("indexOf", &[(&[Text, Text], Int), (&[Text, Text, Int], Int)], index_of),
    Function::receiver(
        "lastIndexOf",
        &[(&[Text, Text], Int), (&[Text, Text, Int], Int)],
        last_index_of,
    ),
    Function::receiver("lowerAscii", &[(&[Text], Text)], |a, b| {
        map(a, b, str::to_ascii_lowercase)
    }),
    Function::receiver("upperAscii", &[(&[Text], Text)], |a, b| {
        map(a, b, str::to_ascii_uppercase)
    }),
    Function::receiver("trim", &[(&[Text], Text)], |a, b| {
        map(a, b, |text| text.trim().to_owned())
    }),
    Function::receiver("reverse", &[(&[Text], Text)], |a, b| {
        map(a, b, |text| text.chars().rev().collect())
    }),
    Function::receiver(
        "replace",
        &[(&[Text, Text, Text], Text), (&[Text, Text, Text, Int], Text)],
        replace,
    ),
    Function::receiver("split", &[(&[Text, Text], Texts), (&[Text, Text, Int], Texts)], split),
    Function::receiver(
        "substring",
        &[(&[Text, Int], Text), (&[Text, Int, Int], Text)],
        substring,
    ),
    Function::receiver("join", &[(&[Texts], Text), (&[Texts, Text], Text)], join),
    Function::global("strings.quote", &[(&[Text], Text)], |a, b| map(a, b, quote)),
];

const SIZES: &[super::Overload] = &[(&[Text], Int), (&[Bytes], Int), (&[List], Int), (&[Map], Int)];

fn size(arguments: &[Value], _: &mut Budget) -> Applied {
    let size = match arguments {
        [Value::String(text)] => text.chars().count(),
        [Value::Bytes(bytes)] => bytes.len(),
        [Value::List(items)] => items.len(),
        [Value::Map(map)] => map.len(),
        _ => return Ok(None),
    };
    Ok(Some(count(size)))
}

fn count(size: usize) -> Value {
    Value::Int(i64::try_from(size).unwrap_or(i64::MAX))
}

fn test(arguments: &[Value], holds: fn(&str, &str) -> bool) -> Applied {
    let [Value::String(text), Value::String(part)] = arguments else {
        return Ok(None);
    };
    Ok(Some(Value::Bool(holds(text, part))))
}

fn map(arguments: &[Value], budget: &mut Budget, change: fn(&str) -> String) -> Applied {
    let [Value::String(source)] = arguments else {
        return Ok(None);
    };
    budget.allocate(source.len())?;
    text(change(source), budget)
}

fn char_at(arguments: &[Value], budget: &mut Budget) -> Applied {
    let [Value::String(source), Value::Int(position)] = arguments else {
        return Ok(None);
    };
    let start = offset(source, *position)?;
    let rest = source.get(start..).unwrap_or_default();
    text(rest.chars().next().map(String::from).unwrap_or_default(), budget)
}

/// The byte at which the character of that position begins; the position after the last one counts.
fn offset(text: &str, position: i64) -> Result<usize, Fault> {
    let out_of_range = Fault::IndexOutOfRange { index: position };
    let skip = usize::try_from(position).map_err(|_| out_of_range.clone())?;
    text.char_indices()
        .map(|(byte, _)| byte)
        .chain([text.len()])
        .nth(skip)
        .ok_or(out_of_range)
}

fn position(text: &str, byte: usize) -> Value {
    count(text.get(..byte).unwrap_or_default().chars().count())
}

fn index_of(arguments: &[Value], _: &mut Budget) -> Applied {
    let (text, part, from) = match arguments {
        [Value::String(text), Value::String(part)] => (text, part, 0),
        [Value::String(text), Value::String(part), Value::Int(from)] => (text, part, *from),
        _ => return Ok(None),
    };
    let start = offset(text, from)?;
    let found = text.get(start..).and_then(|rest| rest.find(&**part));
    Ok(Some(found.map_or(Value::Int(-1), |byte| position(text, start + byte))))
}

fn last_index_of(arguments: &[Value], _: &mut Budget) -> Applied {
    let (text, part, end) = match arguments {
        [Value::String(text), Value::String(part)] => (text, part, text.len()),
        [Value::String(text), Value::String(part), Value::Int(until)] => {
            let last = offset(text, *until)?;
            (text, part, last.saturating_add(part.len()).min(text.len()))
        }
        _ => return Ok(None),
    };
    let end = (end..=text.len())
        .find(|byte| text.is_char_boundary(*byte))
        .unwrap_or(text.len());
    let found = text.get(..end).and_then(|head| head.rfind(&**part));
    Ok(Some(found.map_or(Value::Int(-1), |byte| position(text, byte))))
}

fn replace(arguments: &[Value], budget: &mut Budget) -> Applied {
    let (source, from, to, limit) = match arguments {
        [Value::String(source), Value::String(from), Value::String(to)] => (source, from, to, usize::MAX),
        [
            Value::String(source),
            Value::String(from),
            Value::String(to),
            Value::Int(limit),
        ] => (source, from, to, usize::try_from(*limit).unwrap_or(usize::MAX)),
        _ => return Ok(None),
    };
    // Paid before it exists: replacing each empty place of a long text by another long text is how memory ends.
    let places = source.matches(&**from).count().min(limit);
    budget.spend_steps(places)?;
    budget.allocate(source.len().saturating_add(places.saturating_mul(to.len())))?;
    Ok(Some(Value::text(source.replacen(&**from, to, limit))))
}

fn split(arguments: &[Value], budget: &mut Budget) -> Applied {
    let (source, separator, limit) = match arguments {
        [Value::String(source), Value::String(separator)] => (source, separator, -1),
        [Value::String(source), Value::String(separator), Value::Int(limit)] => (source, separator, *limit),
        _ => return Ok(None),
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    budget.allocate(source.len())?;
    let mut parts = Vec::new();
    for part in pieces(source, separator, limit) {
        budget.step()?;
        budget.allocate(size_of::<Value>())?;
        parts.push(Value::text(part));
    }
    Ok(Some(Value::List(parts.into())))
}

/// An empty separator splits between all characters, and nowhere else.
fn pieces<'a>(source: &'a str, separator: &'a str, limit: usize) -> Box<dyn Iterator<Item = &'a str> + 'a> {
    if !separator.is_empty() || limit == 0 {
        return Box::new(source.splitn(limit, separator));
    }
    let cut = source
        .char_indices()
        .nth(limit.saturating_sub(1))
        .map_or(source.len(), |(byte, _)| byte);
    let (characters, rest) = source.split_at(cut);
    Box::new(
        characters
            .split("")
            .filter(|piece| !piece.is_empty())
            .chain((!rest.is_empty()).then_some(rest)),
    )
}

fn substring(arguments: &[Value], budget: &mut Budget) -> Applied {
    let (source, start, end) = match arguments {
        [Value::String(source), Value::Int(start)] => (source, *start, None),
        [Value::String(source), Value::Int(start), Value::Int(end)] => (source, *start, Some(*end)),
        _ => return Ok(None),
    };
    let from = offset(source, start)?;
    let to = end.map_or(Ok(source.len()), |end| offset(source, end))?;
    match source.get(from..to) {
        Some(part) => text(part, budget),
        None => Err(Fault::IndexOutOfRange { index: start }),
    }
}

fn join(arguments: &[Value], budget: &mut Budget) -> Applied {
    let (items, separator) = match arguments {
        [Value::List(items)] => (items, Arc::from("")),
        [Value::List(items), Value::String(separator)] => (items, Arc::clone(separator)),
        _ => return Ok(None),
    };
    let mut joined = String::new();
    for (position, item) in items.iter().enumerate() {
        let Value::String(part) = item else { return Ok(None) };
        budget.step()?;
        budget.allocate(part.len() + separator.len())?;
        if position > 0 {
            joined.push_str(&separator);
        }
        joined.push_str(part);
    }
    Ok(Some(Value::text(joined)))
}

/// The text as a literal: in double quotes, with escapes for what can't stand in one.
fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match escape(character) {
            Some(escape) => quoted.push_str(escape),
            None => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

fn escape(character: char) -> Option<&'static str> {
    match character {
        '\u{7}' => Some("\\a"),
        '\u{8}' => Some("\\b"),
        '\u{c}' => Some("\\f"),
        '\n' => Some("\\n"),
        '\r' => Some("\\r"),
        '\t' => Some("\\t"),
        '\u{b}' => Some("\\v"),
        '\\' => Some("\\\\"),
        '"' => Some("\\\""),
        _ => None,
    }
}
