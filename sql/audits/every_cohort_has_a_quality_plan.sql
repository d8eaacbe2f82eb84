-- Every cohort of the night has one plan, with rungs to offer and a start among them, and no plan is of another.
WITH
cohorts AS (
    SELECT region, network, device_class, data_saver, viewers
    FROM silver.quality_cohorts
    WHERE dt = $dt AND level = 'COHORT'
),
plans AS (
    SELECT region, network, device_class, data_saver, evidence, start_rung, decision, cardinality(ladder) AS rungs
    FROM gold.quality_plan
    WHERE dt = $dt
)
SELECT
    coalesce(cohorts.region, plans.region) AS region,
    coalesce(cohorts.network, plans.network) AS network,
    coalesce(cohorts.device_class, plans.device_class) AS device_class,
    coalesce(cohorts.data_saver, plans.data_saver) AS data_saver,
    plans.rungs,
    plans.start_rung
FROM cohorts
FULL JOIN plans
    ON cohorts.region = plans.region
    AND cohorts.network = plans.network
    AND cohorts.device_class = plans.device_class
    AND cohorts.data_saver = plans.data_saver
WHERE cohorts.region IS NULL
    OR plans.region IS NULL
    OR plans.evidence <> cohorts.viewers
    OR plans.decision NOT IN ('ADOPT', 'KEEP')
    OR coalesce(plans.rungs, 0) = 0
    OR plans.start_rung >= plans.rungs
