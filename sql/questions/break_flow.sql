-- ask: How did breaks open and close each night?
-- for: finance
-- $from: day = (SELECT max(dt) - INTERVAL '30 days' FROM silver.break_totals), the first night
-- $to: day = (SELECT max(dt) FROM silver.break_totals), the last night
SELECT
  dt,
  class,
  currency,
  opening_count,
  new_count,
  closed_count,
  closing_count,
  opening_sum,
  new_sum,
  closed_sum,
  closing_sum
FROM silver.break_totals
WHERE dt BETWEEN $from AND $to
ORDER BY dt, class, currency
