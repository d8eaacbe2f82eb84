-- grain: one fault of a subscription's life or of a tier's versions that holds after the last night
-- key: finding_id
--
-- The judge replays each life and holds its opening events against tier and escrow; the versions of a tier
-- are compared here. Each rule reports what is true by itself. Running an earlier night again leaves the state.
WITH
landed AS (
    SELECT * FROM silver.subscription_facts WHERE landed_on <= $last_stated
),
namings AS (
    SELECT DISTINCT subscription_id, paid_by AS escrow_id FROM landed WHERE paid_by IS NOT NULL
),
-- Few escrows are named more than once: with the event that named it first.
reused AS (
    SELECT paid_by FROM landed WHERE paid_by IS NOT NULL GROUP BY paid_by HAVING count(*) > 1
),
first_namings AS (
    SELECT DISTINCT paid_by AS escrow_id, first_value(id) OVER (PARTITION BY paid_by ORDER BY at, id) AS named_first_by
    FROM landed
    WHERE paid_by IN (SELECT paid_by FROM reused)
),
-- What each night learned of an escrow, as far as it had landed and was read by then.
learned AS (
    SELECT
        escrow_id, dt, sequence, type, payer, creator, amount, currency, at, read_on,
        CASE WHEN landed_on <= $last_stated THEN event_id END AS event_id,
        CASE WHEN read_on <= $last_stated THEN class END AS class
    FROM silver.subscription_payments
),
facts AS (
    SELECT subscription_id, fact FROM landed WHERE kind <> 'BENEFIT'
    UNION ALL
    SELECT
        namings.subscription_id,
        payment_fact(
            namings.escrow_id, named_first_by, event_id, sequence, type, payer, creator, amount, currency, at,
            class, read_on, learned.dt
        ) AS fact
    FROM namings
    LEFT JOIN first_namings ON first_namings.escrow_id = namings.escrow_id
    LEFT JOIN learned ON learned.escrow_id = namings.escrow_id
),
judged AS (
    SELECT subscription_id, subscription_findings(fact) AS rows FROM facts GROUP BY subscription_id
),
found AS (
    SELECT subscription_id, unnest(rows) AS found FROM judged
),
of_subscriptions AS (
    SELECT
        concat(found['class'], '/', found['event_id']) AS identity,
        found['class'] AS class,
        subscription_id,
        found['tier_id'] AS tier_id,
        found['tier_version'] AS tier_version,
        found['event_id'] AS event_id,
        found['escrow_id'] AS escrow_id,
        found['creator'] AS creator,
        found['currency'] AS currency,
        found['expected'] AS expected,
        found['actual'] AS actual,
        found['detail'] AS detail,
        found['event_day'] AS event_day
    FROM found
),
-- Each version beside what landed first with its number, and beside the version before it.
versions AS (
    SELECT
        *,
        first_value(price) OVER (PARTITION BY tier_id, version ORDER BY conflict) AS stated,
        first_value(currency) OVER (PARTITION BY tier_id, version ORDER BY conflict) AS stated_in,
        lag(version) OVER (PARTITION BY tier_id, conflict ORDER BY version) AS version_before,
        lag(at) OVER (PARTITION BY tier_id, conflict ORDER BY version) AS at_before
    FROM bronze.tiers
    WHERE dt <= $last_stated
),
judged_versions AS (
    SELECT
        *,
        CASE
            WHEN conflict AND (price <> stated OR currency <> stated_in) THEN 'PRICE_CHANGED_WITHOUT_VERSION'
            WHEN NOT conflict AND version > 1 AND version_before IS DISTINCT FROM version - 1 THEN 'TIER_VERSION_GAP'
            WHEN NOT conflict AND version_before = version - 1 AND at < at_before THEN 'TIER_VERSION_ORDER'
        END AS class
    FROM versions
),
-- Of several other prices the first.
of_versions AS (
    SELECT
        *,
        class = 'PRICE_CHANGED_WITHOUT_VERSION' AS is_repriced,
        row_number() OVER (PARTITION BY class, tier_id, version ORDER BY dt, source_file, source_line) AS place
    FROM judged_versions
    WHERE class IS NOT NULL
),
findings AS (
    SELECT * FROM of_subscriptions
    UNION ALL
    SELECT
        concat(class, '/', tier_id, '/', CAST(version AS VARCHAR)) AS identity,
        class, NULL, tier_id, version, NULL, NULL, creator, stated_in,
        CASE WHEN is_repriced THEN stated END,
        CASE WHEN is_repriced AND currency = stated_in THEN price END,
        CASE
            WHEN is_repriced THEN concat('another price landed on ', CAST(dt AS VARCHAR), ' in ', currency)
            WHEN class = 'TIER_VERSION_GAP'
                THEN concat('version ', CAST(version - 1 AS VARCHAR), ' has not landed')
            ELSE concat('version ', CAST(version_before AS VARCHAR), ' holds from a later time')
        END,
        CAST(at AS DATE) AS event_day
    FROM of_versions
    WHERE place = 1
)
SELECT
    finding_id(identity) AS finding_id,
    class,
    subscription_id,
    tier_id,
    tier_version,
    event_id,
    escrow_id,
    creator,
    currency,
    expected,
    actual,
    detail,
    event_day
FROM findings
