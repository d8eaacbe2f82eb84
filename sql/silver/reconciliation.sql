-- grain: one escrow id and business day reconciled
-- key: dt, escrow_id
-- shards: escrow_hash
-- beside: silver.open_cases where facts, else class
--
-- SQL brings the three sides of an escrow together, the judge says what they are worth. Tonight's ids are
-- those of which a row landed, those whose key was contested by a row that landed, and those that the night
-- before left unfinished; each is judged over everything that landed up to tonight. What the night before left
-- unfinished comes as its facts. Of the days before, only those in $history are read, for the settled escrows
-- that are named again (work.named_again), and those since the night before, which no night has reconciled.
WITH
escrow_events AS (
    SELECT * FROM bronze.escrow_events WHERE dt = $dt AND escrow_hash BETWEEN $shard_from AND $shard_to
),
wallet_transfers AS (
    SELECT * FROM bronze.wallet_transfers WHERE dt = $dt AND escrow_hash BETWEEN $shard_from AND $shard_to
),
ledger_entries AS (
    SELECT * FROM bronze.ledger_entries WHERE dt = $dt AND escrow_hash BETWEEN $shard_from AND $shard_to
),
-- Escrows of which a row's key was contested since the night before, by a row that may name another escrow.
contested AS (
    SELECT DISTINCT escrow_id, source, key FROM ops.contested_keys
    WHERE dt > $night_before AND dt <= $dt AND escrow_hash(escrow_id) BETWEEN $shard_from AND $shard_to
),
open_cases AS (
    SELECT escrow_id, facts FROM silver.open_cases
    WHERE dt = $night_before AND escrow_hash(escrow_id) BETWEEN $shard_from AND $shard_to
),
tonight AS (
    SELECT escrow_id FROM escrow_events
    UNION ALL
    SELECT escrow_id FROM wallet_transfers
    UNION ALL
    SELECT escrow_id FROM ledger_entries
    UNION ALL
    SELECT escrow_id FROM contested
    UNION ALL
    SELECT escrow_id FROM open_cases
),
-- What landed tonight is all of tonight's ids; of what landed before, only theirs is read on.
escrow_rows AS (
    SELECT * FROM escrow_events
    UNION ALL
    SELECT * FROM bronze.escrow_events
    WHERE dt IN ($history) AND escrow_hash BETWEEN $shard_from AND $shard_to
        AND escrow_hash IN (SELECT escrow_hash FROM work.named_again)
    UNION ALL
    SELECT * FROM bronze.escrow_events
    WHERE dt > $night_before AND dt < $dt AND escrow_hash BETWEEN $shard_from AND $shard_to
        AND escrow_id IN (SELECT escrow_id FROM tonight)
),
wallet_rows AS (
    SELECT * FROM wallet_transfers
    UNION ALL
    SELECT * FROM bronze.wallet_transfers
    WHERE dt IN ($history) AND escrow_hash BETWEEN $shard_from AND $shard_to
        AND escrow_hash IN (SELECT escrow_hash FROM work.named_again)
    UNION ALL
    SELECT * FROM bronze.wallet_transfers
    WHERE dt > $night_before AND dt < $dt AND escrow_hash BETWEEN $shard_from AND $shard_to
        AND escrow_id IN (SELECT escrow_id FROM tonight)
),
ledger_rows AS (
    SELECT * FROM ledger_entries
    UNION ALL
    SELECT * FROM bronze.ledger_entries
    WHERE dt IN ($history) AND escrow_hash BETWEEN $shard_from AND $shard_to
        AND escrow_hash IN (SELECT escrow_hash FROM work.named_again)
    UNION ALL
    SELECT * FROM bronze.ledger_entries
    WHERE dt > $night_before AND dt < $dt AND escrow_hash BETWEEN $shard_from AND $shard_to
        AND escrow_id IN (SELECT escrow_id FROM tonight)
),
facts AS (
    SELECT escrow_id,
        escrow_fact(
            event_id, sequence, event, type, payer, creator, amount, currency, visibility, at, conflict
        ) AS fact
    FROM escrow_rows
    UNION ALL
    SELECT escrow_id,
        transfer_fact(transaction_id, amount, currency, fees, net, status, fx, at, conflict) AS fact
    FROM wallet_rows
    UNION ALL
    SELECT escrow_id,
        entry_fact(entry_id, sequence, type, transaction_id, postings, at, visibility, dt, conflict) AS fact
    FROM ledger_rows
    UNION ALL
    SELECT escrow_id, contested_fact(source, key) AS fact FROM contested
    UNION ALL
    SELECT escrow_id, facts AS fact FROM open_cases
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
        verdict['entry_dt'] AS entry_dt,
        verdict['amount'] AS amount,
        verdict['expected'] AS expected,
        verdict['actual'] AS actual,
        verdict['facts'] AS facts
    FROM judged
    WHERE verdict IS NOT NULL
)
SELECT
    escrow_id, escrow_hash, transaction_id, entry_id, type, payer, creator, currency, gross, platform_fee,
    processing_fee, other_fees, net, class, subcode, flags, event_day, entry_dt, amount, expected, actual, facts
FROM verdicts
