-- The classes of silver.reconciliation by aggregation for each escrow and full outer joins, one row an escrow, for
-- the default fee schedule. Reads what `repeated.sql` has made ready.
WITH
events AS (
    SELECT * FROM escrow_rows ANTI JOIN repeated_events USING (event_id)
    UNION ALL
    SELECT DISTINCT ON (event_id) * FROM escrow_rows SEMI JOIN repeated_events USING (event_id)
),

settled AS (
    SELECT * FROM wallet_rows ANTI JOIN repeated_transfers USING (transaction_id) WHERE status = 'SETTLED'
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (transaction_id) *
        FROM wallet_rows SEMI JOIN repeated_transfers USING (transaction_id)
    )
    WHERE status = 'SETTLED'
),

entries AS (
    SELECT * FROM ledger_rows ANTI JOIN repeated_entries USING (entry_id)
    UNION ALL
    SELECT DISTINCT ON (entry_id) * FROM ledger_rows SEMI JOIN repeated_entries USING (entry_id)
),

-- Each escrow at first sight: which events it has (a digit for each kind), whether each has the sequence of
-- a legal life, when they were, and whether all of them name the same amount and parties.
glances AS (
    SELECT
        escrow_id,
        sum(CASE event
            WHEN 'CREATED' THEN 1 WHEN 'FUNDED' THEN 10 WHEN 'RELEASED' THEN 100
            WHEN 'REFUNDED' THEN 1000 ELSE 10000
        END) AS shape,
        bool_and(sequence = CASE event
            WHEN 'CREATED' THEN 1 WHEN 'FUNDED' THEN 2 WHEN 'CANCELLED' THEN 2 ELSE 3
        END) AS in_sequence,
        max("at") FILTER (event = 'CREATED') AS created_at,
        max("at") FILTER (event = 'FUNDED') AS funded_at,
        max("at") FILTER (event NOT IN ('CREATED', 'FUNDED')) AS ended_at,
        min(hash(amount, currency, payer, creator)) = max(hash(amount, currency, payer, creator)) AS uniform,
        any_value(amount) AS amount,
        any_value(currency) AS currency,
        any_value(payer) AS payer,
        any_value(creator) AS creator,
        max(type) FILTER (event = 'CREATED') AS type,
        max(visibility) FILTER (event = 'CREATED') AS visibility
    FROM events
    GROUP BY escrow_id
),

glanced AS (
    SELECT
        *,
        uniform AND in_sequence AND shape IN (1, 11, 111, 1011, 10001)
        AND coalesce(funded_at >= created_at, true)
        AND coalesce(ended_at >= coalesce(funded_at, created_at), true) AS plain
    FROM glances
),

-- The others, few, event by event: C created, F funded, R released, B refunded, X cancelled.
lives AS (
    SELECT
        escrow_id,
        list_sort(list({
            sequence: sequence,
            "at": "at",
            event_id: event_id,
            letter: CASE event
                WHEN 'CREATED' THEN 'C' WHEN 'FUNDED' THEN 'F' WHEN 'RELEASED' THEN 'R'
                WHEN 'REFUNDED' THEN 'B' ELSE 'X'
            END,
            type: type,
            visibility: visibility
        })) AS steps,
        min(amount) AS amount,
        min(amount) <> max(amount) AS amounts_differ,
        min(currency) AS currency,
        min(currency) <> max(currency) AS currencies_differ,
        min(payer) AS payer,
        min(creator) AS creator,
        min(payer) <> max(payer) OR min(creator) <> max(creator) AS parties_differ
    FROM events SEMI JOIN (SELECT escrow_id FROM glanced WHERE NOT plain) USING (escrow_id)
    GROUP BY escrow_id
),

