-- Reads a day's wallet transfers and writes them with typed columns; a row that lacks a needed value is flagged.
WITH
lines AS (
    SELECT *
    FROM read_json(
        '{landing}/payments/wallet/dt={date}/*.ndjson*',
        format = 'newline_delimited',
        ignore_errors = true,
        filename = true,
        columns = {
            transaction_id: 'VARCHAR', escrow_id: 'VARCHAR',
            amount: 'STRUCT("value" VARCHAR, currency VARCHAR)',
            fees: 'STRUCT("type" VARCHAR, percentage VARCHAR, amount VARCHAR)[]', net: 'VARCHAR',
            status: 'VARCHAR',
            fx: 'STRUCT("from" STRUCT("value" VARCHAR, currency VARCHAR), rate VARCHAR)', "at": 'VARCHAR'
        }
    )
),

typed AS (
    SELECT
        transaction_id,
        escrow_id,
        TRY_CAST(amount."value" AS DECIMAL(28, 9)) AS amount,
        amount.currency AS currency,
        TRY_CAST(fees AS STRUCT("type" VARCHAR, percentage VARCHAR, amount DECIMAL(28, 9))[]) AS fees,
        TRY_CAST(net AS DECIMAL(28, 9)) AS net,
        status,
        CASE WHEN fx IS NOT NULL THEN {
            amount: TRY_CAST(fx."from"."value" AS DECIMAL(28, 9)), currency: fx."from".currency, rate: fx.rate
        } END AS fx,
        TRY_CAST(upper("at") AS TIMESTAMPTZ) AS "at",
        filename AS source_file
    FROM lines
)

SELECT
    *,
    (
        transaction_id IS NOT NULL AND escrow_id IS NOT NULL AND amount IS NOT NULL AND currency IS NOT NULL
        AND fees IS NOT NULL AND net IS NOT NULL AND status IN ('SETTLED', 'FAILED', 'REVERSED')
        AND "at" IS NOT NULL
    ) IS NOT TRUE AS rejected
FROM typed
