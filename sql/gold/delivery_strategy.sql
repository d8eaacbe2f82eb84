-- grain: one context of viewers and class of content, on the day after a night
-- key: dt, region?, network, device_class, data_saver, content_class
--
-- Every context has a row: all networks, devices and savers in every region that a plan names, and in any other.
-- Where a context has no plan of its own, the nearest one stands for it that rests on most viewers or probes.
WITH
plans AS (
    SELECT
        *,
        concat_ws('/', region, network, device_class, CASE WHEN data_saver THEN 'saver' ELSE 'free' END) AS cohort
    FROM gold.quality_plan
    WHERE dt = $dt
),
nearest AS (
    SELECT
        cohort, region, network, device_class, data_saver,
        row_number() OVER (PARTITION BY network, device_class, data_saver ORDER BY evidence DESC, cohort) AS elsewhere,
        row_number() OVER (PARTITION BY network, data_saver ORDER BY evidence DESC, cohort) AS of_network,
        row_number() OVER (PARTITION BY data_saver ORDER BY evidence DESC, cohort) AS of_saver,
        row_number() OVER (ORDER BY evidence DESC, cohort) AS of_all
    FROM plans
),
routes AS (
    SELECT *, concat_ws('/', region, codec, content_class) AS cell FROM gold.route_plan WHERE dt = $dt
),
caches AS (
    SELECT node_id, policy, ttl_seconds FROM gold.cache_plan WHERE dt = $dt
),
cells AS (
    SELECT
        cell, region, codec, content_class,
        sum(samples) FILTER (WHERE role = 'PRIMARY') AS samples,
        max(planned_on) AS planned_on,
        array_agg(
            named_struct(
                'node_id', routes.node_id, 'weight', weight, 'rtt_ms_mean', rtt_ms_mean, 'ttl_seconds', ttl_seconds,
                'cache_policy', policy
            ) ORDER BY rank
        ) FILTER (WHERE role = 'PRIMARY') AS nodes,
        array_agg(
            named_struct(
                'node_id', routes.node_id, 'for_node_id', for_node_id, 'weight', weight, 'rtt_ms_mean', rtt_ms_mean
            ) ORDER BY rank
        ) FILTER (WHERE role = 'FALLBACK') AS fallback
    FROM routes
    LEFT JOIN caches ON caches.node_id = routes.node_id
    GROUP BY cell, region, codec, content_class
),
nearest_cells AS (
    SELECT
        cell, region, codec, content_class,
        row_number() OVER (PARTITION BY region, content_class ORDER BY samples DESC, cell) AS of_class,
        row_number() OVER (PARTITION BY region ORDER BY samples DESC, cell) AS of_region,
        row_number() OVER (PARTITION BY codec, content_class ORDER BY samples DESC, cell) AS of_codec,
        row_number() OVER (ORDER BY samples DESC, cell) AS of_all
    FROM cells
),
regions AS (
    SELECT region FROM plans
    UNION
    SELECT region FROM cells
    UNION
    SELECT NULL AS region
),
contexts AS (
    SELECT region, network, device_class, data_saver, content_class
    FROM regions
    CROSS JOIN (VALUES ('3G'), ('4G'), ('5G'), ('WIFI'), ('WIRED')) AS networks (network)
    CROSS JOIN (VALUES ('PHONE'), ('TABLET'), ('DESKTOP'), ('TV')) AS devices (device_class)
    CROSS JOIN (VALUES (true), (false)) AS savers (data_saver)
    CROSS JOIN (VALUES ('SHORT'), ('LONG')) AS classes (content_class)
),
with_cohort AS (
    SELECT
        contexts.*,
        coalesce(own.cohort, elsewhere.cohort, of_network.cohort, of_saver.cohort, of_all.cohort) AS cohort,
        CASE
            WHEN own.cohort IS NOT NULL THEN 'COHORT'
            WHEN elsewhere.cohort IS NOT NULL THEN 'ELSEWHERE'
            WHEN of_network.cohort IS NOT NULL THEN 'NETWORK'
            WHEN of_saver.cohort IS NOT NULL THEN 'SAVER'
            WHEN of_all.cohort IS NOT NULL THEN 'ALL'
            ELSE 'NONE'
        END AS quality_from
    FROM contexts
    LEFT JOIN nearest AS own
        ON own.region = contexts.region AND own.network = contexts.network
        AND own.device_class = contexts.device_class AND own.data_saver = contexts.data_saver
    LEFT JOIN nearest AS elsewhere
        ON elsewhere.elsewhere = 1 AND elsewhere.network = contexts.network
        AND elsewhere.device_class = contexts.device_class AND elsewhere.data_saver = contexts.data_saver
    LEFT JOIN nearest AS of_network
        ON of_network.of_network = 1 AND of_network.network = contexts.network
        AND of_network.data_saver = contexts.data_saver
    LEFT JOIN nearest AS of_saver ON of_saver.of_saver = 1 AND of_saver.data_saver = contexts.data_saver
    LEFT JOIN nearest AS of_all ON of_all.of_all = 1
),
with_quality AS (
    SELECT
        with_cohort.*, plans.codec, plans.ladder, plans.start_rung, plans.cap_kbps, plans.framerate, plans.evidence,
        plans.decision
    FROM with_cohort
    LEFT JOIN plans ON plans.cohort = with_cohort.cohort
),
with_cell AS (
    SELECT
        with_quality.*,
        coalesce(own.cell, of_class.cell, of_region.cell, of_codec.cell, of_all.cell) AS cell,
        CASE
            WHEN own.cell IS NOT NULL THEN 'CELL'
            WHEN of_class.cell IS NOT NULL THEN 'CLASS'
            WHEN of_region.cell IS NOT NULL THEN 'REGION'
            WHEN of_codec.cell IS NOT NULL THEN 'CODEC'
            WHEN of_all.cell IS NOT NULL THEN 'ALL'
            ELSE 'NONE'
        END AS route_from
    FROM with_quality
    LEFT JOIN nearest_cells AS own
        ON own.region = with_quality.region AND own.codec = with_quality.codec
        AND own.content_class = with_quality.content_class
    LEFT JOIN nearest_cells AS of_class
        ON of_class.of_class = 1 AND of_class.region = with_quality.region
        AND of_class.content_class = with_quality.content_class
    LEFT JOIN nearest_cells AS of_region ON of_region.of_region = 1 AND of_region.region = with_quality.region
    LEFT JOIN nearest_cells AS of_codec
        ON of_codec.of_codec = 1 AND of_codec.codec = with_quality.codec
        AND of_codec.content_class = with_quality.content_class
    LEFT JOIN nearest_cells AS of_all ON of_all.of_all = 1
)
SELECT
    with_cell.region,
    network,
    device_class,
    data_saver,
    with_cell.content_class,
    nodes,
    fallback,
    with_cell.codec,
    ladder,
    start_rung,
    cap_kbps,
    framerate,
    quality_from,
    cohort AS quality_cohort,
    evidence,
    decision,
    route_from,
    with_cell.cell AS route_cell,
    samples,
    planned_on AS routes_planned_on
FROM with_cell
LEFT JOIN cells ON cells.cell = with_cell.cell
