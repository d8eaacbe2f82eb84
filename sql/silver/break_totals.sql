-- grain: one class and currency on one night
-- key: dt, class, currency?
--
-- Tonight opens with what the night before closed with; what tonight's events open and close must lead to what
-- is open when all events so far are folded. A break whose amount changed while it was open counts the change
-- as new; one whose currency changed closes in one and opens in the other.
WITH
events AS (
    SELECT
        class, currency, currency_before, coalesce(amount, 0) AS amount, coalesce(amount_before, 0) AS amount_before,
        status = 'OPEN' AS is_open,
        coalesce(status_before, '') = 'OPEN' AS was_open,
        coalesce(currency, '') = coalesce(currency_before, '') AS is_same_currency
    FROM silver.break_events
    WHERE dt = $dt
),
latest AS (
    SELECT
        break_id,
        last_value(class ORDER BY dt) AS class,
        last_value(currency ORDER BY dt) AS currency,
        last_value(amount ORDER BY dt) AS amount,
        last_value(status ORDER BY dt) AS status
    FROM silver.break_events
    WHERE dt <= $dt
    GROUP BY break_id
),
parts AS (
    SELECT 'OPENING' AS part, class, currency, closing_count AS count, closing_sum AS sum
    FROM silver.break_totals
    WHERE dt = $night_before AND (closing_count <> 0 OR closing_sum <> 0)
    UNION ALL
    SELECT 'NEW', class, currency, 1, amount FROM events WHERE is_open AND NOT (was_open AND is_same_currency)
    UNION ALL
    SELECT 'NEW', class, currency, 0, amount - amount_before FROM events
    WHERE is_open AND was_open AND is_same_currency
    UNION ALL
    SELECT 'CLOSED', class, currency_before, 1, amount_before FROM events
    WHERE was_open AND NOT (is_open AND is_same_currency)
    UNION ALL
    SELECT 'CLOSING', class, currency, 1, coalesce(amount, 0) FROM latest WHERE status = 'OPEN'
),
summed AS (
    SELECT
        class,
        currency,
        coalesce(sum(count) FILTER (WHERE part = 'OPENING'), 0) AS opening_count,
        coalesce(sum(sum) FILTER (WHERE part = 'OPENING'), 0) AS opening_sum,
        coalesce(sum(count) FILTER (WHERE part = 'NEW'), 0) AS new_count,
        coalesce(sum(sum) FILTER (WHERE part = 'NEW'), 0) AS new_sum,
        coalesce(sum(count) FILTER (WHERE part = 'CLOSED'), 0) AS closed_count,
        coalesce(sum(sum) FILTER (WHERE part = 'CLOSED'), 0) AS closed_sum,
        coalesce(sum(count) FILTER (WHERE part = 'CLOSING'), 0) AS closing_count,
        coalesce(sum(sum) FILTER (WHERE part = 'CLOSING'), 0) AS closing_sum
    FROM parts
    GROUP BY class, currency
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
