-- grain: one tip that was settled on the night
--
-- Who tipped counts as one tipper of the creator, however often and much, in the region of her first playback of the
-- day. The tip's visibility changes nothing here: nobody is told who tipped, and of a private or anonymous tip a
-- noised count tells no more than of a public one.
SELECT payer, creator, escrow_hash
FROM silver.reconciliation
WHERE dt = $dt AND type = 'TIP' AND net IS NOT NULL
    AND class IN ('MATCHED', 'DAY_BOUNDARY', 'METADATA_MISMATCH')
    AND payer IS NOT NULL AND creator IS NOT NULL
