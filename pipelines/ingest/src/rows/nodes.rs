//! The state of an edge node on one day.

use arrow::array::{ArrayRef, Decimal128Builder, Float64Builder, Int64Builder, StringBuilder};

use super::{Rows, finished, hash_of};
use crate::columns::{self, Lists};
use crate::field::{self, members, required};
use crate::json::Value;
use crate::reason::Rejection;
use crate::totals::Totals;

const STATUSES: &[&str] = &["AVAILABLE", "DRAINED"];

pub struct NodeRows {
    dt: i32,
    node_id: StringBuilder,
    provider: StringBuilder,
    region: StringBuilder,
    capabilities: Lists,
    capability: StringBuilder,
    capacity_gbps: Float64Builder,
    cost_per_gb: Decimal128Builder,
    currency: StringBuilder,
    cache_bytes: Int64Builder,
    status: StringBuilder,
}

impl NodeRows {
    /// `dt` is the day that the state is of, in days since the epoch.
    pub fn new(dt: i32) -> Self {
        Self {
            dt,
            node_id: StringBuilder::new(),
            provider: StringBuilder::new(),
            region: StringBuilder::new(),
            capabilities: Lists::default(),
            capability: StringBuilder::new(),
            capacity_gbps: Float64Builder::new(),
            cost_per_gb: columns::money(),
            currency: StringBuilder::new(),
            cache_bytes: Int64Builder::new(),
            status: StringBuilder::new(),
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

    fn finish(&mut self) -> Vec<ArrayRef> {
        let capabilities = self.capabilities.finish(std::sync::Arc::new(self.capability.finish()));
        let mut columns = finished![self.node_id, self.provider, self.region];
        columns.push(capabilities);
        columns.extend(finished![
            self.capacity_gbps,
            self.cost_per_gb,
            self.currency,
            self.cache_bytes,
            self.status
        ]);
        columns
    }
}
