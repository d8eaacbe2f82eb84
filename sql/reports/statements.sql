-- grain: one line of a creator's statement in the timeframe
--
-- Money is exact, and from here alone.
SELECT
    creator, dt, type, currency, standing, reason, count, gross, platform_fee, processing_fee, other_fees, net
FROM gold.creator_statement_daily
WHERE dt BETWEEN $from AND $to AND creator IS NOT NULL
ORDER BY creator
