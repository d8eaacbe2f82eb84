-- grain: one creator, tier and currency on one night
-- key: dt, creator, tier_id, currency?
--
-- Where every subscription stood at the end of the night before and where it stands now, both by what has
-- landed up to tonight. What the night before stated otherwise is restated, so that each night goes on from
-- the figures that were given out.
WITH
judged AS (
    SELECT subscription_id, subscription_movements(fact, $stated_before, $dt) AS rows
    FROM silver.subscription_facts
    WHERE landed_on <= $dt AND kind <> 'BENEFIT'
    GROUP BY subscription_id
),
movements AS (
    SELECT unnest(rows) AS moved FROM judged
),
-- Two steps: a person with several subscriptions of one tier is one subscriber.
by_subscriber AS (
    SELECT
        moved['creator'] AS creator,
        moved['tier_id'] AS tier_id,
        moved['currency'] AS currency,
        moved['subscriber'] AS subscriber,
        sum(moved['active']) AS active_count,
        sum(moved['active_before']) AS before_count,
        sum(moved['new']) AS new_count,
        sum(moved['reactivated']) AS reactivated_count,
        sum(moved['moved_in']) AS moved_in_count,
        sum(moved['moved_out']) AS moved_out_count,
        sum(moved['churned']) AS churned_count,
        sum(moved['renewals_due']) AS renewals_due,
        sum(moved['renewed']) AS renewed,
        sum(moved['mrr']) AS mrr,
        sum(moved['mrr_before']) AS before_mrr,
        sum(moved['new_mrr']) AS new_mrr,
        sum(moved['reactivated_mrr']) AS reactivated_mrr,
        sum(moved['expansion_mrr']) AS expansion_mrr,
        sum(moved['contraction_mrr']) AS contraction_mrr,
        sum(moved['churned_mrr']) AS churned_mrr
    FROM movements
    GROUP BY moved['creator'], moved['tier_id'], moved['currency'], moved['subscriber']
),
summed AS (
    SELECT
        creator, tier_id, currency,
        count(*) FILTER (WHERE active_count > 0) AS active_subscribers,
        sum(active_count) AS active_count,
        sum(before_count) AS before_count,
        sum(new_count) AS new_count,
        sum(reactivated_count) AS reactivated_count,
        sum(moved_in_count) AS moved_in_count,
        sum(moved_out_count) AS moved_out_count,
        sum(churned_count) AS churned_count,
        sum(renewals_due) AS renewals_due,
        sum(renewed) AS renewed,
        sum(mrr) AS mrr,
        sum(before_mrr) AS before_mrr,
        sum(new_mrr) AS new_mrr,
        sum(reactivated_mrr) AS reactivated_mrr,
        sum(expansion_mrr) AS expansion_mrr,
        sum(contraction_mrr) AS contraction_mrr,
        sum(churned_mrr) AS churned_mrr
    FROM by_subscriber
    GROUP BY creator, tier_id, currency
),
stated AS (
    SELECT creator, tier_id, currency, active_count, mrr FROM gold.subscription_metrics_daily
    WHERE dt = $stated_before AND (active_count <> 0 OR mrr <> 0)
),
compared AS (
    SELECT
        coalesce(summed.creator, stated.creator) AS creator,
        coalesce(summed.tier_id, stated.tier_id) AS tier_id,
        coalesce(summed.currency, stated.currency) AS currency,
        coalesce(active_subscribers, 0) AS active_subscribers,
        coalesce(summed.active_count, 0) AS active_count,
        coalesce(stated.active_count, 0) AS opening_count,
        coalesce(before_count, 0) - coalesce(stated.active_count, 0) AS restated_count,
        coalesce(new_count, 0) AS new_count,
        coalesce(reactivated_count, 0) AS reactivated_count,
        coalesce(moved_in_count, 0) AS moved_in_count,
        coalesce(moved_out_count, 0) AS moved_out_count,
        coalesce(churned_count, 0) AS churned_count,
        coalesce(renewals_due, 0) AS renewals_due,
        coalesce(renewed, 0) AS renewed,
        coalesce(summed.mrr, 0) AS mrr,
        coalesce(stated.mrr, 0) AS opening_mrr,
        coalesce(before_mrr, 0) - coalesce(stated.mrr, 0) AS restated_mrr,
        coalesce(new_mrr, 0) AS new_mrr,
        coalesce(reactivated_mrr, 0) AS reactivated_mrr,
        coalesce(expansion_mrr, 0) AS expansion_mrr,
        coalesce(contraction_mrr, 0) AS contraction_mrr,
        coalesce(churned_mrr, 0) AS churned_mrr
    FROM summed
    FULL OUTER JOIN stated
        ON stated.creator = summed.creator AND stated.tier_id = summed.tier_id
        AND coalesce(stated.currency, '') = coalesce(summed.currency, '')
)
SELECT
    creator,
    tier_id,
    currency,
    active_subscribers,
    active_count,
    opening_count,
    restated_count,
    new_count,
    reactivated_count,
    moved_in_count,
    moved_out_count,
    churned_count,
    renewals_due,
    renewed,
    CASE WHEN renewals_due > 0
        THEN CAST(CAST(renewed AS DECIMAL(20, 9)) / CAST(renewals_due AS DECIMAL(9, 0)) AS DECIMAL(28, 9)) END AS renewal_rate,
    CAST(mrr AS DECIMAL(38, 9)) AS mrr,
    CAST(opening_mrr AS DECIMAL(38, 9)) AS opening_mrr,
    CAST(restated_mrr AS DECIMAL(38, 9)) AS restated_mrr,
    CAST(new_mrr AS DECIMAL(38, 9)) AS new_mrr,
    CAST(reactivated_mrr AS DECIMAL(38, 9)) AS reactivated_mrr,
    CAST(expansion_mrr AS DECIMAL(38, 9)) AS expansion_mrr,
    CAST(contraction_mrr AS DECIMAL(38, 9)) AS contraction_mrr,
    CAST(churned_mrr AS DECIMAL(38, 9)) AS churned_mrr,
    active_count = opening_count + restated_count + new_count + reactivated_count + moved_in_count - moved_out_count
        - churned_count
        AND mrr = opening_mrr + restated_mrr + new_mrr + reactivated_mrr + expansion_mrr - contraction_mrr - churned_mrr
        AS holds
FROM compared
