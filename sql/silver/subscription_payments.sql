-- grain: one escrow that may have paid for a subscription, on a night on which something was learned of it
-- key: dt, escrow_id
--
-- What the night says of escrows that subscriptions name: so that no later night need look through all
-- payments for them. Escrows of type SUBSCRIPTION are kept whether or not an event names them yet; others as
-- soon as one does, and only for those is the past looked at, in the days that name them: work.sought and
-- $sought_days are the escrows of tonight's openings of which no beginning is known, and where they stand.
WITH
openings AS (
    SELECT paid_by AS escrow_id FROM silver.subscription_facts WHERE paid_by IS NOT NULL
),
landed AS (
    SELECT escrow_id, event_id, sequence, type, payer, creator, amount, currency, at, dt
    FROM bronze.escrow_events
    WHERE dt = $dt AND NOT conflict
),
landed_tonight AS (
    SELECT * FROM landed WHERE type = 'SUBSCRIPTION'
    UNION ALL
    SELECT * FROM landed WHERE type <> 'SUBSCRIPTION' AND escrow_id IN (SELECT escrow_id FROM openings)
),
landed_before AS (
    SELECT events.escrow_id, event_id, sequence, type, payer, creator, amount, currency, at, dt
    FROM bronze.escrow_events AS events
    INNER JOIN work.sought AS sought
        ON sought.escrow_hash = events.escrow_hash AND sought.escrow_id = events.escrow_id
    WHERE dt IN ($sought_days) AND NOT conflict
),
events AS (
    SELECT * FROM landed_tonight
    UNION ALL
    SELECT * FROM landed_before
),
replayed AS (
    SELECT *, row_number() OVER (PARTITION BY escrow_id ORDER BY sequence, at, event_id) AS place FROM events
),
first_events AS (
    SELECT * FROM replayed WHERE place = 1
),
read_tonight AS (
    SELECT escrow_id, class, type, dt FROM silver.reconciliation WHERE dt = $dt
),
readings AS (
    SELECT escrow_id, class, dt FROM read_tonight WHERE type = 'SUBSCRIPTION'
    UNION ALL
    SELECT escrow_id, class, dt FROM read_tonight
    WHERE (type IS DISTINCT FROM 'SUBSCRIPTION') AND escrow_id IN (SELECT escrow_id FROM openings)
    UNION ALL
    SELECT reconciliation.escrow_id, class, dt
    FROM silver.reconciliation AS reconciliation
    INNER JOIN work.sought AS sought
        ON sought.escrow_hash = reconciliation.escrow_hash AND sought.escrow_id = reconciliation.escrow_id
    WHERE dt IN ($sought_days)
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY escrow_id ORDER BY dt DESC) AS place FROM readings
),
last_readings AS (
    SELECT * FROM ranked WHERE place = 1
)
SELECT
    coalesce(first_events.escrow_id, last_readings.escrow_id) AS escrow_id,
    event_id,
    sequence,
    type,
    payer,
    creator,
    amount,
    currency,
    at,
    first_events.dt AS landed_on,
    class,
    last_readings.dt AS read_on
FROM first_events
FULL OUTER JOIN last_readings ON last_readings.escrow_id = first_events.escrow_id
