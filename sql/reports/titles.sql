-- grain: one version of a content with its title
--
-- The latest version of a content is the last.
SELECT creator, content_id, title
FROM bronze.contents
WHERE title IS NOT NULL
ORDER BY creator, content_id, dt, source_file, source_line
