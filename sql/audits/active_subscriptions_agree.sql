-- Every subscription that has a paid period over the day's end is active in the night's metrics, once. Counted
-- from the events alone, without the judge.
WITH
day_end AS (
    SELECT to_timestamp_micros((CAST(CAST($dt AS INT) AS BIGINT) + 1) * 86400000000) AS at
),
covering AS (
    SELECT DISTINCT subscription_id
    FROM bronze.subscription_events
    CROSS JOIN day_end
    WHERE dt <= $dt AND NOT conflict AND event IN ('STARTED', 'RENEWED', 'UPGRADED', 'DOWNGRADED')
        AND period_start < period_end
        AND period_start < day_end.at AND period_end >= day_end.at
),
counted AS (
    SELECT count(*) AS count FROM covering
),
stated AS (
    SELECT coalesce(sum(active_count), 0) AS count FROM gold.subscription_metrics_daily WHERE dt = $dt
)
SELECT counted.count AS by_events, stated.count AS stated
FROM counted
CROSS JOIN stated
WHERE counted.count <> stated.count
