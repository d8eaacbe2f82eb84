//! The vocabulary: tables, sources, money, parties and times; knows no engine.

pub mod money;
