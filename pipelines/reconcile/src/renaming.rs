//! Payers of written facts under other names: an unfinished escrow keeps its facts when a person is taken out.

use crate::codec::{Fault, Reader, Writer};
use crate::facts::{CASE, ESCROW, LEDGER};

/// A fact, or all facts of a case, with payers named as `other` says; `None` where it renames none of them.
///
/// Creators keep their names. A case's facts stay in their order, which is that of their bytes.
pub fn renamed(fact: &[u8], other: impl Fn(&str) -> Option<String>) -> Result<Option<Vec<u8>>, Fault> {
    let Some((&CASE, case)) = fact.split_first() else { return of_fact(fact, &other) };
    let (mut reader, mut facts, mut is_renamed) = (Reader(case), Vec::new(), false);
    while !reader.0.is_empty() {
        let length = u32::from_le_bytes(reader.number()?);
        let fact = reader.take(length as usize)?;
        let found = of_fact(fact, &other)?;
        is_renamed |= found.is_some();
        facts.push(found.unwrap_or_else(|| fact.to_vec()));
    }
    facts.sort_unstable();
    let mut case = vec![CASE];
    for fact in facts {
        case.extend_from_slice(&(fact.len() as u32).to_le_bytes());
        case.extend_from_slice(&fact);
    }
    Ok(is_renamed.then_some(case))
}

fn of_fact(fact: &[u8], other: &impl Fn(&str) -> Option<String>) -> Result<Option<Vec<u8>>, Fault> {
    let (mut reader, mut writer) = (Reader(fact), Writer::default());
    let tag = reader.byte()?;
    writer.byte(tag);
    let is_renamed = match tag {
        ESCROW => {
            writer.byte(reader.byte()?);
            writer.text(reader.text()?);
            writer.integer(reader.integer()?);
            writer.text(reader.text()?);
            writer.text(reader.text()?);
            let payer = reader.text()?;
            let renamed = other(payer);
            writer.text(renamed.as_deref().unwrap_or(payer));
            renamed.is_some()
        }
        LEDGER => {
            writer.byte(reader.byte()?);
            writer.text(reader.text()?);
            writer.integer(reader.integer()?);
            writer.text(reader.text()?);
            writer.option(reader.maybe()?);
            writer.integer(reader.integer()?);
            writer.option(reader.maybe()?);
            writer.integer(reader.integer()?);
            let mut is_renamed = false;
            while !reader.0.is_empty() {
                let (account, party) = (reader.text()?, reader.maybe()?);
                let renamed = party.filter(|_| account != "creator").and_then(other);
                is_renamed |= renamed.is_some();
                writer.text(account);
                writer.option(renamed.as_deref().or(party));
                writer.amount(reader.amount()?);
                writer.text(reader.text()?);
            }
            is_renamed
        }
        _ => false,
    };
    if !is_renamed {
        return Ok(None);
    }
    writer.0.extend_from_slice(reader.0);
    Ok(Some(writer.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Read;

    fn event(payer: &str, creator: &str) -> Vec<u8> {
        let mut fact = Writer::default();
        fact.byte(ESCROW);
        fact.byte(0);
        fact.text("ee_1");
        fact.integer(1);
        fact.text("CREATED");
        fact.text("TIP");
        fact.text(payer);
        fact.text(creator);
        fact.amount(5);
        fact.text("USD");
        fact.option(Some("PUBLIC"));
        fact.integer(7);
        fact.0
    }

    fn entry(payer: &str, creator: &str) -> Vec<u8> {
        let mut fact = Writer::default();
        fact.byte(LEDGER);
        fact.byte(0);
        fact.text("le_1");
        fact.integer(1);
        fact.text("TIP");
        fact.option(None);
        fact.integer(9);
        fact.option(None);
        fact.integer(3);
        for (account, party) in [("escrow", Some(payer)), ("creator", Some(creator)), ("platform_fees", None)]
        {
            fact.text(account);
            fact.option(party);
            fact.amount(-5);
            fact.text("USD");
        }
        fact.0
    }

    #[test]
    fn payers_are_renamed_and_creators_are_not() {
        let name = |did: &str| (did == "did:x:a").then(|| "did:erased:longer".to_owned());
        let read_before = [event("did:x:a", "did:x:b"), entry("did:x:a", "did:x:a")];
        let case = Read::new(read_before.iter().map(Vec::as_slice)).unwrap().case();
        let found = renamed(&case, name).unwrap().unwrap();
        let expected = [event("did:erased:longer", "did:x:b"), entry("did:erased:longer", "did:x:a")];
        let expected = Read::new(expected.iter().map(Vec::as_slice)).unwrap().case();
        assert_eq!(found, expected, "a case is as the next night would write it");
        assert_eq!(renamed(&found, name).unwrap(), None);
        let one = renamed(&read_before[0], name).unwrap();
        assert_eq!(one, Some(event("did:erased:longer", "did:x:b")));
        assert_eq!(renamed(&event("did:x:c", "did:x:a"), name).unwrap(), None);
        assert!(renamed(&case[..case.len() - 1], name).is_err());
    }
}
