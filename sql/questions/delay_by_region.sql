-- ask: What round trips are viewers of each region promised by the plan?
-- for: operators
-- $day: day = (SELECT max(dt) FROM gold.route_plan), the night
WITH weighted AS (
  SELECT region, sum(weight) AS weight, sum(weight * rtt_ms_mean) AS rtt_ms, max(rtt_ms_p95) AS rtt_ms_p95, sum(samples) AS samples
  FROM gold.route_plan
  WHERE dt = $day AND role = 'PRIMARY'
  GROUP BY region
)

SELECT region, CASE WHEN weight > 0 THEN rtt_ms / weight END AS rtt_ms_mean, rtt_ms_p95 AS rtt_ms_p95_max, samples
FROM weighted
ORDER BY rtt_ms_mean DESC, region
