-- ask: What did each provider cost?
-- for: operators
-- $from: day = (SELECT max(dt) - INTERVAL '30 days' FROM gold.provider_cost_daily), the first night
-- $to: day = (SELECT max(dt) FROM gold.provider_cost_daily), the last night
SELECT provider, currency, sum(requests) AS requests, sum(gigabytes) AS gigabytes, sum(cost) AS cost
FROM gold.provider_cost_daily
WHERE dt BETWEEN $from AND $to
GROUP BY provider, currency
ORDER BY cost DESC, provider, currency
