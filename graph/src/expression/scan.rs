//! A first look at the source, before the parser: its brackets, how deep they nest and how long its chains are.
//!
//! The parser recurses with the source's structure, so what would overflow its stack is refused here. The brackets also
//! tell where each part of the expression ends, which the parser does not.

use std::ops::Range;

use super::{Code, Diagnostic};

/// The longest source, in bytes.
pub(crate) const MAX_SOURCE: usize = 4096;
/// How deep brackets may nest.
const MAX_NESTING: usize = 32;
/// How high the syntax tree may become: brackets, conditionals and the links of the chains they stand in.
const MAX_HEIGHT: usize = 160;

/// The brackets and words of a source.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Each pair of brackets, by the positions of both, in the order in which they close.
    pairs: Vec<(usize, usize)>,
    /// The identifiers and numbers.
    words: Vec<Range<usize>>,
}

/// One open bracket, and the chain of operators that stands in it.
struct Frame {
    open: usize,
    closer: u8,
    chain: usize,
    conditionals: usize,
}

impl Frame {
    fn new(open: usize, closer: u8) -> Frame {
        Frame {
            open,
            closer,
            chain: 0,
            conditionals: 0,
        }
    }
}

impl Scan {
    /// Reads the source once.
    pub(crate) fn read(source: &str) -> Result<Scan, Diagnostic> {
        if source.len() > MAX_SOURCE {
            let message = format!(
                "an expression has at most {MAX_SOURCE} bytes, this one has {}",
                source.len()
            );
            return Err(Diagnostic::error(Code::TooLong, 0..source.len(), message));
        }
        Reader {
            source,
            at: 0,
            scan: Scan::default(),
            frames: vec![Frame::new(0, 0)],
        }
        .read()
    }

    /// The word that ends before a position, blanks aside: the name of the function whose `(` stands there.
    pub(crate) fn word_before(&self, position: usize) -> Option<Range<usize>> {
        let after = self.words.partition_point(|word| word.end <= position);
        after.checked_sub(1).and_then(|index| self.words.get(index)).cloned()
    }

