//! An aggregate that collects the facts of each group as bytes and judges all groups at once.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BooleanArray, LargeBinaryArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_datafusion_err, not_impl_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use datafusion::physical_expr::expressions::Literal;

use crate::Session;
use crate::arena::Arena;
pub use crate::arena::{Facts, Groups};
use crate::conform;

/// Judges groups by the constants of its call: one value for each group, in their order.
pub type Evaluate = Arc<dyn Fn(&Groups<'_>, &[ScalarValue]) -> Result<ArrayRef, String> + Send + Sync>;

impl Session {
    /// Offers `name(fact, constant, …)` to SQL, an aggregate over Binary: `evaluate` sees all facts of every group, in
    /// no order, and returns one value a group. Facts that are null are not seen.
    ///
    /// A group's facts must not depend on how they came in: queries are free to divide and reorder them.
    pub fn register_fold(
        &self,
        name: &str,
        constants: Vec<DataType>,
        return_type: DataType,
        evaluate: Evaluate,
    ) {
        let signature = Signature::user_defined(Volatility::Immutable);
        let fold = Fold { name: name.to_owned(), signature, constants, return_type, evaluate };
        self.context().register_udaf(AggregateUDF::new_from_impl(fold));
    }
}

#[derive(Clone)]
struct Fold {
    name: String,
    signature: Signature,
    constants: Vec<DataType>,
    return_type: DataType,
    evaluate: Evaluate,
}

impl Fold {
    /// The constants of one call.
    fn constants(&self, args: &AccumulatorArgs<'_>) -> Result<Vec<ScalarValue>> {
        let literals = args.exprs.iter().skip(1).map(|expression| {
            let literal = (expression.as_ref() as &dyn Any).downcast_ref::<Literal>();
            literal.map(|literal| literal.value().clone())
        });
        let literals: Option<Vec<_>> = literals.collect();
        literals.ok_or_else(|| exec_datafusion_err!("{} is judged by constants", self.name))
    }
}

impl fmt::Debug for Fold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fold({})", self.name)
    }
}

impl PartialEq for Fold {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.evaluate, &other.evaluate)
    }
}

impl Eq for Fold {}

impl Hash for Fold {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl AggregateUDFImpl for Fold {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types {
            [fact, constants @ ..]
                if conform::fits(fact, &DataType::Binary) && constants.len() == self.constants.len() =>
            {
                Ok([vec![DataType::Binary], self.constants.clone()].concat())
            }
            _ => plan_err!("{} takes a Binary fact and {} constants", self.name, self.constants.len()),
        }
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(self.return_type.clone())
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format_state_name(args.name, "facts"), DataType::LargeBinary, true))])
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if args.is_distinct {
            return not_impl_err!("{}(DISTINCT …)", self.name);
        }
        Ok(Box::new(OneGroup(Folder::new(self, self.constants(&args)?))))
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        !args.is_distinct
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Folder::new(self, self.constants(&args)?)))
    }
}

/// Collects facts. Its state is one blob a group: the facts, each behind its length.
struct Folder {
    fold: Fold,
    constants: Vec<ScalarValue>,
    arena: Arena,
}

impl Folder {
    fn new(fold: &Fold, constants: Vec<ScalarValue>) -> Self {
        Self { fold: fold.clone(), constants, arena: Arena::default() }
    }

    fn count(&self, emit_to: EmitTo) -> usize {
        match emit_to {
            EmitTo::All => self.arena.len(),
            EmitTo::First(count) => count,
        }
    }
}

