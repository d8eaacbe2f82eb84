-- What tonight's settled lines pay out, by currency, is what the ledger posted to creators for those escrows,
-- and their gross what it took out of escrow: to the last digit.
WITH
settled AS (
    SELECT tonight.escrow_id, tonight.entry_id
    FROM silver.reconciliation AS tonight
    WHERE tonight.dt = $dt AND tonight.class IN ('MATCHED', 'DAY_BOUNDARY', 'METADATA_MISMATCH') AND tonight.net IS NOT NULL
),
earlier AS (
    SELECT escrow_id, class, net, row_number() OVER (PARTITION BY escrow_id ORDER BY dt DESC) AS place
    FROM silver.reconciliation
    WHERE dt IN ($history) AND escrow_hash IN (SELECT escrow_hash FROM work.named_again)
),
counted AS (
    SELECT escrow_id FROM earlier
    WHERE place = 1 AND class IN ('MATCHED', 'DAY_BOUNDARY', 'METADATA_MISMATCH') AND net IS NOT NULL
),
-- The ids stand first: they are what the join holds in memory, not the postings.
newly AS (
    SELECT entry_id FROM settled WHERE escrow_id NOT IN (SELECT escrow_id FROM counted)
),
entries AS (
    SELECT unnest(ledger_entries.postings) AS posting
    FROM newly
    INNER JOIN bronze.ledger_entries AS ledger_entries ON ledger_entries.entry_id = newly.entry_id
    WHERE ledger_entries.dt IN ($settled_days) AND NOT ledger_entries.conflict
),
posted AS (
    SELECT
        posting['currency'] AS currency,
        sum(posting['amount']) FILTER (WHERE posting['account'] = 'creator') AS net,
        -sum(posting['amount']) FILTER (WHERE posting['account'] = 'escrow') AS gross
    FROM entries
    GROUP BY posting['currency']
),
stated AS (
    SELECT currency, sum(gross) AS gross, sum(net) AS net
    FROM gold.creator_statement_daily
    WHERE dt = $dt AND standing = 'SETTLED'
    GROUP BY currency
)
SELECT
    coalesce(stated.currency, posted.currency) AS currency,
    stated.net AS net_stated,
    posted.net AS net_posted,
    stated.gross AS gross_stated,
    posted.gross AS gross_posted
FROM stated
FULL OUTER JOIN posted ON posted.currency = stated.currency
WHERE coalesce(stated.net, 0) <> coalesce(posted.net, 0) OR coalesce(stated.gross, 0) <> coalesce(posted.gross, 0)
