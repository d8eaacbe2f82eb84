-- grain: one class and currency on one night
-- key: dt, class, currency?
--
-- Tonight opens with what the night before closed with; what tonight's events open and close must lead to what
-- is open when all events so far are folded. A break whose amount changed while it was open counts the change
-- as new; one whose currency changed closes in one and opens in the other.
WITH
opening AS (
    SELECT class, currency, closing_count AS count, closing_sum AS sum
    FROM silver.break_totals
    WHERE dt = $night_before
),
events AS (
    SELECT
        class, currency, currency_before, coalesce(amount, 0) AS amount, coalesce(amount_before, 0) AS amount_before,
        status = 'OPEN' AS is_open,
        coalesce(status_before, '') = 'OPEN' AS was_open,
        coalesce(currency, '') = coalesce(currency_before, '') AS is_same_currency
    FROM silver.break_events
    WHERE dt = $dt
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
latest AS (
    SELECT *, row_number() OVER (PARTITION BY break_id ORDER BY dt DESC) AS place
    FROM silver.break_events
    WHERE dt <= $dt
),
closing AS (
    SELECT class, currency, count(*) AS count, sum(coalesce(amount, 0)) AS sum
    FROM latest
    WHERE place = 1 AND status = 'OPEN'
    GROUP BY class, currency
),
named AS (
    SELECT class, currency FROM opening WHERE count <> 0 OR sum <> 0
    UNION
    SELECT class, currency FROM moved
    UNION
    SELECT class, currency FROM closing
),
summed AS (
    SELECT
        named.class,
        named.currency,
        coalesce(opening.count, 0) AS opening_count,
        coalesce(opening.sum, 0) AS opening_sum,
        coalesce(moved.new_count, 0) AS new_count,
        coalesce(moved.new_sum, 0) AS new_sum,
        coalesce(moved.closed_count, 0) AS closed_count,
        coalesce(moved.closed_sum, 0) AS closed_sum,
        coalesce(closing.count, 0) AS closing_count,
        coalesce(closing.sum, 0) AS closing_sum
    FROM named
    LEFT JOIN opening ON opening.class = named.class AND coalesce(opening.currency, '') = coalesce(named.currency, '')
    LEFT JOIN moved ON moved.class = named.class AND coalesce(moved.currency, '') = coalesce(named.currency, '')
    LEFT JOIN closing ON closing.class = named.class AND coalesce(closing.currency, '') = coalesce(named.currency, '')
)
SELECT
    class,
    currency,
    opening_count,
    CAST(opening_sum AS DECIMAL(38, 9)) AS opening_sum,
    new_count,
    CAST(new_sum AS DECIMAL(38, 9)) AS new_sum,
    closed_count,
    CAST(closed_sum AS DECIMAL(38, 9)) AS closed_sum,
    closing_count,
    CAST(closing_sum AS DECIMAL(38, 9)) AS closing_sum,
    opening_count + new_count - closed_count = closing_count AND opening_sum + new_sum - closed_sum = closing_sum
        AS holds
FROM summed
