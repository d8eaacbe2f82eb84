//! What passes and what does not, as tables of statements.

use super::*;

fn checked(text: &str, role: &Role) -> Result<Vec<Ask>, Refusal> {
    check_size(text)?;
    parse(text)?.into_iter().map(|statement| check(statement, role)).collect()
}

#[test]
fn queries_pass() {
    for text in [
        "SELECT 1",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "VALUES (1), (2)",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE SELECT 1",
        "SELECT * FROM generate_series(1, 1000000000000)",
        "SELECT * FROM unnest(ARRAY[1, 2])",
        "SELECT repeat('a', 10), lpad(reason, 5), range(1, 100)",
        "SELECT ';', '--', $$drop table x$$",
    ] {
        assert!(
            matches!(checked(text, &Role::Analyst).as_deref(), Ok([Ask::Rows(_)])),
            "{text}: {:?}",
            checked(text, &Role::Analyst)
        );
    }
}

#[test]
fn sessions_are_set_and_shown() {
    let ask = |text| checked(text, &Role::Analyst).map(|mut asks| asks.remove(0));
    let set = |name: &str, value: &str| Ok(Ask::Set(name.to_owned(), Some(value.to_owned())));
    assert_eq!(ask("SET ttt.as_of = '2026-11-20'"), set("ttt.as_of", "2026-11-20"));
    assert_eq!(ask("SET SESSION statement_timeout TO 500"), set("statement_timeout", "500"));
    assert_eq!(ask("SET TIME ZONE 'UTC'"), set("timezone", "UTC"));
    assert_eq!(ask("SET extra_float_digits = 3"), set("extra_float_digits", "3"));
    assert_eq!(ask("SHOW TIME ZONE"), Ok(Ask::Show("timezone".to_owned())));
    assert_eq!(ask("SHOW transaction isolation level"), Ok(Ask::Show("transaction_isolation".to_owned())));
    assert_eq!(ask("BEGIN"), Ok(Ask::Begin));
    assert_eq!(ask("END"), Ok(Ask::Commit));
    assert_eq!(ask("FETCH FORWARD 10 FROM c"), Ok(Ask::Fetch("c".to_owned(), Some(10))));
    assert_eq!(ask("FETCH ALL IN \"C\""), Ok(Ask::Fetch("C".to_owned(), None)));
    assert_eq!(ask("CLOSE ALL"), Ok(Ask::Close(None)));
}

#[test]
fn everything_else_does_not() {
    for text in include_str!("refused.sql").lines().filter(|line| !line.is_empty() && !line.starts_with("--"))
    {
        let refused = checked(text, &Role::Analyst);
        assert!(refused.is_err(), "{text}: {refused:?}");
    }
}

#[test]
fn a_creator_counts_no_rows_of_others() {
    let creator = Role::Creator("did:key:z6MkB".to_owned());
    assert!(checked("EXPLAIN ANALYZE SELECT 1", &creator).is_err());
    assert!(checked("EXPLAIN (ANALYZE, VERBOSE) SELECT 1", &creator).is_err());
    assert!(checked("EXPLAIN SELECT 1", &creator).is_ok());
}

#[test]
fn deep_trees_are_refused_before_they_are_parsed() {
    let deep = format!("SELECT 1{}", " + 1".repeat(5_000));
    assert_eq!(checked(&deep, &Role::Analyst).map_err(|refusal| refusal.sqlstate), Err("54000"));
    let wide = format!("SELECT 1 WHERE 1 IN (1{})", ", 1".repeat(5_000));
    assert!(checked(&wide, &Role::Analyst).is_ok());
}