replayed AS (
    SELECT
        *,
        list_transform(steps, lambda step: step."at") AS times,
        list_aggregate(list_transform(steps, lambda step: step.letter), 'string_agg', '') AS life,
        -- How many of the steps are those of a legal life.
        CASE
            WHEN life LIKE 'CFR%' OR life LIKE 'CFB%' THEN 3
            WHEN life LIKE 'CF%' OR life LIKE 'CX%' THEN 2
            WHEN life LIKE 'C%' THEN 1
            ELSE 0
        END AS legal_steps
    FROM lives
),

escrows AS (
    SELECT
        escrow_id, amount, currency, payer, creator, type, visibility,
        CASE shape WHEN 1 THEN 'C' WHEN 11 THEN 'F' WHEN 111 THEN 'R' WHEN 1011 THEN 'B' ELSE 'X' END AS state,
        coalesce(ended_at, funded_at, created_at) AS "at",
        NULL AS offence,
        false AS amounts_differ,
        false AS currencies_differ,
        false AS parties_differ
    FROM glanced
    WHERE plain
    UNION ALL
    SELECT
        escrow_id, amount, currency, payer, creator, steps[1].type, steps[1].visibility, steps[-1].letter,
        steps[-1]."at",
        CASE
            WHEN legal_steps = 0 THEN 'NOT_CREATED'
            WHEN legal_steps = len(life) AND times = list_sort(times) THEN NULL
            WHEN legal_steps = len(life) OR list_position(
                list_transform(range(2, len(life) + 1), lambda i: times[i] < times[i - 1]), true
            ) < legal_steps THEN 'TIME_REVERSAL'
            ELSE CASE substr(life, legal_steps, 2)
                WHEN 'CR' THEN 'RELEASE_BEFORE_FUND' WHEN 'CB' THEN 'REFUND_BEFORE_FUND'
                WHEN 'RR' THEN 'DOUBLE_RELEASE' WHEN 'RB' THEN 'REFUND_AFTER_RELEASE'
                WHEN 'BR' THEN 'RELEASE_AFTER_REFUND' WHEN 'BB' THEN 'DOUBLE_REFUND'
                ELSE CASE
                    WHEN substr(life, legal_steps, 1) = 'X' THEN 'EVENT_AFTER_CANCEL'
                    WHEN substr(life, legal_steps + 1, 1) = 'C' THEN 'DOUBLE_CREATE'
                    WHEN substr(life, legal_steps + 1, 1) = 'F' THEN 'DOUBLE_FUND'
                    ELSE 'CANCEL_AFTER_FUND'
                END
            END
        END,
        amounts_differ, currencies_differ, parties_differ
    FROM replayed
),

-- An escrow with two transfers reads DUPLICATE_TRANSFER or something before it: any of their values will do.
transfers AS (
    SELECT
        escrow_id,
        count(*) AS transfers,
        min("at") AS first_at,
        max("at") AS last_at,
        any_value(transaction_id) AS transaction_id,
        any_value(amount) AS amount,
        any_value(currency) AS currency,
        any_value(fees) AS fees,
        any_value(net) AS net,
        any_value(fx) AS fx
    FROM settled
    GROUP BY escrow_id
),

fees AS (
    SELECT
        *,
        coalesce(fx.amount, amount) AS paid,
        coalesce(fx.currency, currency) AS paid_currency,
        coalesce(rounded(fx.amount * CAST(fx.rate AS DECIMAL(18, 9)), currency) <> amount, false) AS product_differs,
        list_filter(fees, lambda fee: fee.type = 'PLATFORM') AS platform,
        list_filter(fees, lambda fee: fee.type = 'PROCESSING') AS processing,
        list_min(list_transform(
            list_filter(fees, lambda fee: fee.type NOT IN ('PLATFORM', 'PROCESSING')), lambda fee: fee.type
        )) AS unknown_fee,
        coalesce(list_sum(list_transform(fees, lambda fee: fee.amount)), 0) AS taken,
        amount * 0.05 AS platform_exact,
        amount * 0.029 AS processing_exact
    FROM transfers
),

