-- grain: what happened to one break on one night
-- key: dt, break_id
--
-- What every break was before tonight, against what holds tonight. A break is a class of one escrow, or one
-- finding of a batch. An escrow that is not judged tonight stands as it did. A resolution by hand, made after
-- the night before, counts while the facts are those that it was made on.
WITH
before AS (
    SELECT
        break_id,
        last_value(class ORDER BY dt) AS class,
        last_value(subcode ORDER BY dt) AS subcode,
        last_value(escrow_id ORDER BY dt) AS escrow_id,
        last_value(currency ORDER BY dt) AS currency,
        last_value(amount ORDER BY dt) AS amount,
        last_value(expected ORDER BY dt) AS expected,
        last_value(actual ORDER BY dt) AS actual,
        last_value(facts ORDER BY dt) AS facts,
        last_value(status ORDER BY dt) AS status
    FROM silver.break_events
    WHERE dt < $dt
    GROUP BY break_id
),
said AS (
    SELECT * FROM (
        SELECT *, row_number() OVER (PARTITION BY break_id ORDER BY at DESC, resolution_id DESC) AS place
        FROM silver.break_resolutions
        WHERE dt >= $night_before AND dt < $dt
    )
    WHERE place = 1
),
escrows_tonight AS (
    SELECT * FROM silver.reconciliation WHERE dt = $dt
),
judged AS (
    SELECT escrow_id FROM escrows_tonight
),
known AS (
    SELECT
        before.*,
        judged.escrow_id IS NOT NULL AS is_judged,
        said.resolved_by AS said_by,
        said.reason AS said_why,
        CASE
            WHEN said.action = 'RESOLVE' AND before.status = 'OPEN' AND said.facts = before.facts THEN 'RESOLVED'
            WHEN said.action = 'REOPEN' AND before.status = 'RESOLVED' THEN 'OPEN'
            ELSE before.status
        END AS meant
    FROM before
    LEFT JOIN said ON said.break_id = before.break_id
    LEFT JOIN judged ON judged.escrow_id = before.escrow_id
),
held AS (
    SELECT
        concat(class, '/', escrow_id) AS identity, class, subcode, escrow_id, currency, amount, expected, actual,
        concat_ws(
            '|', class, coalesce(subcode, ''), coalesce(array_to_string(flags, ';'), ''), coalesce(type, ''),
            coalesce(payer, ''), coalesce(creator, ''), coalesce(transaction_id, ''), coalesce(entry_id, ''),
            coalesce(currency, ''), coalesce(CAST(gross AS VARCHAR), ''), coalesce(CAST(platform_fee AS VARCHAR), ''),
            coalesce(CAST(processing_fee AS VARCHAR), ''), coalesce(CAST(other_fees AS VARCHAR), ''),
            coalesce(CAST(net AS VARCHAR), ''), coalesce(CAST(expected AS VARCHAR), ''),
            coalesce(CAST(actual AS VARCHAR), '')
        ) AS facts
    FROM escrows_tonight
    WHERE class NOT IN ('OPEN', 'TIMING_PENDING', 'DAY_BOUNDARY', 'MATCHED', 'REFUNDED', 'CANCELLED')
    UNION ALL
    SELECT
        concat(class, '/', CAST(sequence AS VARCHAR)) AS identity, class, CAST(sequence AS VARCHAR) AS subcode,
        NULL AS escrow_id, NULL AS currency, NULL AS amount, NULL AS expected, NULL AS actual,
        concat_ws('|', class, CAST(sequence AS VARCHAR), coalesce(max(entry_id), ''), max(detail)) AS facts
    FROM silver.ledger_findings
    WHERE dt = $dt
    GROUP BY class, sequence
    UNION ALL
    SELECT
        concat('CONTROL_TOTAL/', source, '/', CAST(dt AS VARCHAR)) AS identity, 'CONTROL_TOTAL' AS class,
        source AS subcode, NULL AS escrow_id, NULL AS currency, NULL AS amount, NULL AS expected, NULL AS actual,
        'CONTROL_TOTAL' AS facts
    FROM silver.control_totals
    WHERE dt = $dt AND NOT holds
    GROUP BY source, dt
),
tonight AS (
    SELECT
        break_id(identity) AS break_id, class, subcode, escrow_id, currency, amount, expected, actual,
        digest(facts) AS facts
    FROM held
),
-- The ledger's findings are all told again each night: what is not among them is mended. A control total is a
-- word about its own day alone.
met AS (
    SELECT
        coalesce(tonight.break_id, known.break_id) AS break_id,
        tonight.break_id IS NOT NULL AS holds,
        tonight.break_id IS NULL AND (
            known.class IN ('SEQUENCE_GAP', 'CHAIN_BREAK', 'LEDGER_FORK', 'LEDGER_REWRITTEN')
            OR known.is_judged
        ) AS is_mended,
        tonight.facts = known.facts AS is_same,
        coalesce(tonight.class, known.class) AS class,
        coalesce(tonight.subcode, known.subcode) AS subcode,
        coalesce(tonight.escrow_id, known.escrow_id) AS escrow_id,
        CASE WHEN tonight.break_id IS NULL THEN known.currency ELSE tonight.currency END AS currency,
        CASE WHEN tonight.break_id IS NULL THEN known.amount ELSE tonight.amount END AS amount,
        CASE WHEN tonight.break_id IS NULL THEN known.expected ELSE tonight.expected END AS expected,
        CASE WHEN tonight.break_id IS NULL THEN known.actual ELSE tonight.actual END AS actual,
        coalesce(tonight.facts, known.facts) AS facts,
        known.status AS status_before,
        known.meant,
        known.currency AS currency_before,
        known.amount AS amount_before,
        known.said_by,
        known.said_why
    FROM tonight
    FULL OUTER JOIN known ON known.break_id = tonight.break_id
),
told AS (
    SELECT
        *,
        CASE
            WHEN status_before IS NULL THEN 'OPENED'
            WHEN is_mended AND status_before <> 'AUTO_CLOSED' THEN 'CLOSED'
            WHEN holds AND status_before = 'AUTO_CLOSED' THEN 'REOPENED'
            WHEN holds AND NOT is_same AND status_before = 'RESOLVED' THEN 'REOPENED'
            WHEN holds AND NOT is_same THEN 'CHANGED'
            WHEN meant = 'RESOLVED' AND status_before = 'OPEN' THEN 'RESOLVED'
            WHEN meant = 'OPEN' AND status_before = 'RESOLVED' THEN 'REOPENED'
        END AS event
    FROM met
),
-- Of the rows that landed since the night before, the last one that names what is closed tonight.
closed AS (
    SELECT break_id, coalesce(escrow_id, concat('sequence ', subcode)) AS subject FROM told WHERE event = 'CLOSED'
),
landed AS (
    SELECT escrow_id AS subject, at, 'payments/escrow' AS source, dt, source_file, source_line
    FROM bronze.escrow_events
    WHERE dt > $night_before AND dt <= $dt
    UNION ALL
    SELECT escrow_id AS subject, at, 'payments/wallet' AS source, dt, source_file, source_line
    FROM bronze.wallet_transfers
    WHERE dt > $night_before AND dt <= $dt
    UNION ALL
    SELECT escrow_id AS subject, at, 'payments/ledger' AS source, dt, source_file, source_line
    FROM bronze.ledger_entries
    WHERE dt > $night_before AND dt <= $dt
    UNION ALL
    SELECT concat('sequence ', CAST(sequence AS VARCHAR)) AS subject, at, 'payments/ledger' AS source, dt,
        source_file, source_line
    FROM bronze.ledger_entries
    WHERE dt > $night_before AND dt <= $dt
),
closing AS (
    SELECT
        closed.break_id,
        concat(
            landed.source, '/dt=', CAST(landed.dt AS VARCHAR), '/', landed.source_file, ':',
            CAST(landed.source_line AS VARCHAR)
        ) AS row,
        row_number() OVER (
            PARTITION BY closed.break_id
            ORDER BY landed.at DESC, landed.source DESC, landed.source_file DESC, landed.source_line DESC
        ) AS place
    FROM closed
    INNER JOIN landed ON landed.subject = closed.subject
)
SELECT
    told.break_id,
    told.event,
    told.class,
    told.subcode,
    told.escrow_id,
    told.currency,
    told.amount,
    told.expected,
    told.actual,
    told.facts,
    CASE told.event WHEN 'CLOSED' THEN 'AUTO_CLOSED' WHEN 'RESOLVED' THEN 'RESOLVED' ELSE 'OPEN' END AS status,
    told.status_before,
    told.currency_before,
    told.amount_before,
    CASE WHEN told.event IN ('CLOSED', 'RESOLVED') THEN $night_before ELSE $dt END AS last_seen,
    closing.row AS closed_by,
    CASE WHEN told.meant <> told.status_before THEN told.said_by END AS resolved_by,
    CASE WHEN told.meant <> told.status_before THEN told.said_why END AS reason
FROM told
LEFT JOIN closing ON closing.break_id = told.break_id AND closing.place = 1
WHERE told.event IS NOT NULL
