-- Every cohort with a quality plan has its own plan in gold.delivery_strategy, for both classes of content; every
-- region that is told apart there has all contexts, and so has any other region; and what serves a context sums to no
-- more than the whole.
WITH
strategies AS (
    SELECT region, network, device_class, data_saver, content_class, quality_from, nodes
    FROM gold.delivery_strategy
    WHERE dt = $dt
),
cohorts AS (
    SELECT region, network, device_class, data_saver FROM gold.quality_plan WHERE dt = $dt
),
own AS (
    SELECT region, network, device_class, data_saver, count(*) AS classes
    FROM strategies
    WHERE quality_from = 'COHORT'
    GROUP BY region, network, device_class, data_saver
),
shares AS (
    SELECT region, network, device_class, data_saver, content_class, unnest(nodes)['weight'] AS weight FROM strategies
),
overfull AS (
    SELECT region, network, device_class, data_saver, content_class
    FROM shares
    GROUP BY region, network, device_class, data_saver, content_class
    HAVING sum(weight) > 1.000001
)
SELECT cohorts.region, cohorts.network, 'cohort without its plan' AS problem
FROM cohorts
LEFT JOIN own
    ON own.region = cohorts.region AND own.network = cohorts.network AND own.device_class = cohorts.device_class
    AND own.data_saver = cohorts.data_saver
WHERE coalesce(own.classes, 0) <> 2
UNION ALL
SELECT region, NULL AS network, 'not all contexts' AS problem
FROM strategies
GROUP BY region
HAVING count(*) <> 80
UNION ALL
SELECT region, network, 'more than the whole' AS problem
FROM overfull