charges AS (
    SELECT
        * EXCLUDE (fees, fx, platform, processing),
        len(platform) AS platform_times,
        coalesce(list_sum(list_transform(platform, lambda fee: fee.amount)), 0) AS platform_fee,
        rounded(platform_exact, currency) AS platform_expected,
        len(list_filter(
            platform, lambda fee: CAST(fee.percentage AS DECIMAL(18, 15)) <> 0.05
        )) > 0 AS platform_rate_differs,
        len(processing) AS processing_times,
        coalesce(list_sum(list_transform(processing, lambda fee: fee.amount)), 0) AS processing_fee,
        rounded(processing_exact, currency) AS processing_expected,
        len(list_filter(
            processing, lambda fee: CAST(fee.percentage AS DECIMAL(18, 15)) <> 0.029
        )) > 0 AS processing_rate_differs
    FROM fees
),

postings AS (
    SELECT entry_id, escrow_id, type, "at", visibility, unnest(postings, recursive := true)
    FROM (
        SELECT
            entry_id, escrow_id, type, "at", visibility,
            list_transform(postings, lambda posting: {
                account: posting.account, party: posting.party, amount: posting.amount,
                currency: posting.currency
            }) AS postings
        FROM entries
    )
),

-- Two entries of an escrow read DUPLICATE_LEDGER or something before it: their sums may be mixed.
ledgers AS (
    SELECT
        escrow_id,
        min(entry_id) AS entry_id,
        min(entry_id) <> max(entry_id) AS entered_twice,
        min("at") AS first_at,
        max("at") AS last_at,
        min(type) AS type,
        max(type) AS last_type,
        min(visibility) AS visibility,
        min(currency) FILTER (account = 'escrow') AS currency,
        min(currency) <> max(currency) AS currencies_mixed,
        min(currency) FILTER (known) AS known_currency,
        max(currency) FILTER (known) AS last_known_currency,
        sum(amount) AS balance,
        -sum(amount) FILTER (account = 'escrow') AS gross,
        coalesce(sum(amount) FILTER (account = 'creator'), 0) AS paid_creator,
        coalesce(sum(amount) FILTER (account = 'payer'), 0) AS paid_back,
        coalesce(sum(amount) FILTER (account = 'platform_fees'), 0) AS platform_fee,
        coalesce(sum(amount) FILTER (account = 'processing_fees'), 0) AS processing_fee,
        any_value(party) FILTER (account = 'escrow') AS payer,
        any_value(party) FILTER (account = 'creator') AS creator,
        min(hash(party)) FILTER (account = 'escrow') AS payer_hash,
        max(hash(party)) FILTER (account = 'escrow') AS last_payer_hash,
        min(hash(party)) FILTER (account = 'creator') AS creator_hash,
        max(hash(party)) FILTER (account = 'creator') AS last_creator_hash
    FROM (
        SELECT
            *,
            account IN ('escrow', 'creator', 'payer', 'platform_fees', 'processing_fees') AS known
        FROM postings
    )
    GROUP BY escrow_id
),

-- Entries in several currencies are few: their balance is taken by currency.
mixed_unbalanced AS (
    SELECT DISTINCT escrow_id
    FROM (
        SELECT escrow_id, currency, sum(amount) AS balance
        FROM postings SEMI JOIN (SELECT escrow_id FROM ledgers WHERE currencies_mixed) USING (escrow_id)
        GROUP BY escrow_id, entry_id, currency
    )
    WHERE balance <> 0
),

