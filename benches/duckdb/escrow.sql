-- Reads a day's escrow events and writes them with typed columns; a row that lacks a needed value is flagged.
WITH
lines AS (
    SELECT *
    FROM read_json(
        '{landing}/payments/escrow/dt={date}/*.ndjson*',
        format = 'newline_delimited',
        ignore_errors = true,
        filename = true,
        columns = {
            event_id: 'VARCHAR', escrow_id: 'VARCHAR', sequence: 'BIGINT', event: 'VARCHAR', type: 'VARCHAR',
            "from": 'VARCHAR', "to": 'VARCHAR', amount: 'STRUCT("value" VARCHAR, currency VARCHAR)',
            metadata: 'STRUCT(message VARCHAR, visibility VARCHAR)', "at": 'VARCHAR'
        }
    )
),

typed AS (
    SELECT
        event_id,
        escrow_id,
        sequence,
        event,
        type,
        "from" AS payer,
        "to" AS creator,
        TRY_CAST(amount."value" AS DECIMAL(28, 9)) AS amount,
        amount.currency AS currency,
        metadata.message AS message,
        metadata.visibility AS visibility,
        TRY_CAST(upper("at") AS TIMESTAMPTZ) AS "at",
        filename AS source_file
    FROM lines
)

SELECT
    *,
    (
        event_id IS NOT NULL AND escrow_id IS NOT NULL AND sequence IS NOT NULL
        AND event IN ('CREATED', 'FUNDED', 'RELEASED', 'REFUNDED', 'CANCELLED')
        AND type IN ('TIP', 'SUBSCRIPTION')
        AND payer IS NOT NULL AND creator IS NOT NULL AND payer <> creator
        AND amount > 0 AND currency IS NOT NULL AND "at" IS NOT NULL
    ) IS NOT TRUE AS rejected
FROM typed
