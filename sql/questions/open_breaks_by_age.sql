-- ask: How many breaks are open, how old, and how much is at stake?
-- for: finance
SELECT class, currency, age_bucket, count(*) AS breaks, sum(amount) AS amount, max(age_days) AS age_days_max
FROM silver.breaks
WHERE status = 'OPEN'
GROUP BY class, currency, age_bucket
ORDER BY class, currency, age_bucket
