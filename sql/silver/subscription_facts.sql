-- grain: one row that names a subscription, as the judge of subscriptions reads it
-- key: subscription_id, kind, id
--
-- All that has landed, packed: events, the tier versions that they name, attempts to deliver a benefit. What asks
-- for subscriptions reads this, and the days upon days of small files behind it are opened once a night.
WITH
events AS (
    SELECT * FROM bronze.subscription_events WHERE NOT conflict
),
named AS (
    SELECT subscription_id, tier_id, tier_version, min(dt) AS dt
    FROM events
    GROUP BY subscription_id, tier_id, tier_version
),
facts AS (
    SELECT
        subscription_id,
        'EVENT' AS kind,
        event_id AS id,
        dt AS landed_on,
        CASE WHEN event IN ('STARTED', 'RENEWED', 'UPGRADED', 'DOWNGRADED') THEN escrow_id END AS paid_by,
        at,
        subscription_fact(
            event_id, event, subscriber, creator, tier_id, tier_version, period_start, period_end, escrow_id, at
        ) AS fact
    FROM events
    UNION ALL
    SELECT
        subscription_id,
        'TIER' AS kind,
        concat(tiers.tier_id, '/', CAST(version AS VARCHAR)) AS id,
        greatest(named.dt, tiers.dt) AS landed_on,
        NULL AS paid_by,
        at,
        tier_fact(tiers.tier_id, version, creator, price, currency, "interval", benefits) AS fact
    FROM named
    INNER JOIN bronze.tiers AS tiers ON tiers.tier_id = named.tier_id AND tiers.version = named.tier_version
    WHERE NOT tiers.conflict
    UNION ALL
    SELECT
        subscription_id,
        'BENEFIT' AS kind,
        delivery_id AS id,
        dt AS landed_on,
        NULL AS paid_by,
        at,
        benefit_fact(delivery_id, benefit_id, type, delivery_method, status, at) AS fact
    FROM bronze.benefit_deliveries
    WHERE NOT conflict
)
SELECT subscription_id, kind, id, landed_on, paid_by, at, fact
FROM facts
