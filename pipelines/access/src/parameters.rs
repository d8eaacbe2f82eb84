//! The values that a client binds to `$1`, `$2` and so on: their types, and the values themselves.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion_postgres::arrow_pg::datatypes::{PG_OID_ALIAS_KEY, df, into_pg_type, pg_type_for_alias_kind};
use pgwire::api::Type;
use pgwire::api::portal::Portal;
use pgwire::api::stmt::StoredStatement;
use pgwire::error::PgWireError;

use crate::failure::Refusal;
use crate::lists;
use crate::stated::Told;

/// One parameter: its type in the plan, and the one that a client is told.
#[derive(Debug, Clone)]
pub struct Expected {
    kind: Option<DataType>,
    wire: Type,
}

/// The parameters of a plan of which nothing says what they are.
pub fn untyped(plan: &LogicalPlan) -> Result<Vec<usize>, Refusal> {
    let Seen { kinds, .. } = seen(plan)?;
    let untyped = kinds.iter().filter(|(_, kind)| kind.is_none());
    Ok(untyped.map(|(name, _)| number(name)).collect())
}

/// The parameters of a plan by name: their types in it, and those that PostgreSQL has of its own.
struct Seen {
    kinds: HashMap<String, Option<DataType>>,
    told: HashMap<String, Type>,
}

