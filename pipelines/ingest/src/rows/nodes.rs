//! The state of an edge node on one day.

use arrow::array::{ArrayRef, Decimal128Builder, Float64Builder, Int64Builder};
use arrow::buffer::Buffer;
use arrow::error::ArrowError;

use super::{Rows, finished, hash_of};
use crate::columns::{self, Lists};
use crate::field::{self, members, required};
use crate::json::Value;
use crate::reason::Rejection;
use crate::texts::Texts;
use crate::totals::Totals;

const STATUSES: &[&str] = &["AVAILABLE", "DRAINED"];

pub struct NodeRows {
    dt: i32,
    node_id: Texts,
    provider: Texts,
    region: Texts,
    capabilities: Lists,
    capability: Texts,
    capacity_gbps: Float64Builder,
    cost_per_gb: Decimal128Builder,
    currency: Texts,
    cache_bytes: Int64Builder,
    status: Texts,
}

impl NodeRows {
    /// `dt` is the day that the state is of, in days since the epoch.
    pub fn new(dt: i32) -> Self {
        Self {
            dt,
            node_id: Texts::new(),
            provider: Texts::new(),
            region: Texts::new(),
            capabilities: Lists::default(),
            capability: Texts::new(),
            capacity_gbps: Float64Builder::new(),
            cost_per_gb: columns::money(),
            currency: Texts::new(),
            cache_bytes: Int64Builder::new(),
            status: Texts::new(),
        }
    }
}

impl Rows for NodeRows {
    fn push(&mut self, row: Value<'_>, _: &mut Totals) -> Result<u64, Rejection> {
        members!(row => node_id = "node_id", provider = "provider", region = "region",
            capabilities = "capabilities", capacity = "capacity_gbps", cost = "cost_per_gb",
            cache = "cache_bytes", status = "status");
        let node_id = field::text(required(node_id, "node_id")?, "node_id")?;
        let provider = field::text(required(provider, "provider")?, "provider")?;
        let region = field::text(required(region, "region")?, "region")?;
        let list = field::array(required(capabilities, "capabilities")?, "capabilities")?;
        let capabilities =
            list.items().map(|item| field::text(item, "capabilities")).collect::<Result<Vec<_>, _>>()?;
        let capacity = field::float(required(capacity, "capacity_gbps")?, "capacity_gbps")?;
        let cost = field::unit_price(required(cost, "cost_per_gb")?, "cost_per_gb")?;
        let cache = field::integer(required(cache, "cache_bytes")?, "cache_bytes")?;
        let status = field::listed(required(status, "status")?, "status", STATUSES)?;

        let key = hash_of(&format!("{node_id}\0{}", self.dt));
        self.node_id.append_value(node_id);
        self.provider.append_value(provider);
        self.region.append_value(region);
        self.capabilities.push(capabilities.len());
        for capability in capabilities {
            self.capability.append_value(capability);
        }
        self.capacity_gbps.append_value(capacity);
        self.cost_per_gb.append_value(cost.units);
        self.currency.append_value(cost.currency);
        self.cache_bytes.append_value(cache);
        self.status.append_value(status);
        Ok(key)
    }

    fn finish(&mut self, chunk: &Buffer) -> Result<Vec<ArrayRef>, ArrowError> {
        let capabilities = self.capabilities.finish(self.capability.finish(chunk)?);
        let mut columns = finished![chunk; self.node_id, self.provider, self.region];
        columns.push(capabilities);
        columns.extend(finished![
            chunk;
            self.capacity_gbps,
            self.cost_per_gb,
            self.currency,
            self.cache_bytes,
            self.status
        ]);
        Ok(columns)
    }
}
