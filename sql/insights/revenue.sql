-- grain: one creator and currency on the night
--
-- What a creator was paid, exact: from the statement alone, what is not settled left out. Each amount is a metric of
-- its name, in the order of schemas::insights::METRICS.
SELECT
    creator,
    currency,
    CAST(coalesce(sum(gross) FILTER (WHERE type = 'TIP'), 0) AS DECIMAL(38, 9)) AS tips,
    CAST(coalesce(sum(gross) FILTER (WHERE type = 'SUBSCRIPTION'), 0) AS DECIMAL(38, 9)) AS subscriptions,
    CAST(coalesce(sum(platform_fee), 0) AS DECIMAL(38, 9)) AS platform_fee,
    CAST(coalesce(sum(processing_fee), 0) AS DECIMAL(38, 9)) AS processing_fee,
    CAST(coalesce(sum(other_fees), 0) AS DECIMAL(38, 9)) AS other_fees,
    CAST(coalesce(sum(net), 0) AS DECIMAL(38, 9)) AS net
FROM gold.creator_statement_daily
WHERE dt = $dt AND standing IN ('SETTLED', 'REVERSED') AND creator IS NOT NULL AND currency IS NOT NULL
GROUP BY creator, currency
ORDER BY creator, currency
