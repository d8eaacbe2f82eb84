-- grain: one escrow id and business day reconciled
-- key: dt, escrow_id
-- shards: escrow_hash
--
-- SQL brings the three sides of an escrow together, the judge says what they are worth. Tonight's ids are
-- those of which a row landed, those whose key was contested by a row that landed, and those that the night
-- before left unfinished; each is judged over everything that landed up to tonight.
WITH
escrow_events AS (
    SELECT * FROM bronze.escrow_events
    WHERE dt <= $dt AND escrow_hash BETWEEN $shard_from AND $shard_to
),
wallet_transfers AS (
    SELECT * FROM bronze.wallet_transfers
    WHERE dt <= $dt AND escrow_hash BETWEEN $shard_from AND $shard_to
),
ledger_entries AS (
    SELECT * FROM bronze.ledger_entries
    WHERE dt <= $dt AND escrow_hash BETWEEN $shard_from AND $shard_to
),
-- Keys that arrived with a second payload; a key may name escrows of other shards, so all are asked.
contested_events AS (
    SELECT event_id, max(dt) AS contested_on FROM bronze.escrow_events WHERE dt <= $dt AND conflict GROUP BY event_id
),
contested_transfers AS (
    SELECT transaction_id, max(dt) AS contested_on FROM bronze.wallet_transfers
    WHERE dt <= $dt AND conflict GROUP BY transaction_id
),
contested_entries AS (
    SELECT entry_id, max(dt) AS contested_on FROM bronze.ledger_entries WHERE dt <= $dt AND conflict GROUP BY entry_id
),
night_before AS (
    SELECT escrow_id FROM silver.reconciliation
    WHERE dt = (SELECT max(dt) FROM silver.reconciliation WHERE dt < $dt)
        AND class NOT IN ('MATCHED', 'REFUNDED', 'CANCELLED', 'DAY_BOUNDARY', 'METADATA_MISMATCH')
        AND escrow_hash(escrow_id) BETWEEN $shard_from AND $shard_to
),
contested_tonight AS (
    SELECT escrow_id FROM escrow_events
    WHERE event_id IN (SELECT event_id FROM contested_events WHERE contested_on = $dt)
    UNION ALL
    SELECT escrow_id FROM wallet_transfers
    WHERE transaction_id IN (SELECT transaction_id FROM contested_transfers WHERE contested_on = $dt)
    UNION ALL
    SELECT escrow_id FROM ledger_entries
    WHERE entry_id IN (SELECT entry_id FROM contested_entries WHERE contested_on = $dt)
),
tonight AS (
    SELECT escrow_id FROM escrow_events WHERE dt = $dt
    UNION ALL
    SELECT escrow_id FROM wallet_transfers WHERE dt = $dt
    UNION ALL
    SELECT escrow_id FROM ledger_entries WHERE dt = $dt
    UNION ALL
    SELECT escrow_id FROM contested_tonight
    UNION ALL
    SELECT escrow_id FROM night_before
),
-- What landed tonight is all of tonight's ids; of what landed before, only theirs is read on.
escrow_rows AS (
    SELECT * FROM escrow_events WHERE dt = $dt
    UNION ALL
    SELECT * FROM escrow_events WHERE dt < $dt AND escrow_id IN (SELECT escrow_id FROM tonight)
),
wallet_rows AS (
    SELECT * FROM wallet_transfers WHERE dt = $dt
    UNION ALL
    SELECT * FROM wallet_transfers WHERE dt < $dt AND escrow_id IN (SELECT escrow_id FROM tonight)
),
ledger_rows AS (
    SELECT * FROM ledger_entries WHERE dt = $dt
    UNION ALL
    SELECT * FROM ledger_entries WHERE dt < $dt AND escrow_id IN (SELECT escrow_id FROM tonight)
),
facts AS (
    SELECT escrow_rows.escrow_id,
        escrow_fact(
            escrow_rows.event_id, sequence, event, type, payer, creator, amount, currency, visibility, at,
            contested_events.event_id IS NOT NULL, conflict
        ) AS fact
    FROM escrow_rows LEFT JOIN contested_events ON contested_events.event_id = escrow_rows.event_id
    UNION ALL
    SELECT wallet_rows.escrow_id,
        transfer_fact(
            wallet_rows.transaction_id, amount, currency, fees, net, status, fx, at,
            contested_transfers.transaction_id IS NOT NULL, conflict
        ) AS fact
    FROM wallet_rows
    LEFT JOIN contested_transfers ON contested_transfers.transaction_id = wallet_rows.transaction_id
    UNION ALL
    SELECT ledger_rows.escrow_id,
        entry_fact(
            ledger_rows.entry_id, sequence, type, transaction_id, postings, at, visibility,
            contested_entries.entry_id IS NOT NULL, conflict
        ) AS fact
    FROM ledger_rows LEFT JOIN contested_entries ON contested_entries.entry_id = ledger_rows.entry_id
),
judged AS (
    SELECT escrow_id, judge(fact) AS verdict FROM facts GROUP BY escrow_id
),
verdicts AS (
    SELECT
        escrow_id,
        escrow_hash(escrow_id) AS escrow_hash,
        verdict['transaction_id'] AS transaction_id,
        verdict['entry_id'] AS entry_id,
        verdict['type'] AS type,
        verdict['payer'] AS payer,
        verdict['creator'] AS creator,
        verdict['currency'] AS currency,
        verdict['gross'] AS gross,
        verdict['platform_fee'] AS platform_fee,
        verdict['processing_fee'] AS processing_fee,
        verdict['other_fees'] AS other_fees,
        verdict['net'] AS net,
        verdict['class'] AS class,
        verdict['subcode'] AS subcode,
        verdict['flags'] AS flags,
        verdict['event_day'] AS event_day,
        verdict['amount'] AS amount,
        verdict['expected'] AS expected,
        verdict['actual'] AS actual
    FROM judged
    WHERE verdict IS NOT NULL
)
SELECT
    escrow_id, escrow_hash, transaction_id, entry_id, type, payer, creator, currency, gross, platform_fee,
    processing_fee, other_fees, net, class, subcode, flags, event_day, amount, expected, actual
FROM verdicts
