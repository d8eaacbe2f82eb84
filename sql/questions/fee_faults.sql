-- ask: Which fees were wrong, and by how much in all?
-- for: finance
-- $from: day = (SELECT max(dt) - INTERVAL '30 days' FROM silver.reconciliation), the first night
-- $to: day = (SELECT max(dt) FROM silver.reconciliation), the last night
SELECT
  class,
  subcode AS fee,
  currency,
  count(*) AS escrows,
  sum(expected) AS expected,
  sum(actual) AS actual,
  sum(actual) - sum(expected) AS difference
FROM silver.reconciliation
WHERE dt BETWEEN $from AND $to AND class IN ('FEE_DISAGREES', 'FEE_ROUNDING', 'FEE_RATE', 'FEE_AMOUNT')
GROUP BY class, subcode, currency
ORDER BY class, subcode, currency
