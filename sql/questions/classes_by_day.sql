-- ask: How did each night's escrows read?
-- for: finance
-- $from: day = (SELECT max(dt) - INTERVAL '30 days' FROM silver.reconciliation), the first night
-- $to: day = (SELECT max(dt) FROM silver.reconciliation), the last night
SELECT dt, class, currency, count(*) AS escrows, sum(amount) AS amount
FROM silver.reconciliation
WHERE dt BETWEEN $from AND $to
GROUP BY dt, class, currency
ORDER BY dt, class, currency
