-- ask: How many escrows were refunded each day, and for how much?
-- for: finance
-- $from: day = (SELECT max(dt) - INTERVAL '30 days' FROM silver.reconciliation), the first night
-- $to: day = (SELECT max(dt) FROM silver.reconciliation), the last night
SELECT dt, currency, type, count(*) AS refunds, sum(amount) AS amount
FROM silver.reconciliation
WHERE dt BETWEEN $from AND $to AND class = 'REFUNDED'
GROUP BY dt, currency, type
ORDER BY dt, currency, type
