-- Every row up to tonight of the escrows that are tonight's to judge, under the names that `reconcile.sql` reads: of
-- which a row landed tonight, or that the night before left unfinished. Of the days before, the escrows that were
-- judged are looked up by their ids, and rows are read of the few that are needed.

CREATE TEMP TABLE needed AS
WITH
landed AS (
    SELECT escrow_id FROM tonight_escrow
    UNION
    SELECT escrow_id FROM tonight_wallet
    UNION
    SELECT escrow_id FROM tonight_ledger
)

SELECT escrow_id FROM {judged_before} SEMI JOIN landed USING (escrow_id)
UNION
SELECT escrow_id FROM unfinished
UNION
SELECT escrow_id FROM conflicts;

CREATE TEMP TABLE older_escrow AS SELECT * FROM past_escrow SEMI JOIN needed USING (escrow_id);

CREATE TEMP TABLE older_wallet AS SELECT * FROM past_wallet SEMI JOIN needed USING (escrow_id);

CREATE TEMP TABLE older_ledger AS SELECT * FROM past_ledger SEMI JOIN needed USING (escrow_id);

INSERT INTO repeated_events
SELECT event_id FROM older_escrow ANTI JOIN repeated_events USING (event_id)
GROUP BY event_id HAVING count(*) > 1;

INSERT INTO repeated_transfers
SELECT transaction_id FROM older_wallet ANTI JOIN repeated_transfers USING (transaction_id)
GROUP BY transaction_id HAVING count(*) > 1;

INSERT INTO repeated_entries
SELECT entry_id FROM older_ledger ANTI JOIN repeated_entries USING (entry_id)
GROUP BY entry_id HAVING count(*) > 1;

CREATE TEMP VIEW escrow_rows AS SELECT * FROM tonight_escrow UNION ALL SELECT * FROM older_escrow;

CREATE TEMP VIEW wallet_rows AS SELECT * FROM tonight_wallet UNION ALL SELECT * FROM older_wallet;

CREATE TEMP VIEW ledger_rows AS SELECT * FROM tonight_ledger UNION ALL SELECT * FROM older_ledger;
