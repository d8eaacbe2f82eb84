//! The one place where analysts get names for parties that tell nothing of them.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Date32Type};
use datafusion::common::exec_datafusion_err;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use schemas::time;

use crate::config::Config;
use crate::failure::Outcome;
use crate::privacy::keys::{self, Keys};

/// The function of a DID and a day that makes a pseudonym, by the key of the day's month: the same person has another
/// name in the next month, and none once the key is destroyed. Without keys there is none, and analysts see no
/// column of parties.
pub fn function(config: &Config) -> Outcome<Option<Arc<ScalarUDF>>> {
    let held = Keys::load(config)?;
    if held.months().next().is_none() {
        return Ok(None);
    }
    let compute = move |arguments: &[ColumnarValue]| {
        let columns = ColumnarValue::values_to_arrays(arguments)?;
        let dids = columns[0].as_string_opt::<i32>();
        let days = columns[1].as_primitive_opt::<Date32Type>();
        let (Some(dids), Some(days)) = (dids, days) else {
            return Err(exec_datafusion_err!("a party and a day were expected"));
        };
        let named = (0..dids.len()).map(|row| {
            let month = days.is_valid(row).then(|| keys::month(time::date(days.value(row))))?;
            dids.is_valid(row).then(|| held.of(&month))?.map(|key| key.pseudonym(dids.value(row)))
        });
        Ok(ColumnarValue::Array(Arc::new(named.collect::<StringArray>()) as ArrayRef))
    };
    let arguments = vec![DataType::Utf8, DataType::Date32];
    let function =
        create_udf("pseudonym_of", arguments, DataType::Utf8, Volatility::Immutable, Arc::new(compute));
    Ok(Some(Arc::new(function)))
}
