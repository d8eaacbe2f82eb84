-- Of every ingested file, rows = good + replays + quarantined, and bronze.quarantine holds just the latter.
WITH
files AS (
    SELECT source, source_file, rows, good, replays, quarantined FROM ops.ingested_files WHERE dt = $dt
),
refused AS (
    SELECT source, source_file, count(*) AS count FROM bronze.quarantine WHERE dt = $dt GROUP BY source, source_file
)
SELECT
    coalesce(files.source, refused.source) AS source,
    coalesce(files.source_file, refused.source_file) AS source_file,
    files.rows, files.good, files.replays, files.quarantined, refused.count AS in_quarantine
FROM files
FULL OUTER JOIN refused ON refused.source = files.source AND refused.source_file = files.source_file
WHERE files.rows IS NULL
    OR files.rows <> files.good + files.replays + files.quarantined
    OR files.quarantined <> coalesce(refused.count, 0)
