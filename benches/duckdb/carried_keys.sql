-- What a later night needs first: tonight's rows and those of the days before, the keys that arrived more than once,
-- the escrows of a key with two payloads, and the escrows that only a replay of an older row names.

CREATE TEMP VIEW tonight_escrow AS
SELECT * EXCLUDE (source_file, rejected) FROM read_parquet('{tonight}/escrow.parquet') WHERE NOT rejected;

CREATE TEMP VIEW tonight_wallet AS
SELECT * EXCLUDE (source_file, rejected) FROM read_parquet('{tonight}/wallet.parquet') WHERE NOT rejected;

CREATE TEMP VIEW tonight_ledger AS
SELECT * EXCLUDE (source_file, rejected) FROM read_parquet('{tonight}/ledger.parquet') WHERE NOT rejected;

CREATE TEMP VIEW past_escrow AS
SELECT * EXCLUDE (source_file, rejected) FROM {past_escrow} WHERE NOT rejected;

CREATE TEMP VIEW past_wallet AS
SELECT * EXCLUDE (source_file, rejected) FROM {past_wallet} WHERE NOT rejected;

CREATE TEMP VIEW past_ledger AS
SELECT * EXCLUDE (source_file, rejected) FROM {past_ledger} WHERE NOT rejected;

CREATE TEMP TABLE repeated_events AS
SELECT event_id FROM tonight_escrow GROUP BY event_id HAVING count(*) > 1
UNION
SELECT event_id FROM past_escrow SEMI JOIN tonight_escrow USING (event_id);

CREATE TEMP TABLE repeated_transfers AS
SELECT transaction_id FROM tonight_wallet GROUP BY transaction_id HAVING count(*) > 1
UNION
SELECT transaction_id FROM past_wallet SEMI JOIN tonight_wallet USING (transaction_id);

CREATE TEMP TABLE repeated_entries AS
SELECT entry_id FROM tonight_ledger GROUP BY entry_id HAVING count(*) > 1
UNION
SELECT entry_id FROM past_ledger SEMI JOIN tonight_ledger USING (entry_id);

CREATE TEMP TABLE copies AS
SELECT 'escrow' AS source, event_id AS id, escrow_id, hash(tonight_escrow) AS payload, true AS is_tonight
FROM tonight_escrow SEMI JOIN repeated_events USING (event_id)
UNION ALL
SELECT 'escrow', event_id, escrow_id, hash(past_escrow), false
FROM past_escrow SEMI JOIN repeated_events USING (event_id)
UNION ALL
SELECT 'wallet', transaction_id, escrow_id, hash(tonight_wallet), true
FROM tonight_wallet SEMI JOIN repeated_transfers USING (transaction_id)
UNION ALL
SELECT 'wallet', transaction_id, escrow_id, hash(past_wallet), false
FROM past_wallet SEMI JOIN repeated_transfers USING (transaction_id)
UNION ALL
SELECT 'ledger', entry_id, escrow_id, hash(tonight_ledger), true
FROM tonight_ledger SEMI JOIN repeated_entries USING (entry_id)
UNION ALL
SELECT 'ledger', entry_id, escrow_id, hash(past_ledger), false
FROM past_ledger SEMI JOIN repeated_entries USING (entry_id);

CREATE TEMP TABLE unfinished AS
SELECT escrow_id, class
FROM {last_night}
WHERE class NOT IN ('MATCHED', 'REFUNDED', 'CANCELLED', 'DAY_BOUNDARY', 'METADATA_MISMATCH');

-- Once two payloads of a key have been seen there are two for ever.
CREATE TEMP TABLE conflicts AS
WITH
two_payloads AS (
    SELECT source, id FROM copies GROUP BY source, id HAVING count(DISTINCT payload) > 1
)

SELECT escrow_id FROM copies SEMI JOIN two_payloads USING (source, id)
UNION
SELECT escrow_id FROM unfinished WHERE class = 'DUPLICATE_CONFLICT';

CREATE TEMP TABLE replays AS
SELECT source, id, any_value(escrow_id) AS escrow_id
FROM copies
GROUP BY source, id, payload
HAVING bool_or(is_tonight) AND NOT bool_and(is_tonight);

-- A replay of an older row is no row that landed tonight: an escrow that nothing else names is not judged.
CREATE TEMP TABLE only_replayed AS
WITH
others AS (
    SELECT escrow_id
    FROM tonight_escrow SEMI JOIN replays USING (escrow_id)
        ANTI JOIN (SELECT id AS event_id FROM replays WHERE source = 'escrow') USING (event_id)
    UNION ALL
    SELECT escrow_id
    FROM tonight_wallet SEMI JOIN replays USING (escrow_id)
        ANTI JOIN (SELECT id AS transaction_id FROM replays WHERE source = 'wallet') USING (transaction_id)
    UNION ALL
    SELECT escrow_id
    FROM tonight_ledger SEMI JOIN replays USING (escrow_id)
        ANTI JOIN (SELECT id AS entry_id FROM replays WHERE source = 'ledger') USING (entry_id)
    UNION ALL
    SELECT escrow_id FROM unfinished
    UNION ALL
    SELECT escrow_id FROM conflicts
)

SELECT DISTINCT escrow_id FROM replays ANTI JOIN others USING (escrow_id);
