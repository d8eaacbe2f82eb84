-- grain: one creator, tier, type of benefit and class on one night
-- key: dt, creator, tier_id, type, class
--
-- What creators owe their subscribers as of the night: benefits of paid periods that are still to come, were
-- not delivered, by another method only, or too late. As silver.entitlements, by what had landed that night.
WITH
facts AS (
    SELECT subscription_id, on_night(fact, NULL, $dt) AS fact
    FROM silver.subscription_facts
    WHERE landed_on <= $dt
),
judged AS (
    SELECT subscription_id, entitlements(fact) AS rows FROM facts GROUP BY subscription_id
),
entitled AS (
    SELECT unnest(rows) AS entitled FROM judged
),
owed AS (
    SELECT
        entitled['creator'] AS creator,
        entitled['tier_id'] AS tier_id,
        entitled['type'] AS type,
        entitled['class'] AS class
    FROM entitled
)
SELECT creator, tier_id, type, class, count(*) AS count
FROM owed
WHERE class IN ('PENDING', 'FAILED', 'MISSING', 'WRONG_METHOD', 'LATE')
GROUP BY creator, tier_id, type, class
