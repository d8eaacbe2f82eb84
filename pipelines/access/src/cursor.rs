//! Cursors: those that are declared in SQL, and MOVE, which leaves out rows of one.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer, Word};

use crate::failure::Refusal;
use crate::row::Rows;
use crate::statement::Ask;

/// Cursors that a session may keep open.
const CURSORS_MAX: usize = 8;

/// A cursor, shared with whoever fetches from it.
pub type Cursor = Arc<tokio::sync::Mutex<Rows>>;

/// The cursors that a session has declared, by name.
#[derive(Default)]
pub struct Cursors(HashMap<String, Held>);

struct Held {
    cursor: Cursor,
    /// Whether it outlives its transaction.
    hold: bool,
}

impl Cursors {
    /// Refuses a name that is taken, and more than may be open.
    pub fn check(&self, name: &str) -> Result<(), Refusal> {
        if self.0.contains_key(name) {
            return Err(Refusal::new("42P03", format!("cursor \"{name}\" already exists")));
        }
        match self.0.len() >= CURSORS_MAX {
            true => Err(Refusal::new("53400", format!("a session has at most {CURSORS_MAX} cursors open"))),
            false => Ok(()),
        }
    }

    pub fn open(&mut self, name: &str, rows: Rows, hold: bool) {
        let cursor = Arc::new(tokio::sync::Mutex::new(rows));
        self.0.insert(name.to_owned(), Held { cursor, hold });
    }

    pub fn get(&self, name: &str) -> Option<Cursor> {
        self.0.get(name).map(|held| held.cursor.clone())
    }

    /// Closes one, or all.
    pub fn close(&mut self, name: Option<&str>) -> Result<(), Refusal> {
        match name {
            Some(name) => self.0.remove(name).map(drop).ok_or_else(|| missing(name)),
            None => {
                self.0.clear();
                Ok(())
            }
        }
    }

    /// A transaction ends, and its cursors with it.
    pub fn end(&mut self) {
        self.0.retain(|_, held| held.hold);
    }
}

pub fn missing(name: &str) -> Refusal {
    Refusal::new("34000", format!("cursor \"{name}\" does not exist"))
}

/// `MOVE [NEXT | [FORWARD] [count | ALL]] [FROM | IN] name`, which the parser does not know; none where it is
/// something else.
pub fn moved(text: &str) -> Result<Option<Ask>, Refusal> {
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, text).tokenize() else { return Ok(None) };
    let mut tokens = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).peekable();
    if tokens.next_if(|token| is_word(token, "MOVE")).is_none() {
        return Ok(None);
    }
    let is_forward = tokens.next_if(|token| is_word(token, "FORWARD")).is_some();
    let count = match tokens.peek().cloned() {
        Some(Token::Number(digits, _)) => {
            tokens.next();
            Some(digits.to_string().parse().map_err(|_| Refusal::syntax("MOVE takes a count of rows"))?)
        }
        Some(token) if is_word(&token, "ALL") => {
            tokens.next();
            None
        }
        Some(token) if is_word(&token, "NEXT") && !is_forward => {
            tokens.next();
            Some(1)
        }
        _ => Some(1),
    };
    let _ = tokens.next_if(|token| is_word(token, "FROM") || is_word(token, "IN"));
    let name = match tokens.next() {
        Some(Token::Word(Word { value, quote_style: Some(_), .. })) => value,
        Some(Token::Word(Word { value, .. }))
            if tokens.peek().is_none_or(|next| *next == Token::SemiColon) =>
        {
            value.to_lowercase()
        }
        _ => return Err(Refusal::unsupported("cursors go forward only: MOVE FORWARD count FROM name")),
    };
    let _ = tokens.next_if_eq(&Token::SemiColon);
    match tokens.next() {
        None => Ok(Some(Ask::Move(name, count))),
        Some(_) => Err(Refusal::syntax("MOVE is a statement of its own")),
    }
}

fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_are_read() {
        let moved = |text| moved(text).map_err(|refusal| refusal.sqlstate);
        let some = |name: &str, count| Ok(Some(Ask::Move(name.to_owned(), count)));
        assert_eq!(moved("MOVE FORWARD 10 __asyncpg_portal_1__"), some("__asyncpg_portal_1__", Some(10)));
        assert_eq!(moved("MOVE 3 FROM \"C\";"), some("C", Some(3)));
        assert_eq!(moved("move all in C"), some("c", None));
        assert_eq!(moved("MOVE NEXT c"), some("c", Some(1)));
        assert_eq!(moved("MOVE c"), some("c", Some(1)));
        assert_eq!(moved("SELECT 1"), Ok(None));
        assert_eq!(moved("/* MOVE */ SELECT 1"), Ok(None));
        assert_eq!(moved("MOVE BACKWARD 1 FROM c"), Err("0A000"));
        assert_eq!(moved("MOVE ABSOLUTE 1 FROM c"), Err("0A000"));
        assert_eq!(moved("MOVE 1 FROM c; SELECT 1"), Err("42601"));
    }
}
