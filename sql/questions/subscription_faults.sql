-- ask: What is wrong with subscriptions, and how often?
-- for: growth
SELECT class, currency, count(*) AS findings, min(event_day) AS first_day, max(event_day) AS last_day
FROM silver.subscription_findings
GROUP BY class, currency
ORDER BY findings DESC, class, currency
