//! Questions that a client asks in one fixed form which the engine cannot plan, each with what is asked instead.
//!
//! Few: what can be said of a kind of question is said in `dialect` and `hollow`. A question is told by its first
//! words and by what it reads, so that another version of its client is still understood.

/// What asyncpg asks of types.
const ASYNCPG_TYPES: &str = include_str!("known/asyncpg_types.sql");

/// The same question in the engine's words, where it is one of them. Parameters keep their numbers.
pub fn replaced(text: &str) -> Option<&'static str> {
    let is_of_types = text.trim_start().starts_with("WITH RECURSIVE typeinfo_tree(")
        && text.contains("ti.oid = any($1::oid[])")
        && !text.contains(';');
    is_of_types.then_some(ASYNCPG_TYPES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_question_itself_is_replaced() {
        let asked = "WITH RECURSIVE typeinfo_tree(oid) AS (SELECT 1 WHERE ti.oid = any($1::oid[])) SELECT * FROM typeinfo_tree";
        assert_eq!(replaced(asked), Some(ASYNCPG_TYPES));
        for other in [
            "SELECT 1",
            &format!("{asked}; SELECT 2"),
            "WITH RECURSIVE typeinfo_tree(oid) AS (SELECT 1) SELECT 1",
        ] {
            assert_eq!(replaced(other), None, "{other}");
        }
    }
}
