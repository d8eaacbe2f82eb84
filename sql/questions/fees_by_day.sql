-- ask: What was taken in fees each day, and what of it by whom?
-- for: finance
-- $from: day = (SELECT max(dt) - INTERVAL '30 days' FROM silver.reconciliation), the first night
-- $to: day = (SELECT max(dt) FROM silver.reconciliation), the last night
SELECT
  dt,
  currency,
  count(*) AS escrows,
  sum(gross) AS gross,
  sum(platform_fee) AS platform_fee,
  sum(processing_fee) AS processing_fee,
  sum(other_fees) AS other_fees,
  sum(net) AS net
FROM silver.reconciliation
WHERE dt BETWEEN $from AND $to AND class IN ('MATCHED', 'DAY_BOUNDARY', 'METADATA_MISMATCH')
GROUP BY dt, currency
ORDER BY dt, currency
