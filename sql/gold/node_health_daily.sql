-- grain: one edge node on one day: of the inventory, of the logs, or of the probes
-- key: dt, node_id?
--
-- Rows belong to the day on which they landed. The inventory is that of the last day which brought one. An
-- error is the node's own fault: an Error that is not the viewer leaving. Percentiles are by nearest rank over
-- all values, and means are of thousandths, so that the order of rows changes nothing. A round trip of zero,
-- below, or above a minute is no measurement: it is counted apart.
WITH
inventory AS (
    SELECT node_id, provider, region, status, capacity_gbps, dt AS inventory_on
    FROM bronze.nodes
    WHERE dt = $inventory_day AND NOT conflict
),
requests AS (
    SELECT
        node_id,
        date_trunc('hour', at) AS hour,
        coalesce(bytes_sent, 0) AS bytes,
        coalesce(viewer_left, FALSE) AS is_left,
        coalesce(result_type = 'Error', FALSE) AND NOT coalesce(viewer_left, FALSE) AS is_error,
        first_byte_ms
    FROM bronze.cdn_requests
    WHERE dt = $dt AND NOT conflict
),
hours AS (
    SELECT
        node_id,
        hour,
        count(*) AS requests,
        count(*) FILTER (WHERE is_left) AS viewer_left,
        count(*) FILTER (WHERE is_error) AS errors,
        sum(bytes) AS bytes
    FROM requests
    GROUP BY node_id, hour
),
placed AS (
    SELECT *, row_number() OVER (PARTITION BY node_id ORDER BY bytes DESC, hour) AS place FROM hours
),
traffic AS (
    SELECT
        node_id,
        sum(requests) AS requests,
        sum(viewer_left) AS viewer_left,
        sum(errors) AS errors,
        sum(bytes) AS bytes,
        max(hour) FILTER (WHERE place = 1) AS peak_hour,
        max(bytes) FILTER (WHERE place = 1) AS peak_bytes
    FROM placed
    GROUP BY node_id
),
answers AS (
    SELECT node_id, first_byte_ms, count(*) AS count
    FROM requests
    WHERE first_byte_ms IS NOT NULL AND NOT is_left AND NOT is_error
    GROUP BY node_id, first_byte_ms
),
answers_ranked AS (
    SELECT
        node_id,
        first_byte_ms,
        sum(count) OVER (PARTITION BY node_id ORDER BY first_byte_ms) AS reached,
        sum(count) OVER (PARTITION BY node_id) AS total
    FROM answers
),
first_bytes AS (
    SELECT
        node_id,
        min(first_byte_ms) FILTER (WHERE reached * 100 >= total * 50) AS first_byte_ms_p50,
        min(first_byte_ms) FILTER (WHERE reached * 100 >= total * 95) AS first_byte_ms_p95
    FROM answers_ranked
    GROUP BY node_id
),
probed AS (
    SELECT unnest(probes) AS probe FROM bronze.playbacks WHERE dt = $dt AND NOT conflict
),
probes AS (
    SELECT
        probe['node_id'] AS node_id,
        CASE WHEN probe['rtt_ms'] > 0 AND probe['rtt_ms'] <= 60000 THEN probe['rtt_ms'] END AS rtt_ms
    FROM probed
),
trips AS (
    SELECT node_id, rtt_ms, count(*) AS count FROM probes GROUP BY node_id, rtt_ms
),
trips_ranked AS (
    SELECT
        node_id,
        rtt_ms,
        count,
        sum(count) OVER (PARTITION BY node_id, rtt_ms IS NULL ORDER BY rtt_ms) AS reached,
        sum(count) OVER (PARTITION BY node_id, rtt_ms IS NULL) AS total
    FROM trips
),
round_trips AS (
    SELECT
        node_id,
        sum(count) FILTER (WHERE rtt_ms IS NOT NULL) AS probes,
        sum(count) FILTER (WHERE rtt_ms IS NULL) AS probes_excluded,
        sum(CAST(round(rtt_ms * 1000) AS BIGINT) * count) FILTER (WHERE rtt_ms IS NOT NULL) AS rtt_thousandths,
        min(rtt_ms) FILTER (WHERE rtt_ms IS NOT NULL AND reached * 100 >= total * 95) AS rtt_ms_p95
    FROM trips_ranked
    GROUP BY node_id
),
measured AS (
    SELECT
        coalesce(traffic.node_id, round_trips.node_id) AS node_id,
        traffic.requests, traffic.viewer_left, traffic.errors, traffic.bytes, traffic.peak_hour, traffic.peak_bytes,
        round_trips.probes, round_trips.probes_excluded, round_trips.rtt_thousandths, round_trips.rtt_ms_p95
    FROM traffic
    -- A request and a probe may both name no node.
    FULL OUTER JOIN round_trips ON round_trips.node_id IS NOT DISTINCT FROM traffic.node_id
),
joined AS (
    SELECT
        coalesce(inventory.node_id, measured.node_id) AS node_id,
        inventory.node_id IS NOT NULL AS in_inventory,
        provider, region, status, inventory_on, capacity_gbps,
        requests, viewer_left, errors, bytes, peak_hour, peak_bytes,
        probes, probes_excluded, rtt_thousandths, rtt_ms_p95
    FROM inventory
    FULL OUTER JOIN measured ON measured.node_id = inventory.node_id
)
SELECT
    joined.node_id,
    in_inventory,
    provider,
    region,
    status,
    inventory_on,
    coalesce(requests, 0) AS requests,
    coalesce(viewer_left, 0) AS viewer_left,
    coalesce(errors, 0) AS errors,
    CASE WHEN requests > viewer_left
        THEN CAST(errors AS DOUBLE) / CAST(requests - viewer_left AS DOUBLE) END AS error_share,
    first_byte_ms_p50,
    first_byte_ms_p95,
    coalesce(probes, 0) AS probes,
    coalesce(probes_excluded, 0) AS probes_excluded,
    CASE WHEN probes > 0 THEN CAST(rtt_thousandths AS DOUBLE) / CAST(probes * 1000 AS DOUBLE) END AS rtt_ms_mean,
    rtt_ms_p95,
    coalesce(bytes, 0) AS bytes,
    peak_hour,
    -- Bytes of an hour as megabits a second: 8 / 3600 / 10^6.
    CAST(peak_bytes AS DOUBLE) / 450000000 AS peak_mbps,
    capacity_gbps * 1000 AS capacity_mbps,
    CASE WHEN capacity_gbps > 0
        THEN CAST(peak_bytes AS DOUBLE) / 450000000 / (capacity_gbps * 1000) END AS peak_share
FROM joined
LEFT JOIN first_bytes ON first_bytes.node_id IS NOT DISTINCT FROM joined.node_id
