-- grain: one edge node and hour, among the requests that landed on one day
-- key: dt, node_id?, hour
--
-- What the caches gave. A hit is Hit or RefreshHit; every other result but Error is a miss. Errors, the
-- viewer's leaving among them, are counted and are part of no ratio. A node that is in no inventory is marked.
WITH
inventory AS (
    SELECT node_id, provider, region
    FROM bronze.nodes
    WHERE dt = $inventory_day AND NOT conflict
),
requests AS (
    SELECT
        node_id,
        date_trunc('hour', at) AS hour,
        coalesce(bytes_sent, 0) AS bytes,
        coalesce(result_type IN ('Hit', 'RefreshHit'), FALSE) AS is_hit,
        coalesce(result_type = 'Error', FALSE) AS is_error
    FROM bronze.cdn_requests
    WHERE dt = $dt AND NOT conflict
),
summed AS (
    SELECT
        node_id,
        hour,
        count(*) AS requests,
        count(*) FILTER (WHERE is_hit) AS hits,
        count(*) FILTER (WHERE NOT is_hit AND NOT is_error) AS misses,
        count(*) FILTER (WHERE is_error) AS errors,
        sum(bytes) AS bytes,
        sum(CASE WHEN is_hit THEN bytes ELSE 0 END) AS bytes_hit,
        sum(CASE WHEN is_error THEN 0 ELSE bytes END) AS bytes_answered
    FROM requests
    GROUP BY node_id, hour
)
SELECT
    summed.node_id,
    hour,
    provider,
    region,
    inventory.node_id IS NOT NULL AS in_inventory,
    requests,
    hits,
    misses,
    errors,
    bytes,
    bytes_hit,
    bytes_answered,
    CASE WHEN hits + misses > 0 THEN CAST(hits AS DOUBLE) / CAST(hits + misses AS DOUBLE) END AS hit_ratio,
    CASE WHEN bytes_answered > 0
        THEN CAST(bytes_hit AS DOUBLE) / CAST(bytes_answered AS DOUBLE) END AS byte_hit_ratio
FROM summed
LEFT JOIN inventory ON inventory.node_id = summed.node_id
