-- ask: Which creators were paid most?
-- for: finance
-- $from: day = (SELECT max(dt) - INTERVAL '30 days' FROM gold.creator_statement_daily), the first night
-- $to: day = (SELECT max(dt) FROM gold.creator_statement_daily), the last night
-- $currency: text = 'USD', their currency
-- $limit: integer = 20, how many
WITH paid AS (
  SELECT creator, sum(count) AS escrows, sum(gross) AS gross, sum(net) AS net
  FROM gold.creator_statement_daily
  WHERE dt BETWEEN $from AND $to AND standing = 'SETTLED' AND currency = $currency
  GROUP BY creator
),

ranked AS (SELECT *, row_number() OVER (ORDER BY net DESC, creator) AS place FROM paid)

SELECT place, creator, escrows, gross, net
FROM ranked
WHERE place <= $limit
ORDER BY place
