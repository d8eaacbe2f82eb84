-- Every request that landed is in one rebuilt session, or left out with a reason; with its chunks it is the same.
WITH
landed AS (
    SELECT count(*) AS requests FROM bronze.cdn_requests WHERE dt = $dt AND NOT conflict
),
told AS (
    SELECT
        coalesce(sum(requests_landed), 0) AS requests,
        coalesce(sum(requests), 0) AS chunks,
        coalesce(sum(chunks_used), 0) AS used
    FROM silver.viewing_sessions
    WHERE dt = $dt
),
excluded AS (
    SELECT
        coalesce(sum(count) FILTER (WHERE subject = 'REQUEST'), 0) AS requests,
        coalesce(sum(count) FILTER (WHERE subject = 'CHUNK'), 0) AS chunks
    FROM silver.quality_exclusions
    WHERE dt = $dt
)
SELECT
    landed.requests,
    told.requests AS requests_told,
    excluded.requests AS requests_excluded,
    told.chunks,
    told.used,
    excluded.chunks AS chunks_excluded
FROM landed
CROSS JOIN told
CROSS JOIN excluded
WHERE landed.requests <> told.requests + excluded.requests
    -- The player's readings stand in the place of chunks: those are excluded as too few, or measure nothing.
    OR told.chunks <> told.used + excluded.chunks
