-- Opening + new − closed = closing in every class and currency, and tonight opens with what the night before
-- closed with.
WITH
tonight AS (
    SELECT * FROM silver.break_totals WHERE dt = $dt
),
before AS (
    SELECT * FROM silver.break_totals
    WHERE dt = $night_before AND (closing_count <> 0 OR closing_sum <> 0)
)
SELECT
    coalesce(tonight.class, before.class) AS class,
    coalesce(tonight.currency, before.currency) AS currency,
    before.closing_count AS closed_with,
    before.closing_sum AS closed_with_sum,
    tonight.opening_count,
    tonight.opening_sum,
    tonight.holds
FROM tonight
FULL OUTER JOIN before
    ON before.class = tonight.class AND coalesce(before.currency, '') = coalesce(tonight.currency, '')
WHERE NOT coalesce(tonight.holds, true)
    OR coalesce(before.closing_count, 0) <> coalesce(tonight.opening_count, 0)
    OR coalesce(before.closing_sum, 0) <> coalesce(tonight.opening_sum, 0)
