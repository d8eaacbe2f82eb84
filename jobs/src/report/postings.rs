//! Postings on their way into the journal: out of their column as flat text, so that entries can be sorted in
//! little memory, and read back.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringBuilder};
use arrow::datatypes::{DataType, Decimal128Type};
use schemas::bronze::LEDGER_ENTRIES;
use warehouse::Session;

use crate::failure::{Failure, Outcome};

/// One posting. Account and party are encoded.
#[derive(Debug, PartialEq, Eq)]
pub struct Posting<'a> {
    pub account: &'a str,
    pub party: Option<&'a str>,
    /// Integers of 10⁻⁹.
    pub units: i128,
    pub currency: &'a str,
}

/// Offers `flat_postings(postings)` to SQL: a line a posting, its account, creator (empty for any other account),
/// amount in integers of 10⁻⁹ and currency with tabs between them.
pub fn register(session: &Session) {
    let schema = LEDGER_ENTRIES.schema();
    let postings = schema.field_with_name("postings").map(|field| field.data_type().clone());
    let arguments = postings.into_iter().collect();
    session.register_scalar("flat_postings", arguments, DataType::Utf8, Arc::new(flat));
}

fn flat(columns: &[ArrayRef]) -> Result<ArrayRef, String> {
    let lists =
        columns.first().and_then(|column| column.as_list_opt::<i32>()).ok_or("a list was expected")?;
    let items = lists.values().as_struct_opt().ok_or("structs were expected")?;
    let text = |name: &str| {
        let column = items.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        column.ok_or_else(|| format!("a posting has a text {name}"))
    };
    let (account, party, currency) = (text("account")?, text("party")?, text("currency")?);
    let amount =
        items.column_by_name("amount").and_then(|column| column.as_primitive_opt::<Decimal128Type>());
    let amount = amount.ok_or("a posting has an amount")?;
    let offsets = lists.value_offsets();
    let (mut lines, mut texts) = (String::new(), StringBuilder::new());
    for row in 0..lists.len() {
        lines.clear();
        for item in offsets[row] as usize..offsets[row + 1] as usize {
            push_encoded(&mut lines, account.value(item));
            lines.push('\t');
            // Creators are named, payers are not: a journal leaves the house.
            if party.is_valid(item) && account.value(item) == "creator" {
                push_encoded(&mut lines, party.value(item));
            }
            lines.push_str(&format!("\t{}\t{}\n", amount.value(item), currency.value(item)));
        }
        texts.append_value(&lines);
    }
    Ok(Arc::new(texts.finish()))
}

/// The postings of a flat text.
pub fn read(text: &str) -> impl Iterator<Item = Outcome<Posting<'_>>> {
    text.lines().map(|line| {
        posting(line).ok_or_else(|| Failure::other(format!("bronze.ledger_entries: no posting is {line:?}")))
    })
}

fn posting(line: &str) -> Option<Posting<'_>> {
    let mut parts = line.split('\t');
    let (account, party) = (parts.next()?, parts.next()?);
    let (units, currency) = (parts.next()?.parse().ok()?, parts.next()?);
    Some(Posting { account, party: (!party.is_empty()).then_some(party), units, currency })
}

/// Percent-encodes all but letters, digits, `.`, `_` and `-`: colons would make levels of accounts, semicolons
/// comments, commas tags. An empty text, which no account may be, is a bare `%`.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    push_encoded(&mut out, text);
    out
}

fn push_encoded(out: &mut String, text: &str) {
    if text.is_empty() {
        out.push('%');
    }
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_be_mistaken_for_signs() {
        for (name, expected) in [
            ("platform_fees", "platform_fees"),
            ("did:key:z6Mk", "did%3Akey%3Az6Mk"),
            ("did:web:a.example%3A8443", "did%3Aweb%3Aa.example%253A8443"),
            ("a  b;c", "a%20%20b%3Bc"),
            ("", "%"),
            ("Gebühr", "Geb%C3%BChr"),
        ] {
            assert_eq!(encoded(name), expected);
        }
    }

    #[test]
    fn flat_text_is_read_back() {
        let text = "escrow\tdid%3Akey%3Aa\t-1000000000\tUSD\n%\t\t1\tSOL\n";
        let found: Vec<_> = read(text).filter_map(Result::ok).collect();
        let posting = |account, party, units, currency| Posting { account, party, units, currency };
        let expected =
            [posting("escrow", Some("did%3Akey%3Aa"), -1_000_000_000, "USD"), posting("%", None, 1, "SOL")];
        assert_eq!(found, expected);
        assert!(read("escrow\tx\tmuch\tUSD").all(|posting| posting.is_err()));
    }
}
