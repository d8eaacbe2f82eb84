-- grain: one creator, tier, type of benefit and class on one night
-- key: dt, creator, tier_id, type, class
--
-- What creators owe their subscribers as of the night: benefits of paid periods that are still to come, were
-- not delivered, by another method only, or too late. silver.entitlements says so of the last night; an earlier
-- one is judged by what had landed then.
WITH
judged AS (
    SELECT subscription_id, entitlements(fact, $dt) AS rows
    FROM silver.subscription_facts
    WHERE landed_on <= $dt AND $dt < $last_stated
    GROUP BY subscription_id
),
entitled AS (
    SELECT unnest(rows) AS entitled FROM judged
),
owed AS (
    SELECT creator, tier_id, type, class FROM silver.entitlements WHERE $dt = $last_stated
    UNION ALL
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
