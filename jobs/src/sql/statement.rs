//! A script into statements: the engine's own tokens decide where a `;` ends one.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// One statement, without its `;` and without what stands before its first word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement<'a> {
    pub text: &'a str,
    /// The line on which it starts, from 1.
    pub line: usize,
}

/// The statements of a script.
#[derive(Debug, PartialEq, Eq)]
pub struct Script<'a> {
    pub statements: Vec<Statement<'a>>,
    /// Whether the last one has its `;`; nothing but spaces and comments may follow it.
    pub ended: bool,
}

/// Divides a script at its `;`, but for those in quotes and comments.
pub fn split(script: &str) -> Script<'_> {
    let mut tokens = Vec::new();
    let dialect = GenericDialect {};
    let read = Tokenizer::new(&dialect, script).tokenize_with_location_into_buf(&mut tokens);
    let lines = line_starts(script);
    let mut statements = Vec::new();
    let mut open = None;
    for TokenWithSpan { token, span } in &tokens {
        match token {
            Token::Whitespace(_) => {}
            Token::SemiColon => {
                let end = offset(script, &lines, span.start);
                statements.extend(open.take().map(|start| statement(script, &lines, start, end)));
            }
            _ => open = open.or_else(|| Some(offset(script, &lines, span.start))),
        }
    }
    let mut ended = open.is_none();
    if let Err(error) = read {
        // What could not be read belongs to the last statement, and the engine will say what is wrong with it.
        let unread = tokens.last().map_or(0, |token| offset(script, &lines, token.span.end));
        open = open.or(Some(unread));
        ended = !is_unterminated(&error.message) && script.trim_end().ends_with(';');
    }
    statements.extend(open.map(|start| statement(script, &lines, start, script.len())));
    Script { statements, ended }
}

/// Whether a text at the prompt is whole: a command, nothing, or statements that have ended.
pub fn is_whole(text: &str) -> bool {
    let trimmed = text.trim();
    trimmed.is_empty()
        || trimmed.starts_with('\\')
        || trimmed.starts_with(".read")
        || matches!(trimmed, "exit" | "quit")
        || split(text).ended
}

impl<'a> Statement<'a> {
    /// Its first word, or its first character where that starts no word.
    pub fn first_word(&self) -> &'a str {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let end = self.text.find(|c| !is_part(c)).unwrap_or(self.text.len());
        let first = self.text.chars().next().map_or(0, char::len_utf8);
        &self.text[..end.max(first)]
    }
}

fn is_unterminated(message: &str) -> bool {
    message.contains("Unterminated") || message.contains("EOF")
}

fn statement<'a>(script: &'a str, lines: &[usize], start: usize, end: usize) -> Statement<'a> {
    let text = script.get(start..end).unwrap_or_default();
    let start = start + text.len() - text.trim_start().len();
    Statement { text: text.trim(), line: lines.partition_point(|line| *line <= start) }
}

fn line_starts(script: &str) -> Vec<usize> {
    [0].into_iter().chain(script.match_indices('\n').map(|(index, _)| index + 1)).collect()
}

/// The byte at which a line and column, both from 1 and in characters, stand.
fn offset(script: &str, lines: &[usize], location: Location) -> usize {
    let line = usize::try_from(location.line).unwrap_or(usize::MAX).saturating_sub(1);
    let column = usize::try_from(location.column).unwrap_or(usize::MAX).saturating_sub(1);
    let Some(start) = lines.get(line).copied() else { return script.len() };
    script[start..].char_indices().nth(column).map_or(script.len(), |(index, _)| start + index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(script: &str, expected: &[(usize, &str)], ended: bool) {
        let split = split(script);
        let statements = split.statements.iter().map(|one| (one.line, one.text)).collect::<Vec<_>>();
        assert_eq!((statements.as_slice(), split.ended), (expected, ended), "{script}");
    }

    #[test]
    fn statements_end_at_their_semicolon() {
        check("", &[], true);
        check(" \n; ;\t", &[], true);
        check("select 1", &[(1, "select 1")], false);
        check("select 1;\n\n  select\n2 ; ", &[(1, "select 1"), (3, "select\n2")], true);
        check("select 1; select 2", &[(1, "select 1"), (1, "select 2")], false);
    }

    #[test]
    fn quotes_and_comments_hide_semicolons() {
        check("select ';', 'it''s;' ;", &[(1, "select ';', 'it''s;'")], true);
        check(r#"select 1 as "a;b", e'\';';"#, &[(1, r#"select 1 as "a;b", e'\';'"#)], true);
        check("-- a; b\nselect 1 -- c;\n;", &[(2, "select 1 -- c;")], true);
        check("/* a; /* b; */ c; */ select /*;*/ 1;", &[(1, "select /*;*/ 1")], true);
        check("select 1; -- the end", &[(1, "select 1")], true);
        check("select 'é;日本', 'ü;'; select 2;", &[(1, "select 'é;日本', 'ü;'"), (1, "select 2")], true);
    }

    #[test]
    fn what_is_open_is_not_ended() {
        check("select 1; select 'a;", &[(1, "select 1"), (1, "select 'a;")], false);
        check("select 1;\n /* a;", &[(1, "select 1"), (2, "/* a;")], false);
        check("select \"a;\n", &[(1, "select \"a;")], false);
        assert!(is_whole("\\d silver.breaks") && is_whole("  ") && is_whole("select 1;"));
        assert!(!is_whole("select 1\n") && !is_whole("select ';"));
    }

    #[test]
    fn first_words() {
        for (script, word) in
            [("Select 1", "Select"), ("(select 1)", "("), ("-- a\nwith b", "with"), ("é", "é")]
        {
            assert_eq!(split(script).statements[0].first_word(), word);
        }
    }
}
