-- ask: Which benefits are owed or came late, tier by tier?
-- for: growth
-- $day: day = (SELECT max(dt) FROM gold.creator_obligations_daily), the night
SELECT tier_id, type, class, sum(count) AS benefits
FROM gold.creator_obligations_daily
WHERE dt = $day AND class <> 'DELIVERED'
GROUP BY tier_id, type, class
ORDER BY benefits DESC, tier_id, type, class
