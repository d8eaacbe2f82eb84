-- grain: one paid period and benefit that is due in it, or that was given without being due
-- key: subscription_id, benefit_id, period_start?, event_id?
--
-- SQL brings together what names a subscription, the judge replays its life. The state after the last night
-- that was reconciled or stated: running an earlier night again leaves it.
WITH
nights AS (
    SELECT dt FROM silver.reconciliation
    UNION ALL
    SELECT dt FROM gold.subscription_metrics_daily
    UNION ALL
    SELECT $dt AS dt
),
last_night AS (
    SELECT max(dt) AS night FROM nights
),
events AS (
    SELECT * FROM bronze.subscription_events
    WHERE NOT conflict AND dt <= (SELECT night FROM last_night)
),
tiers AS (
    SELECT * FROM bronze.tiers
    WHERE NOT conflict AND dt <= (SELECT night FROM last_night)
),
deliveries AS (
    SELECT * FROM bronze.benefit_deliveries
    WHERE NOT conflict AND dt <= (SELECT night FROM last_night)
),
named AS (
    SELECT DISTINCT subscription_id, tier_id, tier_version FROM events
),
facts AS (
    SELECT
        subscription_id,
        subscription_fact(
            event_id, event, subscriber, creator, tier_id, tier_version, period_start, period_end, escrow_id, at,
            NULL, night
        ) AS fact
    FROM events
    CROSS JOIN last_night
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
    SELECT subscription_id, unnest(rows) AS entitled FROM judged
)
SELECT
    subscription_id,
    entitled['benefit_id'] AS benefit_id,
    entitled['period_start'] AS period_start,
    entitled['period_end'] AS period_end,
    entitled['event_id'] AS event_id,
    entitled['subscriber'] AS subscriber,
    entitled['creator'] AS creator,
    entitled['tier_id'] AS tier_id,
    entitled['tier_version'] AS tier_version,
    entitled['type'] AS type,
    entitled['class'] AS class,
    entitled['due_by'] AS due_by,
    entitled['delivered_at'] AS delivered_at,
    entitled['delivery_id'] AS delivery_id
FROM entitled
