-- ask: How much was tipped and subscribed each day?
-- for: growth
-- $from: day = (SELECT max(dt) - INTERVAL '30 days' FROM silver.reconciliation), the first night
-- $to: day = (SELECT max(dt) FROM silver.reconciliation), the last night
SELECT dt, type, currency, count(*) AS payments, sum(gross) AS gross
FROM silver.reconciliation
WHERE dt BETWEEN $from AND $to AND class IN ('MATCHED', 'DAY_BOUNDARY', 'METADATA_MISMATCH')
GROUP BY dt, type, currency
ORDER BY dt, type, currency
