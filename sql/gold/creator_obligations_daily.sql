-- grain: one creator, tier, type of benefit and class on one night
-- key: dt, creator, tier_id, type, class
--
-- What creators owe their subscribers as of the night: benefits of paid periods that are still to come, were
-- not delivered, by another method only, or too late. As silver.entitlements, by what had landed that night.
WITH
events AS (
    SELECT * FROM bronze.subscription_events WHERE NOT conflict AND dt <= $dt
),
tiers AS (
    SELECT * FROM bronze.tiers WHERE NOT conflict AND dt <= $dt
),
deliveries AS (
    SELECT * FROM bronze.benefit_deliveries WHERE NOT conflict AND dt <= $dt
),
named AS (
    SELECT DISTINCT subscription_id, tier_id, tier_version FROM events
),
facts AS (
    SELECT
        subscription_id,
        subscription_fact(
            event_id, event, subscriber, creator, tier_id, tier_version, period_start, period_end, escrow_id, at,
            NULL, $dt
        ) AS fact
    FROM events
    UNION ALL
    SELECT subscription_id, tier_fact(tiers.tier_id, version, creator, price, currency, "interval", benefits) AS fact
    FROM named
    INNER JOIN tiers ON tiers.tier_id = named.tier_id AND tiers.version = named.tier_version
    UNION ALL
    SELECT subscription_id, benefit_fact(delivery_id, benefit_id, type, delivery_method, status, at) AS fact
    FROM deliveries
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