sides AS (
    SELECT
        coalesce(e.escrow_id, t.escrow_id, l.escrow_id, c.escrow_id) AS escrow_id,
        e.escrow_id IS NOT NULL AS has_escrow,
        t.escrow_id IS NOT NULL AS has_transfer,
        l.escrow_id IS NOT NULL AS has_entry,
        c.escrow_id IS NOT NULL AS conflict,
        m.escrow_id IS NOT NULL AS mixed_unbalanced,
        e, t, l
    FROM escrows AS e
    FULL JOIN charges AS t ON t.escrow_id = e.escrow_id
    FULL JOIN ledgers AS l ON l.escrow_id = coalesce(e.escrow_id, t.escrow_id)
    FULL JOIN conflicts AS c ON c.escrow_id = coalesce(e.escrow_id, t.escrow_id, l.escrow_id)
    LEFT JOIN mixed_unbalanced AS m ON m.escrow_id = l.escrow_id
),

absences AS (
    SELECT
        *,
        greatest(e."at", t.last_at, l.last_at) + INTERVAL {lag_hours} HOUR AS due,
        least(
            t.first_at, CASE WHEN e.state <> 'B' THEN l.first_at END
        ) + INTERVAL {lag_hours} HOUR AS settled_due,
        CASE
            WHEN e.state = 'R' AND NOT has_transfer THEN 'MISSING_TRANSFER'
            WHEN e.state IN ('R', 'B') AND NOT has_entry THEN 'MISSING_LEDGER'
            WHEN NOT has_escrow AND has_transfer AND has_entry THEN 'MISSING_ESCROW'
            WHEN NOT has_escrow AND has_transfer THEN 'ORPHAN_TRANSFER'
            WHEN NOT has_escrow AND has_entry THEN 'ORPHAN_LEDGER'
        END AS missing
    FROM sides
),

presence AS (
    SELECT
        *,
        e.offence IS NULL AND CASE
            WHEN e.state IN ('C', 'F', 'X') THEN has_transfer OR has_entry
            WHEN e.state = 'B' THEN has_transfer
            ELSE false
        END AS unreleased,
        CASE missing
            WHEN 'MISSING_TRANSFER' THEN
                due > {wallet_watermark} OR (NOT has_entry AND due > {ledger_watermark})
            WHEN 'MISSING_LEDGER' THEN due > {ledger_watermark}
            WHEN 'MISSING_ESCROW' THEN due > {escrow_watermark}
            WHEN 'ORPHAN_TRANSFER' THEN due > {escrow_watermark} OR due > {ledger_watermark}
            WHEN 'ORPHAN_LEDGER' THEN
                due > {escrow_watermark}
                OR (l.last_type <> 'REFUND' OR l.type <> 'REFUND') AND due > {wallet_watermark}
            ELSE false
        END AS pending
    FROM absences
),

