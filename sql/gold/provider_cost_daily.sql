-- grain: one provider and currency on one day
-- key: dt, provider?, currency?
--
-- What the day's traffic costs. Rows belong to the day on which they landed; prices are those of the last day
-- that brought an inventory. A node's cost is its bytes times its price a gigabyte of 10^9 bytes, exact, and
-- rounded once to 10^-9 half away from zero (traffic_cost); a provider's cost is the sum of its nodes'. Nodes
-- that are in no inventory have no price: they stand apart, without provider and cost.
WITH
inventory AS (
    SELECT node_id, provider, cost_per_gb, currency
    FROM bronze.nodes
    WHERE dt = $inventory_day AND NOT conflict
),
traffic AS (
    SELECT node_id, count(*) AS requests, sum(coalesce(bytes_sent, 0)) AS bytes
    FROM bronze.cdn_requests
    WHERE dt = $dt AND NOT conflict
    GROUP BY node_id
),
joined AS (
    SELECT
        inventory.node_id IS NOT NULL AS in_inventory,
        provider,
        currency,
        cost_per_gb,
        coalesce(requests, 0) AS requests,
        coalesce(bytes, 0) AS bytes
    FROM inventory
    FULL OUTER JOIN traffic ON traffic.node_id = inventory.node_id
),
priced AS (
    SELECT *, traffic_cost(bytes, cost_per_gb) AS cost FROM joined
),
summed AS (
    SELECT
        provider,
        currency,
        in_inventory,
        count(*) AS nodes,
        count(*) FILTER (WHERE requests > 0) AS nodes_serving,
        sum(requests) AS requests,
        sum(bytes) AS bytes,
        sum(cost) AS cost
    FROM priced
    GROUP BY provider, currency, in_inventory
)
SELECT
    provider,
    currency,
    in_inventory,
    nodes,
    nodes_serving,
    requests,
    bytes,
    gigabytes(bytes) AS gigabytes,
    CAST(cost AS DECIMAL(38, 9)) AS cost
FROM summed
