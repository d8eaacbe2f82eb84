-- grain: one creator, type, currency, standing and reason on one night
-- key: dt, creator?, type?, currency?, standing, reason
--
-- From reconciled rows alone. An escrow is SETTLED on the first night on which its money agrees, and counted
-- once; should a later night find otherwise, that night REVERSES it. What is not settled stands apart with
-- its class as the reason and is part of no sum. What the night before left unfinished had not settled; what
-- had, and is named again, stands in one of $history.
WITH
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
-- The few that were counted before stand first: they are what the join holds in memory.
tonight AS (
    SELECT
        tonight.*,
        tonight.class IN ('MATCHED', 'DAY_BOUNDARY', 'METADATA_MISMATCH') AND tonight.net IS NOT NULL AS is_settled,
        before.escrow_id IS NOT NULL AS was_settled,
        before.creator AS creator_before, before.type AS type_before, before.currency AS currency_before,
        before.gross AS gross_before, before.platform_fee AS platform_fee_before,
        before.processing_fee AS processing_fee_before, before.other_fees AS other_fees_before,
        before.net AS net_before
    FROM before
    RIGHT JOIN silver.reconciliation AS tonight ON tonight.escrow_id = before.escrow_id
    WHERE tonight.dt = $dt
),
lines AS (
    SELECT
        creator, type, currency, CASE WHEN is_settled THEN 'SETTLED' ELSE 'UNSETTLED' END AS standing,
        class AS reason, 1 AS count, gross, platform_fee, processing_fee, other_fees, net
    FROM tonight
    WHERE NOT (is_settled AND was_settled)
    UNION ALL
    SELECT
        creator_before, type_before, currency_before, 'REVERSED' AS standing, class AS reason, 1 AS count,
        -gross_before, -platform_fee_before, -processing_fee_before, -other_fees_before, -net_before
    FROM tonight
    WHERE was_settled AND NOT is_settled
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
