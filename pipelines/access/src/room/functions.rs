//! PostgreSQL's own functions that tools call, where the engine has none of that name or another's answer.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use datafusion::prelude::SessionContext;

use crate::failure::Refusal;
use crate::settings::{SERVER_VERSION, Settings};

/// Registers what is the same for everybody.
pub fn install(context: &SessionContext) -> Result<(), Refusal> {
    let version = format!("PostgreSQL {SERVER_VERSION} (ttt {})", env!("CARGO_PKG_VERSION"));
    context.register_udf(constant("version", &version));
    // Nothing is ever locked, so nothing is to be unlocked; not even a result.
    for name in ["pg_advisory_unlock_all", "pg_notify"] {
        context.register_udf(create_udf(
            name,
            Vec::new(),
            DataType::Utf8,
            Volatility::Volatile,
            Arc::new(|_: &[ColumnarValue]| Ok(ColumnarValue::Scalar(ScalarValue::Utf8(None)))),
        ));
    }
    context.register_udf(create_udf(
        "pg_is_in_recovery",
        Vec::new(),
        DataType::Boolean,
        Volatility::Stable,
        Arc::new(|_: &[ColumnarValue]| Ok(ColumnarValue::Scalar(ScalarValue::Boolean(Some(true))))),
    ));
    context.register_udf(create_udf(
        "current_setting",
        vec![DataType::Utf8],
        DataType::Utf8,
        Volatility::Stable,
        Arc::new(current_setting),
    ));
    Ok(())
}

/// Who a session belongs to. Nothing rests on these: a role's catalogue is chosen when it logs in.
pub fn of_user(user: &str) -> Vec<ScalarUDF> {
    ["session_user", "current_user", "current_role"].into_iter().map(|name| constant(name, user)).collect()
}

/// As PostgreSQL has it where nobody has set it; SHOW says what this session has set.
fn current_setting(arguments: &[ColumnarValue]) -> Result<ColumnarValue> {
    let [ColumnarValue::Scalar(ScalarValue::Utf8(Some(name)))] = arguments else {
        return exec_err!("current_setting takes the name of a setting");
    };
    match Settings::default().get(&name.to_lowercase()) {
        Ok(value) => Ok(ColumnarValue::Scalar(ScalarValue::Utf8(Some(value)))),
        Err(refusal) => exec_err!("{refusal}"),
    }
}

fn constant(name: &str, value: &str) -> ScalarUDF {
    let value: ArrayRef = Arc::new(StringArray::from(vec![value]));
    let value = ScalarValue::try_from_array(&value, 0).unwrap_or(ScalarValue::Utf8(None));
    let said = move |_: &[ColumnarValue]| Ok(ColumnarValue::Scalar(value.clone()));
    create_udf(name, Vec::new(), DataType::Utf8, Volatility::Stable, Arc::new(said))
}
