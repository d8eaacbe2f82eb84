-- grain: one creator, type, currency, standing and reason on one night
-- key: dt, creator?, type?, currency?, standing, reason
--
-- From reconciled rows alone. An escrow is SETTLED on the first night on which its money agrees, and counted
-- once; should a later night find otherwise, that night REVERSES it. What is not settled stands apart with
-- its class as the reason and is part of no sum. What the night before left unfinished had not settled; what
-- had, and is named again, stands in one of $history.
WITH
tonight AS (
    SELECT * FROM silver.reconciliation WHERE dt = $dt
),
earlier AS (
    SELECT escrow_id, type, creator, currency, gross, platform_fee, processing_fee, other_fees, net, class, dt
    FROM silver.reconciliation
    WHERE dt IN ($history) AND escrow_hash IN (SELECT escrow_hash FROM work.named_again)
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY escrow_id ORDER BY dt DESC) AS place FROM earlier
),
before AS (
    -- A refund that crossed midnight reads DAY_BOUNDARY too, and pays nothing out: it has no net.
    SELECT * FROM ranked
    WHERE place = 1 AND class IN ('MATCHED', 'DAY_BOUNDARY', 'METADATA_MISMATCH') AND net IS NOT NULL
),
settled AS (
    SELECT * FROM tonight
    WHERE class IN ('MATCHED', 'DAY_BOUNDARY', 'METADATA_MISMATCH') AND net IS NOT NULL
),
lines AS (
    SELECT
        creator, type, currency, 'SETTLED' AS standing, class AS reason, 1 AS count,
        gross, platform_fee, processing_fee, other_fees, net
    FROM settled
    WHERE escrow_id NOT IN (SELECT escrow_id FROM before)
    UNION ALL
    SELECT
        before.creator, before.type, before.currency, 'REVERSED' AS standing, tonight.class AS reason, 1 AS count,
        -before.gross, -before.platform_fee, -before.processing_fee, -before.other_fees, -before.net
    FROM before
    INNER JOIN tonight ON tonight.escrow_id = before.escrow_id
    WHERE before.escrow_id NOT IN (SELECT escrow_id FROM settled)
    UNION ALL
    SELECT
        creator, type, currency, 'UNSETTLED' AS standing, class AS reason, 1 AS count,
        gross, platform_fee, processing_fee, other_fees, net
    FROM tonight
    WHERE escrow_id NOT IN (SELECT escrow_id FROM settled)
)
SELECT
    creator,
    type,
    currency,
    standing,
    reason,
    sum(count) AS count,
    CAST(sum(gross) AS DECIMAL(38, 9)) AS gross,
    CAST(sum(platform_fee) AS DECIMAL(38, 9)) AS platform_fee,
    CAST(sum(processing_fee) AS DECIMAL(38, 9)) AS processing_fee,
    CAST(sum(other_fees) AS DECIMAL(38, 9)) AS other_fees,
    CAST(sum(net) AS DECIMAL(38, 9)) AS net
FROM lines
GROUP BY creator, type, currency, standing, reason
