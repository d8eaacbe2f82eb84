-- After the last night, silver.breaks has as many open breaks of each class as silver.break_totals.
WITH
last_night AS (
    SELECT max(dt) AS dt FROM silver.reconciliation
),
totals AS (
    SELECT class, sum(closing_count) AS count FROM silver.break_totals
    WHERE dt = $dt AND dt = (SELECT dt FROM last_night)
    GROUP BY class
),
breaks AS (
    SELECT class, count(*) AS count FROM silver.breaks
    WHERE status = 'OPEN' AND (SELECT dt FROM last_night) = $dt
    GROUP BY class
)
SELECT coalesce(totals.class, breaks.class) AS class, totals.count AS in_totals, breaks.count AS in_breaks
FROM totals
FULL OUTER JOIN breaks ON breaks.class = totals.class
WHERE coalesce(totals.count, 0) <> coalesce(breaks.count, 0)
