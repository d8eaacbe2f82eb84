-- ask: Which steps of the night take longest?
-- for: operators
-- $limit: integer = 10, how many
WITH taken AS (
  SELECT step, count(*) AS attempts, sum(seconds) AS seconds, max(seconds) AS seconds_max, sum(rows_out) AS rows_out
  FROM ops.job_attempts
  GROUP BY step
),

ranked AS (SELECT *, row_number() OVER (ORDER BY seconds DESC, step) AS place FROM taken)

SELECT place, step, attempts, seconds, seconds_max, rows_out
FROM ranked
WHERE place <= $limit
ORDER BY place
