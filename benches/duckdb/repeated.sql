-- What the reconciliation of a single day needs first: the rows that were not rejected, and the keys that
-- arrived more than once.

CREATE TEMP VIEW escrow_rows AS
SELECT * EXCLUDE (source_file, rejected) FROM read_parquet('{folder}/escrow.parquet') WHERE NOT rejected;

CREATE TEMP VIEW wallet_rows AS
SELECT * EXCLUDE (source_file, rejected) FROM read_parquet('{folder}/wallet.parquet') WHERE NOT rejected;

CREATE TEMP VIEW ledger_rows AS
SELECT * EXCLUDE (source_file, rejected) FROM read_parquet('{folder}/ledger.parquet') WHERE NOT rejected;

-- The keys that arrived more than once: few, and looked at row by row.
CREATE TEMP TABLE repeated_events AS
SELECT event_id FROM escrow_rows GROUP BY event_id HAVING count(*) > 1;

CREATE TEMP TABLE repeated_transfers AS
SELECT transaction_id FROM wallet_rows GROUP BY transaction_id HAVING count(*) > 1;

CREATE TEMP TABLE repeated_entries AS
SELECT entry_id FROM ledger_rows GROUP BY entry_id HAVING count(*) > 1;

-- Every escrow that a key with two payloads names.
CREATE TEMP TABLE conflicts AS
WITH
repeated AS (
    SELECT 'escrow' AS source, event_id AS id, escrow_id, hash(escrow_rows) AS payload
    FROM escrow_rows SEMI JOIN repeated_events USING (event_id)
    UNION ALL
    SELECT 'wallet', transaction_id, escrow_id, hash(wallet_rows)
    FROM wallet_rows SEMI JOIN repeated_transfers USING (transaction_id)
    UNION ALL
    SELECT 'ledger', entry_id, escrow_id, hash(ledger_rows)
    FROM ledger_rows SEMI JOIN repeated_entries USING (entry_id)
),

two_payloads AS (
    SELECT source, id FROM repeated GROUP BY source, id HAVING count(DISTINCT payload) > 1
)

SELECT DISTINCT escrow_id FROM repeated SEMI JOIN two_payloads USING (source, id);
