-- What was stated the night before, restated, and the night's movements give what is stated tonight, in count
-- and amount; and tonight goes on from the very figures that the night before stated.
WITH
tonight AS (
    SELECT * FROM gold.subscription_metrics_daily WHERE dt = $dt
),
before AS (
    SELECT * FROM gold.subscription_metrics_daily
    WHERE dt = $stated_before AND (active_count <> 0 OR mrr <> 0)
)
SELECT
    coalesce(tonight.creator, before.creator) AS creator,
    coalesce(tonight.tier_id, before.tier_id) AS tier_id,
    coalesce(tonight.currency, before.currency) AS currency,
    before.active_count AS stated_count,
    before.mrr AS stated_mrr,
    tonight.opening_count,
    tonight.opening_mrr,
    tonight.holds
FROM tonight
FULL OUTER JOIN before
    ON before.creator = tonight.creator AND before.tier_id = tonight.tier_id
    AND coalesce(before.currency, '') = coalesce(tonight.currency, '')
WHERE NOT coalesce(tonight.holds, true)
    OR coalesce(before.active_count, 0) <> coalesce(tonight.opening_count, 0)
    OR coalesce(before.mrr, 0) <> coalesce(tonight.opening_mrr, 0)