judged AS (
    SELECT
        *,
        CASE
            WHEN conflict THEN ['DUPLICATE_CONFLICT', NULL]
            WHEN e.offence IS NOT NULL THEN ['ILLEGAL_STATE', e.offence]
            WHEN unreleased AND settled_due <= {escrow_watermark}
                THEN ['ILLEGAL_STATE', 'SETTLED_WITHOUT_RELEASE']
            WHEN e.state IN ('C', 'F') AND NOT has_transfer AND NOT has_entry THEN
                [
                    CASE WHEN {end_of_day} - e."at" > INTERVAL {age_limit_days} DAY THEN 'STUCK_ESCROW' ELSE 'OPEN' END,
                    NULL
                ]
            WHEN unreleased OR pending THEN ['TIMING_PENDING', NULL]
            WHEN missing IS NOT NULL THEN [missing, NULL]
            WHEN t.transfers > 1 THEN ['DUPLICATE_TRANSFER', NULL]
            WHEN l.entered_twice THEN ['DUPLICATE_LEDGER', NULL]
            WHEN l.currencies_mixed AND mixed_unbalanced OR NOT l.currencies_mixed AND l.balance <> 0
                THEN ['UNBALANCED_POSTINGS', NULL]
            WHEN l.type <> CASE e.state WHEN 'B' THEN 'REFUND' ELSE e.type END THEN ['TYPE_MISMATCH', NULL]
            WHEN e.currencies_differ OR t.paid_currency <> e.currency OR t.product_differs
                OR l.known_currency <> coalesce(t.currency, e.currency)
                OR l.last_known_currency <> coalesce(t.currency, e.currency) THEN ['CURRENCY_MISMATCH', NULL]
            WHEN e.parties_differ
                OR hash(e.payer) NOT BETWEEN l.last_payer_hash AND l.payer_hash
                OR hash(e.creator) NOT BETWEEN l.last_creator_hash AND l.creator_hash THEN ['PARTY_MISMATCH', NULL]
            WHEN e.amounts_differ OR t.paid <> e.amount OR l.gross <> coalesce(t.amount, e.amount)
                OR e.state = 'B' AND l.paid_back <> l.gross THEN ['AMOUNT_MISMATCH', NULL]
            WHEN l.platform_fee <> t.platform_fee THEN ['FEE_DISAGREES', 'PLATFORM']
            WHEN l.processing_fee <> t.processing_fee THEN ['FEE_DISAGREES', 'PROCESSING']
            -- Rounding down, up or half to even gives one of the two neighbours of the exact fee.
            WHEN t.platform_times = 1 AND t.platform_fee <> 0 AND t.platform_fee <> t.platform_expected
                AND abs(t.platform_fee - t.platform_exact) < unit(t.currency) THEN ['FEE_ROUNDING', 'PLATFORM']
            WHEN t.processing_times = 1 AND t.processing_fee <> 0 AND t.processing_fee <> t.processing_expected
                AND abs(t.processing_fee - t.processing_exact) < unit(t.currency) THEN ['FEE_ROUNDING', 'PROCESSING']
            WHEN t.platform_rate_differs THEN ['FEE_RATE', 'PLATFORM']
            WHEN t.processing_rate_differs THEN ['FEE_RATE', 'PROCESSING']
            WHEN t.platform_times > 1 OR t.platform_fee <> t.platform_expected THEN ['FEE_AMOUNT', 'PLATFORM']
            WHEN t.processing_times > 1 OR t.processing_fee <> t.processing_expected
                THEN ['FEE_AMOUNT', 'PROCESSING']
            WHEN t.unknown_fee IS NOT NULL THEN ['FEE_AMOUNT', t.unknown_fee]
            WHEN t.amount - t.taken <> t.net OR t.net <> l.paid_creator THEN ['NET_MISMATCH', NULL]
            WHEN e.state IN ('R', 'B') AND CAST(e."at" AS DATE) <> CAST(l.first_at AS DATE)
                THEN ['DAY_BOUNDARY', NULL]
            WHEN e.state IN ('R', 'B') AND e.visibility IS DISTINCT FROM l.visibility
                THEN ['METADATA_MISMATCH', NULL]
            WHEN e.state = 'B' THEN ['REFUNDED', NULL]
            WHEN e.state = 'X' THEN ['CANCELLED', NULL]
            ELSE ['MATCHED', NULL]
        END AS verdict
    FROM presence
)

SELECT
    escrow_id,
    t.transaction_id AS transaction_id,
    l.entry_id AS entry_id,
    coalesce(e.type, l.type) AS type,
    coalesce(e.payer, l.payer) AS payer,
    coalesce(e.creator, l.creator) AS creator,
    coalesce(t.currency, l.currency, e.currency) AS currency,
    CAST(coalesce(t.amount, l.gross, e.amount) AS DECIMAL(28, 9)) AS gross,
    CAST(t.platform_fee AS DECIMAL(28, 9)) AS platform_fee,
    CAST(t.processing_fee AS DECIMAL(28, 9)) AS processing_fee,
    CAST(t.taken - t.platform_fee - t.processing_fee AS DECIMAL(28, 9)) AS other_fees,
    CAST(t.amount - t.taken AS DECIMAL(28, 9)) AS net,
    verdict[1] AS class,
    verdict[2] AS subcode,
    CAST(coalesce(e."at", t.first_at, l.first_at) AS DATE) AS event_day
FROM judged
