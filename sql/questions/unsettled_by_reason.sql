-- ask: What stood in creators' statements without being settled, and why?
-- for: finance
-- $day: day = (SELECT max(dt) FROM gold.creator_statement_daily), the night
SELECT reason, currency, sum(count) AS escrows, sum(gross) AS gross
FROM gold.creator_statement_daily
WHERE dt = $day AND standing = 'UNSETTLED'
GROUP BY reason, currency
ORDER BY reason, currency
