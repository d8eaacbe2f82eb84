-- What every break was before tonight, against what holds tonight; one row a break that ever was. A break is a class
-- of one escrow. An escrow that is not judged tonight stands as it did.
CREATE TEMP TABLE merged AS
WITH
before AS (
    SELECT * FROM {breaks_before}
),

judged AS (
    SELECT escrow_id FROM read_parquet('{tonight}/reconciliation.parquet') SEMI JOIN before USING (escrow_id)
),

held AS (
    SELECT md5(concat(class, '/', escrow_id)) AS break_id, class, subcode, escrow_id, currency, gross AS amount
    FROM read_parquet('{tonight}/reconciliation.parquet')
    WHERE class NOT IN ('OPEN', 'TIMING_PENDING', 'DAY_BOUNDARY', 'MATCHED', 'REFUNDED', 'CANCELLED')
),

met AS (
    SELECT
        held.break_id IS NOT NULL AS holds,
        held.break_id IS NULL AND judged.escrow_id IS NOT NULL AS is_mended,
        held, before,
        before.status AS status_before
    FROM held
    FULL JOIN before ON before.break_id = held.break_id
    LEFT JOIN judged ON judged.escrow_id = before.escrow_id
),

told AS (
    SELECT
        *,
        CASE
            WHEN holds THEN 'OPEN'
            WHEN is_mended THEN 'AUTO_CLOSED'
            ELSE status_before
        END AS status
    FROM met
)

SELECT
    coalesce(held.break_id, before.break_id) AS break_id,
    coalesce(held.class, before.class) AS class,
    CASE WHEN holds THEN held.subcode ELSE before.subcode END AS subcode,
    coalesce(held.escrow_id, before.escrow_id) AS escrow_id,
    CASE WHEN holds THEN held.currency ELSE before.currency END AS currency,
    CASE WHEN holds THEN held.amount ELSE before.amount END AS amount,
    coalesce(before.first_seen, DATE '{date}') AS first_seen,
    CASE WHEN status = 'OPEN' THEN DATE '{date}' ELSE before.last_seen END AS last_seen,
    CASE
        WHEN status = 'AUTO_CLOSED' AND status_before = 'OPEN' THEN DATE '{date}'
        WHEN status = 'AUTO_CLOSED' THEN before.closed_on
    END AS closed_on,
    status,
    status_before,
    before.currency AS currency_before,
    before.amount AS amount_before
FROM told;
