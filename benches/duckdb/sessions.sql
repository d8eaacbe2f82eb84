-- Viewing sessions as `ttt run sessions` rebuilds them: the same joins, traces, counts and columns.
WITH
requests AS (
    SELECT
        session_id,
        CAST(epoch("at") AS BIGINT) AS at_s,
        coalesce(try_cast(segment AS INTEGER), 16777215) AS place,
        codec,
        height,
        greatest(coalesce(bytes_sent, 0), 0) AS bytes,
        CAST(round(time_taken_ms * 1000) AS BIGINT) AS taken_us,
        CAST(round(first_byte_ms * 1000) AS BIGINT) AS first_us,
        coalesce(result_type IN ('Hit', 'RefreshHit'), false) AS is_hit,
        coalesce(viewer_left, false) OR coalesce(result_type = 'Error', false)
            OR coalesce(status, 200) NOT IN (200, 206) AS has_failed,
        coalesce(cmcd_bs, false) AS was_dry,
        coalesce(cmcd_ot, 'v') IN ('v', 'av') AS is_video,
        greatest(coalesce(cmcd_mtp, 0), 0) AS told_kbps
    FROM read_parquet('{requests}')
    WHERE NOT conflict AND session_id IS NOT NULL AND segment IS NOT NULL AND height IS NOT NULL
),
ordered AS (
    -- Of what ends in one second for one segment, what arrived comes first, then the smaller one.
    SELECT
        *,
        CAST(is_hit AS INTEGER) + 2 * CAST(has_failed AS INTEGER) + 4 * CAST(was_dry AS INTEGER)
            + 8 * CAST(NOT is_video AS INTEGER) AS marks
    FROM requests
),
measured AS (
    SELECT
        *,
        greatest(taken_us - coalesce(first_us, 0), 0) AS transfer_us,
        CASE
            WHEN NOT is_video THEN 'OTHER'
            WHEN has_failed THEN 'FAILED'
            WHEN taken_us IS NULL OR bytes = 0 THEN 'UNTIMED'
            WHEN is_hit THEN 'HIT'
            WHEN bytes < 32768 THEN 'TINY'
            WHEN taken_us <= coalesce(first_us, 0) THEN 'UNTIMED'
            WHEN bytes * 8000 // greatest(taken_us - coalesce(first_us, 0), 1) NOT BETWEEN 1 AND 100000000
                THEN 'OUT_OF_RANGE'
            ELSE 'USED'
        END AS reason
    FROM ordered
),
used AS (
    SELECT
        session_id,
        at_s,
        place,
        marks,
        bytes,
        taken_us,
        bytes * 8000 // transfer_us AS kbps,
        bytes * 8 AS bits,
        transfer_us,
        (transfer_us + 999) // 1000 AS transfer_ms,
        lag(at_s) OVER (PARTITION BY session_id ORDER BY at_s, place, marks, bytes, taken_us) AS before_s
    FROM measured
    WHERE reason = 'USED'
),
by_bytes AS (
    SELECT
        session_id,
        count(*) AS used,
        list(
            greatest(least(coalesce((at_s - before_s) * 1000, transfer_ms), 30000), transfer_ms, 1)
            ORDER BY at_s, place, marks, bytes, taken_us
        )[:200] AS durations,
        list(kbps ORDER BY at_s, place, marks, bytes, taken_us)[:200] AS kbps,
        sum(bits) * 1000.0 / sum(transfer_us) AS mean_kbps
    FROM used
    GROUP BY session_id
),
told AS (
    SELECT
        session_id,
        at_s,
        place,
        marks,
        bytes,
        taken_us,
        told_kbps,
        least((coalesce(taken_us, 0) + 999) // 1000, 30000) AS taken_ms,
        lag(at_s) OVER (PARTITION BY session_id ORDER BY at_s, place, marks, bytes, taken_us) AS before_s
    FROM ordered
    WHERE told_kbps BETWEEN 1 AND 100000000
),
by_player AS (
    SELECT
        session_id,
        count(*) AS readings,
        list(
            greatest(least(coalesce((at_s - before_s) * 1000, taken_ms), 30000), taken_ms, 1)
            ORDER BY at_s, place, marks, bytes, taken_us
        )[:200] AS durations,
        list(told_kbps ORDER BY at_s, place, marks, bytes, taken_us)[:200] AS kbps,
        avg(told_kbps) AS mean_kbps
    FROM told
    GROUP BY session_id
),
delivered AS (
    SELECT
        session_id,
        at_s,
        first_us,
        codec,
        height,
        bytes,
        lag(codec || height) OVER (PARTITION BY session_id ORDER BY at_s, place, marks, bytes, taken_us) AS before
    FROM measured
    WHERE NOT has_failed AND is_video
),
switches AS (
    SELECT
        session_id,
        min(at_s) AS first_s,
        avg(first_us) / 1000.0 AS first_byte_ms,
        count(*) FILTER (WHERE before <> codec || height) AS switches
    FROM delivered
    GROUP BY session_id
),
each_rung AS (
    SELECT session_id, codec, height, count(*) AS chunks, sum(bytes) AS bytes
    FROM delivered
    GROUP BY session_id, codec, height
),
rungs AS (
    SELECT
        session_id,
        list({'codec': codec, 'height': height, 'chunks': chunks, 'bytes': bytes} ORDER BY codec, height) AS rungs
    FROM each_rung
    GROUP BY session_id
),
counts AS (
    SELECT
        session_id,
        count(*) AS requests,
        count(*) FILTER (WHERE was_dry) AS stalls,
        count(*) FILTER (WHERE reason = 'HIT') AS hit,
        count(*) FILTER (WHERE reason = 'TINY') AS tiny,
        count(*) FILTER (WHERE reason = 'FAILED') AS failed,
        count(*) FILTER (WHERE reason = 'UNTIMED') AS untimed,
        count(*) FILTER (WHERE reason = 'OUT_OF_RANGE') AS out_of_range,
        count(*) FILTER (WHERE reason = 'OTHER') AS other
    FROM measured
    GROUP BY session_id
),
ladders AS (
    SELECT
        content_id,
        md5(CAST(arg_max(renditions, (dt, source_file, source_line)) AS VARCHAR)) AS ladder
    FROM read_parquet('{contents}', hive_partitioning = true)
    GROUP BY content_id
),
playbacks AS (
    SELECT *, list_filter(probes, lambda probe: probe.chosen_by = 'POLICY')[1] AS probe
    FROM read_parquet('{playbacks}')
    WHERE NOT conflict
)
SELECT
    playbacks.key_hash AS session_hash,
    sha256('key' || playbacks.viewer)[:16] AS viewer_hash,
    started_at,
    region,
    network,
    device_class,
    data_saver,
    device_width_max,
    device_height_max,
    device_framerate_max,
    array_to_string(device_codecs, '+') AS device_codecs,
    preferred_height_max,
    ladders.ladder,
    watch_ms,
    startup_ms,
    rebuffer_ms,
    rebuffer_count,
    playbacks.switches,
    counts.requests,
    CASE WHEN first_s IS NOT NULL THEN greatest(first_s * 1000 - epoch_ms(started_at), 0) END AS logged_startup_ms,
    stalls AS logged_stalls,
    coalesce(switches.switches, 0) AS logged_switches,
    rungs.rungs,
    CASE WHEN is_by_bytes THEN used ELSE 0 END AS chunks_used,
    hit,
    tiny,
    failed,
    untimed,
    out_of_range,
    other,
    CASE
        WHEN is_by_bytes THEN 'BYTES'
        WHEN readings > 0 THEN 'MTP'
        WHEN probe.throughput_kbps > 0 THEN 'PROBE'
        ELSE 'NONE'
    END AS source,
    CASE
        WHEN is_by_bytes THEN by_bytes.mean_kbps
        WHEN readings > 0 THEN by_player.mean_kbps
        ELSE probe.throughput_kbps
    END AS throughput_kbps,
    probe.rtt_ms,
    first_byte_ms,
    CASE WHEN is_by_bytes THEN by_bytes.durations WHEN readings > 0 THEN by_player.durations ELSE [] END
        AS trace_duration_ms,
    CASE WHEN is_by_bytes THEN by_bytes.kbps WHEN readings > 0 THEN by_player.kbps ELSE [] END AS trace_kbps
FROM playbacks
JOIN counts USING (session_id)
LEFT JOIN by_bytes USING (session_id)
LEFT JOIN by_player USING (session_id)
LEFT JOIN switches USING (session_id)
LEFT JOIN rungs USING (session_id)
LEFT JOIN ladders USING (content_id)
CROSS JOIN LATERAL (
    SELECT coalesce(used >= 2 OR (used > 0 AND coalesce(readings, 0) < 2), false) AS is_by_bytes
)
