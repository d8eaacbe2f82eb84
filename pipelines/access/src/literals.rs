//! A statement's text as it may be kept: without its literals and its comments.

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

/// Characters that are kept.
const KEPT_MAX: usize = 4_000;

/// The text with `?` in the place of each literal, one space in that of each gap, and no comments. A text that cannot
/// be read is not kept at all: what is a literal in it nobody knows.
pub fn removed(text: &str) -> String {
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, text).tokenize() else {
        return "(unreadable)".to_owned();
    };
    let mut kept = String::with_capacity(text.len().min(KEPT_MAX));
    for token in tokens {
        match token {
            // Comments are whitespace to the tokenizer.
            Token::Whitespace(_) if kept.is_empty() || kept.ends_with(' ') => {}
            Token::Whitespace(_) => kept.push(' '),
            token if is_literal(&token) => kept.push('?'),
            token => kept.push_str(&token.to_string()),
        }
        if let Some((end, _)) = kept.char_indices().nth(KEPT_MAX) {
            kept.truncate(end);
            kept.push('…');
            break;
        }
    }
    kept.trim_end().to_owned()
}

fn is_literal(token: &Token) -> bool {
    matches!(
        token,
        Token::Number(..)
            | Token::Char(_)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::TripleSingleQuotedString(_)
            | Token::TripleDoubleQuotedString(_)
            | Token::DollarQuotedString(_)
            | Token::SingleQuotedByteStringLiteral(_)
            | Token::DoubleQuotedByteStringLiteral(_)
            | Token::SingleQuotedRawStringLiteral(_)
            | Token::DoubleQuotedRawStringLiteral(_)
            | Token::NationalStringLiteral(_)
            | Token::EscapedStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::HexStringLiteral(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_literal_is_left() {
        for (text, expected) in [
            (
                "SELECT  *\n FROM t WHERE a = 'did:key:z6Mk' -- secret\n AND b > 12.5",
                "SELECT * FROM t WHERE a = ? AND b > ?",
            ),
            ("SELECT /* secret */ E'a\\'b', $$secret$$, U&'\\0061', N'x', X'00'", "SELECT ?, ?, ?, ?, ?"),
            ("SELECT $1, \"A b\"", "SELECT $1, \"A b\""),
            ("SELECT 'open", "(unreadable)"),
            ("  ", ""),
        ] {
            assert_eq!(removed(text), expected, "{text}");
        }
        assert_eq!(removed(&"a,".repeat(9_000)).chars().count(), KEPT_MAX + 1);
    }
}
