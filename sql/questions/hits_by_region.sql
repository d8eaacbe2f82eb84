-- ask: How much of the traffic did caches answer, region by region?
-- for: operators
-- $from: day = (SELECT max(dt) - INTERVAL '30 days' FROM gold.cache_hits_hourly), the first night
-- $to: day = (SELECT max(dt) FROM gold.cache_hits_hourly), the last night
WITH summed AS (
  SELECT region, sum(requests) AS requests, sum(hits) AS hits, sum(bytes_answered) AS bytes, sum(bytes_hit) AS bytes_hit
  FROM gold.cache_hits_hourly
  WHERE dt BETWEEN $from AND $to
  GROUP BY region
)

SELECT
  region,
  requests,
  hits,
  bytes,
  bytes_hit,
  CASE WHEN bytes > 0 THEN CAST(bytes_hit AS DOUBLE) / bytes END AS byte_hit_ratio
FROM summed
ORDER BY region
