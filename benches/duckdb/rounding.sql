-- What the classes need first: exact rounding by currency.

CREATE TEMP MACRO digits(currency) AS
    CASE
        WHEN currency IN ('JPY', 'KRW', 'CLP', 'VND', 'UGX', 'XAF', 'XOF', 'XPF', 'ISK', 'PYG') THEN 0
        WHEN currency IN ('KWD', 'BHD', 'TND', 'OMR', 'JOD', 'IQD', 'LYD') THEN 3
        WHEN currency IN ('USDC', 'EURC') THEN 6
        WHEN currency IN ('SOL', 'ETH') THEN 9
        ELSE 2
    END;

-- One unit of a currency's last digit.
CREATE TEMP MACRO unit(currency) AS
    CASE digits(currency)
        WHEN 2 THEN CAST(0.01 AS DECIMAL(10, 9))
        WHEN 0 THEN CAST(1 AS DECIMAL(10, 9))
        WHEN 3 THEN CAST(0.001 AS DECIMAL(10, 9))
        WHEN 6 THEN CAST(0.000001 AS DECIMAL(10, 9))
        ELSE CAST(0.000000001 AS DECIMAL(10, 9))
    END;

-- Half away from zero, on exact decimals.
CREATE TEMP MACRO rounded(amount, currency) AS
    CASE digits(currency)
        WHEN 2 THEN CAST(round(amount, 2) AS DECIMAL(38, 9))
        WHEN 0 THEN CAST(round(amount, 0) AS DECIMAL(38, 9))
        WHEN 3 THEN CAST(round(amount, 3) AS DECIMAL(38, 9))
        WHEN 6 THEN CAST(round(amount, 6) AS DECIMAL(38, 9))
        ELSE CAST(round(amount, 9) AS DECIMAL(38, 9))
    END;