fn seen(plan: &LogicalPlan) -> Result<Seen, Refusal> {
    let mut kinds = plan.get_parameter_types()?;
    let mut told: HashMap<String, Type> = HashMap::new();
    plan.apply_with_subqueries(|node| {
        for expression in node.expressions() {
            expression.apply(|part| {
                see(part, &mut kinds, &mut told);
                Ok(TreeNodeRecursion::Continue)
            })?;
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(Seen { kinds, told })
}

fn number(name: &str) -> usize {
    name.trim_start_matches('$').parse().unwrap_or(usize::MAX)
}

/// The parameters of a plan, in the order of their numbers.
pub fn expected(plan: &LogicalPlan, of_casts: &Told) -> Result<Vec<Expected>, Refusal> {
    let Seen { kinds, told } = seen(plan)?;
    let count = kinds.keys().map(|name| number(name)).max().unwrap_or_default();
    if count > usize::from(u16::MAX) {
        return Err(Refusal::syntax("parameters are numbered from $1"));
    }
    let parameter = |place: usize| {
        let name = format!("${place}");
        // What was left out of a question with what it stood in is bound all the same, and not looked at.
        let Some(kind) = kinds.get(&name).cloned() else { return Expected { kind: None, wire: Type::TEXT } };
        let wire = match (of_casts.get(&place).or_else(|| told.get(&name)), &kind) {
            (Some(told), _) => told.clone(),
            (None, Some(kind)) => into_pg_type(kind).unwrap_or(Type::TEXT),
            (None, None) => Type::TEXT,
        };
        // What nothing says the type of is text, as it is written.
        Expected { kind: Some(kind.unwrap_or(DataType::Utf8)), wire }
    };
    Ok((1..=count).map(parameter).collect())
}

/// A cast says what a parameter is where nothing else does; PostgreSQL's own columns are of its own types.
fn see(part: &Expr, kinds: &mut HashMap<String, Option<DataType>>, told: &mut HashMap<String, Type>) {
    if let Expr::Cast(cast) = part
        && let Expr::Placeholder(placeholder) = cast.expr.as_ref()
    {
        let kind = kinds.entry(placeholder.id.clone()).or_default();
        *kind = kind.take().or_else(|| Some(cast.field.data_type().clone()));
    }
    if let Expr::Placeholder(placeholder) = part {
        kinds.entry(placeholder.id.clone()).or_default();
        let alias = placeholder.field.as_ref().filter(|field| field.data_type() == &DataType::Int32);
        let alias = alias.and_then(|field| pg_type_for_alias_kind(field.metadata().get(PG_OID_ALIAS_KEY)?));
        told.extend(alias.map(|alias| (placeholder.id.clone(), alias)));
    }
}

/// The types that a client is told.
pub fn told(expected: &[Expected]) -> Vec<Type> {
    expected.iter().map(|of| of.wire.clone()).collect()
}

/// Reads what a client has bound.
pub fn read<S: Clone>(portal: &Portal<S>, expected: &[Expected]) -> Result<ParamValues, PgWireError> {
    if portal.parameter_len() < expected.len() {
        let message = format!(
            "bind message supplies {} parameters, but prepared statement requires {}",
            portal.parameter_len(),
            expected.len()
        );
        return Err(Refusal::new("08P01", message).into());
    }
    // The last ones may have been left out.
    let spare = portal.parameter_len() - expected.len();
    let kinds = expected.iter().map(|of| of.kind.as_ref()).collect::<Vec<_>>();
    let text = Type::TEXT;
    let wires = expected.iter().map(|of| Some(&of.wire));
    let wires = wires.chain(std::iter::repeat_n(Some(&text), spare)).collect::<Vec<_>>();
    let stated = |place: usize| {
        let stated = portal.statement.parameter_types.get(place).cloned().flatten();
        stated.filter(|stated| *stated != Type::UNKNOWN).unwrap_or_else(|| expected[place].wire.clone())
    };
    let own = (0..expected.len())
        .filter(|place| is_read_here(&stated(*place), portal.parameter_format.is_binary(*place)));
    let own = own.collect::<Vec<_>>();
    if own.is_empty() {
        return df::deserialize_parameters_with_server_types(portal, &kinds, &wires);
    }
    // Decimals are read here, digit by digit: the library's have fewer. Lists of days or ids it does not read at all,
    // and those of words only without blanks.
    let mut rest = Portal::new_cursor(portal.name.clone(), portal.statement.clone());
    rest.parameter_format = portal.parameter_format.clone();
    rest.parameters = portal.parameters.clone();
    let mut stated_types = portal.statement.parameter_types.clone();
    for place in &own {
        rest.parameters[*place] = None;
        if let Some(kind) = stated_types.get_mut(*place) {
            *kind = Some(Type::TEXT);
        }
    }
    let of = &portal.statement;
    rest.statement = Arc::new(StoredStatement::new(of.id.clone(), of.statement.clone(), stated_types));
    let kinds = (0..kinds.len()).map(|place| if own.contains(&place) { None } else { kinds[place] });
    let wires = (0..wires.len()).map(|place| if own.contains(&place) { Some(&text) } else { wires[place] });
    let (kinds, wires) = (kinds.collect::<Vec<_>>(), wires.collect::<Vec<_>>());
    let read = df::deserialize_parameters_with_server_types(&rest, &kinds, &wires)?;
    let ParamValues::List(mut values) = read else {
        return Err(Refusal::internal("parameters are read by number").into());
    };
    for place in own {
        let bytes = portal.parameters.get(place).and_then(Option::as_deref);
        let is_binary = portal.parameter_format.is_binary(place);
        values[place] = match stated(place) {
            Type::NUMERIC => decimal(bytes, is_binary)?,
            Type::TEXT_ARRAY | Type::VARCHAR_ARRAY => lists::words(bytes)?,
            Type::DATE_ARRAY => lists::read(bytes, is_binary, lists::Item::Day)?,
            _ => lists::read(bytes, is_binary, lists::Item::Id)?,
        }
        .into();
    }
    Ok(ParamValues::List(values))
}

fn is_read_here(kind: &Type, is_binary: bool) -> bool {
    match *kind {
        Type::NUMERIC | Type::DATE_ARRAY | Type::OID_ARRAY => true,
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY => !is_binary,
        _ => false,
    }
}

fn decimal(bytes: Option<&[u8]>, is_binary: bool) -> Result<ScalarValue, Refusal> {
    let wrong = || Refusal::new("22P03", "a parameter is no decimal of up to 38 digits");
    let Some(bytes) = bytes else { return Ok(ScalarValue::Decimal128(None, 38, 9)) };
    let (value, scale) = match is_binary {
        true => crate::numeric::read_binary(bytes),
        false => std::str::from_utf8(bytes).ok().and_then(crate::numeric::read_text),
    }
    .ok_or_else(wrong)?;
    Ok(ScalarValue::Decimal128(Some(value), 38, scale))
}
