-- grain: one payment source's currency on one day
-- key: dt, source, currency
--
-- What was read against what the manifest says was sent. A currency that only one of them names is a row too.
WITH
files AS (
    SELECT source, unnest(totals) AS total FROM ops.ingested_files WHERE dt = $dt
),
read AS (
    SELECT
        source,
        total['currency'] AS currency,
        sum(total['count']) AS count,
        sum(total['sum']) AS sum
    FROM files
    GROUP BY source, total['currency']
),
manifests AS (
    SELECT source, unnest(totals) AS total FROM ops.manifests WHERE dt = $dt AND present
),
stated AS (
    SELECT
        source,
        total['currency'] AS currency,
        total['count'] AS manifest_count,
        total['sum'] AS manifest_sum
    FROM manifests
),
stating AS (
    SELECT source FROM ops.manifests WHERE dt = $dt AND present AND totals IS NOT NULL
),
compared AS (
    SELECT
        coalesce(read.source, stated.source) AS source,
        coalesce(read.currency, stated.currency) AS currency,
        coalesce(read.count, 0) AS count,
        coalesce(read.sum, 0) AS sum,
        stated.manifest_count,
        stated.manifest_sum
    FROM read
    FULL OUTER JOIN stated ON stated.source = read.source AND stated.currency = read.currency
),
judged AS (
    SELECT
        compared.*,
        stating.source IS NULL
            OR (count = coalesce(manifest_count, 0) AND sum = coalesce(manifest_sum, 0)) AS holds
    FROM compared
    LEFT JOIN stating ON stating.source = compared.source
)
SELECT
    source,
    currency,
    count,
    CAST(sum AS DECIMAL(38, 9)) AS sum,
    manifest_count,
    manifest_sum,
    holds
FROM judged
