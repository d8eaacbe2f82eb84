-- grain: one paid period and benefit that is due in it, or that was given without being due
-- key: subscription_id, benefit_id, period_start?, event_id?
--
-- SQL brings together what names a subscription, the judge replays its life. The state after the last night
-- that was reconciled or stated: running an earlier night again leaves it.
WITH
judged AS (
    SELECT subscription_id, entitlements(fact, $last_stated) AS rows
    FROM silver.subscription_facts
    WHERE landed_on <= $last_stated
    GROUP BY subscription_id
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
