-- grain: one released value of the timeframe
--
-- What a creator's report is made from, beside the statement: released days alone. What was drawn and is not settled
-- in the ledger is not released: work.settled has the releases that are.
SELECT
    creator, dt, category, metric, dimension, key, value, noise_sigma, value_low, value_high, policy, release_id
FROM gold.creator_insights_daily
WHERE dt BETWEEN $from AND $to AND value IS NOT NULL
    AND release_id IN (SELECT release_id FROM work.settled)
ORDER BY creator
