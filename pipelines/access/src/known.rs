//! Questions that a client asks in one fixed form which the engine cannot plan, each with what is asked instead.
//!
//! Few: what can be said of a kind of question is said in `dialect` and `hollow`. A question is told by its first
//! and last words and by what it reads, so that another version of its client is still understood.

/// What asyncpg asks of types.
const ASYNCPG_TYPES: &str = include_str!("known/asyncpg_types.sql");

/// How it ends.
const LAST_WORDS: [&str; 5] = ["typeinfo_tree", "ORDER", "BY", "depth", "DESC"];

/// The same question in the engine's words, where it is one of them. Parameters keep their numbers.
pub fn replaced(text: &str) -> Option<&'static str> {
    let is_of_types = text.trim_start().starts_with("WITH RECURSIVE typeinfo_tree(")
        && text.contains("ti.oid = any($1::oid[])")
        && text.split_whitespace().rev().take(LAST_WORDS.len()).eq(LAST_WORDS.into_iter().rev());
    is_of_types.then_some(ASYNCPG_TYPES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_question_itself_is_replaced() {
        let asked = "WITH RECURSIVE typeinfo_tree(oid) AS (SELECT 1 WHERE ti.oid = any($1::oid[]))\n\
                     SELECT DISTINCT * FROM typeinfo_tree ORDER BY\n depth DESC\n";
        let deletes =
            asked.replace("SELECT DISTINCT * FROM typeinfo_tree ORDER BY\n depth DESC", "DELETE FROM t");
        assert_eq!(replaced(asked), Some(ASYNCPG_TYPES));
        for other in ["SELECT 1", &format!("{asked}; SELECT 2"), &deletes] {
            assert_eq!(replaced(other), None, "{other}");
        }
    }
}
