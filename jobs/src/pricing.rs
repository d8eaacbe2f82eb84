//! What traffic costs, offered to SQL: SQL adds money, and never multiplies or rounds it.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Decimal128Array};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use schemas::money::{self, PRECISION, SCALE};
use warehouse::Session;

/// Bytes of a gigabyte.
const GIGABYTE: i128 = 1_000_000_000;

/// Registers `traffic_cost(bytes, price of a gigabyte)`, null without a price, and `gigabytes(bytes)`.
pub fn register(session: &Session) {
    let exact = DataType::Decimal128(PRECISION, SCALE as i8);
    let arguments = vec![DataType::Int64, exact.clone()];
    session.register_scalar("traffic_cost", arguments, exact.clone(), Arc::new(traffic_cost));
    session.register_scalar("gigabytes", vec![DataType::Int64], exact, Arc::new(gigabytes));
}

/// Rounded once, to 10⁻⁹ half away from zero.
fn traffic_cost(columns: &[ArrayRef]) -> Result<ArrayRef, String> {
    let [bytes, prices] = columns else { return Err("bytes and a price were expected".to_owned()) };
    let bytes = bytes.as_primitive_opt::<Int64Type>().ok_or("bytes were expected")?;
    let prices = prices.as_primitive_opt::<Decimal128Type>().ok_or("a price was expected")?;
    let cost = |(bytes, price): (Option<i64>, Option<i128>)| match (bytes, price) {
        (Some(bytes), Some(price)) => {
            money::proportion(price, i128::from(bytes), GIGABYTE, SCALE).map(Some).ok_or_else(|| {
                format!("{bytes} bytes at {} a gigabyte cost too much", money::format(price, SCALE))
            })
        }
        _ => Ok(None),
    };
    finished(bytes.iter().zip(prices).map(cost).collect::<Result<Vec<_>, _>>()?)
}

/// A byte is 10⁻⁹ of a gigabyte: nothing is rounded.
fn gigabytes(columns: &[ArrayRef]) -> Result<ArrayRef, String> {
    let bytes = columns.first().and_then(|column| column.as_primitive_opt::<Int64Type>());
    let bytes = bytes.ok_or("bytes were expected")?;
    finished(bytes.iter().map(|bytes| bytes.map(i128::from)).collect())
}

fn finished(values: Vec<Option<i128>>) -> Result<ArrayRef, String> {
    let column = Decimal128Array::from(values).with_precision_and_scale(PRECISION, SCALE as i8);
    Ok(Arc::new(column.map_err(|error| error.to_string())?))
}

#[cfg(test)]
mod tests {
    use arrow::array::Int64Array;

    use super::*;

    #[test]
    fn a_cost_is_rounded_once_half_away_from_zero() {
        let cases: [(Option<i64>, Option<&str>, Option<&str>); 7] = [
            (Some(1_000_000_000), Some("0.0085"), Some("0.0085")),
            (Some(1), Some("0.5"), Some("0.000000001")),
            (Some(1), Some("0.499999999"), Some("0")),
            (Some(1), Some("-0.5"), Some("-0.000000001")),
            (Some(123_456_789_012), Some("0.003588677"), Some("0.443046539")),
            (Some(5), None, None),
            (None, Some("1"), None),
        ];
        let units = |text: Option<&str>| text.map(|text| money::parse(text.as_bytes(), SCALE).unwrap());
        let bytes: ArrayRef = Arc::new(Int64Array::from_iter(cases.iter().map(|case| case.0)));
        let prices = finished(cases.iter().map(|case| units(case.1)).collect()).unwrap();
        let costs = traffic_cost(&[bytes.clone(), prices]).unwrap();
        let expected: Vec<_> = cases.iter().map(|case| units(case.2)).collect();
        assert_eq!(costs.as_primitive::<Decimal128Type>().iter().collect::<Vec<_>>(), expected);
        let dear = finished(vec![Some(10_i128.pow(27)); 7]).unwrap();
        assert!(traffic_cost(&[Arc::new(Int64Array::from(vec![i64::MAX; 7])), dear]).is_err());
        let whole = gigabytes(&[bytes]).unwrap();
        assert_eq!(whole.as_primitive::<Decimal128Type>().value(0), money::UNIT);
    }
}
