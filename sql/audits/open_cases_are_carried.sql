-- What a night leaves unfinished is carried to the next one: every such escrow has its case.
SELECT escrow_id, class
FROM silver.reconciliation
WHERE dt = $dt
    AND class NOT IN ('MATCHED', 'REFUNDED', 'CANCELLED', 'DAY_BOUNDARY', 'METADATA_MISMATCH')
    AND escrow_id NOT IN (SELECT escrow_id FROM silver.open_cases WHERE dt = $dt)
