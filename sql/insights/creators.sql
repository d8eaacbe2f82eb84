-- grain: one creator and one of the newest contents; a creator who has none stands once, with none
--
-- Whose day is released, and which videos get cells of their own: what was published up to the night, never who
-- watched. Of each content the latest version counts.
WITH
landed AS (
    SELECT creator, content_id, published_at, dt, source_file, source_line FROM bronze.contents WHERE dt <= $dt
),
-- Few contents have more than one version.
changed AS (
    SELECT content_id FROM landed GROUP BY content_id HAVING count(*) > 1
),
versions AS (
    SELECT
        creator, content_id, published_at,
        row_number() OVER (PARTITION BY content_id ORDER BY dt DESC, source_file DESC, source_line DESC) AS place
    FROM landed
    WHERE content_id IN (SELECT content_id FROM changed)
),
latest AS (
    SELECT creator, content_id, published_at FROM versions WHERE place = 1
    UNION ALL
    SELECT creator, content_id, published_at FROM landed WHERE content_id NOT IN (SELECT content_id FROM changed)
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
