-- ask: Which nodes carry most, and how near are they to what they can?
-- for: operators
-- $day: day = (SELECT max(dt) FROM gold.node_health_daily), the night
-- $limit: integer = 20, how many
WITH ranked AS (
  SELECT *, row_number() OVER (ORDER BY bytes DESC, node_id) AS place
  FROM gold.node_health_daily
  WHERE dt = $day
)

SELECT place, node_id, provider, region, status, requests, bytes, peak_mbps, capacity_mbps, peak_share
FROM ranked
WHERE place <= $limit
ORDER BY place
