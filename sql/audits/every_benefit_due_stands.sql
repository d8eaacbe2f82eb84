-- After the last night, silver.entitlements has one row for every benefit of every paid period whose tier
-- version has landed. Counted from the events and the tiers alone, without the judge.
WITH
periods AS (
    SELECT event_id, tier_id, tier_version FROM bronze.subscription_events
    WHERE dt <= $dt AND NOT conflict AND event IN ('STARTED', 'RENEWED', 'UPGRADED', 'DOWNGRADED')
        AND period_start < period_end
),
offered AS (
    SELECT tier_id, version, unnest(benefits) AS benefit FROM bronze.tiers WHERE dt <= $dt AND NOT conflict
),
benefits AS (
    SELECT DISTINCT tier_id, version, benefit['benefit_id'] AS benefit_id FROM offered
),
due AS (
    SELECT event_id, benefit_id
    FROM periods
    INNER JOIN benefits ON benefits.tier_id = periods.tier_id AND benefits.version = periods.tier_version
    WHERE $dt = $last_stated
),
standing AS (
    SELECT event_id, benefit_id FROM silver.entitlements
    WHERE class <> 'NOT_ENTITLED' AND $dt = $last_stated
)
SELECT
    coalesce(due.event_id, standing.event_id) AS event_id,
    coalesce(due.benefit_id, standing.benefit_id) AS benefit_id,
    due.event_id IS NOT NULL AS is_due
FROM due
FULL OUTER JOIN standing ON standing.event_id = due.event_id AND standing.benefit_id = due.benefit_id
WHERE due.event_id IS NULL OR standing.event_id IS NULL
