-- After the last night, silver.breaks has as many open breaks of each class as silver.break_totals.
WITH
totals AS (
    SELECT class, sum(closing_count) AS count FROM silver.break_totals
    WHERE dt = $dt AND dt = $last_night
    GROUP BY class
),
-- What was said by hand since the last night shows in silver.breaks at once, and in the totals tomorrow.
said AS (
    SELECT break_id FROM silver.break_resolutions WHERE dt >= $last_night
),
breaks AS (
    SELECT class, count(*) AS count FROM silver.breaks
    WHERE status = 'OPEN' AND $last_night = $dt AND break_id NOT IN (SELECT break_id FROM said)
    GROUP BY class
),
standing AS (
    SELECT class, status, row_number() OVER (PARTITION BY break_id ORDER BY dt DESC) AS place
    FROM silver.break_events
    WHERE $last_night = $dt AND break_id IN (SELECT break_id FROM said)
),
waiting AS (
    SELECT class, count(*) AS count FROM standing WHERE place = 1 AND status = 'OPEN' GROUP BY class
),
open AS (
    SELECT class, sum(count) AS count FROM (SELECT * FROM breaks UNION ALL SELECT * FROM waiting) GROUP BY class
)
SELECT coalesce(totals.class, open.class) AS class, totals.count AS in_totals, open.count AS in_breaks
FROM totals
FULL OUTER JOIN open ON open.class = totals.class
WHERE coalesce(totals.count, 0) <> coalesce(open.count, 0)
