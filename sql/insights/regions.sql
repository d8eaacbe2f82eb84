-- grain: one region that gets a cell of its own
--
-- The regions of the inventory of nodes that landed on $dt, the last up to the night: never those of viewers.
WITH
regions AS (
    SELECT DISTINCT region FROM bronze.nodes WHERE dt = $dt AND NOT conflict AND region IS NOT NULL
),
numbered AS (
    SELECT region, row_number() OVER (ORDER BY region) AS place FROM regions
)
SELECT region FROM numbered WHERE place <= $regions_max ORDER BY region
