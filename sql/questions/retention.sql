-- ask: Of the subscriptions that were due, how many were renewed?
-- for: growth
-- $from: day = (SELECT max(dt) - INTERVAL '30 days' FROM gold.subscription_metrics_daily), the first night
-- $to: day = (SELECT max(dt) FROM gold.subscription_metrics_daily), the last night
WITH due AS (
  SELECT tier_id, sum(renewals_due) AS due, sum(renewed) AS renewed
  FROM gold.subscription_metrics_daily
  WHERE dt BETWEEN $from AND $to
  GROUP BY tier_id
)

SELECT tier_id, due, renewed, CAST(renewed AS DOUBLE) / due AS renewed_share
FROM due
WHERE due > 0
ORDER BY renewed_share, tier_id
