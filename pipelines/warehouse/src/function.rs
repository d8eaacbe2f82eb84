//! Pure functions over columns, offered to SQL.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::{Session, conform};

/// A pure function of columns: as many values as each of them has.
pub type Compute = Arc<dyn Fn(&[ArrayRef]) -> Result<ArrayRef, String> + Send + Sync>;

impl Session {
    /// Offers `name(arguments…)` to SQL. Arguments of another type are converted only where nothing is lost.
    pub fn register_scalar(
        &self,
        name: &str,
        arguments: Vec<DataType>,
        return_type: DataType,
        compute: Compute,
    ) {
        let signature = Signature::user_defined(Volatility::Immutable);
        let function = Function { name: name.to_owned(), signature, arguments, return_type, compute };
        self.context().register_udf(ScalarUDF::new_from_impl(function));
    }
}

struct Function {
    name: String,
    signature: Signature,
    arguments: Vec<DataType>,
    return_type: DataType,
    compute: Compute,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function({})", self.name)
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.compute, &other.compute)
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let fit = types.len() == self.arguments.len()
            && types.iter().zip(&self.arguments).all(|(from, to)| conform::is_lossless(from, to));
        match fit {
            true => Ok(self.arguments.clone()),
            false => plan_err!("{} takes {:?}, not {types:?}", self.name, self.arguments),
        }
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(self.return_type.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        // Constants are computed once.
        let constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let columns =
            args.args.into_iter().map(|value| value.into_array(rows)).collect::<Result<Vec<_>>>()?;
        let name = &self.name;
        let computed =
            (self.compute)(&columns).map_err(|message| exec_datafusion_err!("{name}: {message}"))?;
        if computed.len() != rows || computed.data_type() != &self.return_type {
            return Err(exec_datafusion_err!(
                "{name} returned {} of {} for {rows} of {}",
                computed.len(),
                computed.data_type(),
                self.return_type
            ));
        }
        Ok(match constant {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&computed, 0)?),
            false => ColumnarValue::Array(computed),
        })
    }
}
