//! Viewers under other names: keys that last a month, and what is shown of a person where her name is not.

pub mod command;
pub mod keys;

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Date32Type};
use insights::policy::Policy;
use reconcile::case::Visibility;
use schemas::{did, time};
use warehouse::Session;

use crate::failure::{Failure, Outcome};
use keys::Keys;

/// The policy that a file holds.
pub fn policy(path: &Path) -> Outcome<Policy> {
    let wrong = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    Policy::parse(&text).map_err(|error| wrong(&error))
}

/// Offers `pseudonym(did, dt)` to SQL: the HMAC-SHA-256 of the DID under the key of the day's month, in 64 hex digits;
/// null where there is no key, or no more.
pub fn register(session: &Session, keys: Arc<Keys>) {
    let compute = move |columns: &[ArrayRef]| {
        let [dids, days] = columns else { return Err("two columns were expected".to_owned()) };
        let dids = dids.as_string_opt::<i32>().ok_or("a text was expected")?;
        let days = days.as_primitive_opt::<Date32Type>().ok_or("a day was expected")?;
        let pseudonyms = (0..dids.len()).map(|row| {
            let month = days.is_valid(row).then(|| keys::month(time::date(days.value(row))))?;
            dids.is_valid(row).then(|| keys.of(&month))?.map(|key| key.pseudonym(dids.value(row)))
        });
        Ok(Arc::new(pseudonyms.collect::<StringArray>()) as ArrayRef)
    };
    session.register_scalar(
        "pseudonym",
        vec![DataType::Utf8, DataType::Date32],
        DataType::Utf8,
        Arc::new(compute),
    );
}

/// What is shown of a payer: nothing of one who pays anonymously or in private, else the end of the DID.
pub fn shown(payer: &str, visibility: Option<Visibility>) -> String {
    match visibility {
        Some(Visibility::Anonymous) => "an anonymous payer".to_owned(),
        Some(Visibility::Private) => "a private payer".to_owned(),
        _ if payer.starts_with("did:") => did::masked(payer),
        _ => payer.to_owned(),
    }
}
