-- grain: one break: a class of one escrow, or one finding of a batch
-- key: break_id
--
-- The state after the last night that was reconciled. A break holds on every night on which its escrow reads
-- so; when the escrow reads otherwise it is closed, and when it reads so again the same break is open again.
WITH
broken_ids AS (
    SELECT DISTINCT escrow_id FROM silver.reconciliation
    WHERE class NOT IN ('OPEN', 'TIMING_PENDING', 'DAY_BOUNDARY', 'MATCHED', 'REFUNDED', 'CANCELLED')
),
nights AS (
    SELECT DISTINCT dt FROM silver.reconciliation
    UNION
    SELECT $dt AS dt
),
last_night AS (
    SELECT max(dt) AS dt FROM nights
),
readings AS (
    SELECT
        escrow_id, class, subcode, currency, amount, expected, actual, dt,
        lead(dt) OVER (PARTITION BY escrow_id ORDER BY dt) AS next_dt
    FROM silver.reconciliation
    WHERE escrow_id IN (SELECT escrow_id FROM broken_ids)
),
latest AS (
    SELECT
        *,
        min(dt) OVER (PARTITION BY escrow_id, class) AS first_seen,
        row_number() OVER (PARTITION BY escrow_id, class ORDER BY dt DESC) AS place
    FROM readings
    WHERE class NOT IN ('OPEN', 'TIMING_PENDING', 'DAY_BOUNDARY', 'MATCHED', 'REFUNDED', 'CANCELLED')
),
-- An escrow that is not read again still stands as it was read last.
of_escrows AS (
    SELECT
        class, subcode, escrow_id, currency, amount, expected, actual, first_seen,
        CASE WHEN next_dt IS NULL THEN (SELECT dt FROM last_night) ELSE dt END AS last_seen,
        next_dt AS closed_on,
        concat(class, '/', escrow_id) AS identity
    FROM latest
    WHERE place = 1
),
ledger_faults AS (
    SELECT class, sequence, min(dt) AS first_seen, max(dt) AS last_seen
    FROM silver.ledger_findings
    WHERE dt <= (SELECT dt FROM last_night)
    GROUP BY class, sequence
),
-- The ledger is walked on every night: what is not found again is mended.
of_ledger AS (
    SELECT
        class,
        CAST(sequence AS VARCHAR) AS subcode,
        CAST(NULL AS VARCHAR) AS escrow_id,
        CAST(NULL AS VARCHAR) AS currency,
        CAST(NULL AS DECIMAL(28, 9)) AS amount,
        CAST(NULL AS DECIMAL(28, 9)) AS expected,
        CAST(NULL AS DECIMAL(28, 9)) AS actual,
        first_seen,
        last_seen,
        min(nights.dt) AS closed_on,
        concat(class, '/', CAST(sequence AS VARCHAR)) AS identity
    FROM ledger_faults
    LEFT JOIN nights ON nights.dt > last_seen
    GROUP BY class, sequence, first_seen, last_seen
),
of_totals AS (
    SELECT
        'CONTROL_TOTAL' AS class,
        source AS subcode,
        CAST(NULL AS VARCHAR) AS escrow_id,
        CAST(NULL AS VARCHAR) AS currency,
        CAST(NULL AS DECIMAL(28, 9)) AS amount,
        CAST(NULL AS DECIMAL(28, 9)) AS expected,
        CAST(NULL AS DECIMAL(28, 9)) AS actual,
        dt AS first_seen,
        (SELECT dt FROM last_night) AS last_seen,
        CAST(NULL AS DATE) AS closed_on,
        concat('CONTROL_TOTAL/', source, '/', CAST(dt AS VARCHAR)) AS identity
    FROM silver.control_totals
    WHERE NOT holds AND dt <= (SELECT dt FROM last_night)
    GROUP BY source, dt
),
breaks AS (
    SELECT * FROM of_escrows
    UNION ALL
    SELECT * FROM of_ledger
    UNION ALL
    SELECT * FROM of_totals
),
aged AS (
    SELECT
        *,
        CAST(coalesce(closed_on, (SELECT dt FROM last_night)) AS INT) - CAST(first_seen AS INT) AS age_days
    FROM breaks
)
SELECT
    break_id(identity) AS break_id,
    class,
    subcode,
    escrow_id,
    currency,
    amount,
    expected,
    actual,
    first_seen,
    last_seen,
    closed_on,
    CAST(NULL AS VARCHAR) AS closed_by,
    CAST(age_days AS BIGINT) AS age_days,
    CASE WHEN age_days <= 1 THEN '0-1' WHEN age_days <= 7 THEN '2-7' WHEN age_days <= 30 THEN '8-30' ELSE '31+' END
        AS age_bucket,
    CASE WHEN closed_on IS NULL THEN 'OPEN' ELSE 'AUTO_CLOSED' END AS status
FROM aged