impl GroupsAccumulator for Folder {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        groups: usize,
    ) -> Result<()> {
        self.arena.grow(groups);
        let facts = facts(values)?;
        for (row, group) in group_indices.iter().enumerate() {
            if is_seen(facts, filter, row) {
                self.arena.push_fact(*group, facts.value(row)).ok_or_else(too_long)?;
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], groups: usize) -> Result<()> {
        self.arena.grow(groups);
        let blobs = values.first().and_then(|array| array.as_binary_opt::<i64>());
        let blobs = blobs.ok_or_else(|| exec_datafusion_err!("the state of a fold is not its own"))?;
        for (row, group) in group_indices.iter().enumerate() {
            if blobs.is_valid(row) {
                self.arena.push_blob(*group, blobs.value(row)).ok_or_else(too_long)?;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let count = self.count(emit_to);
        let name = &self.fold.name;
        let judged = (self.fold.evaluate)(&self.arena.groups(count), &self.constants)
            .map_err(|message| exec_datafusion_err!("{name}: {message}"))?;
        if judged.len() != count || judged.data_type() != &self.fold.return_type {
            return Err(exec_datafusion_err!(
                "{name} returned {} of {} for {count} of {}",
                judged.len(),
                judged.data_type(),
                self.fold.return_type
            ));
        }
        self.arena.drop_first(count);
        Ok(judged)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let count = self.count(emit_to);
        let groups = self.arena.groups(count);
        let mut state = Blobs::with_capacity(count, self.arena.size());
        for facts in groups.iter() {
            facts.blobs().for_each(|blob| state.bytes.extend_from_slice(blob));
            state.end();
        }
        self.arena.drop_first(count);
        Ok(vec![state.finish()?])
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let facts = facts(values)?;
        let bytes = (facts.value_offsets()[facts.len()] - facts.value_offsets()[0]) as usize;
        let mut state = Blobs::with_capacity(facts.len(), bytes + facts.len() * size_of::<u32>());
        for row in 0..facts.len() {
            if is_seen(facts, filter, row) {
                let fact = facts.value(row);
                let length = u32::try_from(fact.len()).map_err(|_| too_long())?;
                state.bytes.extend_from_slice(&length.to_le_bytes());
                state.bytes.extend_from_slice(fact);
            }
            state.end();
        }
        Ok(vec![state.finish()?])
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.arena.size()
    }
}

/// The states of some groups, on their way into an array.
struct Blobs {
    bytes: Vec<u8>,
    ends: Vec<i64>,
}

impl Blobs {
    fn with_capacity(groups: usize, bytes: usize) -> Self {
        let mut ends = Vec::with_capacity(groups + 1);
        ends.push(0);
        Self { bytes: Vec::with_capacity(bytes), ends }
    }

    /// The bytes since the last end are one state.
    fn end(&mut self) {
        self.ends.push(self.bytes.len() as i64);
    }

    fn finish(self) -> Result<ArrayRef> {
        let offsets = OffsetBuffer::new(self.ends.into());
        Ok(Arc::new(LargeBinaryArray::try_new(offsets, self.bytes.into(), None)?))
    }
}

/// The same without GROUP BY.
struct OneGroup(Folder);

impl fmt::Debug for OneGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fold.fmt(f)
    }
}

impl Accumulator for OneGroup {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let groups = vec![0; values.first().map_or(0, |array| array.len())];
        self.0.update_batch(values, &groups, None, 1)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let groups = vec![0; states.first().map_or(0, |array| array.len())];
        self.0.merge_batch(states, &groups, 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.0.arena.grow(1);
        ScalarValue::try_from_array(&GroupsAccumulator::evaluate(&mut self.0, EmitTo::All)?, 0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.0.arena.grow(1);
        let state = GroupsAccumulator::state(&mut self.0, EmitTo::All)?;
        state.iter().map(|array| ScalarValue::try_from_array(array, 0)).collect()
    }

    fn size(&self) -> usize {
        GroupsAccumulator::size(&self.0)
    }
}

fn facts(values: &[ArrayRef]) -> Result<&BinaryArray> {
    let facts = values.first().and_then(|array| array.as_binary_opt::<i32>());
    facts.ok_or_else(|| exec_datafusion_err!("a fold takes one Binary fact"))
}

fn is_seen(facts: &BinaryArray, filter: Option<&BooleanArray>, row: usize) -> bool {
    facts.is_valid(row) && filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
}

fn too_long() -> DataFusionError {
    exec_datafusion_err!("a fact is longer than 4 GiB")
}
