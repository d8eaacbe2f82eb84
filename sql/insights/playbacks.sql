-- grain: one playback that counts on the night
--
-- What is counted of viewers, before anything is bounded. A playback counts on the day on which it landed. One that
-- came when its day was released already counts on the next day that is: work.counted_until has the days that were
-- released and have had playbacks since, each with the last ingest that was counted.
--
-- What becomes of a row is bounded viewer by viewer (insights::bounding): first with each creator, by the caps of
-- jobs/policies/privacy.toml, then over all creators. Of a pair's playbacks in the order of key_hash
--     unique viewers, region, device class, language, referrer, hour of started_at: the first, once;
--     views, completions: the first 3; watch seconds: until 300 are full; each interaction: the first that has it;
--     contents: 4, by a hash of viewer and content.
SELECT
    viewer, creator, content_id, key_hash, started_at, watch_ms, completed, interactions, region, language, referrer,
    device_class
FROM bronze.playbacks
WHERE dt = $dt AND NOT conflict
UNION ALL
SELECT
    late.viewer, late.creator, late.content_id, late.key_hash, late.started_at, late.watch_ms, late.completed,
    late.interactions, late.region, late.language, late.referrer, late.device_class
FROM bronze.playbacks AS late
JOIN work.counted_until AS counted ON counted.dt = late.dt
WHERE late.dt IN ($late_days) AND NOT late.conflict AND late.ingested_at > counted.until
