-- grain: one break: a class of one escrow, or one finding of a batch
-- key: break_id
--
-- The state after the last night, folded from what happened on each. What was said by hand since then shows at
-- once; the next night counts it.
WITH
history AS (
    SELECT
        break_id,
        min(dt) AS first_seen,
        max(dt) AS changed_on,
        last_value(class ORDER BY dt) AS class,
        last_value(subcode ORDER BY dt) AS subcode,
        last_value(escrow_id ORDER BY dt) AS escrow_id,
        last_value(currency ORDER BY dt) AS currency,
        last_value(amount ORDER BY dt) AS amount,
        last_value(expected ORDER BY dt) AS expected,
        last_value(actual ORDER BY dt) AS actual,
        last_value(facts ORDER BY dt) AS facts,
        last_value(status ORDER BY dt) AS status,
        last_value(last_seen ORDER BY dt) AS last_seen,
        last_value(closed_by ORDER BY dt) AS closed_by
    FROM silver.break_events
    GROUP BY break_id
),
said AS (
    SELECT * FROM (
        SELECT *, row_number() OVER (PARTITION BY break_id ORDER BY at DESC, resolution_id DESC) AS place
        FROM silver.break_resolutions
        WHERE dt >= $last_night
    )
    WHERE place = 1
),
standing AS (
    SELECT
        history.*,
        said.action,
        CASE
            WHEN said.action = 'RESOLVE' AND history.status = 'OPEN' AND said.facts = history.facts THEN 'RESOLVED'
            WHEN said.action = 'REOPEN' AND history.status = 'RESOLVED' THEN 'OPEN'
            ELSE history.status
        END AS status_now
    FROM history
    LEFT JOIN said ON said.break_id = history.break_id
),
dated AS (
    SELECT
        *,
        CASE
            WHEN status_now = 'AUTO_CLOSED' THEN changed_on
            WHEN status_now = 'RESOLVED' AND status = 'RESOLVED' THEN last_seen
            WHEN status_now = 'RESOLVED' THEN $last_night
        END AS closed_on
    FROM standing
),
aged AS (
    SELECT
        *,
        CAST(coalesce(closed_on, $last_night) AS INT) - CAST(first_seen AS INT) AS age_days
    FROM dated
)
SELECT
    break_id,
    class,
    subcode,
    escrow_id,
    currency,
    amount,
    expected,
    actual,
    first_seen,
    CASE WHEN status_now = 'AUTO_CLOSED' THEN last_seen ELSE $last_night END AS last_seen,
    closed_on,
    CASE WHEN status_now = 'AUTO_CLOSED' THEN closed_by END AS closed_by,
    CAST(age_days AS BIGINT) AS age_days,
    CASE WHEN age_days <= 1 THEN '0-1' WHEN age_days <= 7 THEN '2-7' WHEN age_days <= 30 THEN '8-30' ELSE '31+' END
        AS age_bucket,
    status_now AS status
FROM aged
