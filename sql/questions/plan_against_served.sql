-- ask: Was what the plan promised better than what was served?
-- for: operators
-- $from: day = (SELECT max(dt) - INTERVAL '30 days' FROM gold.route_summary), the first night
-- $to: day = (SELECT max(dt) FROM gold.route_summary), the last night
SELECT
  dt,
  currency,
  demand_gb,
  unserved_gb,
  cost,
  actual_cost,
  rtt_ms_mean,
  actual_rtt_ms_mean,
  rtt_ms_p95,
  actual_rtt_ms_p95,
  capacity_violations,
  actual_capacity_violations
FROM gold.route_summary
WHERE dt BETWEEN $from AND $to
ORDER BY dt
