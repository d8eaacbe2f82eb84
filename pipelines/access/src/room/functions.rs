//! PostgreSQL's own functions that tools call, where the engine has none of that name or another's answer.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarUDF, Signature, SimpleScalarUDF, TypeSignature, Volatility, create_udf,
};
use datafusion::prelude::SessionContext;

use crate::failure::Refusal;
use crate::settings::{SERVER_VERSION, Settings};

/// Registers what is the same for everybody.
pub fn install(context: &SessionContext) -> Result<(), Refusal> {
    let version = format!("PostgreSQL {SERVER_VERSION} (ttt {})", env!("CARGO_PKG_VERSION"));
    context.register_udf(constant("version", &version));
    let null = |kind: &DataType| ScalarValue::try_from(kind).unwrap_or(ScalarValue::Null);
    // What there is none of here: locks, definitions, privileges of single columns, types of extensions.
    for name in [
        "json_build_object",
        "pg_advisory_unlock_all",
        "pg_get_functiondef",
        "pg_get_function_arguments",
        "pg_get_function_identity_arguments",
        "pg_get_function_result",
        "pg_get_indexdef",
        "pg_get_ruledef",
        "pg_get_serial_sequence",
        "pg_get_triggerdef",
        "pg_get_viewdef",
        "pg_notify",
        "pg_tablespace_location",
        "pg_get_function_sqlbody",
    ] {
        context.register_udf(always(name, null(&DataType::Utf8)));
    }
    for name in
        ["to_regtype", "to_regclass", "to_regproc", "to_regnamespace", "to_regrole", "inet_server_port"]
    {
        context.register_udf(always(name, null(&DataType::Int32)));
    }
    for name in [
        "pg_function_is_visible",
        "pg_type_is_visible",
        "pg_operator_is_visible",
        "pg_opclass_is_visible",
        "pg_opfamily_is_visible",
        "pg_collation_is_visible",
        "pg_conversion_is_visible",
        "pg_statistics_obj_is_visible",
    ] {
        context.register_udf(always(name, ScalarValue::Boolean(Some(true))));
    }
    for name in
        ["has_column_privilege", "has_function_privilege", "has_type_privilege", "has_tablespace_privilege"]
    {
        context.register_udf(always(name, ScalarValue::Boolean(Some(true))));
    }
    for name in ["pg_is_in_recovery", "has_sequence_privilege", "pg_is_other_temp_schema", "pg_has_role"] {
        context.register_udf(always(name, ScalarValue::Boolean(Some(false))));
    }
    for name in ["pg_table_size", "pg_indexes_size", "pg_database_size", "txid_current", "pg_my_temp_schema"]
    {
        context.register_udf(always(name, ScalarValue::Int64(Some(0))));
    }
    // The one encoding that there is, by its name and by PostgreSQL's number.
    context.register_udf(always("getdatabaseencoding", ScalarValue::Utf8(Some("UTF8".to_owned()))));
    context.register_udf(always("pg_char_to_encoding", ScalarValue::Int32(Some(6))));
    context.register_udf(always("pg_size_pretty", ScalarValue::Utf8(Some(String::new()))));
    context.register_udf(ScalarUDF::from(SimpleScalarUDF::new_with_signature(
        "quote_literal",
        Signature::any(1, Volatility::Immutable),
        DataType::Utf8,
        Arc::new(quote_literal),
    )));
    // A setting is set by SET; whoever sets it so is told what it asked for, and nothing changes.
    context.register_udf(create_udf(
        "set_config",
        vec![DataType::Utf8, DataType::Utf8, DataType::Boolean],
        DataType::Utf8,
        Volatility::Volatile,
        Arc::new(|arguments: &[ColumnarValue]| Ok(arguments[1].clone())),
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

/// A value as a literal of SQL; one with a backslash in it says so in front.
fn quote_literal(arguments: &[ColumnarValue]) -> Result<ColumnarValue> {
    let arrays = ColumnarValue::values_to_arrays(arguments)?;
    let texts = cast(&arrays[0], &DataType::Utf8)?;
    let said = texts.as_string::<i32>().iter().map(|text| text.map(quoted));
    Ok(ColumnarValue::Array(Arc::new(said.collect::<StringArray>()) as ArrayRef))
}

fn quoted(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    match doubled.contains('\\') {
        true => format!(" E'{}'", doubled.replace('\\', "\\\\")),
        false => format!("'{doubled}'"),
    }
}

/// The same answer to whatever arguments.
fn always(name: &str, value: ScalarValue) -> ScalarUDF {
    let signature =
        Signature::one_of(vec![TypeSignature::VariadicAny, TypeSignature::Nullary], Volatility::Stable);
    let kind = value.data_type();
    let said = move |_: &[ColumnarValue]| Ok(ColumnarValue::Scalar(value.clone()));
    ScalarUDF::from(SimpleScalarUDF::new_with_signature(name, signature, kind, Arc::new(said)))
}

fn constant(name: &str, value: &str) -> ScalarUDF {
    let value: ArrayRef = Arc::new(StringArray::from(vec![value]));
    let value = ScalarValue::try_from_array(&value, 0).unwrap_or(ScalarValue::Utf8(None));
    let said = move |_: &[ColumnarValue]| Ok(ColumnarValue::Scalar(value.clone()));
    create_udf(name, Vec::new(), DataType::Utf8, Volatility::Stable, Arc::new(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_quoted_as_postgres_does() {
        for (text, expected) in [("a", "'a'"), ("it's", "'it''s'"), ("a\\b'", " E'a\\\\b'''"), ("", "''")] {
            assert_eq!(quoted(text), expected);
        }
    }
}
