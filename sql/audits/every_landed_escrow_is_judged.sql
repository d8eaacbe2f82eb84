-- Every escrow of which an effective row landed tonight has a row in silver.reconciliation. (An id known only
-- from transfers that moved nothing has none.)
WITH
landed AS (
    SELECT escrow_id FROM bronze.escrow_events WHERE dt = $dt AND NOT conflict
    UNION
    SELECT escrow_id FROM bronze.wallet_transfers WHERE dt = $dt AND status = 'SETTLED' AND NOT conflict
    UNION
    SELECT escrow_id FROM bronze.ledger_entries WHERE dt = $dt AND NOT conflict
)
SELECT escrow_id FROM landed
WHERE escrow_id NOT IN (SELECT escrow_id FROM silver.reconciliation WHERE dt = $dt)
