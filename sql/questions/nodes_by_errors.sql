-- ask: Which nodes fail most often, and which are slow?
-- for: operators
-- $day: day = (SELECT max(dt) FROM gold.node_health_daily), the night
-- $requests: integer = 100, requests that a node has at least
SELECT node_id, provider, region, requests, errors, error_share, first_byte_ms_p95, rtt_ms_mean, rtt_ms_p95
FROM gold.node_health_daily
WHERE dt = $day AND requests >= $requests
ORDER BY error_share DESC, rtt_ms_p95 DESC, node_id
