-- ask: Which sources did not add up to their manifest?
-- for: finance
-- $from: day = (SELECT max(dt) - INTERVAL '30 days' FROM silver.control_totals), the first night
-- $to: day = (SELECT max(dt) FROM silver.control_totals), the last night
SELECT dt, source, currency, count, manifest_count, sum, manifest_sum, sum - manifest_sum AS difference
FROM silver.control_totals
WHERE dt BETWEEN $from AND $to AND NOT holds
ORDER BY dt, source, currency
