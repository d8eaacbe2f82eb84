-- ask: How did subscriptions and their monthly revenue move each day?
-- for: growth
-- $from: day = (SELECT max(dt) - INTERVAL '30 days' FROM gold.subscription_metrics_daily), the first night
-- $to: day = (SELECT max(dt) FROM gold.subscription_metrics_daily), the last night
SELECT
  dt,
  currency,
  sum(active_count) AS active,
  sum(new_count) AS new,
  sum(reactivated_count) AS reactivated,
  sum(churned_count) AS churned,
  sum(mrr) AS mrr,
  sum(new_mrr) AS new_mrr,
  sum(expansion_mrr) AS expansion_mrr,
  sum(contraction_mrr) AS contraction_mrr,
  sum(churned_mrr) AS churned_mrr
FROM gold.subscription_metrics_daily
WHERE dt BETWEEN $from AND $to
GROUP BY dt, currency
ORDER BY dt, currency
