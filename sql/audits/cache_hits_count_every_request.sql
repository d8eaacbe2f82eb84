-- Every request that landed is a hit, a miss or an error of one node's hour, with its bytes.
WITH
landed AS (
    SELECT count(*) AS requests, coalesce(sum(bytes_sent), 0) AS bytes
    FROM bronze.cdn_requests
    WHERE dt = $dt AND NOT conflict
),
told AS (
    SELECT coalesce(sum(hits + misses + errors), 0) AS requests, coalesce(sum(bytes), 0) AS bytes FROM gold.cache_hits_hourly WHERE dt = $dt
)
SELECT landed.requests, told.requests AS requests_told, landed.bytes, told.bytes AS bytes_told
FROM landed
CROSS JOIN told
WHERE landed.requests <> told.requests OR landed.bytes <> told.bytes
