-- Every playback that landed is rebuilt on its night, or waits for its logs and is rebuilt on the next.
WITH
landed AS (
    SELECT count(*) AS playbacks FROM bronze.playbacks WHERE dt = $dt AND NOT conflict
),
rebuilt AS (
    SELECT
        count(*) FILTER (WHERE playback_dt = dt) AS of_night,
        count(*) FILTER (WHERE playback_dt <> dt) AS of_night_before,
        count(*) - count(DISTINCT session_hash) AS twice
    FROM silver.viewing_sessions
    WHERE dt = $dt
),
waiting AS (
    SELECT
        coalesce(sum(count) FILTER (WHERE dt = $dt), 0) AS of_night,
        coalesce(sum(count) FILTER (WHERE dt <> $dt), 0) AS of_night_before
    FROM silver.quality_exclusions
    WHERE dt >= $dt - INTERVAL '1 day' AND dt <= $dt AND reason = 'WAITING'
)
SELECT landed.playbacks, rebuilt.of_night, rebuilt.of_night_before, waiting.of_night AS waiting, rebuilt.twice
FROM landed
CROSS JOIN rebuilt
CROSS JOIN waiting
WHERE landed.playbacks <> rebuilt.of_night + waiting.of_night
    OR rebuilt.of_night_before <> waiting.of_night_before
    OR rebuilt.twice > 0