    /// The smallest span that holds this one and cuts no pair of brackets.
    pub(crate) fn balanced(&self, mut span: Range<usize>) -> Range<usize> {
        loop {
            let before = span.clone();
            for &(open, close) in &self.pairs {
                let (opens, closes) = (span.contains(&open), span.contains(&close));
                if opens != closes {
                    span = span.start.min(open)..span.end.max(close + 1);
                }
            }
            if span == before {
                return span;
            }
        }
    }
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
    scan: Scan,
    frames: Vec<Frame>,
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Result<Scan, Diagnostic> {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'"' | b'\'' => self.text(self.at, false)?,
                b'`' => self.quoted_name()?,
                b'/' if self.peek(1) == Some(b'/') => self.comment(),
                b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => self.word()?,
                b'(' => self.open(b')')?,
                b'[' => self.open(b']')?,
                b'{' => self.open(b'}')?,
                b')' | b']' | b'}' => self.close(byte)?,
                _ => self.operator(byte)?,
            }
        }
        match self.frames.pop() {
            Some(frame) if frame.closer != 0 => Err(self.unclosed(frame.open)),
            _ => Ok(self.scan),
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.source.as_bytes().get(self.at + ahead).copied()
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// A literal text from its opening quote on; `start` is where its prefix begins.
    fn text(&mut self, start: usize, raw: bool) -> Result<(), Diagnostic> {
        let quote = self.rest().get(..1).unwrap_or_default();
        let triple = quote.repeat(3);
        let long = self.rest().starts_with(&triple);
        let end = if long { triple.as_str() } else { quote };
        self.at += end.len();
        while let Some(byte) = self.peek(0) {
            if self.rest().starts_with(end) {
                self.at += end.len();
                return Ok(());
            }
            if !long && byte == b'\n' {
                break;
            }
            self.at += if byte == b'\\' && !raw { 2 } else { 1 };
            while !self.source.is_char_boundary(self.at) && self.at < self.source.len() {
                self.at += 1;
            }
        }
        let message = format!("this text is not closed: {end} is missing");
        Err(Diagnostic::error(Code::Syntax, start..self.source.len(), message))
    }

    fn quoted_name(&mut self) -> Result<(), Diagnostic> {
        match self.rest().get(1..).and_then(|rest| rest.find('`')) {
            Some(length) => self.at += length + 2,
            None => {
                let span = self.at..self.source.len();
                return Err(Diagnostic::error(
                    Code::Syntax,
                    span,
                    "this name is not closed: ` is missing",
                ));
            }
        }
        Ok(())
    }

    fn comment(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    fn word(&mut self) -> Result<(), Diagnostic> {
        let start = self.at;
        while self
            .peek(0)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            self.at += 1;
        }
        let word = self.source.get(start..self.at).unwrap_or_default();
        let prefix = word.len() <= 2 && word.bytes().all(|byte| b"rRbB".contains(&byte));
        if prefix && matches!(self.peek(0), Some(b'"' | b'\'')) {
            return self.text(start, word.contains(['r', 'R']));
        }
        if word == "in" {
            self.link()?;
        }
        self.scan.words.push(start..self.at);
        Ok(())
    }

    fn open(&mut self, closer: u8) -> Result<(), Diagnostic> {
        self.link()?;
        self.frames.push(Frame::new(self.at, closer));
        self.at += 1;
        if self.frames.len() > MAX_NESTING + 1 {
            return Err(self.too_deep(format!("brackets nest at most {MAX_NESTING} deep")));
        }
        Ok(())
    }

    fn close(&mut self, byte: u8) -> Result<(), Diagnostic> {
        match self.frames.pop() {
            Some(frame) if frame.closer == byte => self.scan.pairs.push((frame.open, self.at)),
            Some(frame) if frame.closer != 0 => return Err(self.unclosed(frame.open)),
            _ => {
                let message = format!("this {} closes nothing", char::from(byte));
                return Err(Diagnostic::error(Code::Syntax, self.at..self.at + 1, message));
            }
        }
        self.at += 1;
        Ok(())
    }

    /// Any other character. Chains of `&&` and `||` are balanced by the parser, so they don't count.
    fn operator(&mut self, byte: u8) -> Result<(), Diagnostic> {
        let frame = self.frames.last_mut();
        match (byte, frame) {
            (b',', Some(frame)) => (frame.chain, frame.conditionals) = (0, 0),
            (b'&' | b'|' | b':', Some(frame)) => frame.chain = 0,
            (b'?', Some(frame)) => frame.conditionals += 1,
            (b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'=' | b'.' | b'!', _) => self.link()?,
            _ => {}
        }
        self.at += self.rest().chars().next().map_or(1, char::len_utf8);
        self.within_height()
    }

    /// One more link in the chain of the innermost bracket; a run of one character is one operator.
    fn link(&mut self) -> Result<(), Diagnostic> {
        let same = self
            .at
            .checked_sub(1)
            .and_then(|before| self.source.as_bytes().get(before))
            == self.source.as_bytes().get(self.at);
        if let Some(frame) = self.frames.last_mut().filter(|_| !same) {
            frame.chain += 1;
        }
        self.within_height()
    }

    fn within_height(&self) -> Result<(), Diagnostic> {
        let height: usize = self
            .frames
            .iter()
            .map(|frame| 1 + frame.chain + frame.conditionals)
            .sum();
        if height > MAX_HEIGHT {
            return Err(
                self.too_deep("the expression is too involved: split it, or shorten its longest chain".to_owned())
            );
        }
        Ok(())
    }

    fn too_deep(&self, message: String) -> Diagnostic {
        Diagnostic::error(
            Code::TooDeep,
            self.at.min(self.source.len())..self.source.len(),
            message,
        )
    }

    fn unclosed(&self, open: usize) -> Diagnostic {
        let bracket = self.source.get(open..open + 1).unwrap_or_default();
        Diagnostic::error(Code::Syntax, open..open + 1, format!("this {bracket} is not closed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(source: &str) -> Diagnostic {
        Scan::read(source).unwrap_err()
    }

    #[test]
    fn brackets_in_texts_comments_and_names_do_not_count() {
        for source in ["'('", r#""\"(""#, "r'\\'", "'''a'('''", "b'('", "a.`(`", "1 // ("] {
            assert!(Scan::read(source).is_ok(), "{source}");
        }
    }

    #[test]
    fn what_is_not_closed_is_shown_where_it_opens() {
        assert_eq!(problem("f(a, [1)").span, 5..6);
        assert_eq!(problem("(a").message, "this ( is not closed");
        assert_eq!(problem("a)").message, "this ) closes nothing");
        assert_eq!(problem("x == 'a").span, 5..7);
    }

    #[test]
    fn nesting_and_chains_are_bounded() {
        assert!(Scan::read(&format!("{}1{}", "(".repeat(32), ")".repeat(32))).is_ok());
        assert_eq!(
            problem(&format!("{}1{}", "(".repeat(33), ")".repeat(33))).code,
            Code::TooDeep
        );
        assert_eq!(problem(&"1+".repeat(400)).code, Code::TooDeep);
        assert_eq!(problem(&"a?b:".repeat(400)).code, Code::TooDeep);
        assert!(Scan::read(&"a||".repeat(400)).is_ok());
        assert_eq!(problem(&" ".repeat(5000)).code, Code::TooLong);
    }

    #[test]
    fn a_span_grows_to_whole_brackets() {
        let source = "(a + b) * f(c)";
        let scan = Scan::read(source).unwrap();

        assert_eq!(scan.balanced(1..11), 0..11);
        assert_eq!(scan.balanced(8..12), 8..14);
        assert_eq!(scan.word_before(11), Some(10..11));
    }
}
