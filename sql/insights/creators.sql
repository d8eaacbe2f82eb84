-- grain: one creator and one of the newest contents; a creator who has none stands once, with none
--
-- Whose day is released, and which videos get cells of their own: what was published up to the night, never who
-- watched. Of each content the latest version counts.
WITH
latest AS (
    SELECT
        content_id,
        last_value(creator ORDER BY dt, source_file, source_line) AS creator,
        last_value(published_at ORDER BY dt, source_file, source_line) AS published_at
    FROM bronze.contents
    WHERE dt <= $dt
    GROUP BY content_id
),
ranked AS (
    SELECT
        creator, content_id,
        row_number() OVER (PARTITION BY creator ORDER BY published_at DESC, content_id) AS newest
    FROM latest
)
SELECT creator, content_id, newest FROM ranked WHERE newest <= $videos_max
UNION ALL
SELECT DISTINCT creator, CAST(NULL AS VARCHAR), CAST(0 AS BIGINT UNSIGNED) FROM bronze.tiers WHERE dt <= $dt
ORDER BY creator, newest
