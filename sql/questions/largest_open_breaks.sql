-- ask: Which open breaks have most at stake?
-- for: finance
-- $currency: text = 'USD', their currency
-- $limit: integer = 20, how many
WITH ranked AS (
  SELECT *, row_number() OVER (ORDER BY amount DESC, break_id) AS place
  FROM silver.breaks
  WHERE status = 'OPEN' AND currency = $currency
)
SELECT place, break_id, class, subcode, escrow_id, currency, amount, expected, actual, first_seen, age_days
FROM ranked
WHERE place <= $limit
ORDER BY place
