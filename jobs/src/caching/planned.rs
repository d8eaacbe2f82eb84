//! One node's plan, as its rows.

use delivery::cache::curve::{Point, curves};
use delivery::cache::plan::plan;
use delivery::cache::{Day, Plan, Planned, Settings};

use super::requests::Served;
use super::table::{CurveRow, PlanRow};

/// What it takes to plan a node's cache.
pub struct Task {
    pub name: String,
    pub day: Day,
    pub served: Served,
    pub cache_bytes: u64,
    pub yesterday: Option<Plan>,
    pub settings: Settings,
    pub curve_requests_max: usize,
}

/// Plans a node's cache and draws its curves.
pub fn work(task: Task) -> (PlanRow, Vec<CurveRow>) {
    let planned = plan(&task.day, task.cache_bytes, task.yesterday.as_ref(), &task.settings);
    let row = plan_row(&task, planned);
    let points = curves(task.day, task.cache_bytes, task.curve_requests_max);
    let (name, cache_bytes) = (task.name, task.cache_bytes);
    let curve = |point: Point| CurveRow {
        node_id: name.clone(),
        policy: point.policy.name(),
        cache_bytes: point.cache_bytes,
        cache_share: (cache_bytes > 0).then(|| point.cache_bytes as f64 / cache_bytes as f64),
        byte_hit_ratio: point.byte_hit_ratio,
        sampled_share: point.sampled_share,
    };
    (row, points.into_iter().map(curve).collect())
}

fn plan_row(task: &Task, planned: Planned) -> PlanRow {
    let lru = planned.byte_hit_ratio_lru;
    let bound = planned.byte_hit_ratio_bound;
    let gain = |ratio: Option<f64>| Some(ratio? - lru?);
    // Of no distance no share is closed.
    let closed = |ratio: Option<f64>| Some(gain(ratio)? / gain(bound).filter(|distance| *distance > 1e-12)?);
    let basis = match (planned.byte_hit_ratio, &task.yesterday) {
        (Some(_), _) => "REQUESTS",
        (None, Some(_)) => "CARRIED",
        (None, None) => "DEFAULT",
    };
    let Plan { policy, admission, ttl_seconds, pinned, prefetch } = planned.plan;
    PlanRow {
        node_id: task.name.clone(),
        policy: policy.name(),
        admission: admission.name(),
        admission_bytes_max: admission.bytes_max(),
        // Where there was nothing to choose by, the longest time is that of a cache that nobody planned for.
        ttl_seconds: ttl_seconds.or(task.settings.ttl_seconds.last().copied()),
        pinned,
        prefetch,
        prefetch_bytes: planned.prefetch_bytes,
        byte_hit_ratio_actual: task.served.byte_hit_ratio,
        byte_hit_ratio_planned: planned.byte_hit_ratio,
        byte_hit_ratio_lru: lru,
        byte_hit_ratio_belady: planned.byte_hit_ratio_belady,
        byte_hit_ratio_bound: bound,
        bound_kind: bound.map(|_| "FOO-L"),
        gain_over_lru: gain(planned.byte_hit_ratio),
        distance_closed: closed(planned.byte_hit_ratio),
        byte_hit_ratio_held_out: planned.byte_hit_ratio_held_out,
        held_out_gain_over_lru: gain(planned.byte_hit_ratio_held_out),
        held_out_distance_closed: closed(planned.byte_hit_ratio_held_out),
        requests: task.served.requests,
        bytes: task.served.bytes,
        bytes_filled: planned.filled_bytes,
        cache_bytes: task.cache_bytes,
        sampled_share: task.day.sampled_share(),
        basis,
    }
}
