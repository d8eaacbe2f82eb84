-- Reads a day's ledger entries and writes them with typed columns; a row that lacks a needed value is flagged.
WITH
lines AS (
    SELECT *
    FROM read_json(
        '{landing}/payments/ledger/dt={date}/*.ndjson*',
        format = 'newline_delimited',
        ignore_errors = true,
        filename = true,
        columns = {
            entry_id: 'VARCHAR', sequence: 'BIGINT', type: 'VARCHAR', escrow_id: 'VARCHAR',
            "transaction": 'VARCHAR',
            postings: 'STRUCT(account VARCHAR, party VARCHAR, amount VARCHAR, currency VARCHAR)[]',
            metadata: 'STRUCT("timestamp" BIGINT, visibility VARCHAR)', prev_hash: 'VARCHAR', hash: 'VARCHAR'
        }
    )
),

typed AS (
    SELECT
        entry_id,
        sequence,
        type,
        escrow_id,
        "transaction" AS transaction_id,
        list_transform(postings, lambda posting: {
            account: posting.account,
            party: posting.party,
            amount: TRY_CAST(posting.amount AS DECIMAL(28, 9)),
            currency: posting.currency,
            written: posting.amount
        }) AS postings,
        CAST(make_timestamp(metadata."timestamp" * 1000) AS TIMESTAMPTZ) AS "at",
        metadata.visibility AS visibility,
        prev_hash,
        hash,
        filename AS source_file
    FROM lines
)

SELECT
    *,
    (
        entry_id IS NOT NULL AND sequence IS NOT NULL AND type IN ('TIP', 'SUBSCRIPTION', 'REFUND')
        AND escrow_id IS NOT NULL AND len(postings) > 0 AND "at" IS NOT NULL
        AND prev_hash IS NOT NULL AND hash IS NOT NULL
    ) IS NOT TRUE AS rejected
FROM typed
