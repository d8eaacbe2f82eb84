-- grain: one class and currency on one night
-- key: dt, class, currency?
--
-- What was open after the night before, what opened, what closed and what is open now. A break whose amount
-- changed while it was open counts the change as new.
WITH
night_before AS (
    SELECT max(dt) AS dt FROM silver.reconciliation WHERE dt < $dt
),
broken_ids AS (
    SELECT DISTINCT escrow_id FROM silver.reconciliation
    WHERE dt <= $dt
        AND class NOT IN ('OPEN', 'TIMING_PENDING', 'DAY_BOUNDARY', 'MATCHED', 'REFUNDED', 'CANCELLED')
),
readings AS (
    SELECT
        escrow_id, class, currency, amount, dt,
        lead(dt) OVER (PARTITION BY escrow_id ORDER BY dt) AS next_dt
    FROM silver.reconciliation
    WHERE dt <= $dt AND escrow_id IN (SELECT escrow_id FROM broken_ids)
),
broken AS (
    SELECT class, currency, amount, escrow_id AS id, dt, next_dt
    FROM readings
    WHERE class NOT IN ('OPEN', 'TIMING_PENDING', 'DAY_BOUNDARY', 'MATCHED', 'REFUNDED', 'CANCELLED')
),
findings AS (
    SELECT DISTINCT class, CAST(sequence AS VARCHAR) AS id, dt
    FROM silver.ledger_findings
    WHERE dt = $dt OR dt = (SELECT dt FROM night_before)
),
totals AS (
    SELECT DISTINCT concat(source, '/', CAST(dt AS VARCHAR)) AS id, dt FROM silver.control_totals WHERE dt <= $dt AND NOT holds
),
open_now AS (
    SELECT class, currency, amount, id FROM broken WHERE next_dt IS NULL
    UNION ALL
    SELECT class, CAST(NULL AS VARCHAR), CAST(NULL AS DECIMAL(28, 9)), id FROM findings WHERE dt = $dt
    UNION ALL
    SELECT 'CONTROL_TOTAL', CAST(NULL AS VARCHAR), CAST(NULL AS DECIMAL(28, 9)), id FROM totals
),
open_before AS (
    SELECT class, currency, amount, id FROM broken
    WHERE dt <= (SELECT dt FROM night_before) AND (next_dt IS NULL OR next_dt > (SELECT dt FROM night_before))
    UNION ALL
    SELECT class, CAST(NULL AS VARCHAR), CAST(NULL AS DECIMAL(28, 9)), id FROM findings
    WHERE dt = (SELECT dt FROM night_before)
    UNION ALL
    SELECT 'CONTROL_TOTAL', CAST(NULL AS VARCHAR), CAST(NULL AS DECIMAL(28, 9)), id FROM totals
    WHERE dt <= (SELECT dt FROM night_before)
),
moved AS (
    SELECT
        coalesce(now.class, before.class) AS class,
        coalesce(now.currency, before.currency) AS currency,
        now.id IS NOT NULL AS is_open,
        before.id IS NOT NULL AS was_open,
        coalesce(now.amount, 0) AS amount_now,
        coalesce(before.amount, 0) AS amount_before
    FROM open_now AS now
    FULL OUTER JOIN open_before AS before
        ON now.class = before.class AND now.id = before.id
        AND coalesce(now.currency, '') = coalesce(before.currency, '')
),
summed AS (
    SELECT
        class,
        currency,
        count(*) FILTER (WHERE was_open) AS opening_count,
        coalesce(sum(amount_before) FILTER (WHERE was_open), 0) AS opening_sum,
        count(*) FILTER (WHERE is_open AND NOT was_open) AS new_count,
        coalesce(sum(amount_now - amount_before) FILTER (WHERE is_open), 0) AS new_sum,
        count(*) FILTER (WHERE was_open AND NOT is_open) AS closed_count,
        coalesce(sum(amount_before) FILTER (WHERE was_open AND NOT is_open), 0) AS closed_sum,
        count(*) FILTER (WHERE is_open) AS closing_count,
        coalesce(sum(amount_now) FILTER (WHERE is_open), 0) AS closing_sum
    FROM moved
    GROUP BY class, currency
)
SELECT
    class,
    currency,
    opening_count,
    CAST(opening_sum AS DECIMAL(38, 9)) AS opening_sum,
    new_count,
    CAST(new_sum AS DECIMAL(38, 9)) AS new_sum,
    closed_count,
    CAST(closed_sum AS DECIMAL(38, 9)) AS closed_sum,
    closing_count,
    CAST(closing_sum AS DECIMAL(38, 9)) AS closing_sum,
    opening_count + new_count - closed_count = closing_count AND opening_sum + new_sum - closed_sum = closing_sum
        AS holds
FROM summed
