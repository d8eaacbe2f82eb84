-- Tonight opens with what the night before closed with; what opened and closed must lead to what is open now. A break
-- whose amount changed while it was open counts the change as new; one whose currency changed closes in one and opens
-- in the other.
WITH
opening AS (
    SELECT class, currency, closing_count AS opening_count, closing_sum AS opening_sum FROM {totals_before}
),

events AS (
    SELECT
        class, currency, currency_before, coalesce(amount, 0) AS amount, coalesce(amount_before, 0) AS amount_before,
        status = 'OPEN' AS is_open,
        coalesce(status_before = 'OPEN', false) AS was_open,
        currency IS NOT DISTINCT FROM currency_before AS is_same_currency
    FROM merged
),

moves AS (
    SELECT class, currency, 1 AS new_count, amount AS new_sum, 0 AS closed_count, 0 AS closed_sum
    FROM events
    WHERE is_open AND NOT (was_open AND is_same_currency)
    UNION ALL
    SELECT class, currency, 0, amount - amount_before, 0, 0
    FROM events
    WHERE is_open AND was_open AND is_same_currency
    UNION ALL
    SELECT class, currency_before, 0, 0, 1, amount_before
    FROM events
    WHERE was_open AND NOT (is_open AND is_same_currency)
),

moved AS (
    SELECT
        class, currency, sum(new_count) AS new_count, sum(new_sum) AS new_sum, sum(closed_count) AS closed_count,
        sum(closed_sum) AS closed_sum
    FROM moves
    GROUP BY class, currency
),

closing AS (
    SELECT class, currency, count(*) AS closing_count, sum(amount) AS closing_sum
    FROM events
    WHERE is_open
    GROUP BY class, currency
),

summed AS (
    SELECT
        named.class, named.currency, o.* EXCLUDE (class, currency), m.* EXCLUDE (class, currency),
        c.* EXCLUDE (class, currency)
    FROM (
        SELECT class, currency FROM opening UNION SELECT class, currency FROM moved
        UNION SELECT class, currency FROM closing
    ) AS named
    LEFT JOIN opening AS o ON o.class = named.class AND o.currency IS NOT DISTINCT FROM named.currency
    LEFT JOIN moved AS m ON m.class = named.class AND m.currency IS NOT DISTINCT FROM named.currency
    LEFT JOIN closing AS c ON c.class = named.class AND c.currency IS NOT DISTINCT FROM named.currency
),

filled AS (
    SELECT
        class,
        currency,
        CAST(coalesce(opening_count, 0) AS BIGINT) AS opening_count,
        CAST(coalesce(opening_sum, 0) AS DECIMAL(38, 9)) AS opening_sum,
        CAST(coalesce(new_count, 0) AS BIGINT) AS new_count,
        CAST(coalesce(new_sum, 0) AS DECIMAL(38, 9)) AS new_sum,
        CAST(coalesce(closed_count, 0) AS BIGINT) AS closed_count,
        CAST(coalesce(closed_sum, 0) AS DECIMAL(38, 9)) AS closed_sum,
        CAST(coalesce(closing_count, 0) AS BIGINT) AS closing_count,
        CAST(coalesce(closing_sum, 0) AS DECIMAL(38, 9)) AS closing_sum
    FROM summed
)

SELECT
    *,
    opening_count + new_count - closed_count = closing_count AND opening_sum + new_sum - closed_sum = closing_sum
        AS holds
FROM filled
