-- ask: Which lines were refused, and why?
-- for: operators
-- $from: day = (SELECT max(dt) - INTERVAL '30 days' FROM bronze.quarantine), the first day
-- $to: day = (SELECT max(dt) FROM bronze.quarantine), the last day
SELECT dt, source, reason, count(*) AS lines
FROM bronze.quarantine
WHERE dt BETWEEN $from AND $to
GROUP BY dt, source, reason
ORDER BY dt, source, lines DESC, reason
